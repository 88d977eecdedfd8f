/*
 * The decision before the session, then the events that the session would have
 * had, in the order in which they come.
 */
#include "policy/forecast.h"

#include <assert.h>
#include <stddef.h>

static const char *const tls_names[] = {
	[POLICY_TLS_UNSEEN] = "unseen", [POLICY_TLS_MISSING] = "missing",
	[POLICY_TLS_OFFERED] = "offered", [POLICY_TLS_BROKEN] = "broken",
	[POLICY_TLS_USED] = "used",
};
static_assert(sizeof(tls_names) / sizeof(tls_names[0]) ==
    POLICY_SEEN_TLS_COUNT, "");

static const char *const dane_names[] = {
	[POLICY_DANE_UNSEEN] = "unseen", [POLICY_DANE_VERIFIED] = "verified",
	[POLICY_DANE_FAILED] = "failed",
};
static_assert(sizeof(dane_names) / sizeof(dane_names[0]) ==
    POLICY_SEEN_DANE_COUNT, "");

const char *
policy_seen_tls_name(enum policy_seen_tls tls)
{
	return tls_names[tls];
}

const char *
policy_seen_dane_name(enum policy_seen_dane dane)
{
	return dane_names[dane];
}

static struct policy_forecast
unknown(const char *why)
{
	return (struct policy_forecast){ .outcome = POLICY_FORECAST_UNKNOWN,
		.why = why };
}

static struct policy_forecast
admitted(const char *why)
{
	return (struct policy_forecast){ .outcome = POLICY_FORECAST_ADMITTED,
		.why = why };
}

/* What follows from an event; admitted where the dialogue goes on. */
static struct policy_forecast
after_event(const struct policy_demand *demand, enum policy_event event,
    const char *why)
{
	struct policy_consequence c = policy_session_event(demand, event);

	if (c.action != ACTION_SKIP_HOST)
		return admitted(why);
	return (struct policy_forecast){ .outcome = POLICY_FORECAST_REFUSED,
		.error = c.error, .why = why };
}

/* A name in the CN is good for PKIX alone (RFC 8461 4.2). */
static struct policy_forecast
judge_pkix(const struct policy_demand *demand, enum policy_pkix pkix)
{
	static const struct {
		enum policy_event event;
		const char *why;
	} failures[POLICY_PKIX_COUNT] = {
		[POLICY_PKIX_CN_ONLY] = { EVENT_CERT_HOST_MISMATCH,
		    "the certificate names the host in its CN only" },
		[POLICY_PKIX_EXPIRED] = { EVENT_CERT_EXPIRED,
		    "the certificate has expired" },
		[POLICY_PKIX_HOST_MISMATCH] = { EVENT_CERT_HOST_MISMATCH,
		    "the certificate does not name the host" },
		[POLICY_PKIX_NOT_TRUSTED] = { EVENT_CERT_NOT_TRUSTED,
		    "the certificate is of no trusted CA" },
		[POLICY_PKIX_INVALID] = { EVENT_CERT_INVALID,
		    "the certificate is not valid" },
	};

	if (pkix == POLICY_PKIX_VERIFIED || (pkix == POLICY_PKIX_CN_ONLY &&
	    demand->level != LEVEL_MTA_STS))
		return admitted("the certificate is good");
	return after_event(demand, failures[pkix].event, failures[pkix].why);
}

static struct policy_forecast
judge_certificate(const struct policy_seen *seen,
    const struct policy_demand *demand, bool sts_too, bool allow_unknown)
{
	const struct policy_demand by_sts = { .level = LEVEL_MTA_STS };
	bool dane = demand->level == LEVEL_DANE;

	if (dane && seen->dane == POLICY_DANE_UNSEEN)
		return unknown("the TLSA records were not compared with the "
		    "certificate");
	if (dane && seen->dane == POLICY_DANE_FAILED)
		return after_event(demand, EVENT_TLSA_MISMATCH,
		    "no TLSA record matches the certificate");
	if (dane && !sts_too)
		return admitted("a TLSA record matches");
	if (seen->pkix == POLICY_PKIX_UNSEEN)
		return demand->level < LEVEL_MTA_STS &&
		    demand->allow_invalid && !allow_unknown ?
		    admitted("any certificate will do") :
		    unknown("the certificate was not checked");
	if (allow_unknown && demand->level < LEVEL_MTA_STS &&
	    seen->pkix > POLICY_PKIX_CN_ONLY)
		return unknown("allow-invalid-certs is an expression");
	return judge_pkix(dane ? &by_sts : demand, seen->pkix);
}

static struct policy_forecast
judge_session(const struct policy_seen *seen, const struct policy_verdict *v,
    const struct policy_forecast_terms *terms)
{
	const struct policy_demand demand = { .level = v->level,
		.by_dane = v->by_dane, .allow_invalid = terms->allow_invalid };

	switch (seen->tls) {
	case POLICY_TLS_MISSING:
		return after_event(&demand, EVENT_STARTTLS_MISSING,
		    "the host offers no STARTTLS");
	case POLICY_TLS_BROKEN:
		return after_event(&demand, EVENT_HANDSHAKE_FAILED,
		    "the TLS handshake failed");
	case POLICY_TLS_USED:
		return judge_certificate(seen, &demand, v->sts_too,
		    terms->allow_unknown);
	case POLICY_TLS_OFFERED:
	case POLICY_TLS_UNSEEN:
	case POLICY_SEEN_TLS_COUNT:
		break;
	}
	return unknown(seen->tls == POLICY_TLS_OFFERED ?
	    "STARTTLS was offered and not used" :
	    "no session was opened to the host");
}

struct policy_forecast
policy_forecast(const struct policy_seen *seen,
    const struct policy_forecast_terms *terms)
{
	struct policy_verdict v;

	if (!seen->tlsa_asked && terms->wants.dane != WANT_DISABLE)
		return unknown("TLSA records were not asked for");
	if (!seen->sts_asked && terms->wants.mta_sts != WANT_DISABLE)
		return unknown("no MTA-STS policy was asked for");
	v = policy_decide(&seen->facts, &terms->wants);
	if (v.refused)
		return (struct policy_forecast){
			.outcome = POLICY_FORECAST_REFUSED, .error = v.error,
			.why = v.why };
	if (v.level == LEVEL_NONE)
		return admitted(v.why);
	return judge_session(seen, &v, terms);
}
