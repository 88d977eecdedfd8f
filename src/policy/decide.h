/*
 * The TLS policy for one host before it is contacted: facts in, verdict out.
 * PURE, any thread.  Each rule is a row of a table in decide.c with its RFC
 * section.
 *
 * A verdict names the level the session must prove (policy/level.h), or refuses
 * the host with everything that is recorded about a refusal.
 */
#ifndef TLSQ_POLICY_DECIDE_H
#define TLSQ_POLICY_DECIDE_H

#include <stdbool.h>

#include "policy/dns.h"
#include "policy/level.h"

/* What was found at the TLSA base domain.  0 stops delivery. */
enum policy_tlsa_fact {
	TLSA_FAILED,		/* SERVFAIL, timeout, bogus */
	TLSA_USABLE,		/* secure, at least one usable record */
	TLSA_UNUSABLE,		/* secure, none of the records is usable */
	TLSA_ABSENT,		/* secure denial */
	TLSA_INSECURE,		/* an answer without security */
	TLSA_NOT_ASKED,		/* disabled, or the address is insecure */
	TLSA_FACT_COUNT
};

/* The MTA-STS policy of the recipient domain, fetched or cached.  0 is the one
 * that refuses most. */
enum policy_sts_fact {
	STS_ENFORCE_MISMATCH,	/* mode enforce, this host is not in it */
	STS_ENFORCE_MATCH,
	STS_TESTING_MISMATCH,
	STS_TESTING_MATCH,
	STS_MODE_NONE,
	STS_NO_RECORD,		/* no TXT record and nothing cached */
	STS_FETCH_FAILED,	/* nothing cached and: TXT or HTTPS failed */
	STS_INVALID,		/* the policy is not one */
	STS_WEBPKI_INVALID,	/* the policy host's certificate */
	STS_NO_SLOT,		/* nothing cached; not tried, by our own doing */
	STS_NOT_ASKED,		/* disabled */
	STS_FACT_COUNT
};

struct policy_wants {
	enum policy_want dane, mta_sts, starttls;
};

struct policy_host_facts {
	/* a configured relay counts as secure */
	enum policy_dns_status mx;
	enum policy_dns_status address;
	enum policy_tlsa_fact tlsa;
	enum policy_sts_fact sts;
};

struct policy_verdict {
	bool refused;
	enum policy_level level;	/* where not refused */
	/* At LEVEL_DANE: what MTA-STS asks must be proved as well. */
	bool sts_too;
	bool host_only;		/* LEVEL_DANE by an insecure MX */
	bool by_dane;		/* LEVEL_MANDATORY: TLSA records demand TLS */
	/* Where refused, as in struct policy_consequence; all static. */
	const char *error, *status;
	/* Of a refusal; also where not refused but reported by RFC 8460. */
	const char *result_type;
	const char *why;	/* one sentence: the rule that applied */
	const char *source;	/* the RFC section of that rule */
};

/* Total over all facts and wants. */
struct policy_verdict policy_decide(const struct policy_host_facts *facts,
    const struct policy_wants *wants);

/* "secure", "none", ... as shown by explain and attempt.facts. */
const char *policy_tlsa_fact_name(enum policy_tlsa_fact fact);
const char *policy_sts_fact_name(enum policy_sts_fact fact);

/* queue.tls-required-no: what the header TLS-Required: No may do. */
enum policy_required_no { REQUIRED_NO_NEVER, REQUIRED_NO_OPTIONAL,
    REQUIRED_NO_ALWAYS };

/*
 * RFC 8689 4.2.2: a message that waives TLS.  What is optional is lowered to
 * disabled; a `require` stands, and so does all of a pinned strategy, unless
 * mode is ALWAYS.  STARTTLS itself stays opportunistic.  *allow_invalid_r is set
 * true where the waiver applies to certificates, else left.
 */
struct policy_wants policy_waive(const struct policy_wants *wants,
    enum policy_required_no mode, bool pinned, bool *allow_invalid_r);

#endif
