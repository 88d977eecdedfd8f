/*
 * The policy decision on one host for one kind of message: the facts of a survey
 * under a strategy, the verdict, and the words for both that are recorded.
 *
 * Shared by deliveries and `tlsq explain`.  No I/O; any thread.
 */
#ifndef TLSQ_NEXTHOP_DECISION_H
#define TLSQ_NEXTHOP_DECISION_H

#include "conf/config.h"
#include "policy/decide.h"
#include "nexthop/chooser.h"
#include "nexthop/discovery.h"

/* What a message takes off its strategy. */
enum nexthop_waiver {
	NEXTHOP_WAIVER_NONE,
	NEXTHOP_WAIVER_HEADER,	/* TLS-Required: No, as queue.tls-required-no says */
	/* A TLS report goes even where a policy fails (RFC 8460 3). */
	NEXTHOP_WAIVER_REPORT
};
enum nexthop_waiver nexthop_waiver_of(const struct spool_message *message);

/* What the strategy asks for, and what the message takes off it. */
struct nexthop_terms {
	const struct conf_tls_strategy *strategy;
	const char *rule;	/* that chose it; kept */
	bool pinned;		/* by the message */
	bool waived;		/* TLS-Required: No, and no REQUIRETLS */
	enum policy_required_no waiver;	/* queue.tls-required-no */
	bool allow_invalid;	/* allow-invalid-certs, evaluated */
	bool route_allow_invalid;	/* the same of the relay route */
	/* The route has credentials: TLS is then mandatory, and of the two above
	 * only the route's own counts. */
	bool has_secret;
};

struct nexthop_decision {
	const struct conf_tls_strategy *strategy;	/* the configuration's */
	const char *rule;		/* that chose it; the terms' */
	struct policy_wants wants;	/* after the waiver */
	bool allow_invalid;
	struct policy_host_facts facts;
	struct policy_verdict verdict;
};

struct nexthop_terms nexthop_decision_terms_of(
    const struct nexthop_choice *choice, const struct conf *conf,
    enum nexthop_waiver waiver);
/* What of the terms holds before any fact is known: whether the records and the
 * policy need to be asked for. */
void nexthop_decision_needs(const struct nexthop_terms *terms, bool *tlsa_r,
    bool *sts_r);
/* The host must be ready. */
void nexthop_decision_make(struct nexthop_decision *decision_r,
    const struct nexthop_discovery *survey, size_t host,
    const struct nexthop_terms *terms);

/* The same is asked of both. */
bool nexthop_decision_same(const struct nexthop_decision *a,
    const struct nexthop_decision *b);

/* A refusal in words: what was decided, on which host, why. */
void nexthop_decision_sentence(char *dst, size_t room,
    const struct nexthop_discovery *survey, size_t host,
    const struct nexthop_decision *d);

/* session.dane and session.mta_sts: what the session proved of them. */
const char *nexthop_decision_dane_word(const struct nexthop_decision *d,
    bool tls, bool proved);
const char *nexthop_decision_sts_word(const struct nexthop_decision *d,
    bool tls, bool proved);

#endif
