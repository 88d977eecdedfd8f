/*
 * tls: whether what the server chose is of what was offered.  What real servers
 * choose is in session_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tls/stls_impl.h"

static void
only_what_was_offered_is_taken(void **state)
{
	enum { V12 = 0x0303, V13 = 0x0304, GCM = 0x1301, CBC = 0xc023,
	    NUL = 0xc006, DHE = 0x009e };
	static const struct {
		struct stls_choice choice;
		const char *group;	/* as recorded; NULL: refused */
		const char *why;
	} rows[] = {
		{ { V13, GCM, "X25519", STLS_MIN_TLS13, false, true }, "X25519",
		  "TLS 1.3" },
		{ { V13, GCM, "X25519", STLS_MIN_TLS12, true, true }, "X25519",
		  "TLS 1.3 resumed, keys exchanged anew" },
		{ { V13, GCM, NULL, STLS_MIN_TLS12, true, true }, NULL,
		  "TLS 1.3 resumed without (CVE-2025-11935)" },
		{ { V13, GCM, NULL, STLS_MIN_TLS12, false, true }, NULL,
		  "TLS 1.3 without a group" },
		{ { V13, GCM, "X25519", STLS_MIN_TLS12, false, false }, NULL,
		  "TLS 1.3 without the server's share (CVE-2026-3230)" },
		{ { V13, GCM, "X25519", STLS_MIN_TLS12, true, false }, NULL,
		  "the same, resumed" },
		{ { V13, GCM, "SECP256K1", STLS_MIN_TLS12, false, true }, NULL,
		  "another group" },
		{ { V13, GCM, "FFDHE_2048", STLS_MIN_TLS12, false, true }, NULL,
		  "a finite field in TLS 1.3" },
		{ { V13, CBC, "X25519", STLS_MIN_TLS12, false, true }, NULL,
		  "a suite of TLS 1.2 in 1.3" },
		{ { V13, 0x1304, "X25519", STLS_MIN_TLS12, false, true }, NULL,
		  "CCM" },
		{ { V13, 0xc0b4, "X25519", STLS_MIN_TLS12, false, true }, NULL,
		  "integrity only" },
		{ { V12, CBC, "SECP521R1", STLS_MIN_TLS12, false, false }, "P-521",
		  "TLS 1.2" },
		{ { V12, CBC, NULL, STLS_MIN_TLS12, true, false }, "",
		  "TLS 1.2 resumed" },
		{ { V12, CBC, NULL, STLS_MIN_TLS12, false, false }, NULL,
		  "TLS 1.2 without a group" },
		{ { V12, CBC, "X25519", STLS_MIN_TLS13, false, false }, NULL,
		  "min-version 1.3" },
		{ { V12, GCM, "X25519", STLS_MIN_TLS12, false, false }, NULL,
		  "a suite of TLS 1.3 in 1.2" },
		{ { V12, NUL, "X25519", STLS_MIN_TLS12, false, false }, NULL,
		  "no encryption" },
		{ { V12, NUL, NULL, STLS_MIN_TLS12, true, false }, NULL,
		  "no encryption, resumed" },
		{ { V12, DHE, NULL, STLS_MIN_TLS12, false, false }, "DHE",
		  "a finite field in TLS 1.2" },
		{ { V12, DHE, NULL, STLS_MIN_TLS12, true, false }, "",
		  "the same, resumed" },
		{ { 0x0302, CBC, "X25519", STLS_MIN_TLS12, false, false }, NULL,
		  "TLS 1.1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stls_peer peer = { .protocol = NULL };
		const char *why = stls_offer_judge(&rows[i].choice, &peer);

		if ((why == NULL) != (rows[i].group != NULL) || (why == NULL &&
		    strcmp(peer.group, rows[i].group) != 0))
			fail_msg("%s: %s, %s", rows[i].why, why, peer.group);
	}
}

#define RANDOM "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
#define RETRY "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65" \
	"\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8" \
	"\x33\x9c"
#define RECORD(len) "\x16\x03\x03\0" len
#define BEFORE(random) "\x03\x03" random "\x01s\x13\x01\0"
#define TLS13 "\0\x2b\0\x02\x03\x04"
#define SHARE "\0\x33\0\x05\0\x1d\0\x01" "k"
/* Messages of 60 and 51 octets. */
#define WITH(random) "\x02\0\0\x38" BEFORE(random) "\0\x0f" TLS13 SHARE
#define WITHOUT "\x02\0\0\x2f" BEFORE(RANDOM) "\0\x06" TLS13
#define CCS "\x14\x03\x03\0\x01\x01"
#define BYTES(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static void
the_share_of_the_server_is_looked_for_in_its_hello(void **state)
{
	static const struct {
		struct stls_blob octets;
		bool has;
		const char *why;
	} rows[] = {
		{ BYTES(RECORD("\x3c") WITH(RANDOM)), true, "one" },
		{ BYTES(RECORD("\x33") WITHOUT), false, "none" },
		{ BYTES(RECORD("\x3c") WITH(RETRY) CCS RECORD("\x3c")
		  WITH(RANDOM)), true, "one after a retry" },
		{ BYTES(RECORD("\x3c") WITH(RETRY) CCS RECORD("\x33")
		  WITHOUT), false, "none after a retry" },
		{ BYTES(RECORD("\x6f") WITH(RETRY) WITHOUT), false,
		  "the same in one record" },
		{ BYTES(RECORD("\x3c") WITH(RETRY)), false, "a retry alone" },
		{ BYTES(RECORD("\x33") WITHOUT RECORD("\x3c") WITH(RANDOM)),
		  false, "the first ServerHello counts" },
		{ BYTES(RECORD("\x04") "\x08\0\0\0" RECORD("\x3c")
		  WITH(RANDOM)), false, "another message first" },
		{ BYTES(RECORD("\x02") "\x02\0" RECORD("\x3a") "\0\x38"
		  BEFORE(RANDOM) "\0\x0f" TLS13 SHARE), true,
		  "in two records" },
		{ BYTES("\x17\x03\x03\0\x3c" WITH(RANDOM)), false,
		  "in a record that is encrypted" },
		{ BYTES(RECORD("\x30") "\x02\0\0\x2c" BEFORE(RANDOM)
		  "\0\x03" "\0\x33\0"), false, "cut within its message" },
		{ BYTES(""), false, "nothing" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct stls_blob *b = &rows[i].octets;

		if (stls_offer_has_share(*b) != rows[i].has)
			fail_msg("%s", rows[i].why);
		/* Cut anywhere it has none; octets beyond it are not read. */
		for (size_t n = 0; n < b->len; n++) {
			uint8_t *cut = mem_dup(b->data, n > 0 ? n : 1);

			if (stls_offer_has_share((struct stls_blob){ cut, n }))
				fail_msg("%s, cut at %zu", rows[i].why, n);
			free(cut);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_was_offered_is_taken),
		cmocka_unit_test(
		    the_share_of_the_server_is_looked_for_in_its_hello),
	};

	return cmocka_run_group_tests_name("tls_offer", tests, NULL, NULL);
}
