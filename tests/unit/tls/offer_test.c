/*
 * tls: whether what the server chose is of what was offered.  What real servers
 * choose is in session_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tls/offer_impl.h"

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
		{ { V13, GCM, "X25519", STLS_MIN_TLS13, false }, "X25519",
		  "TLS 1.3" },
		{ { V13, GCM, "X25519", STLS_MIN_TLS12, true }, "X25519",
		  "TLS 1.3 resumed, keys exchanged anew" },
		{ { V13, GCM, NULL, STLS_MIN_TLS12, true }, NULL,
		  "TLS 1.3 resumed without (CVE-2025-11935)" },
		{ { V13, GCM, NULL, STLS_MIN_TLS12, false }, NULL,
		  "TLS 1.3 without a group" },
		{ { V13, GCM, "SECP256K1", STLS_MIN_TLS12, false }, NULL,
		  "another group" },
		{ { V13, GCM, "FFDHE_2048", STLS_MIN_TLS12, false }, NULL,
		  "a finite field in TLS 1.3" },
		{ { V13, CBC, "X25519", STLS_MIN_TLS12, false }, NULL,
		  "a suite of TLS 1.2 in 1.3" },
		{ { V13, 0x1304, "X25519", STLS_MIN_TLS12, false }, NULL,
		  "CCM" },
		{ { V13, 0xc0b4, "X25519", STLS_MIN_TLS12, false }, NULL,
		  "integrity only" },
		{ { V12, CBC, "SECP521R1", STLS_MIN_TLS12, false }, "P-521",
		  "TLS 1.2" },
		{ { V12, CBC, NULL, STLS_MIN_TLS12, true }, "",
		  "TLS 1.2 resumed" },
		{ { V12, CBC, NULL, STLS_MIN_TLS12, false }, NULL,
		  "TLS 1.2 without a group" },
		{ { V12, CBC, "X25519", STLS_MIN_TLS13, false }, NULL,
		  "min-version 1.3" },
		{ { V12, GCM, "X25519", STLS_MIN_TLS12, false }, NULL,
		  "a suite of TLS 1.3 in 1.2" },
		{ { V12, NUL, "X25519", STLS_MIN_TLS12, false }, NULL,
		  "no encryption" },
		{ { V12, NUL, NULL, STLS_MIN_TLS12, true }, NULL,
		  "no encryption, resumed" },
		{ { V12, DHE, NULL, STLS_MIN_TLS12, false }, "DHE",
		  "a finite field in TLS 1.2" },
		{ { V12, DHE, NULL, STLS_MIN_TLS12, true }, "",
		  "the same, resumed" },
		{ { 0x0302, CBC, "X25519", STLS_MIN_TLS12, false }, NULL,
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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_was_offered_is_taken),
	};

	return cmocka_run_group_tests_name("tls_offer", tests, NULL, NULL);
}
