/*
 * milter: the Received field, replies, the command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "milter/options.h"
#include "milter/received.h"
#include "milter/reply.h"
#include "milter/wait.h"

enum { ARGS_MAX = 5 };

#define DATE "Mon, 23 Nov 2026 12:34:56 +0000"
enum { NOW = 1795437296 };

static void
received_fields(void **state)
{
	static const struct {
		const char *what;
		struct milter_hop hop;
		const char *field;
	} cases[] = {
		{ "all clauses",
		  { .helo = "c.test", .peer = "c.test [192.0.2.1]",
		    .own_name = "m.test", .protocol = "ESMTPSA",
		    .queue_id = "Q1", .auth_type = "PLAIN", .auth_ssf = "0",
		    .tls_version = "TLSv1.3", .cipher = "X", .verify = "NO",
		    .cipher_bits = "256", .recipient = "b@d.test" },
		  "Received: from c.test (c.test [192.0.2.1])\r\n"
		  "\t(authenticated bits=0)\r\n"
		  "\tby m.test (tlsq) with ESMTPSA id Q1\r\n"
		  "\t(version=TLSv1.3 cipher=X bits=256 verify=NO)\r\n"
		  "\tfor <b@d.test>;\r\n\t" DATE "\r\n" },
		{ "nothing known", { .own_name = "m.test" },
		  "Received: by m.test (tlsq);\r\n\t" DATE "\r\n" },
		{ "not even our name", { .helo = "" },
		  "Received: by localhost (tlsq);\r\n\t" DATE "\r\n" },
		{ "Sendmail's own comment in the comment",
		  { .peer = "c.test [192.0.2.1] (may be forged)",
		    .own_name = "m.test" },
		  "Received: from unknown (c.test [192.0.2.1] (may be forged))"
		  "\r\n\tby m.test (tlsq);\r\n\t" DATE "\r\n" },
		{ "a client that would forge",
		  { .helo = "x;\r\nBcc: y (\"\\", .peer = "a)(b\r\n\\[1.2.3.4]",
		    .own_name = "m.test" },
		  "Received: from x???Bcc:?y???? (a??b???[1.2.3.4])\r\n"
		  "\tby m.test (tlsq);\r\n\t" DATE "\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct milter_hop hop = cases[i].hop;
		struct buf out = BUF_INIT;

		hop.now = NOW;
		milter_received_print(&out, &hop);
		if (strcmp(buf_str(&out), cases[i].field) != 0)
			fail_msg("%s: %s", cases[i].what, buf_str(&out));
		buf_free(&out);
	}
}

static void
received_lines_are_bounded(void **state)
{
	struct buf out = BUF_INIT;
	char *huge = mem_alloc(5000);

	(void)state;
	memset(huge, '(', 4999);
	huge[4999] = '\0';
	milter_received_print(&out, &(struct milter_hop){ .helo = huge,
	    .peer = huge, .own_name = huge, .protocol = huge, .queue_id = huge,
	    .auth_type = huge, .auth_ssf = huge, .tls_version = huge,
	    .cipher = huge, .cipher_bits = huge, .verify = huge,
	    .now = NOW });
	for (const char *line = buf_str(&out); *line != '\0';) {
		size_t len = strcspn(line, "\r");

		if (len > 998)
			fail_msg("a line of %zu octets", len);
		assert_memory_equal(line + len, "\r\n", 2);
		line += len + 2;
	}
	buf_free(&out);
	free(huge);
}

static void
failures_are_temporary(void **state)
{
	static const int codes[] = { EX_TEMPFAIL, EX_IOERR, EX_CANTCREAT,
		EX_NOPERM, EX_CONFIG, EX_DATAERR, EX_SOFTWARE, EX_UNAVAILABLE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct milter_reply r;
		struct error err;

		(void)error_set(&err, codes[i], "/a/secret/path: \n%%s");
		assert_false(milter_reply_failure(&r, "Q1", &err));
		/* RFC 5321 4.2.2: 452 for insufficient storage */
		assert_string_equal(r.code, codes[i] == EX_IOERR ||
		    codes[i] == EX_CANTCREAT ? "452" : "451");
		assert_memory_equal(r.status, "4.3.", 4);
		assert_null(strstr(r.text, "secret"));
	}
}

static void
replies_are_printable(void **state)
{
	struct milter_reply r;

	(void)state;
	assert_false(milter_reply_set(&r, "553", "5.1.3", "%s",
	    "a\r\n250 b\xc3\xa4"));
	assert_string_equal(r.text, "a??250 b??");
}

static void
a_failure_is_told_in_the_servers_words(void **state)
{
	static const struct {
		const char *status, *reply;	/* as recorded */
		const char *code, *told, *text;
	} cases[] = {
		{ "5.1.1", "550 5.1.1 no such user", "550", "5.1.1",
		  "no such user" },
		{ "5.2.2", "552 full", "552", "5.2.2", "full" },
		{ "5.7.1", "554 5.7.0 two minds", "554", "5.7.1",
		  "5.7.0 two minds" },
		{ "5.0.0", "550", "550", "5.0.0",
		  "the message cannot be delivered" },
		{ "5.7.5", "mx.x.test: no TLSA record matches", "550", "5.7.5",
		  "mx.x.test: no TLSA record matches" },
		{ "5.0.0", "5 wrongs", "550", "5.0.0", "5 wrongs" },
		{ "5.1.1", "55011 x", "550", "5.1.1", "55011 x" },
		{ "4.7.5", "450 4.7.5 came to nothing", "550", "5.0.0",
		  "450 4.7.5 came to nothing" },
		{ NULL, NULL, "550", "5.0.0",
		  "the message cannot be delivered" },
		{ "5.1.1", "550 5.1.1 \xc3\xa9\r\n", "550", "5.1.1", "????" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct milter_reply r;

		milter_reply_failed(&r, cases[i].status, cases[i].reply);
		assert_string_equal(r.code, cases[i].code);
		assert_string_equal(r.status, cases[i].told);
		assert_string_equal(r.text, cases[i].text);
	}
}

static void
waits_end_with_the_last_result(void **state)
{
	static const struct {
		const char *what;
		struct milter_wait_facts facts;
		enum milter_wait_verdict verdict;
	} cases[] = {
		{ "nothing is known", { { 1, 0, 0 }, false, true },
		  MILTER_WAIT_ON },
		{ "one failed, one is on its way", { { 1, 1, 0 }, false, true },
		  MILTER_WAIT_ON },
		{ "one is delivered, one on its way",
		  { { 1, 0, 1 }, false, true }, MILTER_WAIT_ON },
		{ "the only one failed", { { 0, 1, 0 }, false, true },
		  MILTER_WAIT_WITHDRAW },
		{ "all failed", { { 0, 3, 0 }, false, true },
		  MILTER_WAIT_WITHDRAW },
		{ "all failed, at the last moment", { { 0, 3, 0 }, true, true },
		  MILTER_WAIT_WITHDRAW },
		{ "one of two failed", { { 0, 1, 1 }, false, true },
		  MILTER_WAIT_ACCEPT },
		{ "none failed", { { 0, 0, 2 }, false, true },
		  MILTER_WAIT_ACCEPT },
		{ "the time is over", { { 1, 0, 0 }, true, true },
		  MILTER_WAIT_ACCEPT },
		{ "the time is over, one failed", { { 1, 1, 0 }, true, true },
		  MILTER_WAIT_ACCEPT },
		{ "nobody listens", { { 1, 0, 0 }, false, false },
		  MILTER_WAIT_ACCEPT },
		{ "all failed and nobody listens", { { 0, 1, 0 }, false, false },
		  MILTER_WAIT_ACCEPT },
		{ "the message is gone", { { 0, 0, 0 }, false, true },
		  MILTER_WAIT_ACCEPT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (milter_wait_decide(&cases[i].facts) != cases[i].verdict)
			fail_msg("%s", cases[i].what);
}

/* A refusal without a failure of everybody would lose mail. */
static void
only_what_failed_for_all_is_withdrawn(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 3 * 3 * 4; i++) {
		struct milter_wait_facts f = {
			.counts = { i % 3, i / 3 % 3, i / 9 % 3 },
			.over = (i / 27 & 1) != 0,
			.listening = (i / 27 & 2) != 0 };
		enum milter_wait_verdict v = milter_wait_decide(&f);

		assert_true(v != MILTER_WAIT_WITHDRAW ||
		    (f.counts.untried == 0 && f.counts.others == 0 &&
		    f.counts.failed > 0 && f.listening));
		assert_true(v != MILTER_WAIT_ON ||
		    (!f.over && f.listening && f.counts.untried > 0));
	}
}

static void
command_lines(void **state)
{
	static const struct {
		const char *args[ARGS_MAX + 1];
		bool good;
	} cases[] = {
		{ { "-s", "unix:/run/x" }, true },
		{ { "-s", "local:/run/x" }, true },
		{ { "--socket=inet:25@localhost", "-v" }, true },
		{ { "-s", "inet6:25@localhost", "--background" }, true },
		{ { "--version" }, true },
		{ { NULL }, false },
		{ { "-s", "/run/x" }, false },
		{ { "-s", "unix:relative" }, false },
		{ { "-s", "local:relative" }, false },
		/* libmilter would listen on 34463 */
		{ { "-s", "inet:99999@localhost" }, false },
		{ { "-s", "inet:0@localhost" }, false },
		{ { "-s", "inet6:25x@localhost" }, false },
		{ { "-s", "unix:/run/x", "more" }, false },
		{ { "--nothing" }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *argv[ARGS_MAX + 2] = { mem_strdup("tlsq-milter") };
		char *copy[ARGS_MAX + 2];
		struct milter_options o;
		struct error err;
		int argc = 1;

		for (; cases[i].args[argc - 1] != NULL; argc++)
			argv[argc] = mem_strdup(cases[i].args[argc - 1]);
		memcpy(copy, argv, sizeof(argv));
		if (milter_options_parse(&o, argc, argv, &err) !=
		    cases[i].good)
			fail_msg("command line %zu", i);
		for (int n = 0; n < argc; n++)
			free(copy[n]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(received_fields),
		cmocka_unit_test(received_lines_are_bounded),
		cmocka_unit_test(failures_are_temporary),
		cmocka_unit_test(replies_are_printable),
		cmocka_unit_test(a_failure_is_told_in_the_servers_words),
		cmocka_unit_test(waits_end_with_the_last_result),
		cmocka_unit_test(only_what_failed_for_all_is_withdrawn),
		cmocka_unit_test(command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
