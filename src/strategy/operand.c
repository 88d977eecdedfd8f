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

enum place {
	PLACE_EDGE,		/* begins or ends an operand: ( ) , and so on */
	PLACE_LOGIC,		/* AND, OR, NOT */
	PLACE_INSIDE,		/* part of an operand */
	PLACE_TEXT		/* as well, and may be text by itself */
};

struct token {
	enum place place;
	const char *at;
	size_t len;
};

struct operands {
	enum expr_class class;
	int between;		/* of these the AND is yet to come */
	enum place before;	/* the token before alone */
	struct token alone;	/* PLACE_TEXT: may be an operand by itself */
	enum place last;
};

static bool
token_is(const struct token *t, const char *word)
{
	return strlen(word) == t->len && strncasecmp(t->at, word, t->len) == 0;
}

static enum place
word_place(struct operands *o, const struct token *t)
{
	static const char *const edges[] = {
		"case", "when", "then", "else", "end"
	};
	enum expr_variable v;
	char name[40];

	if (token_is(t, "between"))
		o->between++;
	if (token_is(t, "and") && o->between > 0) {
		o->between--;
		return PLACE_INSIDE;
	}
	/* After an operand it belongs to IN, LIKE or BETWEEN. */
	if (token_is(t, "not") &&
	    (o->last == PLACE_INSIDE || o->last == PLACE_TEXT))
		return PLACE_INSIDE;
	if (token_is(t, "and") || token_is(t, "or") || token_is(t, "not"))
		return PLACE_LOGIC;
	for (size_t i = 0; i < ARRAY_LEN(edges); i++)
		if (token_is(t, edges[i]))
			return PLACE_EDGE;
	if (t->len >= sizeof(name))
		return PLACE_INSIDE;
	memcpy(name, t->at, t->len);
	name[t->len] = '\0';
	return expr_variable_find(&v, o->class, name) &&
	    expr_variable_is_text(v) ? PLACE_TEXT : PLACE_INSIDE;
}

/* sql is what strategy_rewrite() made: its quotes are closed and single. */
static struct token
next_token(struct operands *o, const char *sql)
{
	struct token t = { .place = PLACE_INSIDE, .at = sql, .len = 1 };

	if (*sql == '\'') {
		while (sql[t.len] != '\'' || sql[++t.len] == '\'')
			t.len++;
		t.place = PLACE_TEXT;
	} else if (*sql == '_' || isalnum((unsigned char)*sql)) {
		while (sql[t.len] == '_' || isalnum((unsigned char)sql[t.len]))
			t.len++;
		t.place = word_place(o, &t);
	} else if (strchr("(),", *sql) != NULL) { /* the end of text, too */
		t.place = PLACE_EDGE;
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
expr_operands_check(const char *sql, enum expr_class class, struct error *err)
{
	struct operands o = { .class = class, .last = PLACE_EDGE };

	for (bool end = false; !end; ) {
		struct token t;

		while (*sql == ' ')
			sql++;
		t = next_token(&o, sql);
		if (alone_is_condition(&o, t.place))
			return error_set(err, EX_CONFIG, "%.*s is text and so "
			    "neither true nor false: use is_empty() or compare "
			    "it", (int)(o.alone.len < 80 ? o.alone.len : 80),
			    o.alone.at);
		o.alone.place = PLACE_INSIDE;
		if (t.place == PLACE_TEXT && (o.last == PLACE_EDGE ||
		    o.last == PLACE_LOGIC)) {
			o.before = o.last;
			o.alone = t;
		}
		o.last = t.place;
		end = *sql == '\0';
		sql += t.len;
	}
	return true;
}
