/*
 * tls: names in certificates, and what is refused as a certificate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tls/cert.h"
#include "tls/der_impl.h"
#include "fixture.h"

#define OCTETS(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static void
names_match_by_rfc_6125(void **state)
{
	static const struct {
		const char *why;
		struct stls_blob presented;
		const char *host;
		bool match;
	} rows[] = {
		{ "the same", OCTETS("mx.a.test"), "mx.a.test", true },
		{ "case", OCTETS("MX.a.TEST"), "mx.A.test", true },
		{ "final dots", OCTETS("mx.a.test."), "mx.a.test", true },
		{ "two final dots", OCTETS("mx.a.test.."), "mx.a.test", false },
		{ "longer", OCTETS("mx.a.test"), "xmx.a.test", false },
		{ "prefix", OCTETS("mx.a.test"), "mx.a.tes", false },
		{ "wildcard", OCTETS("*.a.test"), "mx.a.test", true },
		{ "of an A-label", OCTETS("*.a.test"), "xn--bcher-kva.a.test",
		  true },
		{ "wildcard alone", OCTETS("*"), "mx", false },
		{ "wildcard and dot", OCTETS("*."), "mx.", false },
		{ "wildcard for a top-level domain", OCTETS("*.test"), "a.test",
		  false },
		{ "for an empty label", OCTETS("*.a.test"), ".a.test", false },
		{ "two wildcards", OCTETS("*.*.test"), "mx.a.test", false },
		{ "in the middle", OCTETS("mx.*.test"), "mx.a.test", false },
		{ "part of a label", OCTETS("m*.a.test"), "mx.a.test", false },
		{ "at the end of a label", OCTETS("*x.a.test"), "mx.a.test",
		  false },
		{ "the literal wildcard", OCTETS("m*.a.test"), "m*.a.test",
		  false },
		{ "NUL", OCTETS("mx.a.test\0.b.test"), "mx.a.test", false },
		{ "nothing", OCTETS(""), "", false },
		{ "dots only", OCTETS("."), ".", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (stls_name_matches(rows[i].presented, rows[i].host) !=
		    rows[i].match)
			fail_msg("%s", rows[i].why);
}

static void
names_are_printed_by_rfc_4514(void **state)
{
	static const struct {
		const char *why;
		struct stls_blob der;
		const char *text;
	} rows[] = {
		{ "the last comes first", OCTETS("\x30\x1e"
		  "\x31\x0d\x30\x0b\x06\x03\x55\x04\x0a\x0c\x04" "A, B"
		  "\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04" " x#y"),
		  "CN=\\ x#y,O=A\\, B" },
		{ "two in one RDN", OCTETS("\x30\x18\x31\x16"
		  "\x30\x09\x06\x03\x55\x04\x0a\x0c\x02" "ab"
		  "\x30\x09\x06\x03\x55\x04\x03\x0c\x02" "cd"),
		  "O=ab+CN=cd" },
		{ "octets that would forge a log line", OCTETS("\x30\x0e\x31\x0c"
		  "\x30\x0a\x06\x03\x55\x04\x03\x0c\x03" "a\n\0"),
		  "CN=a\\0a\\00" },
		{ "BMPString", OCTETS("\x30\x11\x31\x0f"
		  "\x30\x0d\x06\x03\x55\x04\x03\x1e\x06" "\0a\0\xfc\xd8\0"),
		  "CN=a\xc3\xbc\\ed" },
		{ "an attribute without a word", OCTETS("\x30\x0e\x31\x0c"
		  "\x30\x0a\x06\x04\x2a\x86\x48\x7b\x0c\x02" "ab"),
		  "1.2.840.123=ab" },
		{ "a value that is no string", OCTETS("\x30\x0e\x31\x0c"
		  "\x30\x0a\x06\x03\x55\x04\x03\x04\x03" "abc"),
		  "CN=#0403616263" },
		{ "nothing", OCTETS("\x30\x00"), "" },
		{ "no name", OCTETS("\x31\x00"), "" },
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		stls_name_text(rows[i].der, text, sizeof(text));
		if (strcmp(text, rows[i].text) != 0)
			fail_msg("%s: %s", rows[i].why, text);
	}
	stls_name_text(rows[0].der, text, 8);
	assert_string_equal(text, "CN=\\ x#");
}

static void
der_is_read_strictly(void **state)
{
	static const struct {
		const char *why;
		struct stls_blob in;
		bool ok;
	} rows[] = {
		{ "a short element", OCTETS("\x04\x01x"), true },
		{ "an empty one", OCTETS("\x05\x00"), true },
		{ "nothing", OCTETS(""), false },
		{ "a tag alone", OCTETS("\x04"), false },
		{ "shorter than it says", OCTETS("\x04\x02x"), false },
		{ "indefinite", OCTETS("\x30\x80\x00\x00"), false },
		{ "a long form that could be short", OCTETS("\x04\x81\x01x"),
		  false },
		{ "a length with a leading zero", OCTETS("\x04\x82\x00\x01x"),
		  false },
		{ "a length of four octets", OCTETS("\x04\x84\x00\x00\x00\x01x"),
		  false },
		{ "a length cut off", OCTETS("\x04\x82\x01"), false },
		{ "a tag of two octets", OCTETS("\x1f\x22\x00"), false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stls_blob in = rows[i].in, value;
		uint8_t tag;

		if (stls_der_next(&in, &tag, &value, NULL) != rows[i].ok)
			fail_msg("%s", rows[i].why);
		/* A failed read takes nothing, and gives nothing. */
		assert_int_equal(in.len, rows[i].ok ? 0 : rows[i].in.len);
	}
}

static void
times_become_unix_seconds(void **state)
{
	static const struct {
		uint8_t tag;
		struct stls_blob in;
		bool ok;
		int64_t at;
	} rows[] = {
		{ DER_UTC_TIME, OCTETS("700101000000Z"), true, 0 },
		{ DER_UTC_TIME, OCTETS("500101000000Z"), true, -631152000 },
		{ DER_UTC_TIME, OCTETS("491231235959Z"), true, 2524607999 },
		{ DER_UTC_TIME, OCTETS("240229120000Z"), true, 1709208000 },
		{ DER_UTC_TIME, OCTETS("230229120000Z"), false, 0 },
		{ DER_UTC_TIME, OCTETS("231301120000Z"), false, 0 },
		{ DER_UTC_TIME, OCTETS("231201240000Z"), false, 0 },
		{ DER_UTC_TIME, OCTETS("2312012400Z"), false, 0 },
		{ DER_UTC_TIME, OCTETS("231201120000+0100"), false, 0 },
		{ DER_UTC_TIME, OCTETS("23120112000 Z"), false, 0 },
		{ DER_GENERALIZED_TIME, OCTETS("99991231235959Z"), true,
		  253402300799 },
		{ DER_GENERALIZED_TIME, OCTETS("20320101000000Z"), true,
		  FIXTURE_NOW },
		{ DER_GENERALIZED_TIME, OCTETS("19000301000000Z"), true,
		  -2203891200 },
		{ DER_GENERALIZED_TIME, OCTETS("19000229000000Z"), false, 0 },
		{ DER_GENERALIZED_TIME, OCTETS("20320101000000.5Z"), false, 0 },
		{ DER_IA5_STRING, OCTETS("320101000000Z"), false, 0 },
	};
	int64_t at;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (stls_der_time(rows[i].tag, rows[i].in, &at) != rows[i].ok ||
		    (rows[i].ok && at != rows[i].at))
			fail_msg("%.*s", (int)rows[i].in.len,
			    (const char *)rows[i].in.data);
	}
}

/* What is OPTIONAL is asked for by a call that may fail. */
static void
a_read_that_fails_changes_nothing(void **state)
{
	static const struct stls_blob rows[] = {
		OCTETS("\xa1\x01x"), OCTETS("\xa0\x05x"), OCTETS("\xa0"),
		OCTETS(""),
	};
	struct stls_blob in, value, other = OCTETS("other"), whole = other;
	uint8_t tag = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		in = rows[i];
		value = other;
		assert_false(stls_der_take(&in, DER_CONTEXT_CONS(0), &value));
		assert_false(stls_der_only(in, DER_CONTEXT_CONS(0), &value));
		if (i > 0)
			assert_false(stls_der_next(&in, &tag, &value, &whole));
		assert_ptr_equal(value.data, other.data);
		assert_int_equal(value.len, other.len);
		assert_ptr_equal(whole.data, other.data);
		assert_int_equal(tag, 7);
		assert_ptr_equal(in.data, rows[i].data);
		assert_int_equal(in.len, rows[i].len);
	}
	in = (struct stls_blob)OCTETS("\xa0\x01x\x05\0");
	assert_false(stls_der_only(in, DER_CONTEXT_CONS(0), &value));
	assert_ptr_equal(value.data, other.data);
	assert_true(stls_der_take(&in, DER_CONTEXT_CONS(0), &value));
	assert_int_equal(value.len, 1);
	assert_int_equal(in.len, 2);
}

/* Cut anywhere, or with any octet changed, it is read or refused: no more is
 * asked here; sanitizers and valgrind watch. */
static void
broken_certificates_are_survived(void **state)
{
	static const char *const names[] = { "leaf-big", "nc-excluded",
		"leaf-rsa" };
	struct stls_cert cert;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct stls_blob whole = fixture_der(names[i]);
		uint8_t *copy = mem_dup(whole.data, whole.len);

		assert_true(stls_cert_parse(copy, whole.len, &cert, &why));
		for (size_t n = 0; n < whole.len; n++)
			assert_false(stls_cert_parse(copy, n, &cert, &why));
		for (size_t n = 0; n < whole.len; n++) {
			copy[n] ^= 0x81;
			(void)stls_cert_parse(copy, whole.len, &cert, &why);
			copy[n] ^= 0x81;
		}
		free(copy);
		free((void *)(uintptr_t)whole.data);
	}
}

static void
the_leaf_is_described(void **state)
{
	struct stls_peer_info info;
	struct stls_peer peer;

	(void)state;
	fixture_peer(&peer, "leaf-p384");
	assert_true(stls_peer_describe(&peer, &info));
	assert_string_equal(info.subject, "CN=leaf");
	assert_string_equal(info.issuer, "CN=Inter A");
	assert_int_equal(info.not_before_at, 1924992000);
	assert_int_equal(info.not_after_at, 1988150400);
	assert_int_equal(strlen(info.cert_sha256), 64);
	assert_int_equal(strlen(info.spki_sha256), 64);
	fixture_free_peer(&peer);
	assert_false(stls_peer_describe(&peer, &info));
	assert_string_equal(info.cert_sha256, "");
	assert_string_equal(info.subject, "");
}

static void
the_linked_library_passes_the_self_test(void **state)
{
	struct error err = { 0, "" };

	(void)state;
	if (!stls_global_init(&err))
		fail_msg("%s", err.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_by_rfc_6125),
		cmocka_unit_test(names_are_printed_by_rfc_4514),
		cmocka_unit_test(der_is_read_strictly),
		cmocka_unit_test(times_become_unix_seconds),
		cmocka_unit_test(a_read_that_fails_changes_nothing),
		cmocka_unit_test(broken_certificates_are_survived),
		cmocka_unit_test(the_leaf_is_described),
		cmocka_unit_test(the_linked_library_passes_the_self_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
