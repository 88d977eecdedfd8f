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

struct chooser;

/*
 * The chooser of the settings, a new reference: *current where it is of these
 * settings, else a new one that takes its place there.  EX_CONFIG where an
 * expression or a lookup map does not make sense.
 */
bool chooser_get(struct chooser **chooser_r, struct chooser **current,
    struct settings *settings, struct error *err) MUST_CHECK;
struct chooser *chooser_ref(struct chooser *c);
void chooser_unref(struct chooser **c);

/* One attempt; all is the settings' or the chooser's. */
struct way {
	const struct conf_schedule *schedule;
	const struct conf_route *route;
	const struct conf_connection *connection;
	const struct conf_tls_strategy *strategy;
	const char *rule;	/* that chose the strategy, or "pinned" */
	bool pinned;
	/* The strategy, or what it allows, is another one for each host. */
	bool per_host;
	bool allow_invalid;	/* where not per_host */
};

/* Whom the expressions ask about. */
struct way_case {
	const struct spool_message *message;
	const struct spool_recipient *rcpt;
	int64_t now;
};

/* EX_CONFIG, with the rule: it never falls back to a default. */
bool chooser_way(struct chooser *c, const struct way_case *of,
    struct way *way_r, struct error *err) MUST_CHECK;
bool chooser_same_way(const struct way *a, const struct way *b);

/* For one host of a way that is per_host: fills strategy, rule and
 * allow_invalid.  remote_ip is a text. */
bool chooser_way_at_host(struct chooser *c, const struct way_case *of,
    const char *mx, const char *remote_ip, struct way *way,
    struct error *err) MUST_CHECK;

/*
 * After error tls (doc/policy.md 2): the strategy the expressions name now, where that
 * is another one; else NULL.  status is the enhanced code of the failure.
 */
const struct conf_tls_strategy *chooser_fallback(struct chooser *c,
    const struct way_case *of, const struct way *way, const char *status);

#endif
