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

static const char *
type_name(int rrtype)
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

/* Its answer is *answer_r. */
static struct facts *
new_answer(struct dns_answer **answer_r, const char *name)
{
	struct facts *f = lookup_facts_new(sizeof(**answer_r));

	*answer_r = f->of;
	(*answer_r)->canonical = arena_strdup(f->arena, name);
	return f;
}

/* The sentence "BEFORE MX for NAME AFTER: CAUSE"; names, and libunbound's words
 * on what a server sent, are remote text. */
static void
set_why(struct facts *f, const char *before, int rrtype,
    const char *name, const char *after, const char *cause)
{
	char raw[2 * WHY_MAX], *why = arena_alloc(f->arena, WHY_MAX);

	(void)snprintf(raw, sizeof(raw), "%s %s for %.255s %s: %s", before,
	    type_name(rrtype), name, after, cause);
	text_escape(why, WHY_MAX, raw, strlen(raw));
	((struct dns_answer *)f->of)->why = why;
}

struct facts *
answer_failed(const char *name, int rrtype, int64_t ttl_s,
    const char *cause)
{
	struct dns_answer *a;
	struct facts *f = new_answer(&a, name);

	a->status = DNS_ERROR;
	a->ttl_s = ttl_s;
	set_why(f, "DNS lookup of", rrtype, name, "failed", cause);
	return f;
}

static struct facts *
answer_bogus(const char *name, int rrtype, const char *cause)
{
	struct dns_answer *a;
	struct facts *f = new_answer(&a, name);

	/* There is a packet, with data and a ttl; it is not to be believed. */
	a->status = DNS_BOGUS;
	a->ttl_s = DNS_TTL_ERROR_S;
	set_why(f, "DNS answer to", rrtype, name, "is bogus",
	    cause != NULL ? cause : "validation failed");
	return f;
}

static struct facts *
answer_rcode(const char *name, int rrtype, int rcode)
{
	struct facts *f = answer_failed(name, rrtype, DNS_TTL_ERROR_S,
	    rcode_text(rcode));

	((struct dns_answer *)f->of)->rcode = rcode;
	return f;
}

/* The answer begins as one without data. */
static void
fill(struct dns_answer *answer, const struct packet_answer *p, bool is_secure)
{
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
}

/* libunbound 1.17 has a kind of bogus (RFC 8509) that it reports as insecure,
 * but with the reason. */
static bool
is_bogus(const struct answer_raw *raw)
{
	return raw->why_bogus != NULL || (raw->security != RAW_INSECURE &&
	    raw->security != RAW_SECURE);
}

struct facts *
answer_from_raw(const char *name, int rrtype,
    const struct answer_raw *raw)
{
	struct packet_answer p;
	struct dns_answer *a;
	struct facts *f;

	/* First of all: a bogus answer comes with rcode 0 and data. */
	if (is_bogus(raw))
		return answer_bogus(name, rrtype, raw->why_bogus);
	if (raw->rcode != RCODE_NOERROR)
		return answer_rcode(name, rrtype, raw->rcode);
	f = new_answer(&a, name);
	if (packet_read(&p, f->arena, name, rrtype, raw->packet, raw->len) &&
	    (p.rcode == RCODE_NOERROR || p.rcode == RCODE_NXDOMAIN)) {
		fill(a, &p, raw->security == RAW_SECURE);
		return f;
	}
	lookup_facts_unref(f);
	if (p.rcode != RCODE_NOERROR)
		return answer_rcode(name, rrtype, p.rcode);
	return answer_failed(name, rrtype, DNS_TTL_ERROR_S,
	    "the answer cannot be read");
}
