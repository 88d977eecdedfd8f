/*
 * lookup, the pure parts: records from the wire and from the cache tables, and
 * what follows from them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lookup/host_facts.h"
#include "lookup/mx_facts.h"
#include "lookup/rdata.h"
#include "lookup/records.h"

enum { NOW = 1000000 };

#define OCTETS(s) (const uint8_t *)(s), sizeof(s) - 1

/* --- rdata */

static const struct {
	const char *why;
	const uint8_t *data;
	size_t len;
	const char *text;	/* NULL: refused */
} names[] = {
	{ "a name", OCTETS("\2mx\7example\0"), "mx.example" },
	{ "upper case is folded", OCTETS("\2MX\7ExAmPlE\0"), "mx.example" },
	{ "the root", OCTETS("\0"), "." },
	{ "underscore and hyphen are plain", OCTETS("\4_a-b\0"), "_a-b" },
	{ "a dot within a label", OCTETS("\3a.b\1c\0"), "a\\046b.c" },
	{ "blank, quote, backslash, NUL, 8 bit", OCTETS("\5 \"\\\0\xff\0"),
	    "\\032\\034\\092\\000\\255" },
	{ "nothing at all", OCTETS(""), NULL },
	{ "no end", OCTETS("\2mx"), NULL },
	{ "label longer than the data", OCTETS("\5mx\0"), NULL },
	{ "compression pointer", OCTETS("\2mx\300\14"), NULL },
	{ "pointer first", OCTETS("\300\0"), NULL },
	{ "reserved label type", OCTETS("\100a\0"), NULL },
	{ "octets after the name", OCTETS("\2mx\0x"), NULL },
	{ "ends where a length should stand", OCTETS("\1a\1b"), NULL },
};

static void
names_are_read_with_bounds(void **state)
{
	char text[RDATA_NAME_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		/* An exact copy, for the sanitizer to see an overrun. */
		uint8_t *data = mem_dup(names[i].data, names[i].len);
		bool ok = rdata_name(text, data, names[i].len);

		free(data);
		if (ok != (names[i].text != NULL) ||
		    strcmp(text, ok ? names[i].text : "") != 0)
			fail_msg("%s: got \"%s\"", names[i].why, text);
	}
}

static void
the_longest_name_fits(void **state)
{
	static const size_t labels[] = { 63, 63, 63, 61 };
	uint8_t data[256];
	char text[RDATA_NAME_LEN];
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		data[at++] = (uint8_t)labels[i];
		memset(data + at, 0xff, labels[i]);
		at += labels[i];
	}
	data[at++] = 0;
	assert_int_equal(at, 255);
	assert_true(rdata_name(text, data, at));
	assert_int_equal(strlen(text), 4 * 250 + 3);
	/* 256 octets are no name: RFC 1035 2.3.4. */
	memmove(data + 1, data, 255);
	data[0] = 0;
	assert_false(rdata_name(text, data, 256));
}

static const struct {
	const char *why;
	const uint8_t *data;
	size_t len;
	int preference;		/* -1: refused */
	const char *host;
} mx_rdata[] = {
	{ "a host", OCTETS("\0\12\2mx\0"), 10, "mx" },
	{ "highest preference", OCTETS("\377\377\2mx\0"), 65535, "mx" },
	{ "null MX", OCTETS("\0\0\0"), 0, "." },
	{ "no host", OCTETS("\0\12"), -1, "" },
	{ "half a preference", OCTETS("\0"), -1, "" },
	{ "empty", OCTETS(""), -1, "" },
	{ "broken host", OCTETS("\0\12\5mx\0"), -1, "" },
};

static void
mx_rdata_is_read_with_bounds(void **state)
{
	struct rdata_mx mx;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mx_rdata); i++) {
		uint8_t *data = mem_dup(mx_rdata[i].data, mx_rdata[i].len);
		bool ok = rdata_mx(&mx, data, mx_rdata[i].len);

		free(data);
		if (ok != (mx_rdata[i].preference >= 0) ||
		    (ok && mx.preference != mx_rdata[i].preference) ||
		    strcmp(mx.host, mx_rdata[i].host) != 0)
			fail_msg("%s: got %u \"%s\"", mx_rdata[i].why,
			    mx.preference, mx.host);
	}
}

static const struct {
	const char *why;
	const uint8_t *data;
	size_t len;
	const char *text;	/* NULL: refused */
} txts[] = {
	{ "one string", OCTETS("\3abc"), "abc" },
	{ "strings are joined", OCTETS("\3abc\2de"), "abcde" },
	{ "empty strings", OCTETS("\0\1a\0"), "a" },
	{ "nothing", OCTETS(""), NULL },
	{ "longer than the data", OCTETS("\4abc"), NULL },
	{ "second longer than the data", OCTETS("\1a\1"), NULL },
};

static void
txt_strings_are_joined(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(txts); i++) {
		struct buf out = BUF_INIT;
		uint8_t *data = mem_dup(txts[i].data, txts[i].len);
		bool ok = rdata_txt(&out, data, txts[i].len);

		free(data);
		if (ok != (txts[i].text != NULL) ||
		    (ok && strcmp(buf_str(&out), txts[i].text) != 0))
			fail_msg("%s: got \"%s\"", txts[i].why,
			    buf_str(&out));
		buf_free(&out);
	}
}

/* --- the JSON of the cache tables */

static void
records_come_back_as_written(void **state)
{
	static const struct policy_mx_choice mx[] = {
		{ 0, "." }, { 10, "a\\046b.c" }, { 65535, "mx.example" },
		{ 20, "" },
	};
	struct arena *arena = arena_new();
	struct buf json = BUF_INIT;
	struct policy_mx_choice *back;
	size_t n;

	(void)state;
	records_write_mx(&json, mx, ARRAY_LEN(mx));
	assert_string_equal(buf_str(&json), "[[0,\".\"],[10,\"a\\\\046b.c\"],"
	    "[65535,\"mx.example\"],[20,\"\"]]");
	assert_true(records_read_mx(arena, buf_str(&json), &back, &n));
	assert_int_equal(n, ARRAY_LEN(mx));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(back[i].preference, mx[i].preference);
		assert_string_equal(back[i].host, mx[i].host);
	}
	buf_free(&json);
	arena_free(&arena);
}

static const struct {
	const char *text;
	int count;		/* -1: refused */
} json[] = {
	{ "[]", 0 },
	{ " [ [ 10 , \"mx\" ] , [20,\"mx2\"] ] ", 2 },
	{ "", -1 },
	{ "[", -1 },
	{ "[]x", -1 },
	{ "[[10,\"mx\"]", -1 },
	{ "[[10,\"mx\"],]", -1 },
	{ "[[10,\"mx]]", -1 },
	{ "[[10,\"mx\\", -1 },
	{ "[[10,\"mx\\n\"]]", -1 },
	{ "[[10,\"mx\n\"]]", -1 },
	/* ASCII alone is written: other octets would not come back the same. */
	{ "[[10,\"m~ x!\"]]", 1 },
	{ "[[10,\"mx\177\"]]", -1 },
	{ "[[10,\"m\303\274x\"]]", -1 },
	{ "[[10,\"mx\302\233\"]]", -1 },
	{ "[[10,\"mx\377\"]]", -1 },
	{ "[[65536,\"mx\"]]", -1 },
	{ "[[000001,\"mx\"]]", -1 },
	{ "[[-1,\"mx\"]]", -1 },
	{ "[[,\"mx\"]]", -1 },
	{ "[[10 \"mx\"]]", -1 },
	{ "[[10,\"mx\",1]]", -1 },
	{ "[\"mx\"]", -1 },
	{ "null", -1 },
};

static void
records_in_another_shape_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(json); i++) {
		struct arena *arena = arena_new();
		char *text = mem_strdup(json[i].text);
		struct policy_mx_choice *mx;
		size_t n;
		bool ok = records_read_mx(arena, text, &mx, &n);

		if (ok != (json[i].count >= 0) ||
		    (ok && n != (size_t)json[i].count))
			fail_msg("%s: %d, %zu records", json[i].text, ok, n);
		free(text);
		arena_free(&arena);
	}
}

static void
too_many_records_are_refused(void **state)
{
	struct arena *arena = arena_new();
	struct buf text = BUF_INIT;
	const char **texts;
	size_t n;

	(void)state;
	for (int i = 0; i < 512; i++)
		buf_puts(&text, i > 0 ? ",\"\"" : "[\"\"");
	buf_puts(&text, "]");
	assert_true(records_read_texts(arena, buf_str(&text), &texts, &n));
	assert_int_equal(n, 512);
	text.data[text.len - 1] = ',';
	buf_puts(&text, "\"\"]");
	assert_false(records_read_texts(arena, buf_str(&text), &texts, &n));
	buf_free(&text);
	arena_free(&arena);
}

/* --- address literals */

static const struct {
	const char *text, *address; /* NULL: none */
} literals[] = {
	{ "[192.0.2.1]", "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "[IPv6:2001:db8::1]", "2001:db8::1" },
	{ "[ipv6:2001:DB8::1]", "2001:db8::1" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "[2001:db8::1]", NULL },	/* RFC 5321 4.1.3: without its tag */
	{ "[IPv6:192.0.2.1]", NULL },
	{ "[192.0.2.1", NULL },
	{ "[]", NULL },
	{ "[", NULL },
	{ "", NULL },
	{ "[IPv6:]", NULL },
	{ "[x-tag:hello]", NULL },
	{ "192.0.2.256", NULL },
	{ "mx.example", NULL },
	{ "[IPv6:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0]",
	    NULL },
};

static void
literals_are_told_from_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(literals); i++) {
		char text[NET_ADDRESS_TEXT_LEN] = "";
		struct net_address addr;
		bool ok = host_literal(&addr, literals[i].text);

		if (ok)
			net_address_text(text, &addr);
		if (ok != (literals[i].address != NULL) ||
		    (ok && strcmp(text, literals[i].address) != 0))
			fail_msg("%s: got %d %s", literals[i].text, ok, text);
	}
}

/* --- MX */

/* Labels of `name` as octets; "!" makes rdata that is none. */
static size_t
encode_mx(uint8_t *dst, unsigned int preference, const char *name)
{
	uint8_t *p = dst, *length;

	*p++ = (uint8_t)(preference >> 8);
	*p++ = (uint8_t)preference;
	if (strcmp(name, "!") == 0)
		return 2;
	if (strcmp(name, ".") == 0)
		name = "";
	while (*name != '\0') {
		length = p++;
		while (*name != '\0' && *name != '.')
			*p++ = (uint8_t)*name++;
		*length = (uint8_t)(p - length - 1);
		if (*name == '.')
			name++;
	}
	*p++ = 0;
	return (size_t)(p - dst);
}

enum { RECORDS = 4 };

static const struct mx_case {
	const char *why;
	enum policy_dns_status status;
	bool nxdomain;
	struct { unsigned int preference; const char *host; } mx[RECORDS];
	const char *word;
	const char *hosts;	/* "10 mx,20 mx2" */
	bool implicit;
	const char *reason;	/* a part of it */
} mx_cases[] = {
	{ .why = "secure", .status = DNS_SECURE, .mx = { { 10, "mx" } },
	  .word = "secure", .hosts = "10 mx" },
	{ .why = "insecure", .status = DNS_INSECURE, .mx = { { 10, "mx" } },
	  .word = "insecure", .hosts = "10 mx" },
	{ .why = "sorted, lower case", .status = DNS_SECURE,
	  .mx = { { 20, "B" }, { 10, "c" }, { 20, "a" } },
	  .word = "secure", .hosts = "10 c,20 a,20 b" },
	{ .why = "twice the same", .status = DNS_SECURE,
	  .mx = { { 10, "mx" }, { 10, "MX" } },
	  .word = "secure", .hosts = "10 mx" },
	{ .why = "one host twice: the better preference", .mx = {
	  { 20, "mx" }, { 10, "mx" }, { 15, "b" } }, .status = DNS_SECURE,
	  .word = "secure", .hosts = "10 mx,15 b" },
	{ .why = "no data: implicit MX, as secure as the denial",
	  .status = DNS_SECURE, .word = "secure",
	  .hosts = "0 example.test", .implicit = true },
	{ .why = "no data, unsigned", .status = DNS_INSECURE,
	  .word = "insecure", .hosts = "0 example.test",
	  .implicit = true },
	{ .why = "NXDOMAIN is no implicit MX", .status = DNS_SECURE,
	  .nxdomain = true, .word = "none", .hosts = "",
	  .reason = "does not exist" },
	{ .why = "an error never falls back", .status = DNS_ERROR,
	  .word = "error", .hosts = "", .reason = "the cause" },
	{ .why = "nor does a bogus answer", .status = DNS_BOGUS,
	  .word = "bogus", .hosts = "", .reason = "the cause" },
	{ .why = "data of a bogus answer are not looked at",
	  .status = DNS_BOGUS, .mx = { { 10, "mx" } },
	  .word = "bogus", .hosts = "", .reason = "the cause" },
	{ .why = "null MX, RFC 7505", .status = DNS_SECURE,
	  .mx = { { 0, "." } }, .word = "nullmx", .hosts = "",
	  .reason = "null MX" },
	{ .why = "null MX of an unsigned zone", .status = DNS_INSECURE,
	  .mx = { { 0, "." } }, .word = "nullmx", .hosts = "",
	  .reason = "null MX" },
	{ .why = "the root among others is passed over",
	  .status = DNS_INSECURE, .mx = { { 0, "." }, { 10, "mx" } },
	  .word = "insecure", .hosts = "10 mx" },
	{ .why = "an address is no host name", .status = DNS_INSECURE,
	  .mx = { { 10, "192.0.2.1" }, { 20, "mx" } },
	  .word = "insecure", .hosts = "20 mx" },
	{ .why = "only an address: not the implicit MX",
	  .status = DNS_INSECURE, .mx = { { 10, "192.0.2.1" } },
	  .word = "insecure", .hosts = "", .reason = "usable host" },
	{ .why = "only broken records: not the implicit MX",
	  .status = DNS_SECURE, .mx = { { 10, "!" } },
	  .word = "secure", .hosts = "", .reason = "usable host" },
	{ .why = "a name that needs escapes is no host",
	  .status = DNS_SECURE, .mx = { { 10, "m x" }, { 20, "mx" } },
	  .word = "secure", .hosts = "20 mx" },
	{ .why = "nor one that looks like fields of a log line",
	  .status = DNS_SECURE, .mx = { { 10, "mx,stat=sent" }, { 20, "m_x" } },
	  .word = "secure", .hosts = "20 m_x" },
};

static void
answer_of(struct dns_answer *a, struct dns_rdata *rdata, uint8_t (*wire)[300],
    const struct mx_case *c)
{
	memset(a, 0, sizeof(*a));
	a->status = c->status;
	a->nxdomain = c->nxdomain;
	a->ttl_s = 300;
	a->why = "the cause";
	a->rdata = rdata;
	for (; a->count < RECORDS && c->mx[a->count].host != NULL; a->count++) {
		rdata[a->count].data = wire[a->count];
		rdata[a->count].len = encode_mx(wire[a->count],
		    c->mx[a->count].preference, c->mx[a->count].host);
	}
	a->have_data = a->count > 0;
}

static void
hosts_text(struct buf *out, const struct mx_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		buf_printf(out, "%s%u %s", i > 0 ? "," : "",
		    r->hosts[i].preference, r->hosts[i].host);
}

static void
check_mx(const struct mx_case *c, const struct mx_facts *facts,
    const char *cause)
{
	struct mx_result *r = mx_result_new("example.test", facts);
	struct buf hosts = BUF_INIT;

	hosts_text(&hosts, r);
	if (strcmp(lookup_mx_word(r->status, r->finding), c->word) != 0 ||
	    r->implicit != c->implicit ||
	    strcmp(buf_str(&hosts), c->hosts) != 0 ||
	    r->expires_at != NOW + 300)
		fail_msg("%s%s: got %s \"%s\"", c->why, cause,
		    lookup_mx_word(r->status, r->finding), buf_str(&hosts));
	if ((r->reason != NULL) != (r->count == 0) ||
	    (c->reason != NULL && strstr(r->reason, c->reason) == NULL &&
	    cause[0] == '\0'))
		fail_msg("%s%s: reason %s", c->why, cause, r->reason);
	buf_free(&hosts);
	mx_result_free(&r);
	assert_null(r);
}

/* Directly, and by way of a row of mx_cache. */
static void
mx_records_give_hosts_or_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mx_cases); i++) {
		struct arena *arena = arena_new();
		struct dns_rdata rdata[RECORDS];
		uint8_t wire[RECORDS][300];
		struct spool_mx_cache row;
		struct dns_answer answer;
		struct mx_facts facts;

		answer_of(&answer, rdata, wire, &mx_cases[i]);
		mx_facts_from_answer(&facts, arena, &answer, NOW);
		check_mx(&mx_cases[i], &facts, "");
		mx_facts_to_row(&row, arena, "example.test", &facts);
		assert_string_equal(row.status, mx_cases[i].word);
		memset(&facts, 0xff, sizeof(facts));
		if (!mx_facts_from_row(&facts, arena, &row))
			fail_msg("%s: row refused", mx_cases[i].why);
		check_mx(&mx_cases[i], &facts, ", from the row");
		arena_free(&arena);
	}
}

static void
mx_rows_of_others_are_refused(void **state)
{
	static const struct {
		const char *status, *records;
		bool ok;
	} rows[] = {
		{ "secure", "[[10,\"mx\"]]", true },
		{ "Secure", "[[10,\"mx\"]]", false },
		{ "", "[]", false },
		{ "secure", "{}", false },
		/* One that says null MX without the record, or the reverse. */
		{ "nullmx", "[]", false },
		{ "nullmx", "[[10,\"mx\"]]", false },
		{ "secure", "[[0,\".\"]]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena = arena_new();
		struct spool_mx_cache row = { "example.test", rows[i].status,
		    rows[i].records, NOW, NOW + 300, NULL };
		struct mx_facts facts;

		if (mx_facts_from_row(&facts, arena, &row) != rows[i].ok)
			fail_msg("%s %s", rows[i].status, rows[i].records);
		arena_free(&arena);
	}
}

static void
a_literal_is_its_own_mail_host(void **state)
{
	struct mx_facts facts;
	struct mx_result *r;

	(void)state;
	mx_facts_from_literal(&facts, "[192.0.2.1]", NOW);
	r = mx_result_new("[192.0.2.1]", &facts);
	assert_string_equal(lookup_mx_word(r->status, r->finding),
	    "insecure");
	assert_int_equal(r->count, 1);
	assert_string_equal(r->hosts[0].host, "[192.0.2.1]");
	mx_result_free(&r);
	mx_facts_from_literal(&facts, "[nonsense]", NOW);
	r = mx_result_new("[nonsense]", &facts);
	assert_string_equal(lookup_mx_word(r->status, r->finding),
	    "none");
	assert_int_equal(r->count, 0);
	mx_result_free(&r);
}

/* --- hosts */

struct side {
	enum policy_dns_status status;
	bool data;
};

static const struct side sides[] = {
	{ DNS_ERROR, false }, { DNS_BOGUS, false }, { DNS_INSECURE, false },
	{ DNS_INSECURE, true }, { DNS_SECURE, false }, { DNS_SECURE, true },
};

static void
add_side(struct host_lookup_facts *facts, enum host_family family,
    struct arena *arena, const struct side *side, const char *canonical)
{
	static const uint8_t octets[16] = { 0x20, 1, 0xd, 0xb8, 1 };
	struct dns_rdata rdata[2] = {
		{ octets, family == HOST_FAMILY_V4 ? 4 : 16 },
		{ octets, 5 },	/* passed over */
	};
	struct dns_answer a = {
		.status = side->status,
		.have_data = side->data,
		.count = side->data ? 2 : 0,
		.rdata = rdata,
		.canonical = canonical,
		.ttl_s = family == HOST_FAMILY_V4 ? 300 : 200,
		.why = "the cause",
	};

	host_facts_from_answer(facts, family, arena, "mx.example.test", &a);
}

static bool
failed(const struct side *s)
{
	return s->status == DNS_ERROR || s->status == DNS_BOGUS;
}

/* a is asked for; b too, or NULL. */
static void
check_host(const struct host_result *r, const struct side *a,
    const struct side *b)
{
	size_t want = (size_t)a->data + (b != NULL && b->data);
	bool any_failed = failed(a) || (b != NULL && failed(b));
	bool secure = (a->data && a->status == DNS_SECURE) ||
	    (b != NULL && b->data && b->status == DNS_SECURE);

	assert_int_equal(r->count, want);
	assert_int_equal(r->reason != NULL, want == 0);
	if (want > 0) /* either family that validates is enough */
		assert_int_equal(r->status,
		    secure ? DNS_SECURE : DNS_INSECURE);
	else	/* an empty answer does not hide a failure */
		assert_int_equal(any_failed, r->status == DNS_ERROR ||
		    r->status == DNS_BOGUS);
	if (want == 0 && any_failed)
		assert_string_equal(r->reason, "the cause");
}

static void
families_are_combined(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sides); i++)
		for (size_t k = 0; k < ARRAY_LEN(sides); k++) {
			struct arena *arena = arena_new();
			struct host_lookup_facts f = { .alias_secure = false };
			struct host_result *r;

			add_side(&f, HOST_FAMILY_V4, arena, &sides[i], NULL);
			add_side(&f, HOST_FAMILY_V6, arena, &sides[k], NULL);
			host_facts_complete(&f, NOW);
			assert_int_equal(f.expires_at, NOW + 200);
			assert_false(host_facts_want_alias(&f,
			    "mx.example.test"));
			r = host_result_new("mx.example.test", &f, HOST_ANY);
			check_host(r, &sides[i], &sides[k]);
			assert_string_equal(r->canonical, "mx.example.test");
			host_result_free(&r);
			r = host_result_new("mx.example.test", &f, HOST_V4);
			check_host(r, &sides[i], NULL);
			host_result_free(&r);
			r = host_result_new("mx.example.test", &f, HOST_V6);
			check_host(r, &sides[k], NULL);
			host_result_free(&r);
			arena_free(&arena);
		}
}

/* What is read back from a row never says more than what was written. */
static void
host_rows_keep_the_facts(void **state)
{
	int stored = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sides); i++)
		for (size_t k = 0; k < ARRAY_LEN(sides); k++) {
			struct arena *arena = arena_new();
			struct host_lookup_facts f = { .alias_secure = false }, back;
			struct spool_host_cache row;
			struct host_result *a, *b;

			add_side(&f, HOST_FAMILY_V4, arena, &sides[i], NULL);
			add_side(&f, HOST_FAMILY_V6, arena, &sides[k], NULL);
			host_facts_complete(&f, NOW);
			if (!host_facts_to_row(&row, arena, "mx.example.test",
			    &f)) {
				arena_free(&arena);
				continue;
			}
			stored++;
			assert_null(row.canonical);
			assert_true(host_facts_from_row(&back, arena, &row));
			for (int fam = HOST_V4; fam <= HOST_ANY; fam++) {
				a = host_result_new("mx.example.test", &f,
				    fam);
				b = host_result_new("mx.example.test", &back,
				    fam);
				assert_int_equal(a->count, b->count);
				if (a->count > 0 || a->status <= DNS_BOGUS)
					assert_int_equal(a->status,
					    b->status);
				else
					assert_true(b->status > DNS_BOGUS);
				assert_int_equal(a->expires_at,
				    b->expires_at);
				host_result_free(&a);
				host_result_free(&b);
			}
			arena_free(&arena);
		}
	/* 4 x 4 answers less the two that differ in security, and twice the
	 * same failure. */
	assert_int_equal(stored, 4 * 4 - 2 + 2);
}

static void
an_insecure_alias_is_asked_for_by_itself(void **state)
{
	static const struct side plain = { DNS_INSECURE, true };
	struct dns_answer alias = { .status = DNS_SECURE, .have_data = true,
	    .ttl_s = 100, .why = "the cause" };
	struct arena *arena = arena_new();
	struct host_lookup_facts f = { .alias_secure = false }, back;
	struct spool_host_cache row;
	struct host_result *r;

	(void)state;
	add_side(&f, HOST_FAMILY_V4, arena, &plain, "x.plain.test");
	add_side(&f, HOST_FAMILY_V6, arena, &plain, "x.plain.test");
	host_facts_complete(&f, NOW);
	assert_true(host_facts_want_alias(&f, "mx.example.test"));
	host_facts_add_alias(&f, arena, &alias, NOW);
	assert_int_equal(f.expires_at, NOW + 100);
	r = host_result_new("mx.example.test", &f, HOST_ANY);
	assert_int_equal(r->status, DNS_INSECURE);
	assert_true(r->alias_secure);
	assert_string_equal(r->canonical, "x.plain.test");
	host_result_free(&r);
	/* The row is kept for people to see; it lacks what we need to know. */
	assert_true(host_facts_to_row(&row, arena, "mx.example.test", &f));
	assert_string_equal(row.canonical, "x.plain.test");
	assert_false(host_facts_from_row(&back, arena, &row));
	/* A failure must not look like an unsigned alias. */
	alias.status = DNS_ERROR;
	host_facts_add_alias(&f, arena, &alias, NOW);
	r = host_result_new("mx.example.test", &f, HOST_ANY);
	assert_int_equal(r->status, DNS_ERROR);
	assert_int_equal(r->count, 0);
	assert_false(r->alias_secure);
	host_result_free(&r);
	arena_free(&arena);
}

static void
host_rows_of_others_are_refused(void **state)
{
	static const struct {
		const char *status, *addresses;
		bool ok;
	} rows[] = {
		{ "secure", "[\"192.0.2.1\",\"2001:db8::1\"]", true },
		{ "none", "[]", true },
		{ "error", "[]", true },
		{ "secure", "[]", false },
		{ "insecure", "[]", false },
		{ "none", "[\"192.0.2.1\"]", false },
		{ "error", "[\"192.0.2.1\"]", false },
		{ "bogus", "[\"192.0.2.1\"]", false },
		{ "secure", "[\"mx.example\"]", false },
		{ "secure", "[\"\"]", false },
		{ "secure", "[1]", false },
		{ "certain", "[\"192.0.2.1\"]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena = arena_new();
		struct spool_host_cache row = { "mx", NULL, rows[i].status,
		    rows[i].addresses, NOW, NOW + 300 };
		struct host_lookup_facts facts;

		if (host_facts_from_row(&facts, arena, &row) != rows[i].ok)
			fail_msg("%s %s", rows[i].status, rows[i].addresses);
		arena_free(&arena);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_with_bounds),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(mx_rdata_is_read_with_bounds),
		cmocka_unit_test(txt_strings_are_joined),
		cmocka_unit_test(records_come_back_as_written),
		cmocka_unit_test(records_in_another_shape_are_refused),
		cmocka_unit_test(too_many_records_are_refused),
		cmocka_unit_test(literals_are_told_from_names),
		cmocka_unit_test(mx_records_give_hosts_or_a_reason),
		cmocka_unit_test(mx_rows_of_others_are_refused),
		cmocka_unit_test(a_literal_is_its_own_mail_host),
		cmocka_unit_test(families_are_combined),
		cmocka_unit_test(host_rows_keep_the_facts),
		cmocka_unit_test(an_insecure_alias_is_asked_for_by_itself),
		cmocka_unit_test(host_rows_of_others_are_refused),
	};

	return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
