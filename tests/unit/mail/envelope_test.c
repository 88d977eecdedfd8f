/*
 * mail: MAIL and RCPT as they come from Sendmail, and the LMTP around them.
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
#include "mail/envelope.h"
#include "mail/lmtp.h"

enum { ARGS_MAX = 5 };

static void
senders(void **state)
{
	static const struct {
		const char *what, *args[ARGS_MAX + 1];
		const char *address;	/* NULL: refused */
		const char *envid;	/* NULL: none */
		int64_t size;
		enum mail_ret ret;
		bool body_8bitmime, smtputf8;
	} cases[] = {
		{ .what = "a plain one", .args = { "<a@b.test>" },
		  .address = "a@b.test" },
		{ .what = "the null sender", .args = { "<>" }, .address = "" },
		{ .what = "a domain is normalised", .args = { "<A@B.Test.>" },
		  .address = "A@b.test" },
		{ .what = "a local user gets our name", .args = { "<root>" },
		  .address = "root@mail.test" },
		{ .what = "without <>, too", .args = { "root" },
		  .address = "root@mail.test" },
		{ .what = "all parameters", .args = { "<a@b.test>", "SIZE=12",
		  "BODY=8BITMIME", "ret=hdrs", "ENVID=a+2Bb" },
		  .address = "a@b.test", .envid = "a+b", .size = 12,
		  .ret = MAIL_RET_HDRS, .body_8bitmime = true },
		{ .what = "UTF-8 with SMTPUTF8",
		  .args = { "<\xc3\xa4@b.test>", "SMTPUTF8" },
		  .address = "\xc3\xa4@b.test", .smtputf8 = true },
		{ .what = "and without", .args = { "<\xc3\xa4@b.test>" } },
		{ .what = "BODY=7BIT", .args = { "<a@b.test>", "BODY=7BIT" },
		  .address = "a@b.test" },
		{ .what = "others are not ours", .args = { "<a@b.test>",
		  "AUTH=<>", "BY=1;R", "SIZES=3", "X" },
		  .address = "a@b.test" },
		{ .what = "a size that is none",
		  .args = { "<a@b.test>", "SIZE=1x" }, .address = "a@b.test" },
		{ .what = "a negative one",
		  .args = { "<a@b.test>", "SIZE=-1" }, .address = "a@b.test" },
		{ .what = "a bad ENVID is dropped",
		  .args = { "<a@b.test>", "ENVID=+0A" },
		  .address = "a@b.test" },
		{ .what = "a bad RET is refused",
		  .args = { "<a@b.test>", "RET=ALL" } },
		{ .what = "no address", .args = { "<a b@c d>" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_sender s;
		struct error err;
		bool good = mail_sender_parse(&s, cases[i].args, "mail.test",
		    &err);

		if (good != (cases[i].address != NULL))
			fail_msg("%s", cases[i].what);
		if (good && (strcmp(s.address.text, cases[i].address) != 0 ||
		    strcmp(s.envid, cases[i].envid != NULL ? cases[i].envid :
		    "") != 0 || s.size != cases[i].size || s.ret != cases[i].ret ||
		    s.body_8bitmime != cases[i].body_8bitmime ||
		    s.smtputf8 != cases[i].smtputf8))
			fail_msg("%s: %s", cases[i].what, s.address.text);
	}
}

static void
recipients(void **state)
{
	static const struct {
		const char *what, *args[ARGS_MAX + 1], *resolved;
		const char *address, *orcpt;
		unsigned notify;
	} cases[] = {
		{ "as given", { "<a@b.test>" }, "a@b.test.", "a@b.test", "", 0 },
		{ "without the macro", { "<a@b.test>" }, NULL, "a@b.test", "",
		  0 },
		{ "rewritten", { "<sales@b.test>" }, "c@d.test", "c@d.test",
		  "rfc822;sales@b.test", 0 },
		{ "the client's ORCPT stays", { "<sales@b.test>",
		  "ORCPT=rfc822;x@y.test" }, "c@d.test", "c@d.test",
		  "rfc822;x@y.test", 0 },
		{ "case is no rewriting", { "<A@B.test>" }, "a@b.test",
		  "a@b.test", "", 0 },
		{ "a local name is not used", { "<a@b.test>" }, "a",
		  "a@b.test", "", 0 },
		{ "quoted", { "<\"a b\"@c.test>" }, "\"a b\"@c.test.",
		  "\"a b\"@c.test", "", 0 },
		{ "a literal", { "<a@[192.0.2.1]>" }, "a@[192.0.2.1]",
		  "a@[192.0.2.1]", "", 0 },
		{ "NOTIFY", { "<a@b.test>", "notify=success,DELAY" }, NULL,
		  "a@b.test", "", MAIL_NOTIFY_SUCCESS | MAIL_NOTIFY_DELAY },
		{ "NOTIFY=NEVER", { "<a@b.test>", "NOTIFY=NEVER" }, NULL,
		  "a@b.test", "", MAIL_NOTIFY_NEVER },
		{ "a bad NOTIFY", { "<a@b.test>", "NOTIFY=NEVER,DELAY" }, NULL,
		  NULL, "", 0 },
		{ "a bad ORCPT is dropped", { "<a@b.test>", "ORCPT=x" }, NULL,
		  "a@b.test", "", 0 },
		{ "no domain", { "<a>" }, "a", NULL, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_recipient r;
		struct error err;
		bool good = mail_recipient_parse(&r, cases[i].args,
		    cases[i].resolved, false, &err);

		if (good != (cases[i].address != NULL))
			fail_msg("%s", cases[i].what);
		if (good && (strcmp(r.address.text, cases[i].address) != 0 ||
		    strcmp(r.orcpt, cases[i].orcpt) != 0 ||
		    r.notify != cases[i].notify))
			fail_msg("%s: %s, %s", cases[i].what, r.address.text,
			    r.orcpt);
	}
}

/* --- LMTP --------------------------------------------------------------- */

static void
lmtp_lines(void **state)
{
	static const struct {
		const char *line;
		enum mail_lmtp_verb verb;
		const char *args;	/* joined by | */
	} cases[] = {
		{ "LHLO a.test", MAIL_LMTP_LHLO, "" },
		{ "lhlo", MAIL_LMTP_LHLO, "" },
		{ "data", MAIL_LMTP_DATA, "" },
		{ "DATAX", MAIL_LMTP_UNKNOWN, "" },
		{ "EHLO a", MAIL_LMTP_UNKNOWN, "" },
		{ "", MAIL_LMTP_UNKNOWN, "" },
		{ "MAIL FROM:<>", MAIL_LMTP_MAIL, "<>" },
		{ "mail from: <a@b.test> RET=FULL  X=1 ", MAIL_LMTP_MAIL,
		  "<a@b.test>|RET=FULL|X=1" },
		{ "RCPT TO:<\"a >\\\" b\"@c.test> NOTIFY=NEVER", MAIL_LMTP_RCPT,
		  "<\"a >\\\" b\"@c.test>|NOTIFY=NEVER" },
		{ "RCPT TO:<a@b.test>X", MAIL_LMTP_BAD, NULL },
		{ "RCPT TO:<a@b.test", MAIL_LMTP_BAD, NULL },
		{ "RCPT TO:<\"a>@b.test", MAIL_LMTP_BAD, NULL },
		{ "RCPT TO:a@b.test", MAIL_LMTP_BAD, NULL },
		{ "RCPT TO:", MAIL_LMTP_BAD, NULL },
		{ "MAIL FROM:<> 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
		  MAIL_LMTP_BAD, NULL },
		{ "MAIL FROM:<> 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
		  MAIL_LMTP_MAIL, "<>|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *line = mem_strdup(cases[i].line);
		struct mail_lmtp_command c = mail_lmtp_command_parse(line);
		struct buf joined = BUF_INIT;

		for (size_t n = 0; c.verb != MAIL_LMTP_BAD && c.args[n] != NULL;
		    n++)
			(void)buf_printf(&joined, "%s%s", n > 0 ? "|" : "",
			    c.args[n]);
		if (c.verb != cases[i].verb || (cases[i].args != NULL &&
		    strcmp(buf_str(&joined), cases[i].args) != 0))
			fail_msg("%s: %d, %s", cases[i].line, c.verb,
			    buf_str(&joined));
		buf_free(&joined);
		free(line);
	}
}

/* Content of data, given in pieces of at most chunk; true where it ended. */
static bool
take_content(struct buf *content, const char *data, size_t len, size_t chunk,
    size_t *used_r)
{
	enum mail_lmtp_place place = MAIL_LMTP_LINE_START;
	size_t at = 0;

	while (at < len && place != MAIL_LMTP_ENDED) {
		size_t n = len - at < chunk ? len - at : chunk, piece_len;
		const char *piece;

		at += mail_lmtp_content_next(&place, data + at, n, &piece,
		    &piece_len);
		(void)buf_append(content, piece, piece_len);
	}
	*used_r = at;
	return place == MAIL_LMTP_ENDED;
}

static void
lmtp_content_ends_at_one_place(void **state)
{
	static const struct {
		const char *data, *content;
		size_t rest;	/* octets after the end */
		bool open;	/* it does not end */
	} cases[] = {
		{ ".\r\n", "", 0, false },
		{ "a\r\n.\r\nQUIT\r\n", "a\r\n", 6, false },
		{ "..\r\n.a\r\n...\r\n.\r\n", ".\r\na\r\n..\r\n", 0,
		  false },
		{ "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", 0, false },
		{ "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", 0, false },
		{ "a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", 0, false },
		{ "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", 0, false },
		{ "a\r\n.\r.\r\n.\r\n", "a\r\n\r.\r\n", 0, false },
		{ "a\r\r\n.\r\n", "a\r\r\n", 0, false },
		{ ".\r\r\n.\r\n", "\r\r\n", 0, false },
		{ "a\r\n.\r", "a\r\n", 0, true },
		{ "a\r\n.", "a\r\n", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].data), used;

		for (size_t chunk = 1; chunk <= len; chunk++) {
			struct buf content = BUF_INIT;
			bool ended = take_content(&content, cases[i].data, len,
			    chunk, &used);

			if (ended == cases[i].open ||
			    used != len - cases[i].rest ||
			    strcmp(buf_str(&content), cases[i].content) != 0)
				fail_msg("case %zu by %zu", i, chunk);
			buf_free(&content);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senders),
		cmocka_unit_test(recipients),
		cmocka_unit_test(lmtp_lines),
		cmocka_unit_test(lmtp_content_ends_at_one_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
