/*
 * mail/dotstuff: nothing that leaves can be mistaken for the end of data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/dotstuff.h"

static const struct {
	const char *why, *in, *data, *bdat;
} rows[] = {
	{ "plain", "a\r\nb\r\n", "a\r\nb\r\n.\r\n", "a\r\nb\r\n" },
	{ "nothing at all ends at once", "", ".\r\n", "" },
	{ "no line end at the end", "a", "a\r\n.\r\n", "a\r\n" },
	{ "dot first", ".a\r\n", "..a\r\n.\r\n", ".a\r\n" },
	{ "the end of data inside", "a\r\n.\r\nb\r\n",
	  "a\r\n..\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n" },
	{ "smuggling: LF . LF", "a\n.\nb\r\n", "a\r\n..\r\nb\r\n.\r\n",
	  "a\r\n.\r\nb\r\n" },
	{ "smuggling: LF . CRLF", "a\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n",
	  "a\r\n.\r\nb\r\n" },
	{ "smuggling: CR . CR", "a\r.\rb\r\n", "a\r\n..\r\nb\r\n.\r\n",
	  "a\r\n.\r\nb\r\n" },
	{ "smuggling: CR . LF", "a\r.\nb", "a\r\n..\r\nb\r\n.\r\n",
	  "a\r\n.\r\nb\r\n" },
	{ "CR CR LF is two line ends", "a\r\r\nb", "a\r\n\r\nb\r\n.\r\n",
	  "a\r\n\r\nb\r\n" },
	{ "LF CR is two line ends", "a\n\rb", "a\r\n\r\nb\r\n.\r\n",
	  "a\r\n\r\nb\r\n" },
	{ "CR last", "a\r", "a\r\n.\r\n", "a\r\n" },
	{ "dot last", "a\r\n.", "a\r\n..\r\n.\r\n", "a\r\n.\r\n" },
	{ "dots inside a line stay", "a.\r\n..b.", "a.\r\n...b.\r\n.\r\n",
	  "a.\r\n..b.\r\n" },
};

static void
encode(struct buf *out, enum mail_wire_form form, const char *in,
    size_t split)
{
	struct mail_wire w;
	size_t len = strlen(in);

	mail_wire_init(&w, form);
	assert_true(mail_wire_write(&w, out, in, split));
	assert_true(mail_wire_write(&w, out, in + split, len - split));
	mail_wire_finish(&w, out);
}

static void
every_split_gives_the_same_octets(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t at = 0; at <= strlen(rows[i].in); at++) {
			buf_clear(&out);
			encode(&out, MAIL_WIRE_DATA, rows[i].in, at);
			if (strcmp(buf_str(&out), rows[i].data) != 0)
				fail_msg("%s, DATA, split at %zu",
				    rows[i].why, at);
			buf_clear(&out);
			encode(&out, MAIL_WIRE_BDAT, rows[i].in, at);
			if (strcmp(buf_str(&out), rows[i].bdat) != 0)
				fail_msg("%s, BDAT, split at %zu",
				    rows[i].why, at);
		}
	}
	buf_free(&out);
}

/* All strings of up to 6 of the octets that matter, octet by octet and at
 * once: equal, and the only CRLF.CRLF is the last. */
static void
no_combination_ends_the_data_early(void **state)
{
	static const char octets[] = "\r\n.a";
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct mail_wire w;
	char in[7], *end;

	(void)state;
	for (unsigned n = 0; n < 1u << 12; n++) {
		for (unsigned i = 0; i < 6; i++)
			in[i] = octets[n >> (2 * i) & 3];
		in[6] = '\0';
		buf_clear(&a);
		buf_clear(&b);
		(void)buf_puts(&b, "\r\n");
		encode(&a, MAIL_WIRE_DATA, in, 0);
		mail_wire_init(&w, MAIL_WIRE_DATA);
		for (unsigned i = 0; i < 6; i++)
			assert_true(mail_wire_write(&w, &b, in + i, 1));
		mail_wire_finish(&w, &b);
		assert_string_equal(b.data + 2, a.data);
		end = strstr(b.data, "\r\n.\r\n");
		assert_ptr_equal(end, b.data + b.len - 5);
		for (size_t i = 0; i < b.len; i++) {
			assert_true(b.data[i] != '\n' ||
			    (i > 0 && b.data[i - 1] == '\r'));
			assert_true(b.data[i] != '\r' ||
			    b.data[i + 1] == '\n');
		}
	}
	buf_free(&a);
	buf_free(&b);
}

static void
nul_is_reported_not_sent(void **state)
{
	struct buf out = BUF_INIT;
	struct mail_wire w;

	(void)state;
	mail_wire_init(&w, MAIL_WIRE_DATA);
	assert_false(mail_wire_write(&w, &out, "a\0b", 3));
	mail_wire_init(&w, MAIL_WIRE_BDAT);
	assert_false(mail_wire_write(&w, &out, "\0", 1));
	assert_null(memchr(out.data, '\0', out.len));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split_gives_the_same_octets),
		cmocka_unit_test(no_combination_ends_the_data_early),
		cmocka_unit_test(nul_is_reported_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
