/*
 * What a host must prove before mail is handed to it, and what follows from each
 * thing that can go wrong in the session.  PURE, any thread.
 *
 * The rules are sections 1 and 2 of doc/policy.md; each is a row in
 * level.c with its RFC section.
 */
#ifndef TLSQ_POLICY_LEVEL_H
#define TLSQ_POLICY_LEVEL_H

#include <stdbool.h>

/* Ordered: a higher level proves more.  Unset is not a level: asserted away. */
enum policy_level {
	LEVEL_UNSET,
	LEVEL_NONE,		/* plaintext: STARTTLS is not used */
	LEVEL_OPPORTUNISTIC,	/* TLS where offered */
	LEVEL_MANDATORY,	/* TLS */
	LEVEL_MTA_STS,		/* TLS, PKIX, host name, host in the policy */
	LEVEL_DANE,		/* a TLSA record matches */
	LEVEL_COUNT
};

/* "none", "opportunistic", "mandatory", "mta-sts", "dane" (attempt.level). */
const char *policy_level_name(enum policy_level level);

/* What one key of queue.tls.<id> asks for.  0 is the strictest. */
enum policy_want { WANT_REQUIRE, WANT_OPTIONAL, WANT_DISABLE };

/* "require", "optional", "disable". */
const char *policy_want_name(enum policy_want want);

/* What can go wrong between the greeting and MAIL FROM. */
enum policy_event {
	EVENT_STARTTLS_MISSING,	/* not in the EHLO reply, or HELO only */
	EVENT_STARTTLS_REFUSED,	/* offered, then answered with 4xx or 5xx */
	EVENT_HANDSHAKE_FAILED,	/* or timed out */
	EVENT_EARLY_OCTETS,	/* octets between the 220 and the handshake */
	EVENT_CERT_EXPIRED,	/* certificate at its PKIX check ... */
	EVENT_CERT_HOST_MISMATCH,
	EVENT_CERT_NOT_TRUSTED,
	EVENT_CERT_INVALID,	/* ... for any other reason */
	EVENT_TLSA_MISMATCH,	/* no TLSA record matched */
	EVENT_COUNT
};

/* What PKIX and the host's name say of a certificate, whatever is asked. */
enum policy_pkix {
	POLICY_PKIX_UNSEEN,
	POLICY_PKIX_VERIFIED,
	POLICY_PKIX_CN_ONLY,	/* verified; the name stands in the CN */
	POLICY_PKIX_EXPIRED,	/* from here on as EVENT_CERT_* */
	POLICY_PKIX_HOST_MISMATCH,
	POLICY_PKIX_NOT_TRUSTED,
	POLICY_PKIX_INVALID,
	POLICY_PKIX_COUNT
};
/* "unseen", "verified", "cn-only", "expired", ... (attempt.facts) */
const char *policy_pkix_name(enum policy_pkix pkix);
/* Of an EVENT_CERT_*. */
enum policy_pkix policy_pkix_of(enum policy_event event);

enum policy_action {
	ACTION_SKIP_HOST,	/* no mail to this host; try the next one */
	ACTION_CONTINUE,	/* go on; a certificate problem is recorded */
	ACTION_CONTINUE_PLAIN	/* go on without TLS */
};

/*
 * What follows, and how a refusal is recorded.  error is one of the words of
 * recipient.last_error and says whose demand was not met: dane and mta-sts are
 * the domain's, tls is the strategy's alone.  A rule on last_error == 'tls' thus
 * never weakens what a domain demands.  status is the enhanced code as 4.x.y,
 * result_type the RFC 8460 word (NULL where none applies); all static.
 */
struct policy_consequence {
	enum policy_action action;
	const char *error, *status, *result_type;
};

/* What is asked of a session. */
struct policy_demand {
	enum policy_level level;
	/* At LEVEL_MANDATORY: the host has TLSA records, none of them usable.
	 * They demand TLS; the certificate is the strategy's affair. */
	bool by_dane;
	bool allow_invalid;	/* allow-invalid-certs */
};

/* Total over all demands and events. */
struct policy_consequence policy_session_event(
    const struct policy_demand *demand, enum policy_event event);

#endif
