/*
 * From libunbound's answers to ours.
 */
#include "lookup/answer_impl.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lookup/packet.h"

enum { RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3, WHY_MAX = 512 };

static const struct { int rrtype; const char *name; } types[] = {
	{ .rrtype = DNS_TYPE_A, .name = "A" },
	{ .rrtype = DNS_TYPE_CNAME, .name = "CNAME" },
	{ .rrtype = DNS_TYPE_MX, .name = "MX" },
	{ .rrtype = DNS_TYPE_TXT, .name = "TXT" },
	{ .rrtype = DNS_TYPE_AAAA, .name = "AAAA" },
	{ .rrtype = DNS_TYPE_TLSA, .name = "TLSA" },
};

const char *
answer_type_name(int rrtype)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].rrtype == rrtype)
			return types[i].name;
	return "record";
}

/* RFC 1035 4.1.1, RFC 2136 */
static const char *
rcode_text(int rcode)
{
	static const char *const texts[] = {
		[1] = "FORMERR", [2] = "SERVFAIL", [4] = "NOTIMP",
		[5] = "REFUSED",
	};

	if (rcode < 0 || (size_t)rcode >= ARRAY_LEN(texts) ||
	    texts[rcode] == NULL)
		return "an unknown response code";
	return texts[rcode];
}

static struct answer_facts *
new_answer(const char *name)
{
	struct answer_facts *a = facts_new(sizeof(*a));

	a->answer.canonical = arena_strdup(a->facts.arena, name);
	return a;
}

/* The sentence "BEFORE MX for NAME AFTER: CAUSE"; names, and libunbound's words
 * on what a server sent, are remote text. */
static void
set_why(struct answer_facts *a, const char *before, int rrtype,
    const char *name, const char *after, const char *cause)
{
	char raw[2 * WHY_MAX], *why = arena_alloc(a->facts.arena, WHY_MAX);

	(void)snprintf(raw, sizeof(raw), "%s %s for %.255s %s: %s", before,
	    answer_type_name(rrtype), name, after, cause);
	text_escape(why, WHY_MAX, raw, strlen(raw));
	a->answer.why = why;
}

struct answer_facts *
answer_failed(const char *name, int rrtype, int64_t ttl_s, const char *cause)
{
	struct answer_facts *a = new_answer(name);

	a->answer.status = DNS_ERROR;
	a->answer.ttl_s = ttl_s;
	set_why(a, "DNS lookup of", rrtype, name, "failed", cause);
	return a;
}

static struct answer_facts *
answer_bogus(const char *name, int rrtype, const char *cause)
{
	struct answer_facts *a = new_answer(name);

	/* There is a packet, with data and a ttl; it is not to be believed. */
	a->answer.status = DNS_BOGUS;
	a->answer.ttl_s = DNS_TTL_ERROR_S;
	set_why(a, "DNS answer to", rrtype, name, "is bogus",
	    cause != NULL ? cause : "validation failed");
	return a;
}

static struct answer_facts *
answer_rcode(const char *name, int rrtype, int rcode)
{
	struct answer_facts *a = answer_failed(name, rrtype, DNS_TTL_ERROR_S,
	    rcode_text(rcode));

	a->answer.rcode = rcode;
	return a;
}

/* Takes over a, which begins as an answer without data. */
static struct answer_facts *
fill(struct answer_facts *a, const struct packet_answer *p, bool is_secure)
{
	struct dns_answer *answer = &a->answer;
	int64_t most;

	answer->status = is_secure ? DNS_SECURE : DNS_INSECURE;
	answer->rcode = p->rcode;
	answer->nxdomain = p->rcode == RCODE_NXDOMAIN;
	if (p->canonical != NULL)
		answer->canonical = p->canonical;
	if (!answer->nxdomain) {
		answer->rdata = p->rdata;
		answer->count = p->count;
	}
	answer->have_data = answer->count > 0;
	most = answer->have_data ? DNS_TTL_MAX_S : DNS_TTL_NEGATIVE_MAX_S;
	answer->ttl_s = p->ttl_s > most ? most : p->ttl_s;
	return a;
}

/* libunbound 1.17 has a kind of bogus (RFC 8509) that it reports as insecure,
 * but with the reason. */
static bool
is_bogus(const struct answer_raw *raw)
{
	return raw->why_bogus != NULL || (raw->security != RAW_INSECURE &&
	    raw->security != RAW_SECURE);
}

struct answer_facts *
answer_from_raw(const char *name, int rrtype, const struct answer_raw *raw)
{
	struct packet_answer p;
	struct answer_facts *a;

	/* First of all: a bogus answer comes with rcode 0 and data. */
	if (is_bogus(raw))
		return answer_bogus(name, rrtype, raw->why_bogus);
	if (raw->rcode != RCODE_NOERROR)
		return answer_rcode(name, rrtype, raw->rcode);
	a = new_answer(name);
	if (packet_read(&p, a->facts.arena, name, rrtype, raw->packet,
	    raw->len) && (p.rcode == RCODE_NOERROR ||
	    p.rcode == RCODE_NXDOMAIN))
		return fill(a, &p, raw->security == RAW_SECURE);
	facts_unref(&a->facts);
	if (p.rcode != RCODE_NOERROR)
		return answer_rcode(name, rrtype, p.rcode);
	return answer_failed(name, rrtype, DNS_TTL_ERROR_S,
	    "the answer cannot be read");
}
