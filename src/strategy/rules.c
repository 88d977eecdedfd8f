/*
 * Rules, compiled once for each configuration; and what `tlsq load` can find out
 * about expressions without any mail.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "strategy/expr_impl.h"
#include "strategy/rules.h"

struct rule {
	struct strategy_expr *condition;	/* NULL: always */
	struct strategy_expr *result;
	char *words;		/* for attempt.rule */
};

struct rule_list {
	struct rule *item;
	size_t count;
	bool names_host;
};

/* An allow-invalid-certs that is an expression, by its text. */
struct allow_rule {
	UT_hash_handle hh;
	struct strategy_expr *expr;
};

struct strategy_rules {
	struct strategy_engine *engine;
	const struct conf *conf;
	struct rule_list list[CONF_RULE_COUNT];
	struct allow_rule *allow;
};

/* "queue.strategy.tls[0]: retry_num > 0", "queue.strategy.tls[1]: else",
 * "queue.strategy.route: 'mx'" where there is no list. */
static char *
rule_words(enum conf_rule_kind kind, const struct conf_rules *from, size_t i)
{
	const struct conf_rule *rule = &from->item[i];

	if (from->count == 1 && rule->condition == NULL)
		return mem_printf("queue.strategy.%s: %s",
		    conf_rule_kind_name(kind), rule->result);
	return mem_printf("queue.strategy.%s[%zu]: %s",
	    conf_rule_kind_name(kind), i,
	    rule->condition != NULL ? rule->condition : "else");
}

static bool
rule_compile(struct rule *rule, struct strategy_rules *rules,
    const struct conf_rule *from, struct error *err)
{
	if (from->condition != NULL && !strategy_expr_compile(&rule->condition,
	    rules->engine, EXPR_QUEUE, from->condition, err))
		return error_prefix(err, "%s", rule->words);
	if (!strategy_expr_compile(&rule->result, rules->engine, EXPR_QUEUE,
	    from->result, err))
		return error_prefix(err, "%s: %s", rule->words, from->result);
	return true;
}

static bool
list_compile(struct strategy_rules *rules, enum conf_rule_kind kind,
    struct error *err)
{
	const struct conf_rules *from = &rules->conf->rules[kind];
	struct rule_list *list = &rules->list[kind];

	list->item = mem_zalloc((from->count + 1) * sizeof(*list->item));
	for (; list->count < from->count; list->count++) {
		struct rule *rule = &list->item[list->count];

		rule->words = rule_words(kind, from, list->count);
		if (!rule_compile(rule, rules, &from->item[list->count],
		    err)) {
			list->count++; /* half made: to be freed */
			return false;
		}
		if ((rule->condition != NULL &&
		    strategy_expr_names_host(rule->condition)) ||
		    strategy_expr_names_host(rule->result))
			list->names_host = true;
	}
	return true;
}

bool
strategy_rules_compile(struct strategy_rules **rules_r,
    struct strategy_engine *engine, const struct conf *conf, struct error *err)
{
	struct strategy_rules *rules = mem_zalloc(sizeof(*rules));

	rules->engine = engine;
	rules->conf = conf;
	for (int kind = 0; kind < CONF_RULE_COUNT; kind++)
		if (!list_compile(rules, (enum conf_rule_kind)kind, err)) {
			strategy_rules_free(&rules);
			return false;
		}
	*rules_r = rules;
	return true;
}

static void
list_free(struct rule_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		strategy_expr_free(&list->item[i].condition);
		strategy_expr_free(&list->item[i].result);
		free(list->item[i].words);
	}
	free(list->item);
}

void
strategy_rules_free(struct strategy_rules **rules_p)
{
	struct strategy_rules *rules = *rules_p;
	struct allow_rule *allow, *next;

	if (rules == NULL)
		return;
	for (int kind = 0; kind < CONF_RULE_COUNT; kind++)
		list_free(&rules->list[kind]);
	HASH_ITER(hh, rules->allow, allow, next) {
		HASH_DEL(rules->allow, allow);
		strategy_expr_free(&allow->expr);
		free(allow);
	}
	free(rules);
	*rules_p = NULL;
}

static bool
id_exists(const struct conf *conf, enum conf_rule_kind kind,
    const char *id)
{
	switch (kind) {
	case CONF_RULE_TLS:
	case CONF_RULE_TLS_SHADOW:
		return conf_tls_strategy(conf, id) != NULL;
	case CONF_RULE_ROUTE:
		return conf_route(conf, id) != NULL;
	case CONF_RULE_CONNECTION:
		return conf_connection(conf, id) != NULL;
	case CONF_RULE_SCHEDULE:
		return conf_schedule(conf, id) != NULL;
	case CONF_RULE_COUNT:
		break;
	}
	return false;
}

static bool
rule_apply(const struct strategy_rules *rules, enum conf_rule_kind kind,
    const struct rule *rule, const struct strategy_values *values,
    struct strategy_rules_choice *choice_r, struct error *err)
{
	const char *id;

	if (!strategy_expr_evaluate_text(rule->result, values, &id, err))
		return error_prefix(err, "%s: %s", rule->words,
		    strategy_expr_text(rule->result));
	if (!id_exists(rules->conf, kind, id))
		return error_set(err, EX_CONFIG, "%s: there is no queue.%s.%s",
		    rule->words, conf_rule_kind_object(kind), id);
	*choice_r = (struct strategy_rules_choice){ .id = id, .rule = rule->words };
	return true;
}

bool
strategy_rules_choose(struct strategy_rules *rules, enum conf_rule_kind kind,
    const struct strategy_values *values,
    struct strategy_rules_choice *choice_r, struct error *err)
{
	const struct rule_list *list = &rules->list[kind];
	bool holds = true;

	for (size_t i = 0; i < list->count; i++) {
		const struct rule *rule = &list->item[i];

		if (rule->condition != NULL &&
		    !strategy_expr_evaluate_condition(rule->condition, values,
		    &holds, err))
			return error_prefix(err, "%s", rule->words);
		if (rule->condition == NULL || holds)
			return rule_apply(rules, kind, rule, values, choice_r,
			    err);
	}
	return error_set(err, EX_CONFIG, "queue.strategy.%s: no condition "
	    "holds and there is no else", conf_rule_kind_name(kind));
}

bool
strategy_rules_name_host(const struct strategy_rules *rules,
    enum conf_rule_kind kind)
{
	return rules->list[kind].names_host;
}

static bool
allow_find(struct strategy_rules *rules, const char *text,
    struct strategy_expr **expr_r, struct error *err)
{
	struct allow_rule *allow;
	struct strategy_expr *expr;

	HASH_FIND_STR(rules->allow, text, allow);
	if (allow == NULL) {
		if (!strategy_expr_compile(&expr, rules->engine, EXPR_QUEUE,
		    text, err))
			return false;
		allow = mem_zalloc(sizeof(*allow));
		allow->expr = expr;
		HASH_ADD_KEYPTR(hh, rules->allow, strategy_expr_text(expr),
		    strlen(strategy_expr_text(expr)), allow);
	}
	*expr_r = allow->expr;
	return true;
}

bool
strategy_rules_allow_invalid(struct strategy_rules *rules,
    const struct conf_tls_strategy *tls, const struct strategy_values *values,
    bool *allow_r, struct error *err)
{
	struct strategy_expr *expr;

	switch (tls->allow_invalid_certs) {
	case CONF_INVALID_REFUSE:
		*allow_r = false;
		return true;
	case CONF_INVALID_ALLOW:
		*allow_r = true;
		return true;
	case CONF_INVALID_BY_EXPRESSION:
		break;
	}
	*allow_r = false;
	if (!allow_find(rules, tls->allow_invalid_expression, &expr, err) ||
	    !strategy_expr_evaluate_condition(expr, values, allow_r, err))
		return error_prefix(err, "queue.tls.%s.allow-invalid-certs: %s",
		    tls->id, tls->allow_invalid_expression);
	return true;
}

/* --- queue.requiretls */

static const char requiretls_key[] = "queue.requiretls";

/* The bare word is the constant. */
static const char *
requiretls_text(const char *text)
{
	return strcmp(text, "enforce") == 0 ? "'enforce'" :
	    strcmp(text, "opportunistic") == 0 ? "'opportunistic'" : text;
}

static bool
requiretls_word(const char *word, bool *pass_r, struct error *err)
{
	*pass_r = word != NULL && strcmp(word, "opportunistic") == 0;
	return *pass_r || (word != NULL && strcmp(word, "enforce") == 0) ||
	    error_set(err, EX_CONFIG, "gives \"%s\" where enforce or "
	    "opportunistic is needed", word != NULL ? word : "NULL");
}

bool
strategy_rules_pass_require_tls(struct strategy_rules *rules,
    const struct strategy_values *values, bool *pass_r, struct error *err)
{
	const char *text = requiretls_text(rules->conf->queue.requiretls);
	struct strategy_expr *expr;
	const char *word;

	*pass_r = false;
	return (allow_find(rules, text, &expr, err) &&
	    strategy_expr_evaluate_text(expr, values, &word, err) &&
	    requiretls_word(word, pass_r, err)) ||
	    error_prefix(err, "%s", requiretls_key);
}

/* --- at load */

/* The type that sample values give is what other values will mostly give, but
 * NULL: a map may well lack the sample's key. */
static bool
check_type(const struct conf_expression *e,
    const struct strategy_expr_result *r, bool constant, struct error *err)
{
	if (r->type == (e->condition ? EXPR_INTEGER : EXPR_TEXT) ||
	    (r->type == EXPR_NULL && (e->or_null || !constant)))
		return true;
	return error_set(err, EX_CONFIG, "gives %s where %s is needed",
	    strategy_expr_type_name(r->type), e->condition ?
	    "true or false" : "text");
}

/* As far as that can be done without mail: it compiles, and with sample values it
 * gives what is wanted; what it always gives is there. */
static bool
check_one(struct strategy_engine *engine, const struct conf *conf,
    const struct conf_expression *e, struct error *err)
{
	const enum strategy_class class = e->milter ? EXPR_MILTER : EXPR_QUEUE;
	const struct strategy_values sample = strategy_values_sample();
	struct strategy_expr_result r;
	struct strategy_expr *expr;
	bool requiretls = strcmp(e->key, requiretls_key) == 0, pass, ok;

	if (!strategy_expr_compile(&expr, engine, class, requiretls ?
	    requiretls_text(e->text) : e->text, err))
		return false;
	ok = strategy_literals_check(engine, e->text, class, err) &&
	    strategy_expr_evaluate(expr, &sample, &r, err) &&
	    check_type(e, &r, strategy_expr_is_constant(expr), err);
	if (ok && requiretls && r.text != NULL)
		ok = requiretls_word(r.text, &pass, err);
	else if (ok && !e->condition && !e->known &&
	    strategy_expr_is_constant(expr) && r.text != NULL &&
	    !id_exists(conf, e->kind, r.text))
		ok = error_set(err, EX_CONFIG, "there is no queue.%s.%s",
		    conf_rule_kind_object(e->kind), r.text);
	strategy_expr_free(&expr);
	return ok;
}

bool
strategy_rules_check_all(const struct conf *conf, strategy_rules_report *report,
    void *arg)
{
	struct strategy_engine *engine;
	struct error err;
	bool ok = true;

	if (!strategy_engine_open(&engine, &err) ||
	    !strategy_engine_set_lookup(engine, conf->lookup,
	    conf->lookup_count, &err)) {
		report(arg, NULL, err.text);
		strategy_engine_close(&engine);
		return false;
	}
	for (size_t i = 0; i < conf->expression_count; i++)
		if (!check_one(engine, conf, &conf->expression[i], &err)) {
			report(arg, &conf->expression[i], err.text);
			ok = false;
		}
	strategy_engine_close(&engine);
	return ok;
}
