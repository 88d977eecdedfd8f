/*
 * policy/tlsa: which records count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "policy/tlsa.h"

static const uint8_t octets[64];

/* For these tests: full data decodes if it is 5 octets. */
static bool
five(uint8_t selector, const uint8_t *data, size_t len)
{
	(void)selector;
	(void)data;
	return len == 5;
}

static void
short_rdata_is_no_record(void **state)
{
	struct policy_tlsa_record r;

	(void)state;
	for (size_t len = 0; len <= 3; len++)
		assert_false(policy_tlsa_read(&r, octets, len));
	assert_true(policy_tlsa_read(&r, octets, 4));
	assert_int_equal(r.len, 1);
}

static void
each_reason_to_drop_a_record(void **state)
{
	static const struct {
		const char *why;
		struct policy_tlsa_record r;
		bool usable;
	} rows[] = {
		{ "3 1 1", { 3, 1, 1, octets, 32 }, true },
		{ "2 0 2", { 2, 0, 2, octets, 64 }, true },
		{ "PKIX-TA", { 0, 1, 1, octets, 32 }, false },
		{ "PKIX-EE", { 1, 1, 1, octets, 32 }, false },
		{ "private usage", { 255, 1, 1, octets, 32 }, false },
		{ "unknown selector", { 3, 2, 1, octets, 32 }, false },
		{ "unknown matching", { 3, 1, 3, octets, 32 }, false },
		{ "SHA-256 too short", { 3, 1, 1, octets, 31 }, false },
		{ "SHA-512 as long as SHA-256", { 3, 1, 2, octets, 32 },
		  false },
		{ "full data that decodes", { 2, 0, 0, octets, 5 }, true },
		{ "full data that does not", { 2, 0, 0, octets, 6 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((policy_tlsa_unusable(&rows[i].r,
		    five) == NULL) != rows[i].usable)
			fail_msg("%s", rows[i].why);
}

static void
only_the_strongest_digest_counts(void **state)
{
	static const struct {
		const char *why;
		struct policy_tlsa_record in[4];
		size_t n;
		const char *kept;	/* indices of what is kept */
	} rows[] = {
		{ "SHA-512 outdoes SHA-256 of the same usage and selector",
		  { { 3, 1, 1, octets, 32 }, { 3, 1, 2, octets, 64 } }, 2,
		  "312" },
		{ "in either order",
		  { { 3, 1, 2, octets, 64 }, { 3, 1, 1, octets, 32 } }, 2,
		  "312" },
		{ "another selector has its own strongest",
		  { { 3, 1, 1, octets, 32 }, { 3, 0, 2, octets, 64 } }, 2,
		  "311 302" },
		{ "full data always counts",
		  { { 2, 0, 0, octets, 5 }, { 2, 0, 2, octets, 64 } }, 2,
		  "200 202" },
		{ "an unusable digest outdoes nobody",
		  { { 3, 1, 1, octets, 32 }, { 3, 1, 2, octets, 63 } }, 2,
		  "311" },
		{ "two of the strongest both count",
		  { { 3, 1, 1, octets, 32 }, { 3, 1, 1, octets, 32 },
		    { 0, 0, 1, octets, 32 } }, 3, "311 311" },
		{ "none", { { 0, 0, 1, octets, 32 } }, 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_tlsa_record r[4];
		char got[64] = "";
		size_t n;

		memcpy(r, rows[i].in, sizeof(r));
		n = policy_tlsa_choose(r, rows[i].n, five);
		for (size_t k = 0; k < n; k++)
			(void)snprintf(got + strlen(got),
			    sizeof(got) - strlen(got), "%s%u%u%u",
			    k > 0 ? " " : "", r[k].usage, r[k].selector,
			    r[k].matching);
		if (strcmp(got, rows[i].kept) != 0)
			fail_msg("%s: %s", rows[i].why, got);
	}
}

static void
the_text_is_that_of_zone_files(void **state)
{
	static const uint8_t data[] = { 3, 1, 1, 0xab, 0x01 };
	struct policy_tlsa_record r;
	char text[32];

	(void)state;
	assert_true(policy_tlsa_read(&r, data, sizeof(data)));
	policy_tlsa_text(text, sizeof(text), &r);
	assert_string_equal(text, "3 1 1 ab01");
	policy_tlsa_text(text, 10, &r);
	assert_string_equal(text, "3 1 1 ab");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_rdata_is_no_record),
		cmocka_unit_test(each_reason_to_drop_a_record),
		cmocka_unit_test(only_the_strongest_digest_counts),
		cmocka_unit_test(the_text_is_that_of_zone_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
