/*
 * mail/address: what is an envelope address, and its one form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "mail/address.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define X240 X60 X60 X60 X60
#define L63 X60 "xxx"
#define D253 L63 "." L63 "." L63 "." X60 "y"

static void
good_addresses_get_one_form(void **state)
{
	static const struct {
		const char *why, *in;
		unsigned flags;
		const char *text, *domain;
	} rows[] = {
		{ "plain", "a@b.example", 0, "a@b.example", "b.example" },
		{ "angle brackets are optional", "<a@b.example>", 0,
		  "a@b.example", "b.example" },
		{ "the domain has no case, the local part keeps its own",
		  "Ann.Lee@B.EXAMPLE", 0, "Ann.Lee@b.example", "b.example" },
		{ "all of atext", "!#$%&'*+-/=?^_`{|}~@b.example", 0,
		  "!#$%&'*+-/=?^_`{|}~@b.example", "b.example" },
		{ "quoted local part stays quoted", "\"a b\"@b.example", 0,
		  "\"a b\"@b.example", "b.example" },
		{ "an @ in quotes is no separator", "\"a@c\"@b.example", 0,
		  "\"a@c\"@b.example", "b.example" },
		{ "quoted pairs", "\"a\\\"b\\\\\"@b.example", 0,
		  "\"a\\\"b\\\\\"@b.example", "b.example" },
		{ "dots in quotes stay there", "\"a..b\"@b.example", 0,
		  "\"a..b\"@b.example", "b.example" },
		{ "dot first", ".a@b.example", 0, ".a@b.example",
		  "b.example" },
		{ "dot last", "a.@b.example", 0, "a.@b.example", "b.example" },
		{ "two dots", "a..b@b.example", 0, "a..b@b.example",
		  "b.example" },
		{ "VERP", X60 "xxxx-user=example.com@b.example", 0,
		  X60 "xxxx-user=example.com@b.example", "b.example" },
		{ "an empty quoted string is a local part", "\"\"@b.example",
		  0, "\"\"@b.example", "b.example" },
		{ "one label", "root@localhost", 0, "root@localhost",
		  "localhost" },
		{ "final dot", "a@b.example.", 0, "a@b.example", "b.example" },
		{ "IPv4 literal", "a@[127.0.0.1]", 0, "a@[127.0.0.1]",
		  "[127.0.0.1]" },
		{ "IPv6 literal, spelled one way",
		  "a@[ipv6:2001:DB8:0:0::1]", 0, "a@[IPv6:2001:db8::1]",
		  "[ipv6:2001:db8::1]" },
		{ "IDN (latin small u with diaeresis)",
		  "a@b\xc3\xbc" "cher.example", 0, "a@xn--bcher-kva.example",
		  "xn--bcher-kva.example" },
		{ "IDN in capitals", "a@B\xc3\x9c" "CHER.example", 0,
		  "a@xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "IDNA2008: sharp s is a letter of its own",
		  "a@stra\xc3\x9f" "e.example", 0, "a@xn--strae-oqa.example",
		  "xn--strae-oqa.example" },
		{ "decomposed input is composed",
		  "a@bu\xcc\x88" "cher.example", 0,
		  "a@xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "ideographic full stop", "a@b\xe3\x80\x82" "example", 0,
		  "a@b.example", "b.example" },
		{ "A-labels stay", "a@XN--BCHER-KVA.example", 0,
		  "a@xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "A-labels of IDNA2003 (emoji) resolve, so they pass",
		  "a@xn--i-7iq.example", 0, "a@xn--i-7iq.example",
		  "xn--i-7iq.example" },
		{ "hyphens in places 3 and 4 exist in host names",
		  "a@r3---sn.example", 0, "a@r3---sn.example",
		  "r3---sn.example" },
		{ "underscores exist in mail domains", "a@b_c.example", 0,
		  "a@b_c.example", "b_c.example" },
		{ "digits, but not the last label", "a@1.2.3.example", 0,
		  "a@1.2.3.example", "1.2.3.example" },
		{ "UTF-8 local part with SMTPUTF8",
		  "j\xc3\xbcrgen@b.example", MAIL_ADDRESS_UTF8,
		  "j\xc3\xbcrgen@b.example", "b.example" },
		{ "UTF-8 in quotes", "\"\\\\\xc3\xbc\"@b.example",
		  MAIL_ADDRESS_UTF8, "\"\\\\\xc3\xbc\"@b.example",
		  "b.example" },
		{ "source route", "<@a.example,@c.example:u@d.example>", 0,
		  "u@d.example", "d.example" },
		{ "source route of a literal",
		  "@[IPv6:::1]:u@d.example", 0, "u@d.example", "d.example" },
		{ "null sender", "", MAIL_ADDRESS_NULL, "", "" },
		{ "null sender as a path", "<>", MAIL_ADDRESS_NULL, "", "" },
		{ "256 octets of local part", X240 X10 "xxxxxx@b.example", 0,
		  X240 X10 "xxxxxx@b.example", "b.example" },
		{ "253 octets of domain", "a@" D253, 0, "a@" D253, D253 },
		{ "63 octets of label", "a@" L63 ".example", 0,
		  "a@" L63 ".example", L63 ".example" },
		{ "498 octets in all", X240 "xxxx@" D253, 0,
		  X240 "xxxx@" D253, D253 },
	};
	struct mail_address a;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!mail_address_parse(&a, rows[i].in, strlen(rows[i].in),
		    rows[i].flags, &err))
			fail_msg("%s: %s", rows[i].why, err.text);
		if (strcmp(a.text, rows[i].text) != 0 ||
		    strcmp(a.domain, rows[i].domain) != 0)
			fail_msg("%s: got %s, %s", rows[i].why, a.text,
			    a.domain);
		/* the normal form is its own normal form */
		assert_true(mail_address_parse(&a, rows[i].text,
		    strlen(rows[i].text), rows[i].flags, &err));
		assert_string_equal(a.text, rows[i].text);
	}
}

static void
bad_addresses_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *why, *in;
		unsigned flags;
		const char *says;
	} rows[] = {
		{ "no null recipient", "", 0, "empty" },
		{ "no null recipient as a path", "<>", 0, "empty" },
		{ "no domain", "postmaster", 0, "no @" },
		{ "nothing after the @", "a@", 0, "no domain" },
		{ "nothing before the @", "@b.example", 0, "source route" },
		{ "two @", "a@c@b.example", 0, "domain" },
		{ "blank", "a b@c.example", 0, "blank" },
		{ "blank around", " a@c.example", 0, "blank" },
		{ "blank in domain", "a@c .example", 0, "domain" },
		{ "CRLF would start a command", "a\r\nDATA@c.example", 0,
		  "control" },
		{ "LF in domain", "a@c.example\n", 0, "domain" },
		{ "CR in quotes", "\"a\rb\"@c.example", 0, "control" },
		{ "escaped LF in quotes", "\"a\\\nb\"@c.example", 0,
		  "control" },
		{ "tab", "a\tb@c.example", 0, "control" },
		{ "DEL", "a\x7f@c.example", 0, "control" },
		{ "C1 control in UTF-8", "a\xc2\x85@c.example",
		  MAIL_ADDRESS_UTF8, "control" },
		{ "escaped UTF-8 is no quoted pair",
		  "\"\\\xc3\xbc\"@c.example", MAIL_ADDRESS_UTF8, "UTF-8" },
		{ "Latin-1 is not UTF-8", "j\xfcrgen@c.example",
		  MAIL_ADDRESS_UTF8, "not UTF-8" },
		{ "UTF-8 without SMTPUTF8", "j\xc3\xbcrgen@c.example", 0,
		  "SMTPUTF8" },
		{ "the same in quotes", "\"j\xc3\xbc\"@c.example", 0,
		  "SMTPUTF8" },
		{ "U+FFFD stands for octets that were none", "\xef\xbf\xbd@c.example",
		  MAIL_ADDRESS_UTF8, "not UTF-8" },
		{ "special outside quotes", "a,b@c.example", 0, "quotes" },
		{ "display name", "Ann <a@c.example>", 0, "blank" },
		{ "brackets do not match", "<a@c.example", 0, "no >" },
		{ "closing bracket only", "a@c.example>", 0, "domain" },
		{ "brackets twice", "<<a@c.example>>", 0, "quotes" },
		{ "quote not closed", "\"a@c.example", 0, "closing quote" },
		{ "text after the quote", "\"a\"b@c.example", 0,
		  "not followed by an @" },
		{ "backslash at the end", "\"a\\", 0, "closing quote" },
		{ "empty label", "a@c..example", 0, "empty label" },
		{ "dot at the start", "a@.example", 0, "empty label" },
		{ "only a dot", "a@.", 0, "empty label" },
		{ "hyphen first", "a@-c.example", 0, "hyphen" },
		{ "hyphen last", "a@c-.example", 0, "hyphen" },
		{ "IPv4 without brackets", "a@127.0.0.1", 0, "brackets" },
		{ "slash in domain", "a@c/d.example", 0, "no host name" },
		{ "UTS 46 maps U+2100 to a/c", "a@\xe2\x84\x80.example", 0,
		  "domain" },
		{ "soft hyphen alone leaves an empty label",
		  "a@c.\xc2\xad.example", 0, "domain" },
		{ "emoji are not in IDNA2008", "a@i\xe2\x9d\xa4.example", 0,
		  "IDNA2008" },
		{ "domain not UTF-8", "a@\xfc.example", 0, "IDNA2008" },
		{ "literal not closed", "a@[127.0.0.1", 0, "bracket" },
		{ "literal of three numbers", "a@[127.0.1]", 0, "IP" },
		{ "literal with a large number", "a@[127.0.0.256]", 0, "IP" },
		{ "IPv6 without its tag", "a@[::1]", 0, "IP" },
		{ "IPv6 with a zone", "a@[IPv6:fe80::1%eth0]", 0, "IP" },
		{ "empty literal", "a@[]", 0, "IP" },
		{ "empty IPv6 literal", "a@[IPv6:]", 0, "IP" },
		{ "unknown tag", "a@[x400:foo]", 0, "IP" },
		{ "text after a literal", "a@[127.0.0.1]x", 0, "bracket" },
		{ "bracket alone", "a@[", 0, "bracket" },
		{ "route without address", "@a.example:", 0, "before" },
		{ "route without colon", "@a.example,u@d.example", 0,
		  "source route" },
		{ "route not followed", "@a.example,:u@d.example", 0,
		  "source route" },
		{ "257 octets of local part", X240 X10 "xxxxxxx@b.example", 0,
		  "256" },
		{ "64 octets of label", "a@" L63 "x.example", 0, "63" },
		{ "499 octets in all", X240 "xxxxx@" D253, 0, "498" },
		{ "254 octets of domain", "a@" D253 "z", 0, "253" },
		{ "the domain is too long only as A-labels",
		  "a@\xc3\xbc" X60 ".example", 0, "domain" },
	};
	struct mail_address a;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (mail_address_parse(&a, rows[i].in, strlen(rows[i].in),
		    rows[i].flags, &err))
			fail_msg("%s: taken as %s", rows[i].why, a.text);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: says %s", rows[i].why, err.text);
		assert_int_equal(err.code, EX_DATAERR);
		assert_string_equal(a.text, "");
	}
}

static void
nul_is_refused_wherever_it_stands(void **state)
{
	char text[] = "a@b.example";
	struct mail_address a;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char with_nul[sizeof(text)];

		memcpy(with_nul, text, sizeof(text));
		with_nul[i] = '\0';
		assert_false(mail_address_parse(&a, with_nul,
		    sizeof(text) - 1, 0, &err));
	}
}

static void
errors_cannot_forge_a_line(void **state)
{
	static const char in[] = "a\r\n\033[2Jroot: ok@b.example";
	struct mail_address a;
	struct error err;

	(void)state;
	assert_false(mail_address_parse(&a, in, sizeof(in) - 1, 0, &err));
	assert_null(strpbrk(err.text, "\r\n\033"));
	assert_non_null(strstr(err.text, "\\x0d\\x0a"));
}

static void
huge_input_is_refused(void **state)
{
	static char in[70000];
	struct mail_address a;
	struct error err;

	(void)state;
	memset(in, 'x', sizeof(in));
	memcpy(in, "a@", 2);
	assert_false(mail_address_parse(&a, in, sizeof(in), 0, &err));
	memset(in + 2, 0xc3, sizeof(in) - 2);
	assert_false(mail_address_parse(&a, in, sizeof(in), 0, &err));
}

static void
domains_alone(void **state)
{
	char domain[MAIL_DOMAIN_MAX + 1];
	struct error err;

	(void)state;
	assert_true(mail_domain_parse(domain, "B\xc3\x9c" "CHER.example.", 15,
	    &err));
	assert_string_equal(domain, "xn--bcher-kva.example");
	assert_true(mail_domain_parse(domain, "[IPv6:::1]", 10, &err));
	assert_string_equal(domain, "[ipv6:::1]");
	assert_false(mail_domain_parse(domain, "", 0, &err));
	assert_false(mail_domain_parse(domain, "a@b", 3, &err));
	assert_string_equal(domain, "");
}

static void
display_is_readable_and_safe(void **state)
{
	static const struct {
		const char *why, *in, *out;
	} rows[] = {
		{ "ASCII stays", "a@b.example", "a@b.example" },
		{ "A-labels become readable", "a@xn--bcher-kva.example",
		  "a@b\xc3\xbc" "cher.example" },
		{ "A-labels that would not convert back stay",
		  "a@xn--i-7iq.example", "a@xn--i-7iq.example" },
		{ "broken A-labels stay", "a@xn--0.example",
		  "a@xn--0.example" },
		{ "UTF-8 local parts stay", "\xc3\xbc@b.example",
		  "\xc3\xbc@b.example" },
		{ "control characters are escaped", "a\033@b.example",
		  "a\\x1b@b.example" },
		{ "null sender", "", "" },
		{ "no address", "xn--bcher-kva", "xn--bcher-kva" },
	};
	char out[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		mail_address_display(out, sizeof(out), rows[i].in);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s: got %s", rows[i].why, out);
	}
}

static void
no_address_looks_like_a_log_field(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "a@b.example", "a@b.example" },
		{ "x-user=d.example+2C@b.example",
		  "x-user=d.example+2C@b.example" },
		{ "\"\"@b.example", "\"\"@b.example" },
		{ "\"a.b@c\"@b.example", "\"a.b@c\"@b.example" },
		{ "\"x>, stat=Sent (+) y\"@b.example",
		  "\"x+3E+2C+20stat+3DSent+20+28+2B+29+20y\"@b.example" },
		{ "\"a\\\"\\\\\xc3\xbc\"@b.example",
		  "\"a+5C+22+5C+5C\xc3\xbc\"@b.example" },
		/* no addresses: nothing that a door took */
		{ "\"", "\"" }, { "\"@b", "\"@b" }, { "a\"b", "a\"b" },
	};
	char out[MAIL_ADDRESS_LOG_LEN], blanks[MAIL_ADDRESS_MAX + 1] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		mail_address_log(out, rows[i].in);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s: got %s", rows[i].in, out);
	}
	(void)snprintf(blanks, sizeof(blanks), "\"%254s\"@" L63 "." L63 "."
	    L63 "." X10 X10 X10 X10 "12345678", "");
	mail_address_log(out, blanks);
	assert_int_equal(strlen(out), strlen(blanks) + (size_t)2 * 254);
	memset(blanks, ' ', sizeof(blanks) - 1);	/* cut, not overrun */
	blanks[0] = blanks[sizeof(blanks) - 3] = '"';
	blanks[sizeof(blanks) - 2] = '@';
	mail_address_log(out, blanks);
	assert_in_range(strlen(out), 700, sizeof(out) - 1);
}

static void
names_fold_to_one_form(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "cafe.test", "cafe.test" },
		{ "CAFE.test.", "cafe.test" },
		{ "b\xc3\xbc" "cher.Test", "xn--bcher-kva.test" },
		{ "XN--BCHER-KVA.test", "xn--bcher-kva.test" },
		{ "*.B\xc3\xbc" "cher.test.", "*.xn--bcher-kva.test" },
		{ ".Gov.", ".gov" },
		{ "Boss@Cafe.Test.", "Boss@cafe.test" },
		{ "\"A@B\"@C.test", "\"A@B\"@c.test" },
		{ "[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]" },
		{ "", "" }, { ".", "." }, { "*.", "*." }, { "A@", "A@" },
		/* no names: ASCII letters alone are changed */
		{ "cafe.test..", "cafe.test.." },
		{ "J\xc3\x96rg M", "j\xc3\x96rg m" },
		{ "\xff\xfe", "\xff\xfe" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *once = mail_name_fold(rows[i].in);
		char *twice = mail_name_fold(once);

		if (strcmp(once, rows[i].out) != 0 || strcmp(once, twice) != 0)
			fail_msg("%s: %s, then %s", rows[i].in, once, twice);
		free(once);
		free(twice);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_fold_to_one_form),
		cmocka_unit_test(good_addresses_get_one_form),
		cmocka_unit_test(bad_addresses_are_refused_with_the_reason),
		cmocka_unit_test(nul_is_refused_wherever_it_stands),
		cmocka_unit_test(errors_cannot_forge_a_line),
		cmocka_unit_test(huge_input_is_refused),
		cmocka_unit_test(domains_alone),
		cmocka_unit_test(display_is_readable_and_safe),
		cmocka_unit_test(no_address_looks_like_a_log_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
