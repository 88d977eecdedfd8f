/*
 * runner: from the facts of a survey to the decision, and to the words that are
 * recorded, over all combinations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "nexthop/decision.h"
#include "nexthop/facts.h"

/* A survey of one host, all of whose facts can be set. */
struct world {
	struct nexthop_discovery survey;
	struct nexthop_host host;
	struct tlsa_result tlsa;
	struct policy_tlsa_record record;
	struct sts_result sts;
	struct conf_route route;
};

static void
make_world(struct world *w)
{
	static const uint8_t digest[32] = { 1 };

	memset(w, 0, sizeof(*w));
	w->record = (struct policy_tlsa_record){ 3, 1, 1, digest,
	    sizeof(digest) };
	w->tlsa = (struct tlsa_result){ .base = "mx.example",
		.records = &w->record };
	w->host = (struct nexthop_host){ .name = "mx.example", .ready = true,
		.address_status = DNS_SECURE, .n_addresses = 1,
		.survey = &w->survey };
	w->survey = (struct nexthop_discovery){ .resolved = true, .n_hosts = 1,
		.config.route = &w->route,
		.host = &w->host, .mx_status = DNS_SECURE };
}

/* DNS_STATUS_COUNT stands for a secure denial. */
static void
set_tlsa(struct world *w, enum policy_dns_status status, size_t usable)
{
	w->tlsa.status = status == DNS_STATUS_COUNT ? DNS_SECURE : status;
	w->tlsa.count = status == DNS_SECURE ? 1 : 0;
	w->host.n_usable = usable;
	w->host.tlsa = &w->tlsa;
}

static void
set_policy(struct world *w, enum policy_sts_mode mode, const char *text)
{
	w->sts = (struct sts_result){ .status = STS_STATUS_POLICY,
		.policy = { .mode = mode, .n_mx = 1, .text = text,
		.len = strlen(text) }, .id = "20261125" };
	w->survey.sts = &w->sts;
}

/* --- facts */

static void
tlsa_facts_follow_the_lookup(void **state)
{
	static const struct {
		const char *why;
		enum policy_dns_status address;
		bool alias_secure, asked;
		enum policy_dns_status status;
		size_t usable;
		enum policy_tlsa_fact fact;
		enum policy_dns_status address_fact;
	} rows[] = {
		{ "a usable record", DNS_SECURE, false, true,
		    DNS_SECURE, 1, TLSA_USABLE, DNS_SECURE },
		{ "none of them usable", DNS_SECURE, false, true,
		    DNS_SECURE, 0, TLSA_UNUSABLE, DNS_SECURE },
		{ "none", DNS_SECURE, false, true, DNS_STATUS_COUNT, 0,
		    TLSA_ABSENT, DNS_SECURE },
		{ "SERVFAIL", DNS_SECURE, false, true, DNS_ERROR, 0,
		    TLSA_FAILED, DNS_SECURE },
		{ "bogus", DNS_SECURE, false, true, DNS_BOGUS, 0,
		    TLSA_FAILED, DNS_SECURE },
		{ "an unsigned answer", DNS_SECURE, false, true,
		    DNS_INSECURE, 0, TLSA_INSECURE, DNS_SECURE },
		{ "the host is unsigned: no query was sent", DNS_INSECURE,
		    false, true, DNS_INSECURE, 0, TLSA_NOT_ASKED,
		    DNS_INSECURE },
		{ "a signed alias into an unsigned zone (RFC 7672 2.2.2)",
		    DNS_INSECURE, true, true, DNS_SECURE, 1,
		    TLSA_USABLE, DNS_SECURE },
		{ "nobody asked", DNS_SECURE, false, false, DNS_STATUS_COUNT,
		    0, TLSA_NOT_ASKED, DNS_SECURE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_host_facts f;
		struct world w;

		make_world(&w);
		w.host.address_status = rows[i].address;
		w.host.alias_secure = rows[i].alias_secure;
		if (rows[i].asked)
			set_tlsa(&w, rows[i].status, rows[i].usable);
		f = nexthop_discovery_facts(&w.survey, 0);
		if (f.tlsa != rows[i].fact || f.address != rows[i].address_fact)
			fail_msg("%s: %s, address %s", rows[i].why,
			    policy_tlsa_fact_name(f.tlsa),
			    policy_dns_status_name(f.address));
		assert_int_equal(f.sts, STS_NOT_ASKED);
	}
}

static void
policies_are_matched_to_the_host(void **state)
{
	static const struct {
		enum policy_sts_mode mode;
		const char *text;
		enum policy_sts_fact fact;
	} rows[] = {
		{ STS_ENFORCE, "mx: mx.example", STS_ENFORCE_MATCH },
		{ STS_ENFORCE, "mx: *.example", STS_ENFORCE_MATCH },
		{ STS_ENFORCE, "mx: mx.other", STS_ENFORCE_MISMATCH },
		{ STS_TESTING, "mx: mx.example", STS_TESTING_MATCH },
		{ STS_TESTING, "mx: mx.other", STS_TESTING_MISMATCH },
		{ STS_NONE, "mx: mx.other", STS_MODE_NONE },
		/* Cannot be; the strictest, then. */
		{ STS_MODE_UNSET, "mx: mx.other", STS_ENFORCE_MISMATCH },
	};
	static const enum policy_sts_fact without[] = {
		[STS_STATUS_FETCH_FAILED] = STS_FETCH_FAILED,
		[STS_STATUS_NO_RECORD] = STS_NO_RECORD,
		[STS_STATUS_INVALID] = STS_INVALID,
		[STS_STATUS_WEBPKI] = STS_WEBPKI_INVALID,
		[STS_STATUS_NO_SLOT] = STS_NO_SLOT,
	};
	struct world w;

	(void)state;
	make_world(&w);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set_policy(&w, rows[i].mode, rows[i].text);
		assert_int_equal(nexthop_discovery_facts(&w.survey, 0).sts,
		    rows[i].fact);
	}
	for (size_t i = 0; i < STS_STATUS_COUNT; i++) {
		if (i == STS_STATUS_POLICY)
			continue;
		w.sts.status = (enum sts_status)i;
		assert_int_equal(nexthop_discovery_facts(&w.survey, 0).sts,
		    without[i]);
	}
}

/* --- terms */

static void
what_needs_to_be_asked(void **state)
{
	static const enum policy_want wishes[] = { WANT_REQUIRE, WANT_OPTIONAL,
		WANT_DISABLE };

	(void)state;
	for (size_t i = 0; i < 3 * 3 * 3 * 2; i++) {
		struct conf_tls_strategy s = { .wants.dane = wishes[i % 3],
			.wants.mta_sts = wishes[i / 3 % 3],
			.wants.starttls = wishes[i / 9 % 3] };
		struct nexthop_terms t = { .strategy = &s,
			.waived = i / 27 != 0,
			.waiver = REQUIRED_NO_OPTIONAL };
		bool tlsa, sts, off = t.waived;

		nexthop_decision_needs(&t, &tlsa, &sts);
		assert_int_equal(tlsa, s.wants.dane == WANT_REQUIRE ||
		    (s.wants.dane == WANT_OPTIONAL && !off));
		assert_int_equal(sts, s.wants.mta_sts == WANT_REQUIRE ||
		    (s.wants.mta_sts == WANT_OPTIONAL && !off));
	}
}

/* Neither a strategy nor the sender excuses a server that asks for credentials;
 * only the route itself does. */
static void
a_secret_makes_proved_tls_mandatory(void **state)
{
	static const enum policy_want wishes[] = { WANT_REQUIRE, WANT_OPTIONAL,
		WANT_DISABLE };
	struct nexthop_decision d;
	struct world w;

	(void)state;
	make_world(&w);
	for (size_t i = 0; i < 3 * 2 * 2 * 2 * 2; i++) {
		struct conf_tls_strategy s = { .wants.dane = WANT_DISABLE,
			.wants.mta_sts = WANT_DISABLE, .wants.starttls = wishes[i % 3] };
		struct nexthop_terms t = { .strategy = &s, .rule = "pinned",
			.allow_invalid = i / 3 % 2 != 0,
			.waived = i / 6 % 2 != 0,
			.waiver = REQUIRED_NO_ALWAYS,
			.route_allow_invalid = i / 12 % 2 != 0,
			.has_secret = i / 24 != 0 };

		nexthop_decision_make(&d, &w.survey, 0, &t);
		if (t.has_secret) {
			assert_int_equal(d.verdict.level, LEVEL_MANDATORY);
			assert_int_equal(d.allow_invalid,
			    t.route_allow_invalid);
		} else {
			assert_int_equal(d.allow_invalid, t.allow_invalid ||
			    t.route_allow_invalid || t.waived);
		}
	}
}

/* --- words */

/* One JSON object of texts and numbers, whole. */
static void
expect_object(const char *json)
{
	size_t quotes = 0, len = strlen(json);

	for (size_t i = 0; i < len; i++) {
		quotes += json[i] == '"';
		if (json[i] == '\\' || (unsigned char)json[i] < ' ')
			fail_msg("%s", json);
	}
	if (len < 2 || json[0] != '{' || json[len - 1] != '}' ||
	    quotes % 2 != 0)
		fail_msg("cut or broken: %s", json);
}

static void
expect_words(const struct world *w, const struct nexthop_decision *d)
{
	const struct nexthop_seen unseen = { .tls = POLICY_TLS_UNSEEN };
	const struct policy_verdict *v = &d->verdict;
	struct buf facts = BUF_INIT;
	char why[600];

	nexthop_facts_write(&facts, &w->survey, 0, d, &unseen);
	expect_object(buf_str(&facts));
	assert_non_null(strstr(buf_str(&facts), v->why));
	buf_free(&facts);
	if (v->refused) {
		nexthop_decision_sentence(why, sizeof(why), &w->survey, 0, d);
		assert_non_null(strstr(why, "mx.example: "));
		assert_non_null(strstr(why, v->why));
	}
	/* What is not asked for is never called proved. */
	if (v->level != LEVEL_DANE)
		assert_string_not_equal(nexthop_decision_dane_word(d, true,
		    true),
		    "verified");
	if (v->level != LEVEL_MTA_STS && !v->sts_too)
		assert_string_not_equal(nexthop_decision_sts_word(d, true,
		    true),
		    "verified");
	assert_string_not_equal(nexthop_decision_dane_word(d, true, false),
	    "verified");
	assert_string_not_equal(nexthop_decision_sts_word(d, true, false),
	    "verified");
}

static void
each_decision_has_its_words(void **state)
{
	static const enum policy_want wishes[] = { WANT_REQUIRE, WANT_OPTIONAL,
		WANT_DISABLE };
	static const enum policy_sts_mode modes[] = { STS_ENFORCE, STS_TESTING,
		STS_NONE };
	struct nexthop_decision d;
	struct world w;

	(void)state;
	for (int tlsa = 0; tlsa <= DNS_STATUS_COUNT; tlsa++)
		for (size_t i = 0; i < 3 * 3 * 3 * 3 * 2; i++) {
			struct conf_tls_strategy s = {
				.wants.dane = wishes[i % 3],
				.wants.mta_sts = wishes[i / 3 % 3],
				.wants.starttls = wishes[i / 9 % 3] };
			struct nexthop_terms t = { .strategy = &s,
				.rule = "a rule" };

			make_world(&w);
			w.survey.mx_status = i % 2 == 0 ? DNS_SECURE :
			    DNS_INSECURE;
			set_tlsa(&w, (enum policy_dns_status)tlsa, i % 5 == 0);
			set_policy(&w, modes[i / 27 % 3], i / 81 == 0 ?
			    "mx: mx.example" : "mx: mx.other");
			nexthop_decision_make(&d, &w.survey, 0, &t);
			expect_words(&w, &d);
		}
}

static void
the_words_of_a_session(void **state)
{
	struct nexthop_decision d = { .verdict = { .level = LEVEL_DANE } };

	(void)state;
	assert_string_equal(nexthop_decision_dane_word(&d, true, true),
	    "verified");
	assert_string_equal(nexthop_decision_dane_word(&d, true, false),
	    "failed");
	assert_string_equal(nexthop_decision_dane_word(&d, false, false),
	    "none");
	d.verdict.host_only = true;
	assert_string_equal(nexthop_decision_dane_word(&d, true, true),
	    "host-only");
	d = (struct nexthop_decision){ .verdict = { .level = LEVEL_MANDATORY },
		.facts = { .tlsa = TLSA_UNUSABLE },
		.wants = { .dane = WANT_OPTIONAL } };
	assert_string_equal(nexthop_decision_dane_word(&d, true, true),
	    "unusable");
	d = (struct nexthop_decision){ .verdict = { .level = LEVEL_MTA_STS } };
	assert_string_equal(nexthop_decision_sts_word(&d, true, true),
	    "verified");
	assert_string_equal(nexthop_decision_sts_word(&d, true, false),
	    "failed");
	assert_string_equal(nexthop_decision_sts_word(&d, false, false),
	    "none");
	d = (struct nexthop_decision){ .verdict = { .level =
	    LEVEL_OPPORTUNISTIC },
		.facts = { .sts = STS_TESTING_MISMATCH },
		.wants = { .mta_sts = WANT_OPTIONAL } };
	assert_string_equal(nexthop_decision_sts_word(&d, true, true),
	    "testing");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tlsa_facts_follow_the_lookup),
		cmocka_unit_test(policies_are_matched_to_the_host),
		cmocka_unit_test(what_needs_to_be_asked),
		cmocka_unit_test(a_secret_makes_proved_tls_mandatory),
		cmocka_unit_test(each_decision_has_its_words),
		cmocka_unit_test(the_words_of_a_session),
	};

	return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
