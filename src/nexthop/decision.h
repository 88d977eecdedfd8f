/*
 * The policy decision on one host for one kind of message: the facts of a survey
 * under a strategy, the verdict, and the words for both that are recorded.
 *
 * Shared by deliveries and `tlsq explain`.  No I/O.
 */
#ifndef TLSQ_NEXTHOP_DECISION_H
#define TLSQ_NEXTHOP_DECISION_H

#include "conf/config.h"
#include "policy/decide.h"
#include "nexthop/chooser.h"
#include "nexthop/discovery.h"

/* What the strategy asks for, and what the message takes off it. */
struct decision_terms {
	const struct conf_tls_strategy *strategy;
	const char *rule;	/* that chose it; kept */
	bool pinned;		/* by the message */
	bool waived;		/* TLS-Required: No, and no REQUIRETLS */
	enum required_no waiver;	/* queue.tls-required-no */
	bool allow_invalid;	/* allow-invalid-certs, evaluated */
	bool route_allow_invalid;	/* the same of the relay route */
	/* The route has credentials: TLS is then mandatory, and of the two above
	 * only the route's own counts. */
	bool has_secret;
};

struct decision {
	const struct conf_tls_strategy *strategy;	/* the configuration's */
	const char *rule;		/* that chose it; the terms' */
	struct policy_wants wants;	/* after the waiver */
	bool allow_invalid;
	struct host_facts facts;
	struct policy_verdict verdict;
};

struct decision_terms decision_terms_of(const struct way *choice,
    const struct conf *conf, bool waived);
/* What of the terms holds before any fact is known: whether the records and the
 * policy need to be asked for. */
void decision_needs(const struct decision_terms *terms, bool *tlsa_r,
    bool *sts_r);
/* The host must be ready. */
void decision_make(struct decision *decision_r, const struct survey *survey,
    size_t host, const struct decision_terms *terms);

/* The same is asked of both. */
bool decision_is_alike(const struct decision *a, const struct decision *b);

/* attempt.facts: a JSON object. */
enum { DECISION_FACTS_LEN = 512 };
void decision_facts(char dst[static DECISION_FACTS_LEN],
    const struct survey *survey, size_t host, const struct decision *d);
/* A refusal in words: what was decided, on which host, why. */
void decision_sentence(char *dst, size_t room, const struct survey *survey,
    size_t host, const struct decision *d);

/* session.dane and session.mta_sts: what the session proved of them. */
const char *decision_dane_word(const struct decision *d, bool tls, bool proved);
const char *decision_sts_word(const struct decision *d, bool tls, bool proved);

#endif
