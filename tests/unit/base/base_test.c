/*
 * base: escaping of foreign octets, buffers with limits, arenas, spellings of
 * time.
 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

static void
escape_hides_what_could_forge_a_line(void **state)
{
	static const struct {
		const char *why, *in;
		size_t len;
		const char *out;
	} rows[] = {
		{ "plain text stays", "250 ok", 6, "250 ok" },
		{ "a line end would start a forged line", "a\r\nb", 4,
		  "a\\x0d\\x0ab" },
		{ "terminal escapes", "\033[2J", 4, "\\x1b[2J" },
		{ "UTF-8 stays", "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f" },
		{ "overlong slash is not UTF-8", "\xc0\xaf", 2, "\\xc0\\xaf" },
		{ "C1 CSI is a terminal control", "\xc2\x9b", 2, "\\xc2\\x9b" },
		{ "backslash, so that escapes are unambiguous", "\\", 1,
		  "\\x5c" },
		{ "NUL does not end the text", "a\0b", 3, "a\\x00b" },
		{ "truncated UTF-8 at the end", "a\xe2\x82", 3, "a\\xe2\\x82" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		text_escape(out, sizeof(out), rows[i].in, rows[i].len);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s: got %s", rows[i].why, out);
	}
	text_escape(out, 5, "\r\n", 2);
	assert_string_equal(out, "\\x0d"); /* never half an escape */
}

static void
what_is_stored_cannot_command_a_terminal(void **state)
{
	static const struct {
		const char *in, *keep, *out;
	} rows[] = {
		{ "", "", "" },
		{ "gr\xc3\xbc\xc3\x9f \\ \xc2\xa0", "",
		  "gr\xc3\xbc\xc3\x9f \\ \xc2\xa0" },
		{ "\033[2J\r\n\tx\x7f", "", "?[2J?? x?" },
		{ "\xc2\x9b" "31m\xc2\x85", "", "??31m??" },
		{ "\xff\xe2\x82", "", "???" },
		{ "version: STSv1\r\nx: \xc2\x9b\t", "\r\n\t",
		  "version: STSv1\r\nx: ??\t" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = mem_strdup(rows[i].in);

		text_clean(text, rows[i].keep);
		assert_string_equal(text, rows[i].out);
		free(text);
	}
}

static void
characters_are_spelled_and_others_refused(void **state)
{
	static const struct {
		const char *why;
		uint32_t c;
		const char *utf8;	/* NULL: no character */
	} rows[] = {
		{ "one octet", 'A', "A" },
		{ "two", 0xfc, "\xc3\xbc" },
		{ "three", 0x20ac, "\xe2\x82\xac" },
		{ "four", 0x1f600, "\xf0\x9f\x98\x80" },
		{ "the last one", 0x10ffff, "\xf4\x8f\xbf\xbf" },
		{ "a surrogate", 0xd800, NULL },
		{ "above the last one", 0x110000, NULL },
		{ "more than 21 bits must not become another", 0x500041, NULL },
		{ "all bits", UINT32_MAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[5] = "";
		size_t n = text_utf8_put(out, rows[i].c);
		bool good = text_utf8_len(out, n) == n;

		if (good != (rows[i].utf8 != NULL) ||
		    (good && strcmp(out, rows[i].utf8) != 0))
			fail_msg("%s: %s", rows[i].why, out);
	}
	for (int c = 0; c < 256; c++) {
		const char *at = c != 0 ? strchr("0123456789abcdefABCDEF",
		    (char)c) : NULL;
		int value = at == NULL ? -1 : (int)strtol((char[]){ (char)c, '\0' },
		    NULL, 16);

		assert_int_equal(text_hex_value((char)c), value);
	}
}

static void
json_escapes_controls(void **state)
{
	struct buf out = BUF_INIT;
	struct json j = { .out = &out };

	(void)state;
	json_open_object(&j, NULL);
	json_text(&j, "k", "\033\xc2\x9b\x7f\xc3\xbc\xff");
	json_close_object(&j);
	assert_string_equal(buf_str(&out), "{\"k\":\"\\u001b\\u009b\\u007f"
	    "\xc3\xbc\xef\xbf\xbd\"}");
	buf_free(&out);
}

static void
buf_refuses_beyond_its_limit(void **state)
{
	struct buf b = { NULL, 0, 0, 8 };

	(void)state;
	assert_true(buf_puts(&b, "12345678"));
	assert_false(buf_puts(&b, "9"));
	assert_string_equal(buf_str(&b), "12345678");
	buf_shift(&b, 4);
	assert_string_equal(buf_str(&b), "5678");
	assert_true(buf_printf(&b, "%d", 42));
	assert_string_equal(buf_str(&b), "567842");
	buf_free(&b);
}

static void
times_are_spelled_as_the_rfcs_say(void **state)
{
	char iso[CLOCK_ISO_LEN], mail[CLOCK_RFC5322_LEN], d[CLOCK_DELAY_LEN];

	(void)state;
	clock_iso(iso, 0);
	assert_string_equal(iso, "1970-01-01T00:00:00Z");
	clock_rfc5322(mail, 1700000000);
	assert_string_equal(mail, "Tue, 14 Nov 2023 22:13:20 +0000");
	clock_delay(d, 3661);
	assert_string_equal(d, "01:01:01");
	clock_delay(d, 2 * 86400 + 1);
	assert_string_equal(d, "2+00:00:01");
}

static void
a_clock_that_is_set_is_seen_once(void **state)
{
	static const struct {
		int64_t set_ms, jump_s;
	} rows[] = { { 0, 0 }, { 1000, 0 }, { -1000, 0 }, { 86400500, 86400 },
		{ -86400500, -86400 } };
	int64_t offset = 0;

	(void)state;
	assert_int_equal(clock_jump_s(&offset), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		offset -= rows[i].set_ms;
		assert_int_equal(clock_jump_s(&offset), rows[i].jump_s);
		assert_int_equal(clock_jump_s(&offset), 0);
	}
}

static void
errors_gather_prefixes(void **state)
{
	struct error err;

	(void)state;
	assert_false(error_set(&err, EX_TEMPFAIL, "database is locked"));
	assert_false(error_prefix(&err, "%s", "spool.db"));
	assert_string_equal(err.text, "spool.db: database is locked");
	assert_int_equal(err.code, EX_TEMPFAIL);
}

/* What was wrong stands at the end: it is not what is cut. */
static void
long_errors_lose_their_middle(void **state)
{
	static const size_t lengths[] = { 1, 1000, 1007, 1008, 1009, 5000 };
	struct error err;
	char name[5001];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		const bool fits = lengths[i] + strlen(": no such file") <
		    sizeof(err.text);

		memset(name, 'a', lengths[i]);
		name[lengths[i]] = '\0';
		(void)error_set(&err, EX_NOINPUT, "%s: no such file", name);
		for (int prefixed = 0; prefixed < 2; prefixed++) {
			assert_true(strlen(err.text) < sizeof(err.text));
			assert_string_equal(err.text + strlen(err.text) -
			    strlen("a: no such file"), "a: no such file");
			if (prefixed == 0)
				assert_int_equal(strstr(err.text, "...") ==
				    NULL, fits);
			else
				assert_true(strncmp(err.text, "load: a",
				    7) == 0);
			(void)error_prefix(&err, "load");
		}
	}
}

static void
arenas_keep_what_they_gave(void **state)
{
	struct arena *a = arena_new(), *large = arena_new_for(5000);
	char *piece[200], *expected;
	size_t before, all = 0;

	(void)state;
	assert_int_equal(arena_size(a), 0);
	for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
		piece[i] = arena_alloc(a, i);
		assert_int_equal((uintptr_t)piece[i] %
		    alignof(max_align_t), 0);
		memset(piece[i], (int)i, i);
		all += i;
	}
	for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
		expected = mem_alloc(i);
		memset(expected, (int)i, i);
		assert_memory_equal(piece[i], expected, i);
		free(expected);
	}
	/* Not more than is needed twice, and the rounding. */
	assert_in_range(arena_size(a), all, 2 * all + 16 * ARRAY_LEN(piece));
	(void)arena_alloc(large, 16);
	before = arena_size(large);
	(void)arena_alloc(large, 4000);
	assert_int_equal(arena_size(large), before);
	arena_free(&a);
	arena_free(&large);
	assert_null(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arenas_keep_what_they_gave),
		cmocka_unit_test(escape_hides_what_could_forge_a_line),
		cmocka_unit_test(what_is_stored_cannot_command_a_terminal),
		cmocka_unit_test(characters_are_spelled_and_others_refused),
		cmocka_unit_test(json_escapes_controls),
		cmocka_unit_test(buf_refuses_beyond_its_limit),
		cmocka_unit_test(times_are_spelled_as_the_rfcs_say),
		cmocka_unit_test(a_clock_that_is_set_is_seen_once),
		cmocka_unit_test(errors_gather_prefixes),
		cmocka_unit_test(long_errors_lose_their_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
