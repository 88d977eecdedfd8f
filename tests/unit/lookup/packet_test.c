/*
 * lookup/packet: the answer in a DNS message, and what is none; and what becomes of
 * it with libunbound's word on it.
 *
 * A message is written here as pieces of text: NAME and numbers in wire format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lookup/answer_impl.h"
#include "lookup/packet.h"
#include "lookup/rdata.h"

#define OCTETS(s) (const uint8_t *)(s), sizeof(s) - 1
/* id, QR RD RA and rcode; numbers of the sections, below 256 each */
#define HEADER(rcode, qd, an, ns, ar) \
	"\0\0\x81" rcode "\0" qd "\0" an "\0" ns "\0" ar
#define NOERROR "\x80"
#define NXDOMAIN "\x83"
#define SERVFAIL "\x82"
/* "a.test" stands at 12, "test" at 14; behind a question of it, 24 follows */
#define A_TEST "\1a\4test\0"
#define AT_A "\300\14"
#define AT_TEST "\300\16"
#define T_A "\0\1"
#define T_CNAME "\0\5"
#define T_SOA "\0\6"
#define T_MX "\0\17"
#define T_TXT "\0\20"
#define T_RRSIG "\0\56"
#define T_TLSA "\0\64"
#define IN "\0\1"
#define CH "\0\3"
#define TTL_300 "\0\0\1\54"
#define TTL_60 "\0\0\0\74"
#define TTL_7 "\0\0\0\7"
#define ASKS(type) A_TEST type IN
/* an alias of a.test to b.test; the name "b.test" stands at 36 */
#define ALIAS AT_A T_CNAME IN TTL_60 "\0\4\1b" AT_TEST
#define AT_B "\300\44"
#define ADDRESS(owner, ttl, last) owner T_A IN ttl "\0\4\300\0\2" last
#define MX(rest) AT_A T_MX IN TTL_300 rest
#define SOA(ttl, minimum) AT_TEST T_SOA IN ttl "\0\30" AT_TEST AT_TEST \
	"\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1" minimum

static const struct row {
	const char *why;
	int rrtype;
	const uint8_t *packet;
	size_t len;
	bool refused;
	int rcode;
	const char *canonical;
	int64_t ttl_s;
	size_t count;
	const uint8_t *first;	/* RDATA */
	size_t first_len;
} rows[] = {
	{ "one address", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\1", "\1", "\0",
	    "\0") ASKS(T_A) ADDRESS(AT_A, TTL_300, "\1")),
	    .ttl_s = 300, .count = 1, .first = OCTETS("\300\0\2\1") },
	{ "the least ttl of two records", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\2", "\0", "\0") ASKS(T_A) ADDRESS(AT_A, TTL_300, "\1")
	    ADDRESS(AT_A, TTL_60, "\2")),
	    .ttl_s = 60, .count = 2, .first = OCTETS("\300\0\2\1") },
	{ "the ttl of a signature counts", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\2", "\0", "\0") ASKS(T_A) ADDRESS(AT_A, TTL_300, "\1")
	    AT_A T_RRSIG IN TTL_7 "\0\1x"),
	    .ttl_s = 7, .count = 1, .first = OCTETS("\300\0\2\1") },
	{ "not that of the authority where there are data", DNS_TYPE_A,
	    OCTETS(HEADER(NOERROR, "\1", "\1", "\1", "\0") ASKS(T_A)
	    ADDRESS(AT_A, TTL_300, "\1") SOA(TTL_7, TTL_7)),
	    .ttl_s = 300, .count = 1, .first = OCTETS("\300\0\2\1") },
	{ "a ttl with the highest bit is zero (RFC 2181 8)", DNS_TYPE_A,
	    OCTETS(HEADER(NOERROR, "\1", "\1", "\0", "\0") ASKS(T_A)
	    ADDRESS(AT_A, "\200\0\0\1", "\1")),
	    .ttl_s = 0, .count = 1, .first = OCTETS("\300\0\2\1") },
	{ "upper case is the same name", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\1", "\0", "\0") "\1A\4TesT\0" T_A IN
	    ADDRESS("\1a\4TEST\0", TTL_300, "\1")),
	    .ttl_s = 300, .count = 1, .first = OCTETS("\300\0\2\1") },
	{ "names within an MX are written in full", DNS_TYPE_MX,
	    OCTETS(HEADER(NOERROR, "\1", "\1", "\0", "\0") ASKS(T_MX)
	    MX("\0\7\0\12\2mx" AT_A)), .ttl_s = 300, .count = 1,
	    .first = OCTETS("\0\12\2mx\1a\4test\0") },
	{ "null MX", DNS_TYPE_MX, OCTETS(HEADER(NOERROR, "\1", "\1", "\0",
	    "\0") ASKS(T_MX) MX("\0\3\0\0\0")),
	    .ttl_s = 300, .count = 1, .first = OCTETS("\0\0\0") },
	{ "octets that look like a pointer, in a TXT", DNS_TYPE_TXT,
	    OCTETS(HEADER(NOERROR, "\1", "\1", "\0", "\0") ASKS(T_TXT) AT_A
	    T_TXT IN TTL_300 "\0\3\2\300\14"),
	    .ttl_s = 300, .count = 1, .first = OCTETS("\2\300\14") },
	{ "an alias is followed", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\1",
	    "\2", "\0", "\0") ASKS(T_A) ALIAS ADDRESS(AT_B, TTL_300, "\1")),
	    .canonical = "b.test", .ttl_s = 60, .count = 1,
	    .first = OCTETS("\300\0\2\1") },
	{ "an alias that is asked for is the answer", DNS_TYPE_CNAME,
	    OCTETS(HEADER(NOERROR, "\1", "\1", "\0", "\0") ASKS(T_CNAME)
	    ALIAS), .ttl_s = 60, .count = 1, .first = OCTETS("\1b\4test\0") },
	{ "an alias to nowhere has its end's name", DNS_TYPE_A,
	    OCTETS(HEADER(NXDOMAIN, "\1", "\1", "\1", "\0") ASKS(T_A) ALIAS
	    SOA(TTL_300, TTL_7)), .rcode = 3, .canonical = "b.test",
	    .ttl_s = 7 },
	{ "a circle of aliases ends", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\1",
	    "\2", "\0", "\0") ASKS(T_A) ALIAS AT_B T_CNAME IN TTL_300 "\0\2"
	    AT_A), .canonical = "a.test", .ttl_s = 60 },
	{ "a record of the alias itself is not its end's", DNS_TYPE_A,
	    OCTETS(HEADER(NOERROR, "\1", "\2", "\0", "\0") ASKS(T_A) ALIAS
	    ADDRESS(AT_A, TTL_300, "\1")), .canonical = "b.test",
	    .ttl_s = 60 },
	{ "records of a stranger are none", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\1", "\0", "\0") ASKS(T_A) ADDRESS(AT_TEST, TTL_300, "\1")),
	    .ttl_s = 300 },
	{ "nor are those of another class", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\1", "\0", "\0") ASKS(T_A) AT_A T_A CH TTL_300
	    "\0\4\300\0\2\1"), .ttl_s = 300 },
	{ "nor of another type", DNS_TYPE_TLSA, OCTETS(HEADER(NOERROR, "\1",
	    "\1", "\0", "\0") ASKS(T_TLSA) ADDRESS(AT_A, TTL_300, "\1")),
	    .ttl_s = 300 },
	{ "nor additional ones", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\1", "\0",
	    "\0", "\1") ASKS(T_A) ADDRESS(AT_A, TTL_300, "\1")), .ttl_s = 0 },
	{ "a denial lives as long as the SOA's minimum (RFC 2308 5)",
	    DNS_TYPE_A, OCTETS(HEADER(NXDOMAIN, "\1", "\0", "\1", "\0")
	    ASKS(T_A) SOA(TTL_300, TTL_60)), .rcode = 3, .ttl_s = 60 },
	{ "and no longer than the SOA", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\0", "\1", "\0") ASKS(T_A) SOA(TTL_60, TTL_300)),
	    .ttl_s = 60 },
	{ "a denial out of nothing is not kept", DNS_TYPE_A, OCTETS(HEADER(
	    NXDOMAIN, "\1", "\0", "\0", "\0") ASKS(T_A)), .rcode = 3 },
	{ "a failure", DNS_TYPE_A, OCTETS(HEADER(SERVFAIL, "\1", "\0", "\0",
	    "\0") ASKS(T_A)), .rcode = 2 },

	{ "nothing at all", DNS_TYPE_A, OCTETS(""), .refused = true },
	{ "half a header", DNS_TYPE_A, OCTETS("\0\0\x81\x80\0\1"),
	    .refused = true },
	{ "no question", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\0", "\0", "\0",
	    "\0")), .refused = true },
	{ "two questions", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\2", "\0", "\0",
	    "\0") ASKS(T_A) ASKS(T_A)), .refused = true },
	{ "a question for another name", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\0", "\0", "\0") "\1b\4test\0" T_A IN), .refused = true },
	{ "a question for another type", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\0", "\0", "\0") ASKS(T_MX)), .refused = true },
	{ "a question for another class", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\0", "\0", "\0") A_TEST T_A CH), .refused = true },
	{ "truncated, by its own word", DNS_TYPE_A, OCTETS(
	    "\0\0\x83\x80\0\1\0\0\0\0\0\0" ASKS(T_A)), .refused = true },
	{ "fewer records than announced", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\2", "\0", "\0") ASKS(T_A) ADDRESS(AT_A, TTL_300, "\1")),
	    .refused = true },
	{ "octets behind the last", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\1",
	    "\0", "\0", "\0") ASKS(T_A) "x"), .refused = true },
	{ "RDATA longer than the packet", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\1", "\0", "\0") ASKS(T_A) AT_A T_A IN TTL_300
	    "\0\5\300\0\2\1"), .refused = true },
	{ "an owner that points at itself", DNS_TYPE_A, OCTETS(HEADER(NOERROR,
	    "\1", "\1", "\0", "\0") ASKS(T_A) ADDRESS("\300\30", TTL_300,
	    "\1")), .refused = true },
	{ "an MX that points at itself", DNS_TYPE_MX, OCTETS(HEADER(NOERROR,
	    "\1", "\1", "\0", "\0") ASKS(T_MX) MX("\0\4\0\12\300\46")),
	    .refused = true },
	{ "an MX that points behind the packet", DNS_TYPE_MX, OCTETS(HEADER(
	    NOERROR, "\1", "\1", "\0", "\0") ASKS(T_MX)
	    MX("\0\4\0\12\300\377")), .refused = true },
	{ "an MX whose name ends in the next record", DNS_TYPE_MX, OCTETS(
	    HEADER(NOERROR, "\1", "\2", "\0", "\0") ASKS(T_MX)
	    MX("\0\3\0\12\300") MX("\0\3\0\0\0")), .refused = true },
	{ "an MX of one octet", DNS_TYPE_MX, OCTETS(HEADER(NOERROR, "\1", "\1",
	    "\0", "\0") ASKS(T_MX) MX("\0\1\0")), .refused = true },
	{ "an MX without a host", DNS_TYPE_MX, OCTETS(HEADER(NOERROR, "\1",
	    "\1", "\0", "\0") ASKS(T_MX) MX("\0\2\0\12")), .refused = true },
	{ "an alias with something behind it", DNS_TYPE_A, OCTETS(HEADER(
	    NOERROR, "\1", "\1", "\0", "\0") ASKS(T_A) AT_A T_CNAME IN TTL_60
	    "\0\5\1b" AT_TEST "x"), .refused = true },
	{ "an alias without a name", DNS_TYPE_A, OCTETS(HEADER(NOERROR, "\1",
	    "\1", "\0", "\0") ASKS(T_A) AT_A T_CNAME IN TTL_60 "\0\0"),
	    .refused = true },
	{ "an SOA without its minimum", DNS_TYPE_A, OCTETS(HEADER(NXDOMAIN,
	    "\1", "\0", "\1", "\0") ASKS(T_A) AT_TEST T_SOA IN TTL_60 "\0\4"
	    AT_TEST AT_TEST), .refused = true },
};

static bool
is_as_the_row_says(const struct row *row, const struct packet_answer *a)
{
	if (a->rcode != row->rcode || a->ttl_s != row->ttl_s ||
	    a->count != row->count ||
	    (a->canonical == NULL) != (row->canonical == NULL) ||
	    (a->canonical != NULL && strcmp(a->canonical, row->canonical) != 0))
		return false;
	return a->count == 0 || (a->rdata[0].len == row->first_len &&
	    memcmp(a->rdata[0].data, row->first, row->first_len) == 0);
}

static void
packets_are_read_with_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct arena *arena = arena_new();
		/* An exact copy, for the sanitizer to see an overrun. */
		uint8_t *packet = mem_dup(row->packet, row->len);
		struct packet_answer a;
		bool ok = packet_read(&a, arena, "a.test", row->rrtype, packet,
		    row->len);

		free(packet);
		if (ok == row->refused || (ok && !is_as_the_row_says(row, &a)))
			fail_msg("%s: %s, rcode %d, ttl %lld, %zu of %s",
			    row->why, ok ? "read" : "refused", a.rcode,
			    (long long)a.ttl_s, a.count,
			    a.canonical != NULL ? a.canonical : "a.test");
		arena_free(&arena);
	}
}

/* Whatever is cut off, it is refused and not taken for a denial. */
static void
no_beginning_of_a_packet_is_one(void **state)
{
	static const char whole[] = HEADER(NOERROR, "\1", "\2", "\1", "\0")
	    ASKS(T_A) ALIAS ADDRESS(AT_B, TTL_300, "\1") SOA(TTL_7, TTL_7);
	struct packet_answer a;

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		struct arena *arena = arena_new();
		uint8_t *packet = mem_dup(whole, len);
		bool ok = packet_read(&a, arena, "a.test", DNS_TYPE_A, packet,
		    len);

		free(packet);
		if (ok != (len == sizeof(whole) - 1))
			fail_msg("%zu octets: %s", len, ok ? "read" :
			    "refused");
		arena_free(&arena);
	}
}

static void
so_many_records_are_kept(void **state)
{
	static const char one[] = ADDRESS(AT_A, TTL_300, "\1");
	uint8_t packet[24 + 16 * (DNS_RDATA_MAX + 1)] = HEADER(NOERROR, "\1",
	    "\0", "\0", "\0") ASKS(T_A);
	struct arena *arena = arena_new();
	struct packet_answer a;

	(void)state;
	packet[6] = (DNS_RDATA_MAX + 1) >> 8;
	packet[7] = (DNS_RDATA_MAX + 1) & 0xff;
	for (size_t i = 0; i <= DNS_RDATA_MAX; i++)
		memcpy(packet + 24 + 16 * i, one, 16);
	assert_true(packet_read(&a, arena, "a.test", DNS_TYPE_A, packet,
	    sizeof(packet)));
	assert_int_equal(a.count, DNS_RDATA_MAX);
	arena_free(&arena);
}

static const struct {
	const char *why, *name, *text;	/* NULL: none */
} names[] = {
	{ "a name", "a.test", "a.test" },
	{ "its final dot", "a.test.", "a.test" },
	{ "the root", ".", "." },
	{ "an escape that need not be", "\\097.test", "a.test" },
	{ "a dot within a label", "a\\046b.test", "a\\.b.test" },
	{ "an empty label", "a..test", NULL },
	{ "an escape that is cut off", "a\\04", NULL },
	{ "a label of 64 octets", "0123456789012345678901234567890123456789"
	    "012345678901234567890123.test", NULL },
};

static void
names_have_one_way_of_writing(void **state)
{
	char text[PACKET_NAME_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		bool ok = packet_name(text, names[i].name);

		if (ok != (names[i].text != NULL) ||
		    (ok && strcmp(text, names[i].text) != 0))
			fail_msg("%s: %s", names[i].why, ok ? text : "refused");
	}
}

/* --- with libunbound's word on it */

#define DATA OCTETS(HEADER(NOERROR, "\1", "\1", "\0", "\0") ASKS(T_A) \
	ADDRESS(AT_A, "\0\2\0\0", "\1"))
#define DENIAL OCTETS(HEADER(NXDOMAIN, "\1", "\0", "\1", "\0") ASKS(T_A) \
	SOA("\0\2\0\0", "\0\2\0\0"))

static const struct {
	const char *reason;
	int rcode;
	const uint8_t *packet;
	size_t len;
	int security;
	const char *why_bogus;
	enum policy_dns_status status;
	bool have_data, nxdomain;
	int64_t ttl_s;
	const char *why;
} answers[] = {
	{ "data of a signed zone", 0, DATA, RAW_SECURE, NULL, DNS_SECURE,
	    true, false, DNS_TTL_MAX_S, NULL },
	{ "data of one that is not", 0, DATA, RAW_INSECURE, NULL,
	    DNS_INSECURE, true, false, DNS_TTL_MAX_S, NULL },
	{ "a proven denial, not kept for as long", 0, DENIAL, RAW_SECURE,
	    NULL, DNS_SECURE, false, true, DNS_TTL_NEGATIVE_MAX_S, NULL },
	{ "bogus, though with data and no rcode", 0, DATA, RAW_BOGUS,
	    "because", DNS_BOGUS, false, false, DNS_TTL_ERROR_S, "bogus: because" },
	{ "bogus before the rcode", 2, DATA, RAW_BOGUS, "because", DNS_BOGUS,
	    false, false, DNS_TTL_ERROR_S, "bogus: because" },
	{ "bogus without a word on why", 0, DATA, RAW_BOGUS, NULL, DNS_BOGUS,
	    false, false, DNS_TTL_ERROR_S, "bogus: validation failed" },
	{ "a word on why is enough", 0, DATA, RAW_INSECURE, "because",
	    DNS_BOGUS, false, false, DNS_TTL_ERROR_S, "bogus: because" },
	{ "a word on security that is not known", 0, DATA, 3, NULL, DNS_BOGUS,
	    false, false, DNS_TTL_ERROR_S, "bogus: validation failed" },
	{ "a failure, whatever lies in the buffer", 2, DATA, RAW_INSECURE,
	    NULL, DNS_ERROR, false, false, DNS_TTL_ERROR_S, "SERVFAIL" },
	{ "NXDOMAIN without a packet is a failure", 3, OCTETS(""),
	    RAW_INSECURE, NULL, DNS_ERROR, false, false, DNS_TTL_ERROR_S,
	    "an unknown response code" },
	{ "a failure that the packet tells", 0, OCTETS(HEADER("\x85", "\1",
	    "\0", "\0", "\0") ASKS(T_A)), RAW_INSECURE, NULL, DNS_ERROR,
	    false, false, DNS_TTL_ERROR_S, "REFUSED" },
	{ "what cannot be read is no denial", 0, OCTETS(HEADER(NOERROR, "\0",
	    "\0", "\0", "\0")), RAW_SECURE, NULL, DNS_ERROR, false, false,
	    DNS_TTL_ERROR_S, "cannot be read" },
	{ "nothing, as for a name that the file denies", 0, OCTETS(""),
	    RAW_INSECURE, NULL, DNS_ERROR, false, false, DNS_TTL_ERROR_S,
	    "cannot be read" },
};

static void
answers_are_believed_as_far_as_they_may(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct answer_raw raw = { .rcode = answers[i].rcode,
			.packet = answers[i].packet, .len = answers[i].len,
			.security = answers[i].security,
			.why_bogus = answers[i].why_bogus };
		struct facts *facts = answer_from_raw("a.test",
		    DNS_TYPE_A, &raw);
		const struct dns_answer *a = facts->of;

		if (a->status != answers[i].status ||
		    a->have_data != answers[i].have_data ||
		    (a->count > 0) != answers[i].have_data ||
		    a->nxdomain != answers[i].nxdomain ||
		    a->ttl_s != answers[i].ttl_s ||
		    (a->why == NULL) != (answers[i].why == NULL) ||
		    (a->why != NULL && strstr(a->why, answers[i].why) == NULL))
			fail_msg("%s: status %d, ttl %lld, %s",
			    answers[i].reason, (int)a->status,
			    (long long)a->ttl_s, a->why != NULL ? a->why : "-");
		lookup_facts_unref(facts);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_read_with_bounds),
		cmocka_unit_test(no_beginning_of_a_packet_is_one),
		cmocka_unit_test(so_many_records_are_kept),
		cmocka_unit_test(names_have_one_way_of_writing),
		cmocka_unit_test(answers_are_believed_as_far_as_they_may),
	};

	return cmocka_run_group_tests_name("lookup_packet", tests, NULL, NULL);
}
