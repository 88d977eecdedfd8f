/*
 * How a recipient goes out: the strategy expressions of one configuration,
 * evaluated for an attempt (tlsq-expressions(7)).
 *
 * A chooser belongs to one thread; it is counted, so that deliveries end under
 * the configuration they began with.
 */
#ifndef TLSQ_NEXTHOP_CHOOSER_H
#define TLSQ_NEXTHOP_CHOOSER_H

#include "nexthop/services.h"
#include "spool/queue.h"

struct nexthop_chooser;

/*
 * The chooser of the settings, a new reference: *current where it is of these
 * settings, else a new one that takes its place there.  EX_CONFIG where an
 * expression or a lookup map does not make sense.
 */
bool nexthop_chooser_get(struct nexthop_chooser **chooser_r,
    struct nexthop_chooser **current, struct settings *settings,
    struct error *err) MUST_CHECK;
struct nexthop_chooser *nexthop_chooser_ref(struct nexthop_chooser *c);
void nexthop_chooser_unref(struct nexthop_chooser **c);

/* One attempt; all is the settings' or the chooser's. */
struct nexthop_choice {
	const struct conf_schedule *schedule;
	const struct conf_route *route;
	const struct conf_connection *connection;
	const struct conf_tls_strategy *strategy;
	const char *rule;	/* that chose the strategy, or "pinned" */
	bool pinned;
	bool by_exception;	/* a rule of the administrator chose it */
	/* The strategy, or what it allows, is another one for each host. */
	bool per_host;
	bool allow_invalid;	/* where not per_host */
	/* queue.requiretls says "opportunistic", of a message that has it */
	bool pass_require_tls;
	/* queue.strategy.tls-shadow; NULL: none */
	const struct conf_tls_strategy *shadow;
};

/* Whom the expressions ask about. */
struct nexthop_case {
	const struct spool_message *message;
	const struct spool_recipient *rcpt;
	int64_t now;
};

/* EX_CONFIG, with the rule: it never falls back to a default. */
bool nexthop_choose(struct nexthop_chooser *c, const struct nexthop_case *of,
    struct nexthop_choice *way_r, struct error *err) MUST_CHECK;
bool nexthop_choice_same(const struct nexthop_choice *a,
    const struct nexthop_choice *b);

/* For one host of a way that is per_host: fills strategy, rule and
 * allow_invalid.  remote_ip is a text. */
bool nexthop_choose_at_host(struct nexthop_chooser *c,
    const struct nexthop_case *of, const char *mx, const char *remote_ip,
    struct nexthop_choice *way, struct error *err) MUST_CHECK;

/*
 * After error tls (doc/policy.md 2): the strategy the expressions name now, where that
 * is another one; else NULL.  status is the enhanced code of the failure.
 */
const struct conf_tls_strategy *nexthop_choose_fallback(
    struct nexthop_chooser *c, const struct nexthop_case *of,
    const struct nexthop_choice *way, const char *status);

#endif
