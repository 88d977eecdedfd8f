/*
 * The words of rewritten SQL, for those who look for a mistake in it.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "strategy/expr_impl.h"

static bool
token_has(const char *at)
{
	return *at == '_' || isalnum((unsigned char)*at);
}

struct expr_token
expr_token_next(const char *sql)
{
	struct expr_token t = { .kind = EXPR_TOKEN_SYMBOL, .len = 1 };

	t.at = sql + strspn(sql, " ");
	if (*t.at == '\0') {
		t.kind = EXPR_TOKEN_END;
		t.len = 0;
	} else if (*t.at == '\'') {
		while (t.at[t.len] != '\'' || t.at[++t.len] == '\'')
			t.len++;
		t.kind = EXPR_TOKEN_STRING;
	} else if (token_has(t.at)) {
		while (token_has(t.at + t.len))
			t.len++;
		t.kind = EXPR_TOKEN_WORD;
	} else if (strchr("=!<>", *t.at) != NULL) {
		while (t.at[t.len] != '\0' &&
		    strchr("=!<>", t.at[t.len]) != NULL)
			t.len++;
	}
	return t;
}

bool
expr_token_is(const struct expr_token *t, const char *word)
{
	return t->kind != EXPR_TOKEN_STRING && strlen(word) == t->len &&
	    strncasecmp(t->at, word, t->len) == 0;
}

bool
expr_token_variable(enum expr_variable *variable_r, enum expr_class class,
    const struct expr_token *t)
{
	char name[40];

	if (t->kind != EXPR_TOKEN_WORD || t->len >= sizeof(name))
		return false;
	memcpy(name, t->at, t->len);
	name[t->len] = '\0';
	return expr_variable_find(variable_r, class, name);
}
