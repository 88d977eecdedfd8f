/*
 * nexthop: what an attempt leaves for reports and what-if: the counts of RFC 8460,
 * and the facts, written and read again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nexthop/facts.h"
#include "nexthop/tls_count.h"

#define POLICY "version: STSv1\r\nmode: enforce\r\nmx: mx.example\r\n" \
	"max_age: 86400\r\n"

/* A survey of one host. */
struct world {
	struct nexthop_discovery survey;
	struct nexthop_host host;
	struct tlsa_result tlsa;
	struct policy_tlsa_record record;
	struct sts_result sts;
	struct conf_route route;
	struct conf_tls_strategy strategy;
	struct nexthop_decision decision;
};

static void
make_world(struct world *w, enum policy_tlsa_fact tlsa,
    enum policy_sts_fact sts, const struct policy_wants *wants)
{
	static const uint8_t digest[2] = { 0xab, 0xcd };
	const char *why;

	memset(w, 0, sizeof(*w));
	w->record = (struct policy_tlsa_record){ 3, 1, 1, digest,
	    sizeof(digest) };
	w->tlsa = (struct tlsa_result){ .base = "mx.example",
		.records = &w->record, .count = 1,
		.status = DNS_SECURE };
	w->route.type = CONF_ROUTE_MX;
	w->host = (struct nexthop_host){ .name = "mx.example", .ready = true,
		.address_status = DNS_SECURE, .n_addresses = 1, .n_usable = 1,
		.tlsa = tlsa != TLSA_NOT_ASKED ? &w->tlsa : NULL,
		.survey = &w->survey };
	w->sts = (struct sts_result){ .status = STS_STATUS_POLICY, .id = "1",
		.text = POLICY };
	assert_true(policy_sts_parse(&w->sts.policy, POLICY,
	    sizeof(POLICY) - 1, &why));
	w->survey = (struct nexthop_discovery){ .resolved = true, .n_hosts = 1,
		.host = &w->host, .mx_status = DNS_SECURE,
		.policy_domain = "example", .config.route = &w->route,
		.sts = sts <= STS_MODE_NONE ? &w->sts : NULL };
	w->strategy.wants = *wants;
	w->decision = (struct nexthop_decision){ .strategy = &w->strategy,
		.wants = *wants, .facts = { .mx = DNS_SECURE,
		.address = DNS_SECURE, .tlsa = tlsa, .sts = sts } };
	w->decision.verdict = policy_decide(&w->decision.facts, wants);
}

static const struct policy_wants optional = { WANT_OPTIONAL, WANT_OPTIONAL,
	WANT_OPTIONAL };
static const struct policy_wants no_dane = { WANT_DISABLE, WANT_OPTIONAL,
	WANT_OPTIONAL };
static const struct policy_wants both = { WANT_REQUIRE, WANT_REQUIRE,
	WANT_OPTIONAL };
static const struct policy_wants nothing = { WANT_DISABLE, WANT_DISABLE,
	WANT_DISABLE };

static const struct smtp_verdict good = { .verified = true,
	.pkix = POLICY_PKIX_VERIFIED };
static const struct smtp_verdict expired = { .event = EVENT_CERT_EXPIRED,
	.pkix = POLICY_PKIX_EXPIRED, .text = "it expired" };
static const struct smtp_verdict sts_failed = { .sts_failed = true,
	.event = EVENT_CERT_HOST_MISMATCH, .text = "another name" };

/* counts: "type result sessions", "," between them. */
static const struct {
	const char *why;
	enum policy_tlsa_fact tlsa;
	enum policy_sts_fact sts;
	const struct policy_wants *wants;
	bool tls, lost;
	const char *failed;
	const struct smtp_verdict *verdict;
	const char *counts;
} rows[] = {
	{ "DANE", TLSA_USABLE, STS_NO_RECORD, &optional, true, false, NULL,
	    &good, "tlsa  1" },
	{ "DANE, no record matches", TLSA_USABLE, STS_NO_RECORD, &optional, true,
	    false, "validation-failure", &expired, "tlsa validation-failure 1" },
	{ "DANE applied, a policy seen beside it", TLSA_USABLE,
	    STS_ENFORCE_MATCH, &optional, true, false, NULL, &good,
	    "tlsa  1,sts  0" },
	{ "both applied, one failed", TLSA_USABLE, STS_ENFORCE_MATCH, &both,
	    true, false, "certificate-host-mismatch", &sts_failed,
	    "tlsa  1,sts certificate-host-mismatch 1" },
	{ "MTA-STS", TLSA_ABSENT, STS_ENFORCE_MATCH, &optional, true, false,
	    NULL, &good, "sts  1" },
	{ "MTA-STS, no STARTTLS", TLSA_ABSENT, STS_ENFORCE_MATCH, &optional,
	    false, false, "starttls-not-supported", NULL,
	    "sts starttls-not-supported 1" },
	{ "in testing, met", TLSA_ABSENT, STS_TESTING_MATCH, &optional, true,
	    false, NULL, &good, "sts  1" },
	{ "in testing, not met: counted, though delivered", TLSA_ABSENT,
	    STS_TESTING_MATCH, &optional, true, false, NULL, &expired,
	    "sts certificate-expired 1" },
	{ "in testing, another host", TLSA_ABSENT, STS_TESTING_MISMATCH,
	    &optional, true, false, NULL, &good, "sts validation-failure 1" },
	{ "TLSA records that cannot be used", TLSA_UNUSABLE, STS_NO_RECORD,
	    &optional, true, false, NULL, &good, "tlsa tlsa-invalid 1" },
	{ "no policy", TLSA_ABSENT, STS_NO_RECORD, &optional, true, false, NULL,
	    &good, "no-policy-found  1" },
	{ "no policy, no TLS", TLSA_ABSENT, STS_NO_RECORD, &optional, false,
	    false, NULL, NULL, "no-policy-found starttls-not-supported 1" },
	{ "a policy that cannot be fetched", TLSA_ABSENT, STS_FETCH_FAILED,
	    &optional, true, false, NULL, &good,
	    "sts sts-policy-fetch-error 1,no-policy-found  1" },
	{ "a policy that is not asked for", TLSA_NOT_ASKED, STS_NOT_ASKED,
	    &no_dane, true, false, NULL, &good, "no-policy-found  1" },
	{ "mode none is no policy (RFC 8461 5)", TLSA_ABSENT, STS_MODE_NONE,
	    &optional, true, false, NULL, &good, "no-policy-found  1" },
	{ "a connection that broke (RFC 8460 4.3.4)", TLSA_USABLE,
	    STS_NO_RECORD, &optional, false, true, NULL, NULL, "" },
	{ "a strategy without TLS", TLSA_NOT_ASKED, STS_NOT_ASKED, &nothing,
	    false, false, NULL, NULL, "" },
};

static void
expect_counts(const char *why, const struct world *w,
    const struct nexthop_tls_session *s, const char *wanted)
{
	struct spool_tls_count counts[NEXTHOP_TLS_COUNTS_MAX];
	struct arena *arena = arena_new();
	struct buf out = BUF_INIT;
	size_t n;

	n = nexthop_tls_counts(counts, arena, &w->survey, 0, &w->decision, s);
	for (size_t i = 0; i < n; i++)
		(void)buf_printf(&out, "%s%s %s %d", i > 0 ? "," : "",
		    counts[i].policy_type, counts[i].result_type,
		    counts[i].sessions);
	if (strcmp(buf_str(&out), wanted) != 0)
		fail_msg("%s: %s, not %s", why, buf_str(&out), wanted);
	buf_free(&out);
	arena_free(&arena);
}

static void
a_session_counts_for_the_policies_it_had(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct nexthop_tls_session s = { .tls = rows[i].tls,
			.failed = rows[i].failed, .lost = rows[i].lost,
			.verdict = rows[i].verdict };
		struct world w;

		make_world(&w, rows[i].tlsa, rows[i].sts, rows[i].wants);
		expect_counts(rows[i].why, &w, &s, rows[i].counts);
		w.route.type = CONF_ROUTE_RELAY;
		expect_counts("a relay", &w, &s, "");
		w.route.type = CONF_ROUTE_MX;
		w.survey.policy_domain = "";
		expect_counts("an address literal", &w, &s, "");
	}
}

static void
a_refusal_counts_without_a_session(void **state)
{
	struct world w;

	(void)state;
	make_world(&w, TLSA_ABSENT, STS_ENFORCE_MISMATCH, &optional);
	expect_counts("not named", &w, NULL, "sts validation-failure 1");
	make_world(&w, TLSA_FAILED, STS_NO_RECORD, &optional);
	expect_counts("no answer for TLSA", &w, NULL, "tlsa dnssec-invalid 1");
	make_world(&w, TLSA_ABSENT, STS_NO_RECORD, &both);
	expect_counts("no DANE", &w, NULL, "tlsa dane-required 1");
	make_world(&w, TLSA_ABSENT, STS_NO_SLOT, &no_dane);
	expect_counts("our own doing is nobody's failure", &w, NULL, "");
}

static void
policies_are_written_as_rfc_8460_does(void **state)
{
	const struct nexthop_tls_session s = { .tls = true, .verdict = &good };
	struct spool_tls_count counts[NEXTHOP_TLS_COUNTS_MAX];
	struct arena *arena = arena_new();
	struct world w;

	(void)state;
	make_world(&w, TLSA_USABLE, STS_ENFORCE_MATCH, &optional);
	assert_int_equal(nexthop_tls_counts(counts, arena, &w.survey, 0,
	    &w.decision, &s), 2);
	assert_string_equal(counts[0].policy, "{\"policy-string\":["
	    "\"3 1 1 abcd\"],\"mx-host\":[\"mx.example\"]}");
	assert_string_equal(counts[1].policy, "{\"policy-string\":["
	    "\"version: STSv1\",\"mode: enforce\",\"mx: mx.example\","
	    "\"max_age: 86400\"],\"mx-host\":[\"mx.example\"]}");
	assert_string_equal(counts[0].domain, "example");
	make_world(&w, TLSA_ABSENT, STS_INVALID, &optional);
	w.sts = (struct sts_result){ .status = STS_STATUS_INVALID,
		.invalid_text = "version: STSv1\nmode: \377\n" };
	w.survey.sts = &w.sts;
	assert_int_equal(nexthop_tls_counts(counts, arena, &w.survey, 0,
	    &w.decision, &s), 2);
	assert_string_equal(counts[0].result_type, "sts-policy-invalid");
	assert_string_equal(counts[0].policy, "{\"policy-string\":["
	    "\"version: STSv1\",\"mode: \xef\xbf\xbd\"],\"mx-host\":[]}");
	arena_free(&arena);
}

/* --- facts */

/* The text of a member, as SQLite would find it; "": none. */
static const char *
member(const char *json, const char *name)
{
	static char value[8][64];
	static int next;
	char key[32], *to = value[next++ % 8];
	const char *at;

	(void)snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(json, key);
	if (at == NULL)
		return NULL;
	at += strlen(key);
	(void)snprintf(to, 64, "%.*s", (int)strcspn(at, "\""), at);
	return to;
}

static void
facts_are_read_as_they_were_written(void **state)
{
	struct world w;

	(void)state;
	for (int i = 0; i < TLSA_FACT_COUNT * STS_FACT_COUNT *
	    POLICY_PKIX_COUNT; i++) {
		const struct nexthop_seen seen = {
			.tls = (enum policy_seen_tls)(i %
			    POLICY_SEEN_TLS_COUNT),
			.pkix = (enum policy_pkix)(i % POLICY_PKIX_COUNT),
			.dane = (enum policy_seen_dane)(i %
			    POLICY_SEEN_DANE_COUNT) };
		struct nexthop_facts_words words;
		struct policy_seen written, read;
		struct buf out = BUF_INIT;

		make_world(&w, (enum policy_tlsa_fact)(i % TLSA_FACT_COUNT),
		    (enum policy_sts_fact)(i / TLSA_FACT_COUNT %
		    STS_FACT_COUNT), &optional);
		nexthop_facts_write(&out, &w.survey, 0, &w.decision, &seen);
		words = (struct nexthop_facts_words){
			.mx = member(buf_str(&out), "mx"),
			.address = member(buf_str(&out), "address"),
			.tlsa = member(buf_str(&out), "tlsa"),
			.mta_sts = member(buf_str(&out), "mta_sts"),
			.starttls = member(buf_str(&out), "starttls"),
			.pkix = member(buf_str(&out), "pkix"),
			.dane = member(buf_str(&out), "dane") };
		assert_true(nexthop_facts_read(&read, &words));
		nexthop_facts_seen(&written, &w.decision, &seen);
		assert_memory_equal(&written.facts, &read.facts,
		    sizeof(read.facts));
		assert_true(written.tlsa_asked == read.tlsa_asked &&
		    written.sts_asked == read.sts_asked &&
		    written.tls == read.tls && written.pkix == read.pkix &&
		    written.dane == read.dane);
		buf_free(&out);
	}
}

static void
a_set_of_records_is_the_same_in_any_order(void **state)
{
	static const uint8_t a[2] = { 1, 2 }, b[2] = { 3, 4 };
	struct policy_tlsa_record one[] = { { 3, 1, 1, a, 2 }, { 3, 1, 1, b, 2 } };
	struct policy_tlsa_record two[] = { { 3, 1, 1, b, 2 }, { 3, 1, 1, a, 2 } };
	const struct nexthop_seen unseen = { .tls = POLICY_TLS_UNSEEN };
	struct buf x = BUF_INIT, y = BUF_INIT, z = BUF_INIT;
	struct world w;

	(void)state;
	make_world(&w, TLSA_USABLE, STS_NO_RECORD, &optional);
	w.tlsa.count = 2;
	w.tlsa.records = one;
	nexthop_facts_write(&x, &w.survey, 0, &w.decision, &unseen);
	w.tlsa.records = two;
	nexthop_facts_write(&y, &w.survey, 0, &w.decision, &unseen);
	w.tlsa.count = 1;
	nexthop_facts_write(&z, &w.survey, 0, &w.decision, &unseen);
	assert_non_null(member(buf_str(&x), "tlsa_set"));
	assert_string_equal(member(buf_str(&x), "tlsa_set"),
	    member(buf_str(&y), "tlsa_set"));
	assert_string_not_equal(member(buf_str(&x), "tlsa_set"),
	    member(buf_str(&z), "tlsa_set"));
	buf_free(&x);
	buf_free(&y);
	buf_free(&z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_counts_for_the_policies_it_had),
		cmocka_unit_test(a_refusal_counts_without_a_session),
		cmocka_unit_test(policies_are_written_as_rfc_8460_does),
		cmocka_unit_test(facts_are_read_as_they_were_written),
		cmocka_unit_test(a_set_of_records_is_the_same_in_any_order),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
