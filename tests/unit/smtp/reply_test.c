/*
 * smtp/reply: what is a reply, and what a server can do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "smtp/reply.h"

/* text is what smtp_reply_print says; NULL: broken; "...": unfinished. */
struct reply_row {
	const char *in, *text, *status, *why;
};

static const struct reply_row reply_rows[] = {
	{ "250 ok\r\n", "250 ok", "", "one line" },
	{ "250\r\n", "250", "", "the text is optional (RFC 5321 4.2)" },
	{ "250 \r\n", "250", "", "an empty text" },
	{ "250-a\r\n250-b\r\n250 c\r\n", "250 a b c", "", "several lines" },
	{ "250-a\r\n250\r\n", "250 a", "", "the last without text" },
	{ "250 ok\n", "250 ok", "", "a bare LF is a line end" },
	{ "250-a\n250 b\r\n", "250 a b", "", "both kinds of line end" },
	{ "550 5.1.1 no\r\n", "550 5.1.1 no", "5.1.1", "enhanced code" },
	{ "550-5.1.1 a\r\n550 5.1.1 b\r\n", "550 5.1.1 a b", "5.1.1",
	  "repeated, shown once" },
	{ "550-5.1.1 a\r\n550 5.1.2 b\r\n", "550 5.1.1 a 5.1.2 b", "5.1.1",
	  "the first counts" },
	{ "550 5.1.1\r\n", "550 5.1.1", "5.1.1", "nothing but the code" },
	{ "550 5.123.123 x\r\n", "550 5.123.123 x", "5.123.123", "RFC 3463 2" },
	{ "550 5.1234.1 x\r\n", "550 5.1234.1 x", "", "four digits" },
	{ "550 5.1 x\r\n", "550 5.1 x", "", "two parts" },
	{ "550 5.1.x\r\n", "550 5.1.x", "", "no number" },
	{ "550 5.1.1: x\r\n", "550 5.1.1: x", "", "no blank after it" },
	{ "550 4.1.1 x\r\n", "550 4.1.1 x", "", "its class is not the code's" },
	{ "354 3.0.0 x\r\n", "354 3.0.0 x", "", "there is no class 3" },
	{ "220 192.0.2.1 x\r\n", "220 192.0.2.1 x", "", "an address" },
	{ "571 x\r\n", "571 x", "", "the second digit is not held to 0 to 5" },
	{ "550 \xc3\xa4\xff\x01\t.\r\n", "550 \xc3\xa4?? .", "", "made printable" },
	{ "550 \xc2\x9b" "2J\r\n", "550 ??2J", "", "C1 is for terminals" },
	{ "250 ok", "...", "", "no line end yet" },
	{ "250 ok\r", "...", "", "half a line end" },
	{ "250-a\r\n", "...", "", "more is to come" },
	{ "", "...", "", "nothing" },
	{ "199 x\r\n", NULL, "", "class 1" },
	{ "600 x\r\n", NULL, "", "class 6" },
	{ "000 x\r\n", NULL, "", "class 0" },
	{ "25 x\r\n", NULL, "", "two digits" },
	{ "2500 x\r\n", NULL, "", "four digits" },
	{ "2x0 x\r\n", NULL, "", "not digits" },
	{ "250x\r\n", NULL, "", "no blank or hyphen" },
	{ "250\tx\r\n", NULL, "", "a tab is no blank" },
	{ " 250 x\r\n", NULL, "", "a blank before" },
	{ "\r\n", NULL, "", "an empty line" },
	{ "+OK\r\n", NULL, "", "another protocol" },
	{ "250-a\r\n251 b\r\n", NULL, "", "mixed codes (RFC 5321 4.2.1)" },
	{ "250-a\r\n550 b\r\n", NULL, "", "mixed classes" },
	{ "250-a\r\n\r\n250 b\r\n", NULL, "", "an empty line within" },
	{ "250-a\r\n\r\r\n250 b\r\n", NULL, "", "CRs alone are no code" },
	{ "250 a\rb\r\n", "250 a?b", "", "a bare CR is shown, not obeyed" },
	{ "550 5.1.1 \x1b[2J\r\n", "550 5.1.1 ?[2J", "5.1.1",
	  "a control character is no reason to try for five days" },
	{ "250 a\r\r\n", "250 a", "", "CR CR LF" },
	{ "250-a\r\r\n250 b\r\r\r\n", "250 a b", "", "CR CR LF on each" },
	{ "250\r\r\n", "250", "", "CR CR LF behind a code alone" },
	{ "\r250 a\r\n", NULL, "", "a CR before the code" },
	{ "2\r50 a\r\n", NULL, "", "a CR within the code" },
	{ "550-sorry\r\n550 5.1.1 no\r\n", "550 sorry 5.1.1 no", "5.1.1",
	  "enhanced code on the last line only" },
	{ "550-sorry\r\n550 4.1.1 no\r\n", "550 sorry 4.1.1 no", "",
	  "the same, of another class" },
	{ "550-4.1.1 a\r\n550 5.1.1 b\r\n", "550 4.1.1 a 5.1.1 b", "5.1.1",
	  "the first that fits the code" },
	{ "550-see 5.1.1 a\r\n550 b\r\n", "550 see 5.1.1 a b", "",
	  "a code within the text is not one" },
	{ "550  5.1.1 no\r\n", "550  5.1.1 no", "5.1.1", "two blanks before it" },
	{ "550 \t5.1.1 no\r\n", "550  5.1.1 no", "", "a tab is no blank" },
};

static void
check_reply(const struct reply_row *row, size_t step)
{
	struct smtp_reply_parser p = { .broken = false };
	enum smtp_reply_status status = SMTP_REPLY_MORE;
	size_t len = strlen(row->in), at = 0, used;
	struct smtp_reply reply;
	char text[200];

	while (at < len && status == SMTP_REPLY_MORE) {
		size_t n = step > 0 && step < len - at ? step : len - at;

		status = smtp_reply_parse(&p, row->in + at, n, &used, &reply);
		at += used;
	}
	if (row->text == NULL && status != SMTP_REPLY_BROKEN)
		fail_msg("%s: not broken", row->why);
	if (row->text != NULL && status != (strcmp(row->text, "...") == 0 ?
	    SMTP_REPLY_MORE : SMTP_REPLY_COMPLETE))
		fail_msg("%s: status %d", row->why, status);
	if (status == SMTP_REPLY_COMPLETE) {
		smtp_reply_print(text, sizeof(text), &reply);
		if (strcmp(text, row->text) != 0 ||
		    strcmp(reply.status, row->status) != 0)
			fail_msg("%s: \"%s\" %s", row->why, text,
			    reply.status);
	}
	if (status == SMTP_REPLY_BROKEN)
		assert_int_equal(smtp_reply_parse(&p, "250 ok\r\n", 8, &used,
		    &reply), SMTP_REPLY_BROKEN);
	smtp_reply_parser_free(&p);
}

static void
replies_are_read_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reply_rows); i++)
		for (size_t step = 0; step < 5; step++)
			check_reply(&reply_rows[i], step);
}

static void
nul_is_made_visible(void **state)
{
	struct smtp_reply_parser p = { .broken = false };
	struct smtp_reply reply;
	size_t used;

	(void)state;
	assert_int_equal(smtp_reply_parse(&p, "250 a\0b\r\n", 9, &used, &reply),
	    SMTP_REPLY_COMPLETE);
	assert_string_equal(reply.text, "a?b\n");
	assert_int_equal(smtp_reply_parse(&p, "25\0 ab\r\n", 9, &used, &reply),
	    SMTP_REPLY_BROKEN);
	smtp_reply_parser_free(&p);
}

static void
octets_behind_a_reply_are_left(void **state)
{
	struct smtp_reply_parser p = { .broken = false };
	const char *in = "220 go\r\n250 x\r\n";
	struct smtp_reply reply;
	size_t used, more;

	(void)state;
	assert_int_equal(smtp_reply_parse(&p, in, 15, &used, &reply),
	    SMTP_REPLY_COMPLETE);
	assert_int_equal(used, 8);
	assert_int_equal(smtp_reply_parse(&p, in + 8, 3, &more, &reply),
	    SMTP_REPLY_MORE);
	assert_int_equal(smtp_reply_parse(&p, in + 11, 4, &more, &reply),
	    SMTP_REPLY_COMPLETE);
	assert_int_equal(reply.code, 250);
	smtp_reply_parser_free(&p);
}

/* Lines without a code are dropped for one reply, where the caller says so. */
static void
strays_are_skipped_once(void **state)
{
	static const struct {
		const char *in;
		enum smtp_reply_status status;
		const char *why;
	} rows[] = {
		{ "SIZE\r\n250 ok\r\n", SMTP_REPLY_COMPLETE, "a keyword" },
		{ "\r\n\r\nX Y\r\n250 ok\r\n", SMTP_REPLY_COMPLETE, "several" },
		{ "SIZE\r\n", SMTP_REPLY_MORE, "nothing behind it yet" },
		{ "250-ok\r\nSIZE\r\n250 ok\r\n", SMTP_REPLY_BROKEN,
		  "within a reply" },
		{ "2500\r\n250 ok\r\n", SMTP_REPLY_BROKEN, "a bad code" },
		{ "999 SIZE\r\n250 ok\r\n", SMTP_REPLY_BROKEN, "a bad class" },
	};
	struct smtp_reply reply;
	size_t used, more;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct smtp_reply_parser p = { .skip_strays = true };

		if (smtp_reply_parse(&p, rows[i].in, strlen(rows[i].in), &used,
		    &reply) != rows[i].status)
			fail_msg("%s", rows[i].why);
		if (rows[i].status == SMTP_REPLY_COMPLETE)
			assert_int_equal(smtp_reply_parse(&p, "SIZE\r\n", 6,
			    &more, &reply), SMTP_REPLY_BROKEN);
		smtp_reply_parser_free(&p);
	}
}

/* n lines of len octets each; what becomes of them, and of the memory. */
static enum smtp_reply_status
long_reply(size_t n, size_t len, size_t *kept_r)
{
	struct smtp_reply_parser p = { .broken = false };
	enum smtp_reply_status status = SMTP_REPLY_MORE;
	struct smtp_reply reply;
	struct buf line = BUF_INIT;
	size_t used;

	for (size_t i = 0; i < n && status == SMTP_REPLY_MORE; i++) {
		buf_clear(&line);
		(void)buf_puts(&line, i + 1 < n ? "250-" : "250 ");
		while (line.len < len)
			(void)buf_puts(&line, "x");
		(void)buf_puts(&line, "\r\n");
		status = smtp_reply_parse(&p, line.data, line.len, &used,
		    &reply);
	}
	*kept_r = p.text.len + p.line.len;
	buf_free(&line);
	smtp_reply_parser_free(&p);
	return status;
}

static void
replies_are_bounded(void **state)
{
	size_t kept;

	(void)state;
	assert_int_equal(long_reply(512, 80, &kept), SMTP_REPLY_COMPLETE);
	assert_int_equal(long_reply(513, 80, &kept), SMTP_REPLY_BROKEN);
	assert_int_equal(long_reply(1, 65000, &kept), SMTP_REPLY_COMPLETE);
	assert_true(kept <= SMTP_REPLY_LINE_MAX + 1);
	assert_int_equal(long_reply(1, 66000, &kept), SMTP_REPLY_BROKEN);
	assert_int_equal(long_reply(100, 1000, &kept), SMTP_REPLY_BROKEN);
	assert_true(kept <= SMTP_REPLY_OCTETS_MAX);
}

static void
printing_is_cut_at_whole_characters(void **state)
{
	struct smtp_reply reply = { .code = 550, .text = "a\xc3\xa4" "b\n" };
	char text[16];

	(void)state;
	for (size_t room = 8; room > 4; room--) {
		memset(text, 'X', sizeof(text));
		smtp_reply_print(text, room, &reply);
		assert_true(strlen(text) < room);
		assert_int_equal(text[room], 'X');
		if (room <= 7)
			assert_null(strchr(text, '\xc3'));
	}
}

/* --- EHLO --- */

struct ehlo_row {
	const char *text;	/* lines as the parser gives them */
	const char *shown, *name, *why;
};

static const struct ehlo_row ehlo_rows[] = {
	{ "mx.example Hello\nPIPELINING\nSTARTTLS\n", "STARTTLS PIPELINING",
	  "mx.example", "plain" },
	{ "mx\npipelining\nStartTLS\n8bitmime\n",
	  "STARTTLS PIPELINING 8BITMIME", "mx", "any case" },
	{ "STARTTLS\n", "", "STARTTLS", "the first line is a name" },
	{ "mx\nSIZE\n", "SIZE", "mx", "no number: no known limit" },
	{ "mx\nSIZE 0\n", "SIZE", "mx", "0 is no limit (RFC 1870 4)" },
	{ "mx\nSIZE 1000\n", "SIZE=1000", "mx", "a limit" },
	{ "mx\nSIZE 18446744073709551615\n", "SIZE=18446744073709551615", "mx",
	  "the largest" },
	{ "mx\nSIZE 18446744073709551616\n", "SIZE", "mx", "too large" },
	{ "mx\nSIZE 000000000000000000001\n", "SIZE", "mx", "21 digits" },
	{ "mx\nSIZE -1\n", "SIZE", "mx", "no number" },
	{ "mx\nSIZE 10 20\n", "SIZE=10", "mx", "the first parameter" },
	{ "mx\nSIZE=10\n", "", "mx", "no keyword of ours" },
	{ "mx\nAUTH PLAIN LOGIN CRAM-MD5\n", "AUTH=PLAIN AUTH=LOGIN", "mx", "" },
	{ "mx\nAUTH=LOGIN plain\n", "AUTH=PLAIN AUTH=LOGIN", "mx",
	  "as old servers say it" },
	{ "mx\nAUTH\n", "", "mx", "no mechanism" },
	{ "mx\nAUTHENTIC PLAIN\n", "", "mx", "another keyword" },
	{ "mx\nXSTARTTLS\nSTARTTLSX\nX STARTTLS\n", "", "mx", "whole words" },
	{ "mx\n  DSN  \n\tCHUNKING\n", "DSN CHUNKING", "mx", "blanks" },
	{ "mx\n\n \nSMTPUTF8\n", "SMTPUTF8", "mx", "empty lines" },
	{ "mx\nENHANCEDSTATUSCODES\nREQUIRETLS\n",
	  "ENHANCEDSTATUSCODES REQUIRETLS", "mx", "" },
	{ "\n", "", "", "no name" },
	{ "m\x01x\xff y\n", "", "m?x?", "a name with control characters" },
};

static void
show(struct buf *out, const struct smtp_capabilities *caps)
{
	static const char *const names[] = { "STARTTLS", "PIPELINING", "SIZE",
		"8BITMIME", "SMTPUTF8", "DSN", "CHUNKING",
		"ENHANCEDSTATUSCODES", "REQUIRETLS", "AUTH=PLAIN",
		"AUTH=LOGIN" };		/* in the order of SMTP_CAN_* */

	buf_clear(out);
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if ((caps->can & 1u << i) == 0)
			continue;
		(void)buf_printf(out, "%s%s", out->len > 0 ? " " : "",
		    names[i]);
		if (1u << i == SMTP_CAN_SIZE && caps->size_max > 0)
			(void)buf_printf(out, "=%llu",
			    (unsigned long long)caps->size_max);
	}
}

static void
capabilities_are_read(void **state)
{
	struct smtp_capabilities caps;
	struct buf shown = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ehlo_rows); i++) {
		const struct ehlo_row *row = &ehlo_rows[i];
		struct smtp_reply reply = { .code = 250, .text = row->text };

		smtp_ehlo_parse(&caps, &reply);
		show(&shown, &caps);
		if (strcmp(buf_str(&shown), row->shown) != 0 ||
		    strcmp(caps.name, row->name) != 0)
			fail_msg("%s (%s): %s, name %s", row->text, row->why,
			    buf_str(&shown), caps.name);
	}
	buf_free(&shown);
}

static void
a_long_name_is_cut(void **state)
{
	static char text[2000];
	struct smtp_reply reply = { .code = 250, .text = text };
	struct smtp_capabilities caps;

	(void)state;
	memset(text, 'x', sizeof(text) - 2);
	text[sizeof(text) - 2] = '\n';
	smtp_ehlo_parse(&caps, &reply);
	assert_int_equal(strlen(caps.name), sizeof(caps.name) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_however_they_are_cut),
		cmocka_unit_test(nul_is_made_visible),
		cmocka_unit_test(strays_are_skipped_once),
		cmocka_unit_test(octets_behind_a_reply_are_left),
		cmocka_unit_test(replies_are_bounded),
		cmocka_unit_test(printing_is_cut_at_whole_characters),
		cmocka_unit_test(capabilities_are_read),
		cmocka_unit_test(a_long_name_is_cut),
	};

	return cmocka_run_group_tests_name("smtp_reply", tests, NULL, NULL);
}
