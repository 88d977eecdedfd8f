/*
 * Literals that are wrong wherever they stand, also where the sample values that
 * tlsq load tries an expression with do not get there.
 *
 * Those that can never be equal to the variable they are compared with: domains
 * and addresses are names in one form (mail/address.h), so 'Cafe.test',
 * 'cafe.test.' and '*.gov' match nothing, and a rule with them never holds; IP
 * addresses are in one form too, and some variables are one of a few words.
 * Patterns that do not compile, and maps that are not there.
 *
 * A help to those who write expressions, not a parser: a literal is looked at
 * where it stands directly beside a variable, in the list of its IN, at a WHEN
 * of its CASE, or after it as an argument of the functions below.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/address.h"
#include "strategy/expr_impl.h"
#include "strategy/rewrite.h"

/* How a variable is held against a literal, and what in a domain then cannot
 * match. */
struct relation {
	const char *word;
	bool function, whole, capital, star, dot;
};

#define EQUAL .whole = true, .capital = true, .star = true, .dot = true
#define FUNCTION .function = true, .star = true

static const struct relation relations[] = {
	{ .word = "=", EQUAL }, { .word = "==", EQUAL },
	{ .word = "!=", EQUAL }, { .word = "<>", EQUAL },
	{ .word = "is", EQUAL },
	{ .word = "like", .star = true, .dot = true },
	{ .word = "glob", .capital = true, .dot = true },
	{ .word = "starts_with", FUNCTION, .capital = true },
	{ .word = "ends_with", FUNCTION, .capital = true, .dot = true },
	{ .word = "contains", FUNCTION, .capital = true },
	{ .word = "instr", FUNCTION, .capital = true },
	{ .word = "contains_ignore_case", FUNCTION },
	{ .word = "eq_ignore_case", FUNCTION, .whole = true, .dot = true },
};
static const struct relation *const equal = &relations[0];

enum { WINDOW = 5 };

struct literals {
	struct strategy_engine *engine;
	enum strategy_class class;
	struct strategy_token last[WINDOW];	/* the newest first */
	int depth;		/* of parentheses */
	struct strategy_token in, of_case; /* len 0: none */
	int in_depth;
	struct error *err;
};

/* Would a variable that has this value match?  True where that is not known. */
static bool
relation_holds(const struct literals *l, const struct relation *relation,
    const char *value, const char *literal)
{
	const bool unequal = strcmp(relation->word, "!=") == 0 ||
	    strcmp(relation->word, "<>") == 0;
	const struct strategy_values sample = strategy_values_sample();
	const char *word = unequal ? "=" : relation->word;
	char *text = relation->function ?
	    sqlite3_mprintf("%s(%Q, %Q)", word, value, literal) :
	    sqlite3_mprintf("%Q %s %Q", value, word, literal);
	struct strategy_expr *expr = NULL;
	struct strategy_expr_result r;
	struct error err;
	bool holds = !strategy_expr_compile(&expr, l->engine, l->class, text,
	    &err) || !strategy_expr_evaluate(expr, &sample, &r, &err) ||
	    r.integer != 0;

	strategy_expr_free(&expr);
	sqlite3_free(text);
	return holds;
}

static const struct relation *
relation_find(const struct strategy_token *t, bool function)
{
	for (size_t i = 0; i < ARRAY_LEN(relations); i++)
		if (relations[i].function == function &&
		    strategy_token_is(t, relations[i].word))
			return &relations[i];
	return NULL;
}

/* What is between the quotes, each written once; the caller frees. */
static char *
literal_text(const struct strategy_token *t)
{
	char *text = mem_zalloc(t->len), *to = text;

	for (const char *p = t->at + 1; p < t->at + t->len - 1; p++) {
		*to++ = *p;
		if (*p == '\'')
			p++;
	}
	return text;
}

/* The part of the literal that is of a domain: the local part is anybody's. */
static const char *
literal_domain(const char *text, enum strategy_variable_kind kind)
{
	const char *at = strrchr(text, '@');

	if (kind == EXPR_KIND_DOMAIN)
		return text;
	return at != NULL ? at + 1 : NULL;
}

static bool
domain_never_matches(const char *domain, const struct relation *relation)
{
	const size_t len = strlen(domain);
	const bool class = strcmp(relation->word, "glob") == 0 &&
	    strchr(domain, '[') != NULL;

	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)domain[i];

		if (c >= 0x80 || (c == '*' && relation->star) ||
		    (c >= 'A' && c <= 'Z' && relation->capital && !class))
			return true;
	}
	return len > 1 && domain[len - 1] == '.' && relation->dot;
}

static bool
domain_refuse(const struct literals *l, const struct strategy_token *variable,
    const char *text, const struct relation *relation)
{
	char *folded = mail_name_fold(text);
	const int len = (int)variable->len;
	const char *name = variable->at;

	if (relation->star && folded[0] == '*' && folded[1] == '.' &&
	    strchr(folded + 1, '*') == NULL)
		(void)error_set(l->err, EX_CONFIG, "'%.80s' never matches "
		    "%.*s, * stands for nothing here: write ends_with(%.*s, "
		    "'%.80s')", text, len, name, len, name, folded + 1);
	else if (relation->star && strchr(folded, '*') != NULL)
		(void)error_set(l->err, EX_CONFIG, "'%.80s' never matches "
		    "%.*s, * stands for nothing here: write %.*s GLOB "
		    "'%.80s'", text, len, name, len, name, folded);
	else
		(void)error_set(l->err, EX_CONFIG, "'%.80s' never matches "
		    "%.*s, whose domain is in lower-case A-labels without a "
		    "final dot: write '%.80s'", text, len, name, folded);
	free(folded);
	return false;
}

static bool
word_check(const struct literals *l, const struct strategy_token *variable,
    const char *text, const struct relation *relation,
    const char *const *words)
{
	struct buf list = BUF_INIT;

	for (const char *const *word = words; *word != NULL; word++)
		if (relation_holds(l, relation, *word, text)) {
			buf_free(&list);
			return true;
		} else
			(void)buf_printf(&list, "%s%s",
			    word == words ? "" : ", ", *word);
	(void)error_set(l->err, EX_CONFIG, "'%.80s' never matches %.*s, which "
	    "is one of %s", text, (int)variable->len, variable->at,
	    buf_str(&list));
	buf_free(&list);
	return false;
}

/* Only where a whole address is asked for; the empty one is not known. */
static bool
ip_check(const struct literals *l, const struct strategy_token *variable,
    const char *text, const struct relation *relation)
{
	const int len = (int)variable->len;
	const char *name = variable->at;
	char written[INET6_ADDRSTRLEN] = "";
	struct in6_addr address;
	int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

	if (!relation->whole || text[0] == '\0')
		return true;
	if (inet_pton(family, text, &address) == 1)
		(void)inet_ntop(family, &address, written, sizeof(written));
	if (relation_holds(l, relation, written, text))
		return true;
	if (written[0] != '\0')
		return error_set(l->err, EX_CONFIG, "'%.80s' never matches "
		    "%.*s: write '%s'", text, len, name, written);
	if (strchr(text, '/') != NULL)
		return error_set(l->err, EX_CONFIG, "'%.80s' never matches "
		    "%.*s, which is one address: write is_ip_in_cidr(%.*s, "
		    "'%.80s')", text, len, name, len, name, text);
	return error_set(l->err, EX_CONFIG, "'%.80s' never matches %.*s: it is "
	    "no IP address", text, len, name);
}

static bool
literal_check(const struct literals *l, const struct strategy_token *variable,
    const struct strategy_token *literal, const struct relation *relation)
{
	enum strategy_variable_kind kind;
	enum strategy_variable v;
	const char *domain;
	char *text;
	bool ok = true;

	if (relation == NULL || !strategy_token_variable(&v, l->class,
	    variable))
		return true;
	kind = strategy_variable_kind(v);
	text = literal_text(literal);
	if (kind == EXPR_KIND_WORD)
		ok = word_check(l, variable, text, relation,
		    strategy_variable_words(v));
	else if (kind == EXPR_KIND_IP)
		ok = ip_check(l, variable, text, relation);
	else if (kind == EXPR_KIND_DOMAIN || kind == EXPR_KIND_ADDRESS) {
		domain = literal_domain(text, kind);
		if (domain != NULL && domain_never_matches(domain, relation))
			ok = domain_refuse(l, variable, text, relation);
	}
	free(text);
	return ok;
}

/* matches('pattern', ...), text REGEXP 'pattern' */
static bool
pattern_check(const struct literals *l, const struct strategy_token *literal)
{
	char *text = literal_text(literal), why[200];
	bool ok = strategy_regex_check(l->engine, text, why, sizeof(why)) ||
	    error_set(l->err, EX_CONFIG, "%s", why);

	free(text);
	return ok;
}

/* key_get('map', ...) */
static bool
map_check(const struct literals *l, const struct strategy_token *literal)
{
	char *text = literal_text(literal);
	bool ok = strategy_map_exists(l->engine, text) || error_set(l->err,
	    EX_CONFIG, "there is no lookup map %.80s", text);

	free(text);
	return ok;
}

static bool
at_first_argument(const struct literals *l, const struct strategy_token *t,
    const struct strategy_token *function)
{
	if (strategy_token_is(function, "matches") ||
	    strategy_token_is(function, "regexp"))
		return pattern_check(l, t);
	if (strategy_token_is(function, "key_get") ||
	    strategy_token_is(function, "key_exists"))
		return map_check(l, t);
	return true;
}

/* variable = 'literal', f(variable, 'literal'), IN ('literal'), WHEN 'literal' */
static bool
at_literal(const struct literals *l, const struct strategy_token *t)
{
	const struct strategy_token *last = l->last;

	if (strategy_token_is(&last[0], "(") &&
	    !at_first_argument(l, t, &last[1]))
		return false;
	if (strategy_token_is(&last[0], "regexp"))
		return pattern_check(l, t);
	if (l->in.len > 0 && l->depth == l->in_depth &&
	    !literal_check(l, &l->in, t, equal))
		return false;
	if (strategy_token_is(&last[0], "when") &&
	    !literal_check(l, &l->of_case, t, equal))
		return false;
	if (strategy_token_is(&last[0], ","))
		return !strategy_token_is(&last[2], "(") || literal_check(l,
		    &last[1], t, relation_find(&last[3], true));
	return literal_check(l, &last[1], t, relation_find(&last[0], false));
}

/* 'literal' = variable, eq_ignore_case('literal', variable) */
static bool
at_word(const struct literals *l, const struct strategy_token *t)
{
	const struct strategy_token *last = l->last;

	if (last[1].kind != EXPR_TOKEN_STRING)
		return true;
	if (strategy_token_is(&last[0], ","))
		return !strategy_token_is(&last[2], "(") ||
		    !strategy_token_is(&last[3], "eq_ignore_case") ||
		    literal_check(l, t, &last[1],
		    relation_find(&last[3], true));
	return strategy_token_is(&last[0], "like") ||
	    strategy_token_is(&last[0], "glob") || literal_check(l, t, &last[1],
	    relation_find(&last[0], false));
}

static void
remember(struct literals *l, const struct strategy_token *t)
{
	const struct strategy_token none = { .kind = EXPR_TOKEN_END };
	enum strategy_variable v;

	if (strategy_token_is(t, "(") && strategy_token_is(&l->last[0], "in")) {
		l->in = l->last[1];
		l->in_depth = l->depth + 1;
	}
	if (strategy_token_is(&l->last[0], "case"))
		l->of_case = *t;
	if (strategy_token_is(t, "end"))
		l->of_case = none;
	if (strategy_token_is(t, "("))
		l->depth++;
	if (strategy_token_is(t, ")") && l->depth-- == l->in_depth)
		l->in = none;
	/* NOT IN, IS NOT: as without it. */
	if (strategy_token_is(t, "not") && (strategy_token_is(&l->last[0],
	    "is") || strategy_token_variable(&v, l->class, &l->last[0])))
		return;
	memmove(l->last + 1, l->last, sizeof(l->last) - sizeof(l->last[0]));
	l->last[0] = *t;
}

bool
strategy_literals_check(struct strategy_engine *engine, const char *text,
    enum strategy_class class, struct error *err)
{
	struct literals l = { .engine = engine, .class = class, .err = err };
	struct buf sql = { .limit = REWRITE_SQL_MAX };
	bool ok = strategy_rewrite(&sql, text, err);
	const char *at = buf_str(&sql);

	for (size_t i = 0; i < WINDOW; i++)
		l.last[i] = (struct strategy_token){ .at = "" };
	for (struct strategy_token t; ok; at = t.at + t.len) {
		t = strategy_token_next(at);
		if (t.kind == EXPR_TOKEN_END)
			break;
		if (t.kind == EXPR_TOKEN_STRING)
			ok = at_literal(&l, &t);
		else if (t.kind == EXPR_TOKEN_WORD)
			ok = at_word(&l, &t);
		remember(&l, &t);
	}
	buf_free(&sql);
	return ok;
}
