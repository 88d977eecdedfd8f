/*
 * Text where a condition is needed.  To SQL any text that is no number is
 * false, so that `!auth_user` would hold for everybody; in Stalwart it would
 * not.  SQLite says nothing about it, so text variables and literals that stand
 * alone beside AND, OR or NOT are found here and refused.
 *
 * A help to those who write expressions, not a parser: what it does not see
 * (a function's text beside AND) is SQL's rule.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "strategy/expr_impl.h"

/* --- the words of rewritten SQL, for literal.c as well */

static bool
token_has(const char *at)
{
	return *at == '_' || isalnum((unsigned char)*at);
}

struct strategy_token
strategy_token_next(const char *sql)
{
	struct strategy_token t = { .kind = EXPR_TOKEN_SYMBOL, .len = 1 };

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
strategy_token_is(const struct strategy_token *t, const char *word)
{
	return t->kind != EXPR_TOKEN_STRING && strlen(word) == t->len &&
	    strncasecmp(t->at, word, t->len) == 0;
}

bool
strategy_token_variable(enum strategy_variable *variable_r,
    enum strategy_class class, const struct strategy_token *t)
{
	char name[40];

	if (t->kind != EXPR_TOKEN_WORD || t->len >= sizeof(name))
		return false;
	memcpy(name, t->at, t->len);
	name[t->len] = '\0';
	return strategy_variable_find(variable_r, class, name);
}

/* --- operands */

enum place {
	PLACE_EDGE,		/* begins or ends an operand: ( ) , and so on */
	PLACE_LOGIC,		/* AND, OR, NOT */
	PLACE_INSIDE,		/* part of an operand */
	PLACE_TEXT		/* as well, and may be text by itself */
};

struct token {
	enum place place;
	struct strategy_token text;
};

struct operands {
	enum strategy_class class;
	int between;		/* of these the AND is yet to come */
	enum place before;	/* the token before alone */
	struct token alone;	/* PLACE_TEXT: may be an operand by itself */
	enum place last;
};

static enum place
word_place(struct operands *o, const struct strategy_token *t)
{
	static const char *const edges[] = {
		"case", "when", "then", "else", "end"
	};
	enum strategy_variable v;

	if (strategy_token_is(t, "between"))
		o->between++;
	if (strategy_token_is(t, "and") && o->between > 0) {
		o->between--;
		return PLACE_INSIDE;
	}
	/* After an operand it belongs to IN, LIKE or BETWEEN. */
	if (strategy_token_is(t, "not") &&
	    (o->last == PLACE_INSIDE || o->last == PLACE_TEXT))
		return PLACE_INSIDE;
	if (strategy_token_is(t, "and") || strategy_token_is(t, "or") ||
	    strategy_token_is(t, "not"))
		return PLACE_LOGIC;
	for (size_t i = 0; i < ARRAY_LEN(edges); i++)
		if (strategy_token_is(t, edges[i]))
			return PLACE_EDGE;
	return strategy_token_variable(&v, o->class, t) &&
	    strategy_variable_kind(v) != EXPR_KIND_NUMBER ? PLACE_TEXT :
	    PLACE_INSIDE;
}

/* sql is what strategy_rewrite() made: its quotes are closed and single. */
static struct token
next_token(struct operands *o, const char *sql)
{
	struct token t = { PLACE_INSIDE, strategy_token_next(sql) };

	switch (t.text.kind) {
	case EXPR_TOKEN_END:
		t.place = PLACE_EDGE;
		break;
	case EXPR_TOKEN_STRING:
		t.place = PLACE_TEXT;
		break;
	case EXPR_TOKEN_WORD:
		t.place = word_place(o, &t.text);
		break;
	case EXPR_TOKEN_SYMBOL:
		if (strchr("(),", *t.text.at) != NULL)
			t.place = PLACE_EDGE;
		break;
	}
	return t;
}

static bool
alone_is_condition(const struct operands *o, enum place after)
{
	return o->alone.place == PLACE_TEXT && after != PLACE_INSIDE &&
	    after != PLACE_TEXT &&
	    (o->before == PLACE_LOGIC || after == PLACE_LOGIC);
}

bool
strategy_operands_check(const char *sql, enum strategy_class class,
    struct error *err)
{
	struct operands o = { .class = class, .last = PLACE_EDGE };

	for (bool end = false; !end; ) {
		struct token t = next_token(&o, sql);

		if (alone_is_condition(&o, t.place))
			return error_set(err, EX_CONFIG, "%.*s is text and so "
			    "neither true nor false: use is_empty() or compare "
			    "it", (int)(o.alone.text.len < 80 ?
			    o.alone.text.len : 80), o.alone.text.at);
		o.alone.place = PLACE_INSIDE;
		if (t.place == PLACE_TEXT && (o.last == PLACE_EDGE ||
		    o.last == PLACE_LOGIC)) {
			o.before = o.last;
			o.alone = t;
		}
		o.last = t.place;
		end = t.text.kind == EXPR_TOKEN_END;
		sql = t.text.at + t.text.len;
	}
	return true;
}
