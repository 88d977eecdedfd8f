/*
 * From libunbound's result to ours.
 */
#include "lookup/answer_impl.h"

#include <stdio.h>
#include <string.h>
#include <unbound.h>

#include "base/text.h"

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
answer_bogus(const char *name, int rrtype, const struct ub_result *r)
{
	struct answer_facts *a = new_answer(name);

	/* Its data are there, and so is a ttl; neither is to be believed. */
	a->answer.status = DNS_BOGUS;
	a->answer.rcode = r->rcode;
	a->answer.ttl_s = DNS_TTL_ERROR_S;
	set_why(a, "DNS answer to", rrtype, name, "is bogus",
	    r->why_bogus != NULL ? r->why_bogus : "validation failed");
	return a;
}

static void
copy_rdata(struct answer_facts *a, const struct ub_result *r)
{
	struct arena *arena = a->facts.arena;
	struct dns_rdata *rdata;
	size_t n = 0;

	while (n < DNS_RDATA_MAX && r->data[n] != NULL)
		n++;
	rdata = arena_alloc(arena, sizeof(*rdata) * n);
	for (size_t i = 0; i < n; i++) {
		size_t len = (size_t)r->len[i];
		uint8_t *copy = arena_alloc(arena, len);

		memcpy(copy, r->data[i], len);
		rdata[i].data = copy;
		rdata[i].len = len;
	}
	a->answer.rdata = rdata;
	a->answer.count = n;
}

static void
copy_canonical(struct answer_facts *a, const char *canonical)
{
	char *text = arena_strdup(a->facts.arena, canonical);
	size_t len = strlen(text);

	text_lower(text);
	if (len > 1 && text[len - 1] == '.')
		text[len - 1] = '\0';
	a->answer.canonical = text;
}

struct answer_facts *
answer_from_result(const char *name, int rrtype, const struct ub_result *r)
{
	struct answer_facts *a;
	int64_t most;

	/* First of all: a bogus answer comes with rcode 0 and data. */
	if (r->bogus)
		return answer_bogus(name, rrtype, r);
	if (r->rcode != RCODE_NOERROR && r->rcode != RCODE_NXDOMAIN) {
		a = answer_failed(name, rrtype, DNS_TTL_ERROR_S,
		    rcode_text(r->rcode));
		a->answer.rcode = r->rcode;
		return a;
	}
	a = new_answer(name);
	a->answer.status = r->secure ? DNS_SECURE : DNS_INSECURE;
	a->answer.rcode = r->rcode;
	a->answer.nxdomain = r->nxdomain || r->rcode == RCODE_NXDOMAIN;
	if (r->canonname != NULL && r->canonname[0] != '\0')
		copy_canonical(a, r->canonname);
	if (r->havedata && !a->answer.nxdomain)
		copy_rdata(a, r);
	a->answer.have_data = a->answer.count > 0;
	most = a->answer.have_data ? DNS_TTL_MAX_S : DNS_TTL_NEGATIVE_MAX_S;
	a->answer.ttl_s = r->ttl < 0 ? 0 : r->ttl > most ? most : r->ttl;
	return a;
}
