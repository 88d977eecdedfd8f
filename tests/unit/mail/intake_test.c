/*
 * mail/intake: what comes into the spool, in any chunking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/intake.h"

#define DATE "Date: D\r\n"
#define ID "Message-ID: <i@h>\r\n"

static bool
gather(void *ctx, const void *data, size_t len, struct error *err)
{
	(void)err;
	assert_true(len <= MAIL_INTAKE_PIECE);
	return buf_append(ctx, data, len);
}

static struct mail_intake_facts
run(struct buf *out, const char *const *remove, const char *in, size_t len,
    size_t split)
{
	struct mail_intake_options o = { .date = "D", .message_id = "<i@h>",
		.remove = remove };
	struct mail_intake_facts facts;
	struct mail_intake *intake = mail_intake_new(&o, gather, out);
	struct error err;

	buf_clear(out);
	assert_true(mail_intake_write(intake, in, split, &err));
	assert_true(mail_intake_write(intake, in + split, len - split, &err));
	assert_true(mail_intake_finish(intake, &facts, &err));
	assert_int_equal(facts.size, out->len);
	assert_int_equal(facts.input, len);
	mail_intake_free(&intake);
	return facts;
}

static const struct {
	const char *why, *in, *out;
} rows[] = {
	{ "complete messages stay as they are",
	  "Date: x\r\nMessage-ID: y\r\n\r\nb\r\n",
	  "Date: x\r\nMessage-ID: y\r\n\r\nb\r\n" },
	{ "missing fields at the end of the header",
	  "Received: r\r\nSubject: s\r\n\r\nb\r\n",
	  "Received: r\r\nSubject: s\r\n" DATE ID "\r\nb\r\n" },
	{ "field names have no case", "DATE: x\nmessage-id: y\n\nb",
	  "DATE: x\r\nmessage-id: y\r\n\r\nb\r\n" },
	{ "only the one missing", "Date: x\n\nb\n",
	  "Date: x\r\n" ID "\r\nb\r\n" },
	{ "a prefix of the name is another field", "Dat: x\nDated: x\n\n",
	  "Dat: x\r\nDated: x\r\n" DATE ID "\r\n" },
	{ "a Date in the body does not count", "A: b\n\nDate: x\n",
	  "A: b\r\n" DATE ID "\r\nDate: x\r\n" },
	{ "a Date in a folded value does not count", "A: b\n Date: x\n\n",
	  "A: b\r\n Date: x\r\n" DATE ID "\r\n" },
	{ "bare CR, bare LF and CRLF", "A: b\rB: c\nC: d\r\n\re\nf\r",
	  "A: b\r\nB: c\r\nC: d\r\n" DATE ID "\r\ne\r\nf\r\n" },
	{ "empty first line: no header", "\nb\n", DATE ID "\r\nb\r\n" },
	{ "first line no field: an empty line comes between",
	  "Hello there\nx\n", DATE ID "\r\nHello there\r\nx\r\n" },
	{ "8-bit first line", "gr\xc3\xbc\xc3\x9f: x\n",
	  DATE ID "\r\ngr\xc3\xbc\xc3\x9f: x\r\n" },
	{ "blank first: no field to continue", " x\nA: b\n",
	  DATE ID "\r\n x\r\nA: b\r\n" },
	{ "colon first", ": x\n", DATE ID "\r\n: x\r\n" },
	{ "a header ended by text gets its empty line", "A: b\nhello\n",
	  "A: b\r\n" DATE ID "\r\nhello\r\n" },
	{ "blanks before the colon are a field still", "Bcc : x\nA\t: b\n\n",
	  "A\t: b\r\n" DATE ID "\r\n" },
	{ "blanks inside a name are none", "A b: c\n",
	  DATE ID "\r\nA b: c\r\n" },
	{ "header only, no line end", "A: b", "A: b\r\n" DATE ID },
	{ "ends in a name", "A: b\nSub", "A: b\r\n" DATE ID "\r\nSub\r\n" },
	{ "nothing", "", DATE ID },
	{ "removed with their continuation lines",
	  "A: b\nBCC: x,\n\ty\nReturn-Path: <z>\nC: d\n e\n\nBcc: b\n",
	  "A: b\r\nC: d\r\n e\r\n" DATE ID "\r\nBcc: b\r\n" },
	{ "blind fields in any case, folded, several, with a blank",
	  "RESENT-BCC: a@b,\n\tc@d\nresent-bcc :\n e\nbCc: f\nResent-Bcc:\n"
	  "Resent-To: g\n\nResent-Bcc: b\n",
	  "Resent-To: g\r\n" DATE ID "\r\nResent-Bcc: b\r\n" },
	{ "what only begins or ends like one stays",
	  "Resent-Bcc2: a\nX-Bcc: b\nResent-Cc: c\nResent: d\n\n",
	  "Resent-Bcc2: a\r\nX-Bcc: b\r\nResent-Cc: c\r\nResent: d\r\n"
	  DATE ID "\r\n" },
	{ "removed last, unfinished", "A: b\nBcc: x", "A: b\r\n" DATE ID },
	{ "removed only", "Bcc: x\n y\n", DATE ID },
	{ "a line of blanks continues", "A: b\n \n\nx\n",
	  "A: b\r\n \r\n" DATE ID "\r\nx\r\n" },
	{ "mbox line dropped", "From a@b Mon Sep 17 00:00:00 2001\nA: b\n\nc",
	  "A: b\r\n" DATE ID "\r\nc\r\n" },
	{ "mbox line before removed and empty", "From x\nBcc: y\n\nc\n",
	  DATE ID "\r\nc\r\n" },
	{ "only the first mbox line", "From a\nFrom b\n",
	  DATE ID "\r\nFrom b\r\n" },
	{ "From: is a field", "From: a\n\n", "From: a\r\n" DATE ID "\r\n" },
	{ "From : too", "From : a\n\n", "From : a\r\n" DATE ID "\r\n" },
	{ "From and a blank, no more", "From \nA: b\n\n",
	  "A: b\r\n" DATE ID "\r\n" },
	{ "a later From line ends the header", "A: b\nFrom x\n",
	  "A: b\r\n" DATE ID "\r\nFrom x\r\n" },
	{ "dots are content here", "\n.\n..\n", DATE ID "\r\n.\r\n..\r\n" },
};

static void
every_split_gives_the_same_message(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].in);

		for (size_t at = 0; at <= len; at++) {
			(void)run(&out, NULL, rows[i].in, len, at);
			if (strcmp(buf_str(&out), rows[i].out) != 0)
				fail_msg("%s, split at %zu: got %s",
				    rows[i].why, at, buf_str(&out));
		}
	}
	buf_free(&out);
}

static void
what_went_in_once_stays(void **state)
{
	struct buf out = BUF_INIT, again = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)run(&out, NULL, rows[i].out, strlen(rows[i].out), 0);
		(void)run(&again, NULL, out.data, out.len, 0);
		assert_string_equal(out.data, again.data);
		assert_string_equal(out.data, rows[i].out);
	}
	buf_free(&out);
	buf_free(&again);
}

static void
nuls_are_removed_and_counted(void **state)
{
	static const char in[] = "A\0: b\r\0\n\0\r\nc\0d\0";
	struct mail_intake_facts f;
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t at = 0; at < sizeof(in); at++) {
		f = run(&out, NULL, in, sizeof(in) - 1, at);
		assert_int_equal(f.nuls, 5);
		assert_string_equal(out.data,
		    "A: b\r\n" DATE ID "\r\ncd\r\n");
	}
	buf_free(&out);
}

static void
header_facts(void **state)
{
	static const struct {
		const char *why, *in;
		struct mail_intake_facts f;
	} facts[] = {
		{ "nothing", "\n", { 0 } },
		{ "what is there", "Received: a\nReceived: b\nFrom: c\n"
		  "Date: d\nMessage-Id: e\n\n",
		  { .fields = 5, .received = 2, .has_from = true,
		    .has_date = true, .has_message_id = true } },
		{ "a body is no header", "\nReceived: a\nTLS-Required: No\n",
		  { 0 } },
		{ "8-bit header", "Subject: \xc3\xbc\n\na\n",
		  { .fields = 1, .header_8bit = true } },
		{ "8-bit continuation", "Subject: a\n \xc3\xbc\n\na\n",
		  { .fields = 1, .header_8bit = true } },
		{ "8-bit body", "Subject: a\n\n\xc3\xbc\n",
		  { .fields = 1, .body_8bit = true } },
		{ "8-bit in what is removed leaves nothing 8-bit",
		  "Bcc: \xc3\xbc\n\na\n", { .fields = 1 } },
		{ "TLS-Required: No", "TLS-Required: No\n\n",
		  { .fields = 1, .tls_required_no = true } },
		{ "any case, folded, blanks", "tls-required:\n  nO \t\n\n",
		  { .fields = 1, .tls_required_no = true } },
		{ "another value is ignored (RFC 8689 3)",
		  "TLS-Required: Yes\n\n", { .fields = 1 } },
		{ "empty value", "TLS-Required:\n\n", { .fields = 1 } },
		{ "two fields are no request",
		  "TLS-Required: No\nTLS-Required: No\n\n", { .fields = 2 } },
		{ "No and then, after many blanks, more",
		  "TLS-Required: No"
		  "                                                        "
		  "                                                        "
		  "x\n\n", { .fields = 1 } },
		{ "at the end without a line end", "TLS-Required: No",
		  { .fields = 1, .tls_required_no = true } },
		{ "Require-TLS-ESMTP", "Require-TLS-ESMTP: yes\n\n",
		  { .fields = 1, .require_tls = true } },
		{ "Require-TLS-ESMTP: no", "Require-TLS-ESMTP: no\n\n",
		  { .fields = 1 } },
	};
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		size_t len = strlen(facts[i].in);
		struct mail_intake_facts want = facts[i].f, got;

		for (size_t at = 0; at <= len; at++) {
			got = run(&out, NULL, facts[i].in, len, at);
			want.input = len;
			want.size = out.len;
			if (got.fields != want.fields ||
			    got.received != want.received ||
			    got.has_date != want.has_date ||
			    got.has_message_id != want.has_message_id ||
			    got.has_from != want.has_from ||
			    got.header_8bit != want.header_8bit ||
			    got.body_8bit != want.body_8bit ||
			    got.tls_required_no != want.tls_required_no ||
			    got.require_tls != want.require_tls)
				fail_msg("%s, split at %zu", facts[i].why, at);
		}
	}
	buf_free(&out);
}

static void
fields_removed_are_counted_but_not_had(void **state)
{
	static const char in[] = "Date: x\nRequire-TLS-ESMTP: yes\n\n";
	static const char *const remove[] = { "Date", "Require-TLS-ESMTP",
		NULL };
	struct mail_intake_facts f;
	struct buf out = BUF_INIT;

	(void)state;
	f = run(&out, remove, in, sizeof(in) - 1, 0);
	assert_true(f.require_tls);
	assert_false(f.has_date);
	assert_string_equal(out.data, DATE ID "\r\n");
	buf_free(&out);
}

static void
nothing_is_added_that_was_not_asked_for(void **state)
{
	struct mail_intake_options o = { 0 };
	struct mail_intake_facts f;
	struct buf out = BUF_INIT;
	struct mail_intake *in = mail_intake_new(&o, gather, &out);
	struct error err;

	(void)state;
	assert_true(mail_intake_write(in, "A: b\n\nc\n", 8, &err));
	assert_true(mail_intake_finish(in, &f, &err));
	assert_string_equal(out.data, "A: b\r\n\r\nc\r\n");
	mail_intake_free(&in);
	buf_free(&out);
}

/* Options may be filled until the header ends: Sendmail's message id comes
 * late. */
static void
from_is_added_where_it_is_missing(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "A: b\n\n", "A: b\r\nFrom: x@y\r\nDate: D\r\n"
		  "Message-ID: <late>\r\n\r\n" },
		{ "FROM: b\n\n", "FROM: b\r\nDate: D\r\n"
		  "Message-ID: <late>\r\n\r\n" },
		{ "A: b\n\nFrom: c\n", "A: b\r\nFrom: x@y\r\nDate: D\r\n"
		  "Message-ID: <late>\r\n\r\nFrom: c\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char id[8] = "";
		struct mail_intake_options o = { .from = "x@y", .date = "D",
			.message_id = id };
		struct buf out = BUF_INIT;
		struct mail_intake *in = mail_intake_new(&o, gather, &out);
		struct mail_intake_facts facts;
		struct error err;

		assert_true(mail_intake_write(in, cases[i].in, 3, &err));
		memcpy(id, "<late>", 7);
		assert_true(mail_intake_write(in, cases[i].in + 3,
		    strlen(cases[i].in) - 3, &err));
		assert_true(mail_intake_finish(in, &facts, &err));
		assert_string_equal(buf_str(&out), cases[i].out);
		mail_intake_free(&in);
		buf_free(&out);
	}
}

static void
a_name_of_any_length_is_bounded(void **state)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct mail_intake_facts f;

	(void)state;
	for (size_t i = 0; i < 998; i++)
		(void)buf_puts(&in, "x");
	(void)buf_puts(&in, ": y\n\n");
	f = run(&out, NULL, in.data, in.len, 500);
	assert_int_equal(f.fields, 1);
	buf_clear(&in);
	for (size_t i = 0; i < 100000; i++)
		(void)buf_puts(&in, "x");
	(void)buf_puts(&in, ": y\n\n");
	f = run(&out, NULL, in.data, in.len, 999);
	assert_int_equal(f.fields, 0);
	assert_int_equal(out.len, strlen(DATE ID "\r\n") + in.len + 2);
	buf_free(&in);
	buf_free(&out);
}

struct limited {
	size_t left;
};

static bool
refuse_beyond(void *ctx, const void *data, size_t len, struct error *err)
{
	struct limited *l = ctx;

	(void)data;
	if (len > l->left)
		return error_set(err, EX_IOERR, "full");
	l->left -= len;
	return true;
}

static void
a_sink_that_refuses_stops_the_intake(void **state)
{
	static char piece[10000];
	struct mail_intake_options o = { 0 };
	struct limited l = { 100000 };
	struct mail_intake *in = mail_intake_new(&o, refuse_beyond, &l);
	struct error err = { 0 };
	int n = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	while (n < 100 && mail_intake_write(in, piece, sizeof(piece), &err))
		n++;
	assert_in_range(n, 9, 13);
	assert_int_equal(err.code, EX_IOERR);
	mail_intake_free(&in);
}

static bool
count(void *ctx, const void *data, size_t len, struct error *err)
{
	(void)data;
	(void)err;
	*(uint64_t *)ctx += len;
	return true;
}

static void
fifty_megabytes_take_no_memory(void **state)
{
	static char piece[65536];
	struct mail_intake_options o = { .date = "D", .message_id = "<i@h>" };
	struct rusage before, after;
	struct mail_intake_facts f;
	uint64_t octets = 0;
	struct mail_intake *in = mail_intake_new(&o, count, &octets);
	struct error err;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	for (size_t i = 77; i < sizeof(piece); i += 78)
		piece[i] = '\n';
	(void)getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 800; i++)
		assert_true(mail_intake_write(in, piece, sizeof(piece),
		    &err));
	assert_true(mail_intake_finish(in, &f, &err));
	(void)getrusage(RUSAGE_SELF, &after);
	assert_true(f.input == 800u * 65536 && octets == f.size);
	assert_true(f.size > f.input);
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 1024);
	mail_intake_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split_gives_the_same_message),
		cmocka_unit_test(what_went_in_once_stays),
		cmocka_unit_test(nuls_are_removed_and_counted),
		cmocka_unit_test(header_facts),
		cmocka_unit_test(fields_removed_are_counted_but_not_had),
		cmocka_unit_test(nothing_is_added_that_was_not_asked_for),
		cmocka_unit_test(from_is_added_where_it_is_missing),
		cmocka_unit_test(a_name_of_any_length_is_bounded),
		cmocka_unit_test(a_sink_that_refuses_stops_the_intake),
		cmocka_unit_test(fifty_megabytes_take_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
