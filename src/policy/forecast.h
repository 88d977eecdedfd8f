/*
 * What a strategy would have made of a host, from what was seen when another one
 * was in force (`tlsq whatif`, queue.strategy.tls-shadow).  PURE, any thread.
 *
 * The rules are those that decide deliveries, policy/decide.h and level.h: there is
 * no second evaluator.  What was not seen is unknown, and never guessed.
 */
#ifndef TLSQ_POLICY_FORECAST_H
#define TLSQ_POLICY_FORECAST_H

#include <stdbool.h>

#include "policy/decide.h"
#include "policy/level.h"

/* How far the session came with TLS. */
enum policy_seen_tls {
	POLICY_TLS_UNSEEN,	/* no session, or none that got to EHLO */
	POLICY_TLS_MISSING,	/* STARTTLS was not offered, or refused */
	POLICY_TLS_OFFERED,	/* and not used */
	POLICY_TLS_BROKEN,	/* the handshake failed */
	POLICY_TLS_USED,
	POLICY_SEEN_TLS_COUNT
};

/* What TLSA records say of the certificate. */
enum policy_seen_dane {
	POLICY_DANE_UNSEEN, POLICY_DANE_VERIFIED, POLICY_DANE_FAILED,
	POLICY_SEEN_DANE_COUNT
};

/* Of one attempt at one host; its words are those of attempt.facts. */
struct policy_seen {
	struct policy_host_facts facts;
	/* Asked for under the strategy of then? */
	bool tlsa_asked, sts_asked;
	enum policy_seen_tls tls;
	enum policy_pkix pkix;
	enum policy_seen_dane dane;
};
const char *policy_seen_tls_name(enum policy_seen_tls tls);
const char *policy_seen_dane_name(enum policy_seen_dane dane);

struct policy_forecast_terms {
	struct policy_wants wants;
	bool allow_invalid;
	bool allow_unknown;	/* allow-invalid-certs is an expression */
};

enum policy_forecast_outcome {
	POLICY_FORECAST_UNKNOWN,
	POLICY_FORECAST_ADMITTED,	/* TLS does not keep mail from the host */
	POLICY_FORECAST_REFUSED
};

struct policy_forecast {
	enum policy_forecast_outcome outcome;
	const char *error;		/* REFUSED: a word of last_error */
	const char *why;		/* a sentence, static */
};

struct policy_forecast policy_forecast(const struct policy_seen *seen,
    const struct policy_forecast_terms *terms);

#endif
