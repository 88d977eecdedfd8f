/*
 * policy: what another strategy would have made of a host, over all that can have
 * been seen and all that can be wanted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/forecast.h"

enum { WANTS = 27, FACTS = DNS_STATUS_COUNT * DNS_STATUS_COUNT *
    TLSA_FACT_COUNT * STS_FACT_COUNT };

static struct policy_wants
wants_of(int i)
{
	return (struct policy_wants){ (enum policy_want)(i % 3),
		(enum policy_want)(i / 3 % 3), (enum policy_want)(i / 9) };
}

static struct policy_host_facts
facts_of(int i)
{
	struct policy_host_facts f;

	f.mx = (enum policy_dns_status)(i % DNS_STATUS_COUNT);
	i /= DNS_STATUS_COUNT;
	f.address = (enum policy_dns_status)(i % DNS_STATUS_COUNT);
	i /= DNS_STATUS_COUNT;
	f.tlsa = (enum policy_tlsa_fact)(i % TLSA_FACT_COUNT);
	f.sts = (enum policy_sts_fact)(i / TLSA_FACT_COUNT);
	return f;
}

/* No path leads to mail that the level forbids. */
static void
check_admitted(const struct policy_seen *s, const struct policy_verdict *v,
    const struct policy_forecast_terms *t)
{
	assert_false(v->refused);
	if (v->level >= LEVEL_MANDATORY)
		assert_int_equal(s->tls, POLICY_TLS_USED);
	if (v->level == LEVEL_DANE)
		assert_int_equal(s->dane, POLICY_DANE_VERIFIED);
	if (v->level == LEVEL_MTA_STS || v->sts_too)
		assert_int_equal(s->pkix, POLICY_PKIX_VERIFIED);
	if (s->tls == POLICY_TLS_USED && v->level < LEVEL_MTA_STS &&
	    v->level != LEVEL_NONE && !t->allow_invalid)
		assert_true(s->pkix == POLICY_PKIX_VERIFIED ||
		    s->pkix == POLICY_PKIX_CN_ONLY);
}

static void
check_one(const struct policy_seen *s, const struct policy_forecast_terms *t)
{
	struct policy_forecast f = policy_forecast(s, t);
	struct policy_verdict v;

	assert_non_null(f.why);
	if ((!s->tlsa_asked && t->wants.dane != WANT_DISABLE) ||
	    (!s->sts_asked && t->wants.mta_sts != WANT_DISABLE)) {
		assert_int_equal(f.outcome, POLICY_FORECAST_UNKNOWN);
		return;
	}
	v = policy_decide(&s->facts, &t->wants);
	if (v.refused) {
		assert_int_equal(f.outcome, POLICY_FORECAST_REFUSED);
		assert_string_equal(f.error, v.error);
	}
	if (f.outcome == POLICY_FORECAST_ADMITTED)
		check_admitted(s, &v, t);
	if (f.outcome == POLICY_FORECAST_REFUSED)
		assert_true(strcmp(f.error, "tls") == 0 ||
		    strcmp(f.error, "dane") == 0 ||
		    strcmp(f.error, "mta-sts") == 0 ||
		    strcmp(f.error, "dns") == 0 || strcmp(f.error, "io") == 0);
	/* What is plain to see is never called unknown. */
	if (!v.refused && s->tls == POLICY_TLS_MISSING)
		assert_int_not_equal(f.outcome, POLICY_FORECAST_UNKNOWN);
}

static void
all_that_can_be_seen_under_all_that_can_be_wanted(void **state)
{
	struct policy_forecast_terms t;
	struct policy_seen s;

	(void)state;
	for (int i = 0; i < FACTS * WANTS; i++)
		for (int k = 0; k < POLICY_SEEN_TLS_COUNT * POLICY_PKIX_COUNT *
		    POLICY_SEEN_DANE_COUNT; k++) {
			t = (struct policy_forecast_terms){
				.wants = wants_of(i % WANTS),
				.allow_invalid = i % 2 == 0 };
			s = (struct policy_seen){ .facts = facts_of(i / WANTS),
				.tlsa_asked = i % 5 != 0,
				.sts_asked = i % 7 != 0,
				.tls = (enum policy_seen_tls)(k %
				    POLICY_SEEN_TLS_COUNT),
				.pkix = (enum policy_pkix)(k /
				    POLICY_SEEN_TLS_COUNT % POLICY_PKIX_COUNT),
				.dane = (enum policy_seen_dane)(k /
				    POLICY_SEEN_TLS_COUNT /
				    POLICY_PKIX_COUNT) };
			check_one(&s, &t);
		}
}

#define SECURE DNS_SECURE, DNS_SECURE
#define INSECURE DNS_INSECURE, DNS_INSECURE
#define OPTIONAL { WANT_OPTIONAL, WANT_OPTIONAL, WANT_OPTIONAL }
#define TLS_REQUIRED { WANT_OPTIONAL, WANT_OPTIONAL, WANT_REQUIRE }
#define DANE_REQUIRED { WANT_REQUIRE, WANT_OPTIONAL, WANT_OPTIONAL }
#define NO_TLS { WANT_DISABLE, WANT_DISABLE, WANT_DISABLE }

static const struct {
	const char *why;
	struct policy_host_facts facts;
	enum policy_seen_tls tls;
	enum policy_pkix pkix;
	enum policy_seen_dane dane;
	struct policy_wants wants;
	enum policy_forecast_outcome outcome;
	const char *error;
} rows[] = {
	{ "no STARTTLS, and TLS is optional",
	    { INSECURE, TLSA_NOT_ASKED, STS_NO_RECORD }, POLICY_TLS_MISSING,
	    POLICY_PKIX_UNSEEN, POLICY_DANE_UNSEEN, OPTIONAL,
	    POLICY_FORECAST_ADMITTED, NULL },
	{ "no STARTTLS, and TLS is required",
	    { INSECURE, TLSA_NOT_ASKED, STS_NO_RECORD }, POLICY_TLS_MISSING,
	    POLICY_PKIX_UNSEEN, POLICY_DANE_UNSEEN, TLS_REQUIRED,
	    POLICY_FORECAST_REFUSED, "tls" },
	{ "STARTTLS offered and not used: its certificate is not known",
	    { INSECURE, TLSA_NOT_ASKED, STS_NO_RECORD }, POLICY_TLS_OFFERED,
	    POLICY_PKIX_UNSEEN, POLICY_DANE_UNSEEN, TLS_REQUIRED,
	    POLICY_FORECAST_UNKNOWN, NULL },
	{ "a good certificate where DANE is required: no records",
	    { INSECURE, TLSA_NOT_ASKED, STS_NO_RECORD }, POLICY_TLS_USED,
	    POLICY_PKIX_VERIFIED, POLICY_DANE_UNSEEN, DANE_REQUIRED,
	    POLICY_FORECAST_REFUSED, "dane" },
	{ "a CN is enough for PKIX",
	    { INSECURE, TLSA_NOT_ASKED, STS_NO_RECORD }, POLICY_TLS_USED,
	    POLICY_PKIX_CN_ONLY, POLICY_DANE_UNSEEN, TLS_REQUIRED,
	    POLICY_FORECAST_ADMITTED, NULL },
	{ "and not for MTA-STS (RFC 8461 4.2)",
	    { INSECURE, TLSA_NOT_ASKED, STS_ENFORCE_MATCH }, POLICY_TLS_USED,
	    POLICY_PKIX_CN_ONLY, POLICY_DANE_UNSEEN, OPTIONAL,
	    POLICY_FORECAST_REFUSED, "mta-sts" },
	{ "records that were not compared",
	    { SECURE, TLSA_USABLE, STS_NO_RECORD }, POLICY_TLS_USED,
	    POLICY_PKIX_VERIFIED, POLICY_DANE_UNSEEN, OPTIONAL,
	    POLICY_FORECAST_UNKNOWN, NULL },
	{ "that do not match",
	    { SECURE, TLSA_USABLE, STS_NO_RECORD }, POLICY_TLS_USED,
	    POLICY_PKIX_VERIFIED, POLICY_DANE_FAILED, OPTIONAL,
	    POLICY_FORECAST_REFUSED, "dane" },
	{ "that nobody would ask for",
	    { SECURE, TLSA_USABLE, STS_NO_RECORD }, POLICY_TLS_USED,
	    POLICY_PKIX_VERIFIED, POLICY_DANE_FAILED, NO_TLS,
	    POLICY_FORECAST_ADMITTED, NULL },
	{ "a handshake that failed",
	    { INSECURE, TLSA_NOT_ASKED, STS_NO_RECORD }, POLICY_TLS_BROKEN,
	    POLICY_PKIX_UNSEEN, POLICY_DANE_UNSEEN, OPTIONAL,
	    POLICY_FORECAST_REFUSED, "tls" },
};

static void
one_host_under_one_strategy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct policy_seen s = { .facts = rows[i].facts,
			.tlsa_asked = true, .sts_asked = true,
			.tls = rows[i].tls, .pkix = rows[i].pkix,
			.dane = rows[i].dane };
		const struct policy_forecast_terms t = {
			.wants = rows[i].wants };
		struct policy_forecast f = policy_forecast(&s, &t);

		if (f.outcome != rows[i].outcome || (rows[i].error != NULL &&
		    strcmp(f.error, rows[i].error) != 0))
			fail_msg("%s: %d %s %s", rows[i].why, f.outcome,
			    f.error != NULL ? f.error : "-", f.why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    all_that_can_be_seen_under_all_that_can_be_wanted),
		cmocka_unit_test(one_host_under_one_strategy),
	};

	return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
