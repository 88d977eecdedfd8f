/*
 * mail/xtext and mail/dsn_params: ENVID, ORCPT, NOTIFY, RET.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "mail/dsn_params.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X250 X50 X50 X50 X50 X50

static void
envid_decodes_and_encodes(void **state)
{
	static const struct {
		const char *why, *wire, *plain, *back;
	} rows[] = {
		{ "plain", "QQ314159", "QQ314159", "QQ314159" },
		{ "plus, equals and blank are encoded", "a+2Bb+3Dc+20d",
		  "a+b=c d", "a+2Bb+3Dc+20d" },
		{ "lower-case hex is read, upper case written", "a+2bb",
		  "a+b", "a+2Bb" },
		{ "needless encoding goes", "+41", "A", "A" },
		{ "100 octets", X50 X50, X50 X50, X50 X50 },
	};
	char plain[MAIL_ENVID_MAX + 1], wire[MAIL_ENVID_MAX + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!mail_envid_decode(plain, rows[i].wire,
		    strlen(rows[i].wire), &err) ||
		    !mail_envid_encode(wire, plain, strlen(plain), &err))
			fail_msg("%s: %s", rows[i].why, err.text);
		if (strcmp(plain, rows[i].plain) != 0 ||
		    strcmp(wire, rows[i].back) != 0)
			fail_msg("%s: %s, %s", rows[i].why, plain, wire);
	}
}

static void
bad_envid_is_refused(void **state)
{
	static const struct {
		const char *why, *wire;
	} rows[] = {
		{ "empty", "" },
		{ "one digit", "a+2" },
		{ "no digits", "a+" },
		{ "not hex", "a+2G" },
		{ "raw equals", "a=b" },
		{ "raw blank", "a b" },
		{ "raw CR", "a\rb" },
		{ "encoded CR would break the DSN", "a+0Db" },
		{ "encoded NUL", "a+00" },
		{ "encoded 8-bit", "a+C3+BC" },
		{ "raw 8-bit", "\xc3\xbc" },
		{ "101 octets", X50 X50 "x" },
		{ "101 octets that would decode to fewer", X50 X50 "+41" },
	};
	char plain[MAIL_ENVID_MAX + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (mail_envid_decode(plain, rows[i].wire,
		    strlen(rows[i].wire), &err))
			fail_msg("%s: taken as %s", rows[i].why, plain);
		assert_int_equal(err.code, EX_DATAERR);
		assert_string_equal(plain, "");
	}
	/* fits plain, not encoded */
	assert_false(mail_envid_encode(plain, X50 "++++++++++++++++++++", 70,
	    &err));
	assert_false(mail_envid_encode(plain, "a\nb", 3, &err));
	assert_false(mail_envid_normalise(plain, "a\nb", 3, &err));
	assert_true(mail_envid_normalise(plain, "a+b c", 5, &err));
	assert_string_equal(plain, "a+b c");
	assert_false(mail_envid_encode(plain, "a\0b", 3, &err));
}

static void
orcpt_decodes_and_encodes(void **state)
{
	static const struct {
		const char *why, *wire, *plain, *ascii, *utf8;
	} rows[] = {
		{ "plain", "rfc822;a@b.example", "rfc822;a@b.example",
		  "rfc822;a@b.example", "rfc822;a@b.example" },
		{ "the type has no case", "RFC822;A+2Bc@b.example",
		  "rfc822;A+c@b.example", "rfc822;A+2Bc@b.example",
		  "rfc822;A+2Bc@b.example" },
		{ "other types are xtext", "x400;/C+3DDE/", "x400;/C=DE/",
		  "x400;/C+3DDE/", "x400;/C+3DDE/" },
		{ "utf-8, 7-bit form", "utf-8;\\x{E4}@b.example",
		  "utf-8;\xc3\xa4@b.example", "utf-8;\\x{E4}@b.example",
		  "utf-8;\xc3\xa4@b.example" },
		{ "utf-8, 8-bit form", "utf-8;\xc3\xa4@b.example",
		  "utf-8;\xc3\xa4@b.example", "utf-8;\\x{E4}@b.example",
		  "utf-8;\xc3\xa4@b.example" },
		{ "plus is embedded", "utf-8;a\\x{2B}b@c.example",
		  "utf-8;a+b@c.example", "utf-8;a\\x{2B}b@c.example",
		  "utf-8;a\\x{2B}b@c.example" },
		{ "backslash is embedded", "utf-8;\\x{5C}", "utf-8;\\",
		  "utf-8;\\x{5C}", "utf-8;\\x{5C}" },
		{ "three and four octets",
		  "utf-8;\\x{20AC}\\x{1F600}@b.example",
		  "utf-8;\xe2\x82\xac\xf0\x9f\x98\x80@b.example",
		  "utf-8;\\x{20AC}\\x{1F600}@b.example",
		  "utf-8;\xe2\x82\xac\xf0\x9f\x98\x80@b.example" },
		{ "the last character", "utf-8;\\x{10FFFF}",
		  "utf-8;\xf4\x8f\xbf\xbf", "utf-8;\\x{10FFFF}",
		  "utf-8;\xf4\x8f\xbf\xbf" },
	};
	char plain[MAIL_ORCPT_MAX + 1], wire[MAIL_ORCPT_MAX + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!mail_orcpt_decode(plain, rows[i].wire,
		    strlen(rows[i].wire), &err))
			fail_msg("%s: %s", rows[i].why, err.text);
		if (strcmp(plain, rows[i].plain) != 0)
			fail_msg("%s: decodes to %s", rows[i].why, plain);
		assert_true(mail_orcpt_encode(wire, plain, strlen(plain),
		    MAIL_ORCPT_ASCII, &err));
		if (strcmp(wire, rows[i].ascii) != 0)
			fail_msg("%s: encodes to %s", rows[i].why, wire);
		assert_true(mail_orcpt_encode(wire, plain, strlen(plain),
		    MAIL_ORCPT_SMTPUTF8, &err));
		if (strcmp(wire, rows[i].utf8) != 0)
			fail_msg("%s: encodes to %s", rows[i].why, wire);
	}
}

static void
bad_orcpt_is_refused(void **state)
{
	static const struct {
		const char *why, *wire;
	} rows[] = {
		{ "empty", "" },
		{ "no type", "a@b.example" },
		{ "empty type", ";a@b.example" },
		{ "no address", "rfc822;" },
		{ "type with a blank", "rfc 822;a" },
		{ "line end in the type", "rfc\r\n822;a" },
		{ "line end encoded", "rfc822;a+0D+0ARCPT" },
		{ "8-bit in rfc822", "rfc822;\xc3\xa4@b.example" },
		{ "utf-8: not UTF-8", "utf-8;\xe4@b.example" },
		{ "utf-8: a raw plus", "utf-8;a+b@c.example" },
		{ "utf-8: one digit", "utf-8;\\x{9}" },
		{ "utf-8: surrogate", "utf-8;\\x{D800}" },
		{ "utf-8: beyond Unicode", "utf-8;\\x{110000}" },
		{ "utf-8: seven digits", "utf-8;\\x{0010FFFF}" },
		{ "utf-8: needless zero", "utf-8;\\x{0E4}" },
		{ "utf-8: not closed", "utf-8;\\x{E4" },
		{ "utf-8: bare backslash", "utf-8;a\\b" },
		{ "utf-8: embedded line end", "utf-8;a\\x{0A}b" },
		{ "utf-8: embedded NUL", "utf-8;a\\x{00}b" },
		{ "utf-8: C1 control", "utf-8;\\x{85}" },
		{ "501 octets", "rfc822;" X250 X50 X50 X50 X50
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
	};
	char plain[MAIL_ORCPT_MAX + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (mail_orcpt_decode(plain, rows[i].wire,
		    strlen(rows[i].wire), &err))
			fail_msg("%s: taken as %s", rows[i].why, plain);
		assert_int_equal(err.code, EX_DATAERR);
	}
}

static void
orcpt_of_people_gets_its_type(void **state)
{
	static const struct {
		const char *why, *in, *out;
	} rows[] = {
		{ "address only", "a+b@c.example", "rfc822;a+b@c.example" },
		{ "not ASCII", "\xc3\xa4@c.example",
		  "utf-8;\xc3\xa4@c.example" },
		{ "with type", "RFC822;a@c.example", "rfc822;a@c.example" },
	};
	char out[MAIL_ORCPT_MAX + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!mail_orcpt_normalise(out, rows[i].in,
		    strlen(rows[i].in), &err))
			fail_msg("%s: %s", rows[i].why, err.text);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s: got %s", rows[i].why, out);
	}
	assert_false(mail_orcpt_normalise(out, "", 0, &err));
	assert_false(mail_orcpt_normalise(out, "a\n@c.example", 12, &err));
	assert_false(mail_orcpt_normalise(out, X250 X250, 500, &err));
}

static void
notify_lists(void **state)
{
	static const struct {
		const char *why, *in, *out;	/* NULL: refused */
	} rows[] = {
		{ "never alone", "never", "NEVER" },
		{ "one word", "Failure", "FAILURE" },
		{ "order is ours", "delay,success,failure",
		  "SUCCESS,FAILURE,DELAY" },
		{ "repetition says nothing new", "DELAY,DELAY", "DELAY" },
		{ "never with another", "never,success", NULL },
		{ "empty", "", NULL },
		{ "empty word", "success,,delay", NULL },
		{ "comma at the end", "success,", NULL },
		{ "blank", "success, delay", NULL },
		{ "prefix of a word", "fail", NULL },
		{ "unknown word", "success,maybe", NULL },
	};
	char out[MAIL_NOTIFY_LEN];
	struct error err;
	unsigned notify;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool ok = mail_notify_parse(&notify, rows[i].in, &err);

		if (ok != (rows[i].out != NULL))
			fail_msg("%s: %s", rows[i].why, rows[i].in);
		if (!ok) {
			assert_int_equal(notify, MAIL_NOTIFY_UNSET);
			assert_int_equal(strstr(err.text, "NEVER cannot be "
			    "combined") != NULL,
			    strcmp(rows[i].in, "never,success") == 0);
			continue;
		}
		mail_notify_print(out, notify);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s: got %s", rows[i].why, out);
	}
	mail_notify_print(out, MAIL_NOTIFY_UNSET);
	assert_string_equal(out, "");
}

static void
ret_words(void **state)
{
	enum mail_ret ret;
	struct error err;

	(void)state;
	assert_true(mail_ret_parse(&ret, "full", &err));
	assert_string_equal(mail_ret_name(ret), "FULL");
	assert_true(mail_ret_parse(&ret, "Hdrs", &err));
	assert_string_equal(mail_ret_name(ret), "HDRS");
	assert_false(mail_ret_parse(&ret, "", &err));
	assert_false(mail_ret_parse(&ret, "fullest", &err));
	assert_int_equal(ret, MAIL_RET_UNSET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envid_decodes_and_encodes),
		cmocka_unit_test(bad_envid_is_refused),
		cmocka_unit_test(orcpt_decodes_and_encodes),
		cmocka_unit_test(bad_orcpt_is_refused),
		cmocka_unit_test(orcpt_of_people_gets_its_type),
		cmocka_unit_test(notify_lists),
		cmocka_unit_test(ret_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
