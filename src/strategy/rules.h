/*
 * The strategy expressions of a configuration, compiled: which TLS strategy,
 * route, connection and schedule an attempt uses, and by which rule.
 *
 * Belongs to the engine's thread.  conf is borrowed and must outlive the rules.
 */
#ifndef TLSQ_STRATEGY_RULES_H
#define TLSQ_STRATEGY_RULES_H

#include "strategy/expr.h"

struct strategy_rules;

/* EX_CONFIG, naming the key, where an expression does not compile. */
bool strategy_rules_compile(struct strategy_rules **rules_r,
    struct strategy_engine *engine, const struct conf *conf,
    struct error *err) MUST_CHECK;
void strategy_rules_free(struct strategy_rules **rules);

struct strategy_rules_choice {
	const char *id;		/* valid until the engine evaluates again */
	const char *rule;	/* in words, for attempt.rule; as long as rules */
};

/*
 * Chooses by the first condition that holds.  EX_CONFIG, beginning with the
 * rule, where an expression fails, gives no text, or names an id that is not
 * configured: the attempt is then deferred, no default is taken.
 */
bool strategy_rules_choose(struct strategy_rules *rules,
    enum conf_rule_kind kind, const struct strategy_values *values,
    struct strategy_rules_choice *choice_r, struct error *err) MUST_CHECK;

/* Some expression of this kind names mx or remote_ip: choose for each host. */
bool strategy_rules_name_host(const struct strategy_rules *rules,
    enum conf_rule_kind kind);

/*
 * queue.tls.<id>.allow-invalid-certs: for each host, as it may be an expression
 * that names one.  It is compiled when it is first needed.  EX_CONFIG where it
 * fails: then nothing is allowed.
 */
bool strategy_rules_allow_invalid(struct strategy_rules *rules,
    const struct conf_tls_strategy *tls, const struct strategy_values *values,
    bool *allow_r, struct error *err) MUST_CHECK;

/*
 * queue.requiretls: true where REQUIRETLS is passed on where it is offered and
 * demanded of nobody.  EX_CONFIG where the expression fails or gives neither word:
 * then it is enforced.
 */
bool strategy_rules_pass_require_tls(struct strategy_rules *rules,
    const struct strategy_values *values, bool *pass_r, struct error *err)
    MUST_CHECK;

/* --- at load ------------------------------------------------------------ */

/*
 * All expressions that a configuration was given, as far as they can be tried
 * without mail: they compile, give what is wanted with sample values, and what
 * always gives the same id gives one that is configured.  Calls report once for each
 * problem, with a sentence and the expression (NULL: the lookup maps); true where
 * there was none.
 */
typedef void strategy_rules_report(void *arg, const struct conf_expression *e,
    const char *problem);
bool strategy_rules_check_all(const struct conf *conf,
    strategy_rules_report *report, void *arg)
    MUST_CHECK;

#endif
