/*
 * lookup: TLSA records, the pure parts: where to ask, what the answers come to,
 * and the rows of dane_cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lookup/records.h"
#include "lookup/tlsa_facts.h"

enum { NOW = 1000000, TTL = 300, HOST_TTL = 900 };

/* --- the base domains (RFC 7672 2.2.2) */

static const struct {
	const char *why;
	enum policy_dns_status status;
	const char *canonical;
	bool alias_secure;
	size_t n;
	const char *bases[TLSA_BASE_MAX];
	enum policy_dns_status complete;	/* where n is 0 */
} hosts[] = {
	{ "a signed host", DNS_SECURE, "mx.example", false, 1,
	    { "mx.example" }, DNS_ERROR },
	{ "a signed alias of a signed host: the expanded name first",
	    DNS_SECURE, "real.example", true, 2,
	    { "real.example", "mx.example" }, DNS_ERROR },
	{ "a signed alias into an unsigned zone: the original name alone",
	    DNS_INSECURE, "real.example", true, 1, { "mx.example" },
	    DNS_ERROR },
	{ "an unsigned host is not asked", DNS_INSECURE, "mx.example", false,
	    0, { NULL }, DNS_INSECURE },
	{ "an unsigned alias neither", DNS_INSECURE, "real.example", false,
	    0, { NULL }, DNS_INSECURE },
	{ "bogus addresses", DNS_BOGUS, "mx.example", false, 0, { NULL },
	    DNS_BOGUS },
	{ "no answer for the addresses", DNS_ERROR, "mx.example", false, 0,
	    { NULL }, DNS_ERROR },
};

static void
addresses_say_where_to_ask(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct arena *arena = arena_new();
		struct host_result h = { .status = hosts[i].status,
			.canonical = hosts[i].canonical,
			.alias_secure = hosts[i].alias_secure,
			.reason = "because", .expires_at = NOW + HOST_TTL };
		const char *bases[TLSA_BASE_MAX];
		struct tlsa_facts f;
		size_t n = tlsa_facts_from_host(&f, arena, "mx.example", &h,
		    NOW, bases);

		if (n != hosts[i].n || (n == 0 &&
		    f.status != hosts[i].complete))
			fail_msg("%s: %zu, %s", hosts[i].why, n,
			    lookup_tlsa_word(f.status, f.count));
		for (size_t k = 0; k < n; k++)
			assert_string_equal(bases[k], hosts[i].bases[k]);
		assert_int_equal(f.expires_at, NOW + HOST_TTL);
		assert_true((f.why != NULL) == (n == 0 &&
		    f.status != DNS_INSECURE));
		arena_free(&arena);
	}
}

/* --- answers */

static const struct {
	const char *why;
	enum policy_dns_status status;
	bool have_data;
	bool all;		/* no other base is asked */
	const char *word;
} answers[] = {
	{ "records", DNS_SECURE, true, true, "secure" },
	{ "securely nothing: the other name", DNS_SECURE, false, false,
	    "none" },
	{ "without security it is no answer to rely on", DNS_INSECURE, true,
	    false, "insecure" },
	{ "an error does not fall back to the other name", DNS_ERROR, false,
	    true, "error" },
	{ "nor does a forgery", DNS_BOGUS, false, true, "bogus" },
};

static void
answers_are_told_apart(void **state)
{
	static const struct dns_rdata rdata[] = {
		{ (const uint8_t *)"\3\1\1digest", 9 },
		{ (const uint8_t *)"\3\1", 2 },
		{ (const uint8_t *)"\3\1\1", 3 },
		{ (const uint8_t *)"", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct arena *arena = arena_new();
		struct dns_answer a = { .status = answers[i].status,
			.have_data = answers[i].have_data, .ttl_s = TTL,
			.count = answers[i].have_data ? ARRAY_LEN(rdata) : 0,
			.rdata = rdata, .why = "because" };
		struct tlsa_facts f = { .expires_at = NOW + HOST_TTL };
		struct tlsa_result *r;
		bool all = tlsa_facts_add_answer(&f, arena, "base.example", &a,
		    NOW);

		if (all != answers[i].all ||
		    strcmp(lookup_tlsa_word(f.status, f.count),
		    answers[i].word) != 0)
			fail_msg("%s: %d %s", answers[i].why, all,
			    lookup_tlsa_word(f.status, f.count));
		r = tlsa_result_new(&f);
		assert_string_equal(r->base, "base.example");
		assert_int_equal(r->expires_at, NOW + TTL);
		assert_int_equal(r->count,
		    answers[i].have_data && f.status == DNS_SECURE ? 1 : 0);
		assert_int_equal(r->too_short,
		    answers[i].have_data && f.status == DNS_SECURE ? 3 : 0);
		if (r->count > 0)
			assert_memory_equal(r->records[0].data, "digest", 6);
		assert_true((r->reason != NULL) ==
		    (f.status == DNS_ERROR ||
		    f.status == DNS_BOGUS));
		tlsa_result_free(&r);
		assert_null(r);
		arena_free(&arena);
	}
}

/* --- rows */

static void
rows_keep_the_facts(void **state)
{
	static const uint8_t octets[] = { 0, 0x7f, 0xff };
	struct policy_tlsa_record records[] = {
		{ 3, 1, 1, octets, sizeof(octets) },
		{ 0, 0, 0, NULL, 0 },
		{ 255, 254, 253, octets, 1 },
	};
	struct tlsa_facts f = { .status = DNS_SECURE,
		.base = "real.example", .count = ARRAY_LEN(records),
		.records = records, .fetched_at = NOW, .expires_at = NOW + 1 };
	struct arena *arena = arena_new();
	struct spool_dane_cache row;
	struct tlsa_facts back;

	(void)state;
	tlsa_facts_to_row(&row, arena, "mx.example", 25, &f);
	assert_string_equal(row.records,
	    "[[3,1,1,\"007fff\"],[0,0,0,\"\"],[255,254,253,\"00\"]]");
	assert_true(tlsa_facts_from_row(&back, arena, &row));
	assert_int_equal(back.status, DNS_SECURE);
	assert_string_equal(back.base, "real.example");
	assert_int_equal(back.count, ARRAY_LEN(records));
	for (size_t i = 0; i < back.count; i++) {
		assert_int_equal(back.records[i].usage, records[i].usage);
		assert_int_equal(back.records[i].selector,
		    records[i].selector);
		assert_int_equal(back.records[i].matching,
		    records[i].matching);
		assert_int_equal(back.records[i].len, records[i].len);
		assert_memory_equal(back.records[i].data, octets,
		    records[i].len);
	}
	assert_int_equal(back.expires_at, NOW + 1);
	arena_free(&arena);
}

static void
rows_of_others_are_refused(void **state)
{
	static const struct {
		const char *status, *records;
		bool ok;
	} rows[] = {
		{ "secure", "[[3,1,1,\"00\"]]", true },
		{ "secure", " [ [ 3 , 1 , 1 , \"00\" ] ] ", true },
		{ "none", "[]", true },
		{ "error", "[]", true },
		{ "secure", "[]", false },
		{ "none", "[[3,1,1,\"00\"]]", false },
		{ "certain", "[[3,1,1,\"00\"]]", false },
		{ "secure", "[[3,1,1,\"0\"]]", false },
		{ "secure", "[[3,1,1,\"0g\"]]", false },
		{ "secure", "[[3,1,1,\"00]]", false },
		{ "secure", "[[3,1,\"00\"]]", false },
		{ "secure", "[[256,1,1,\"00\"]]", false },
		{ "secure", "[[3,1,1,\"00\"]", false },
		{ "secure", "[\"00\"]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena = arena_new();
		struct spool_dane_cache row = { "mx", 25, NULL, rows[i].status,
			rows[i].records, NOW, NOW + 300 };
		struct tlsa_facts f;

		if (tlsa_facts_from_row(&f, arena, &row) != rows[i].ok)
			fail_msg("%s %s", rows[i].status, rows[i].records);
		arena_free(&arena);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_say_where_to_ask),
		cmocka_unit_test(answers_are_told_apart),
		cmocka_unit_test(rows_keep_the_facts),
		cmocka_unit_test(rows_of_others_are_refused),
	};

	return cmocka_run_group_tests_name("lookup_tlsa", tests, NULL, NULL);
}
