/*
 * What `tlsq load` can find out about expressions without any mail.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "strategy/expr_impl.h"
#include "strategy/rules_impl.h"

/* The type that sample values give is what other values will mostly give, but
 * NULL: a map may well lack the sample's key. */
static bool
check_type(const struct expr_result *r, enum rules_want want, bool constant,
    struct error *err)
{
	bool ok = false;

	switch (want) {
	case RULES_CONDITION:
		ok = r->type == EXPR_INTEGER;
		break;
	case RULES_TEXT:
		ok = r->type == EXPR_TEXT;
		break;
	case RULES_TEXT_OR_NULL:
		ok = r->type == EXPR_TEXT || r->type == EXPR_NULL;
		break;
	}
	if (ok || (r->type == EXPR_NULL && !constant))
		return true;
	return error_set(err, EX_CONFIG, "gives %s where %s is needed",
	    expr_type_name(r->type),
	    want == RULES_CONDITION ? "true or false" : "text");
}

bool
rules_check_expression(struct expr_engine *engine, enum expr_class class,
    enum rules_want want, const char *text, const char **constant_r,
    struct error *err)
{
	const struct expr_values sample = expr_values_sample();
	struct expr_result r;
	struct expr *expr;
	bool ok = false, constant;

	*constant_r = NULL;
	if (!expr_compile(&expr, engine, class, text, err))
		return false;
	if (!expr_literals_check(engine, text, class, err))
		goto out;
	constant = expr_is_constant(expr);
	if (!expr_evaluate(expr, &sample, &r, err))
		goto out;
	if (!check_type(&r, want, constant, err))
		goto out;
	if (constant)
		*constant_r = r.text;
	ok = true;
out:
	expr_free(&expr);
	return ok;
}

struct check {
	struct expr_engine *engine;
	const struct conf *conf;
	rules_report *report;
	void *arg;
	bool ok;
};

static void
problem(struct check *c, const char *key, int position, const char *text,
    const char *why)
{
	char *sentence = mem_printf("%s: %s", text, why);

	c->report(c->arg, key, position, sentence);
	c->ok = false;
	free(sentence);
}

/* kind CONF_RULE_COUNT: the result is no id. */
static void
check_one(struct check *c, const char *key, int position,
    enum expr_class class, enum rules_want want, enum conf_rule_kind kind,
    const char *text)
{
	const char *constant;
	struct error err;

	if (!rules_check_expression(c->engine, class, want, text, &constant,
	    &err)) {
		problem(c, key, position, text, err.text);
		return;
	}
	if (kind == CONF_RULE_COUNT || constant == NULL ||
	    rules_id_exists(c->conf, kind, constant))
		return;
	(void)error_set(&err, EX_CONFIG, "there is no queue.%s.%s",
	    conf_rule_kind_name(kind), constant);
	problem(c, key, position, text, err.text);
}

static void
check_kind(struct check *c, enum conf_rule_kind kind)
{
	const struct conf_rules *rules = &c->conf->rules[kind];
	char *key = mem_printf("queue.strategy.%s", conf_rule_kind_name(kind));

	for (size_t i = 0; i < rules->count; i++) {
		const struct conf_rule *rule = &rules->item[i];
		int position = (int)i;

		if (rule->condition != NULL)
			check_one(c, key, position, EXPR_QUEUE,
			    RULES_CONDITION, CONF_RULE_COUNT,
			    rule->condition);
		check_one(c, key, position, EXPR_QUEUE, RULES_TEXT, kind,
		    rule->result);
	}
	free(key);
}

static void
check_allow_invalid(struct check *c, const struct conf_tls_row *row)
{
	char *key = mem_printf("queue.tls.%s.allow-invalid-certs", row->id);

	check_one(c, key, -1, EXPR_QUEUE, RULES_CONDITION, CONF_RULE_COUNT,
	    row->allow_invalid_certs);
	free(key);
}

bool
rules_check_all(const struct conf_rows *rows, const struct conf *conf,
    rules_report *report, void *arg)
{
	struct check c = {
		.conf = conf, .report = report, .arg = arg, .ok = true
	};
	struct error err;

	if (!expr_engine_open(&c.engine, &err) || !expr_engine_set_lookup(
	    c.engine, rows->lookup, rows->lookup_count, &err)) {
		report(arg, "lookup", -1, err.text);
		expr_engine_close(&c.engine);
		return false;
	}
	for (int kind = 0; kind < CONF_RULE_COUNT; kind++)
		check_kind(&c, (enum conf_rule_kind)kind);
	for (size_t i = 0; i < rows->tls_count; i++)
		check_allow_invalid(&c, &rows->tls[i]);
	check_one(&c, "milter.take", -1, EXPR_MILTER, RULES_CONDITION,
	    CONF_RULE_COUNT, conf->milter.take);
	check_one(&c, "milter.tls-strategy", -1, EXPR_MILTER,
	    RULES_TEXT_OR_NULL, CONF_RULE_TLS, conf->milter.tls_strategy);
	expr_engine_close(&c.engine);
	return c.ok;
}
