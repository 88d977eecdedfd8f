/*
 * The strategy expressions of a configuration, compiled: which TLS strategy,
 * route, connection and schedule an attempt uses, and by which rule.
 *
 * Belongs to the engine's thread.  conf is borrowed and must outlive the rules.
 */
#ifndef TLSQ_STRATEGY_RULES_H
#define TLSQ_STRATEGY_RULES_H

#include "strategy/expr.h"

struct rules;

/* EX_CONFIG, naming the key, where an expression does not compile. */
bool rules_compile(struct rules **rules_r, struct expr_engine *engine,
    const struct conf *conf, struct error *err) MUST_CHECK;
void rules_free(struct rules **rules);

struct rules_choice {
	const char *id;		/* valid until the engine evaluates again */
	const char *rule;	/* in words, for attempt.rule; as long as rules */
};

/*
 * Chooses by the first condition that holds.  EX_CONFIG, beginning with the
 * rule, where an expression fails, gives no text, or names an id that is not
 * configured: the attempt is then deferred, no default is taken.
 */
bool rules_choose(struct rules *rules, enum conf_rule_kind kind,
    const struct expr_values *values, struct rules_choice *choice_r,
    struct error *err) MUST_CHECK;

/* Some expression of this kind names mx or remote_ip: choose for each host. */
bool rules_name_host(const struct rules *rules, enum conf_rule_kind kind);

/*
 * queue.tls.<id>.allow-invalid-certs: for each host, as it may be an expression
 * that names one.  It is compiled when it is first needed.  EX_CONFIG where it
 * fails: then nothing is allowed.
 */
bool rules_allow_invalid(struct rules *rules,
    const struct conf_tls_strategy *tls, const struct expr_values *values,
    bool *allow_r, struct error *err) MUST_CHECK;

/* --- at load ------------------------------------------------------------ */

/*
 * All expressions that a configuration was given, as far as they can be tried
 * without mail: they compile, give what is wanted with sample values, and what
 * always gives the same id gives one that is configured.  Calls report once for each
 * problem, with a sentence and the expression (NULL: the lookup maps); true where
 * there was none.
 */
typedef void rules_report(void *arg, const struct conf_expression *e,
    const char *problem);
bool rules_check_all(const struct conf *conf, rules_report *report, void *arg)
    MUST_CHECK;

#endif
