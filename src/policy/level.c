/*
 * The session rows of the TLS policy as two tables: what an event means, and
 * what each level does about it.
 */
#include "policy/level.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const level_names[] = {
	[LEVEL_UNSET] = "unset",
	[LEVEL_NONE] = "none",
	[LEVEL_OPPORTUNISTIC] = "opportunistic",
	[LEVEL_MANDATORY] = "mandatory",
	[LEVEL_MTA_STS] = "mta-sts",
	[LEVEL_DANE] = "dane",
};
static_assert(sizeof(level_names) / sizeof(level_names[0]) == LEVEL_COUNT, "");

static const char *const want_names[] = {
	[WANT_REQUIRE] = "require",
	[WANT_OPTIONAL] = "optional",
	[WANT_DISABLE] = "disable",
};

/* How an event is recorded.  The RFC 8460 words are of its section 4.3.1. */
static const struct {
	const char *status, *result_type;
	enum policy_pkix pkix;	/* of events about the certificate */
} event_records[] = {
	[EVENT_STARTTLS_MISSING] = { "4.7.4", "starttls-not-supported", 0 },
	[EVENT_STARTTLS_REFUSED] = { "4.7.4", "starttls-not-supported", 0 },
	[EVENT_HANDSHAKE_FAILED] = { "4.7.5", "validation-failure", 0 },
	[EVENT_EARLY_OCTETS] = { "4.7.5", "validation-failure", 0 },
	[EVENT_CERT_EXPIRED] = { "4.7.5", "certificate-expired",
	    POLICY_PKIX_EXPIRED },
	[EVENT_CERT_HOST_MISMATCH] = { "4.7.5", "certificate-host-mismatch",
	    POLICY_PKIX_HOST_MISMATCH },
	[EVENT_CERT_NOT_TRUSTED] = { "4.7.5", "certificate-not-trusted",
	    POLICY_PKIX_NOT_TRUSTED },
	[EVENT_CERT_INVALID] = { "4.7.5", "validation-failure",
	    POLICY_PKIX_INVALID },
	[EVENT_TLSA_MISMATCH] = { "4.7.5", "validation-failure", 0 },
};
static_assert(sizeof(event_records) / sizeof(event_records[0]) == EVENT_COUNT,
    "");

const char *
policy_level_name(enum policy_level level)
{
	return level < LEVEL_COUNT ? level_names[level] : "unset";
}

const char *
policy_want_name(enum policy_want want)
{
	return want_names[want];
}

static const char *const pkix_names[] = {
	[POLICY_PKIX_UNSEEN] = "unseen", [POLICY_PKIX_VERIFIED] = "verified",
	[POLICY_PKIX_CN_ONLY] = "cn-only", [POLICY_PKIX_EXPIRED] = "expired",
	[POLICY_PKIX_HOST_MISMATCH] = "host-mismatch",
	[POLICY_PKIX_NOT_TRUSTED] = "not-trusted",
	[POLICY_PKIX_INVALID] = "invalid",
};
static_assert(sizeof(pkix_names) / sizeof(pkix_names[0]) ==
    POLICY_PKIX_COUNT, "");

const char *
policy_pkix_name(enum policy_pkix pkix)
{
	return pkix_names[pkix];
}

enum policy_pkix
policy_pkix_of(enum policy_event event)
{
	return event_records[event].pkix;
}

static bool
is_about_certificate(enum policy_event event)
{
	return event_records[event].pkix != POLICY_PKIX_UNSEEN;
}

static enum policy_action
action_for(enum policy_level level, enum policy_event event, bool allow_invalid)
{
	switch (event) {
	case EVENT_STARTTLS_MISSING:
	case EVENT_STARTTLS_REFUSED:
		/* RFC 7435 3: opportunistic use never hinders delivery.  RFC
		 * 7672 2.2, RFC 8461 4: an authenticated level does. */
		return level <= LEVEL_OPPORTUNISTIC ? ACTION_CONTINUE_PLAIN :
		    ACTION_SKIP_HOST;
	case EVENT_CERT_EXPIRED:
	case EVENT_CERT_HOST_MISMATCH:
	case EVENT_CERT_NOT_TRUSTED:
	case EVENT_CERT_INVALID:
		/* RFC 8461 4.2: always checked; RFC 7672 3.1: PKIX does not
		 * count where a TLSA record decides. */
		if (level == LEVEL_DANE)
			return ACTION_CONTINUE;
		return level != LEVEL_MTA_STS && allow_invalid ?
		    ACTION_CONTINUE : ACTION_SKIP_HOST;
	case EVENT_TLSA_MISMATCH:
		/* Only level dane asks; RFC 7672 2.2. */
	case EVENT_HANDSHAKE_FAILED:
		/* Never plaintext after a failed handshake in the same attempt:
		 * an attacker could cause it. */
	case EVENT_EARLY_OCTETS:
		/* Response injection (CVE-2021-38371 and its kin). */
	case EVENT_COUNT:
		break;
	}
	return ACTION_SKIP_HOST;
}

/* The word of recipient.last_error: whose demand was not met. */
static const char *
error_word(const struct policy_demand *demand, enum policy_event event)
{
	if (demand->level == LEVEL_DANE || event == EVENT_TLSA_MISMATCH)
		return "dane";
	if (demand->level == LEVEL_MTA_STS)
		return "mta-sts";
	return demand->by_dane && !is_about_certificate(event) ? "dane" : "tls";
}

struct policy_consequence
policy_session_event(const struct policy_demand *demand,
    enum policy_event event)
{
	struct policy_consequence c;

	assert(demand->level > LEVEL_UNSET && demand->level < LEVEL_COUNT);
	assert(event < EVENT_COUNT);
	c.action = action_for(demand->level, event, demand->allow_invalid);
	c.error = error_word(demand, event);
	c.status = event_records[event].status;
	c.result_type = event_records[event].result_type;
	return c;
}
