/*
 * A and AAAA together.
 */
#include "lookup/host_facts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "lookup/records.h"
#include "lookup/request_impl.h"

static const int families_of[] = {
	[HOST_FAMILY_V4] = HOST_V4,
	[HOST_FAMILY_V6] = HOST_V6,
};
static_assert(ARRAY_LEN(families_of) == HOST_FAMILY_COUNT, "");

bool
host_literal(struct net_address *addr_r, const char *text)
{
	char inner[NET_ADDRESS_TEXT_LEN];
	size_t len = strlen(text);
	bool v6;

	if (text[0] != '[')
		return net_address_parse(addr_r, text, 0);
	memset(addr_r, 0, sizeof(*addr_r));
	if (len < 2 || text[len - 1] != ']')
		return false;
	/* RFC 5321 4.1.3 */
	v6 = text_starts_nocase(text + 1, "IPv6:");
	text += v6 ? 6 : 1;
	len -= v6 ? 7 : 2;
	if (len >= sizeof(inner))
		return false;
	memcpy(inner, text, len);
	inner[len] = '\0';
	return net_address_parse(addr_r, inner, 0) &&
	    (net_address_family(addr_r) == AF_INET6) == v6;
}

void
host_facts_from_answer(struct host_lookup_facts *facts, enum host_family family,
    struct arena *arena, const char *host, const struct dns_answer *answer)
{
	struct host_family_facts *f = &facts->family[family];
	size_t len = family == HOST_FAMILY_V4 ? 4 : 16;

	memset(f, 0, sizeof(*f));
	f->status = answer->status;
	f->ttl_s = answer->ttl_s;
	f->canonical = arena_strdup(arena, answer->canonical != NULL ?
	    answer->canonical : host);
	if (policy_dns_failed(f->status)) {
		f->why = arena_strdup(arena, answer->why);
		return;
	}
	f->address = arena_alloc(arena, sizeof(*f->address) * answer->count);
	for (size_t i = 0; i < answer->count; i++)
		if (answer->rdata[i].len == len && net_address_from_rdata(
		    &f->address[f->count], answer->rdata[i].data, len, 0))
			f->count++;
}

void
host_facts_complete(struct host_lookup_facts *facts, int64_t now)
{
	int64_t a = facts->family[HOST_FAMILY_V4].ttl_s;
	int64_t b = facts->family[HOST_FAMILY_V6].ttl_s;

	facts->fetched_at = now;
	facts->expires_at = now + (a < b ? a : b);
}

void
host_facts_from_address(struct host_lookup_facts *facts_r, struct arena *arena,
    const char *host, const struct net_address *addr, int64_t now)
{
	struct host_family_facts *f;

	memset(facts_r, 0, sizeof(*facts_r));
	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		f = &facts_r->family[i];
		f->status = DNS_INSECURE;
		f->canonical = arena_strdup(arena, host);
		if ((net_address_family(addr) == AF_INET) !=
		    (i == HOST_FAMILY_V4))
			continue;
		f->count = 1;
		f->address = arena_alloc(arena, sizeof(*addr));
		*f->address = *addr;
	}
	facts_r->fetched_at = facts_r->expires_at = now;
}

/*
 * The family that speaks for those asked for: one with addresses before one
 * without, and the more secure one among these; a failure before an empty
 * answer, since addresses may be missing then.  NULL: none was asked for.
 */
static const struct host_family_facts *
speaker(const struct host_lookup_facts *facts, int families)
{
	const struct host_family_facts *best = NULL, *f;

	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		f = &facts->family[i];
		if (!(families & families_of[i]))
			continue;
		if (best == NULL || (f->count > 0 && best->count == 0) ||
		    (f->count > 0 && f->status > best->status) ||
		    (f->count == 0 && best->count == 0 &&
		    f->status < best->status))
			best = f;
	}
	return best;
}

bool
host_facts_want_alias(const struct host_lookup_facts *facts, const char *host)
{
	const struct host_family_facts *f = speaker(facts, HOST_ANY);

	return f->status == DNS_INSECURE && strcmp(f->canonical, host) != 0;
}

void
host_facts_add_alias(struct host_lookup_facts *facts, struct arena *arena,
    const struct dns_answer *answer, int64_t now)
{
	struct host_family_facts *f;

	facts->alias_secure = answer->status == DNS_SECURE &&
	    answer->have_data;
	if (now + answer->ttl_s < facts->expires_at)
		facts->expires_at = now + answer->ttl_s;
	if (!policy_dns_failed(answer->status))
		return;
	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		f = &facts->family[i];
		if (f->status == DNS_SECURE)
			continue;
		f->status = answer->status;
		f->count = 0;
		f->why = arena_strdup(arena, answer->why);
	}
}

static size_t
list_addresses(const struct host_lookup_facts *facts, struct arena *arena,
    const char ***texts_r)
{
	size_t n = 0, room = 0;
	char *text;

	for (int i = 0; i < HOST_FAMILY_COUNT; i++)
		room += facts->family[i].count;
	*texts_r = arena_alloc(arena, sizeof(**texts_r) * room);
	for (int i = 0; i < HOST_FAMILY_COUNT; i++)
		for (size_t k = 0; k < facts->family[i].count; k++) {
			text = arena_alloc(arena, NET_ADDRESS_TEXT_LEN);
			net_address_text(text, &facts->family[i].address[k]);
			(*texts_r)[n++] = text;
		}
	return n;
}

/* Families of which one failed, or that differ in security, are two facts. */
static bool
is_one_fact(const struct host_lookup_facts *facts)
{
	const struct host_family_facts *a = &facts->family[HOST_FAMILY_V4];
	const struct host_family_facts *b = &facts->family[HOST_FAMILY_V6];

	if (policy_dns_failed(a->status) || policy_dns_failed(b->status))
		return a->status == b->status;
	return a->count == 0 || b->count == 0 || (a->status == b->status &&
	    strcmp(a->canonical, b->canonical) == 0);
}

bool
host_facts_to_row(struct spool_host_cache *row_r, struct arena *arena,
    const char *host, const struct host_lookup_facts *facts)
{
	const struct host_family_facts *f = speaker(facts, HOST_ANY);
	struct buf json = BUF_INIT;
	const char **texts;
	size_t n;

	if (!is_one_fact(facts))
		return false;
	n = list_addresses(facts, arena, &texts);
	records_write_texts(&json, texts, n);
	memset(row_r, 0, sizeof(*row_r));
	row_r->host = arena_strdup(arena, host);
	if (strcmp(f->canonical, host) != 0)
		row_r->canonical = f->canonical;
	row_r->status = policy_dns_failed(f->status) || f->count > 0 ?
	    policy_dns_status_name(f->status) : "none";
	row_r->addresses = arena_strdup(arena, buf_str(&json));
	row_r->fetched_at = facts->fetched_at;
	row_r->expires_at = facts->expires_at;
	buf_free(&json);
	return true;
}

static bool
add_address(struct host_lookup_facts *facts, struct arena *arena, const char *text,
    size_t room)
{
	struct host_family_facts *f;
	struct net_address addr;

	if (!net_address_parse(&addr, text, 0))
		return false;
	f = &facts->family[net_address_family(&addr) == AF_INET ?
	    HOST_FAMILY_V4 : HOST_FAMILY_V6];
	if (f->address == NULL)
		f->address = arena_alloc(arena, sizeof(*f->address) * room);
	f->address[f->count++] = addr;
	return true;
}

bool
host_facts_from_row(struct host_lookup_facts *facts_r, struct arena *arena,
    const struct spool_host_cache *row)
{
	const char **texts, *canonical = row->canonical != NULL ?
	    row->canonical : row->host;
	/* "none" is an answer; whether it was secure no longer matters. */
	enum policy_dns_status status = DNS_INSECURE;
	bool none = strcmp(row->status, "none") == 0;
	size_t n;

	memset(facts_r, 0, sizeof(*facts_r));
	if ((!none && !policy_dns_status_find(&status, row->status)) ||
	    !records_read_texts(arena, row->addresses, &texts, &n))
		return false;
	if ((n > 0 && policy_dns_failed(status)) ||
	    none != (n == 0 && !policy_dns_failed(status)))
		return false;
	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		facts_r->family[i].status = status;
		facts_r->family[i].canonical = arena_strdup(arena, canonical);
	}
	for (size_t i = 0; i < n; i++)
		if (!add_address(facts_r, arena, texts[i], n))
			return false;
	facts_r->fetched_at = row->fetched_at;
	facts_r->expires_at = row->expires_at;
	return n == 0 || !host_facts_want_alias(facts_r, row->host);
}

static const char *
host_explain(struct arena *arena, const char *host, int families,
    const struct host_family_facts *f)
{
	const char *kind = families == HOST_V4 ? "IPv4 " :
	    families == HOST_V6 ? "IPv6 " : "";
	char text[512];

	if (f->why != NULL)
		return f->why;
	if (policy_dns_failed(f->status))
		(void)snprintf(text, sizeof(text), f->status == DNS_BOGUS ?
		    "DNS answer to addresses of %.255s is bogus" :
		    "DNS lookup of addresses of %.255s failed", host);
	else
		(void)snprintf(text, sizeof(text),
		    "Host %.255s has no %saddress", host, kind);
	return arena_strdup(arena, text);
}

struct host_result *
host_result_new(const char *host, const struct host_lookup_facts *facts, int families)
{
	const struct host_family_facts *f = speaker(facts, families), *from;
	struct arena *arena = arena_new();
	struct host_result *r = arena_alloc(arena, sizeof(*r));
	struct net_address *address;

	assert(f != NULL);
	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->status = f->status;
	r->canonical = f->canonical;
	r->alias_secure = strcmp(f->canonical, host) != 0 &&
	    (facts->alias_secure || f->status == DNS_SECURE);
	r->fetched_at = facts->fetched_at;
	r->expires_at = facts->expires_at;
	address = arena_alloc(arena, sizeof(*address) *
	    (facts->family[HOST_FAMILY_V4].count +
	    facts->family[HOST_FAMILY_V6].count));
	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		from = &facts->family[i];
		for (size_t k = 0; k < from->count &&
		    (families & families_of[i]); k++)
			address[r->count++] = from->address[k];
	}
	r->address = address;
	if (r->count == 0)
		r->reason = host_explain(arena, host, families, f);
	return r;
}

void
host_result_free(struct host_result **result)
{
	if (*result != NULL)
		lookup_facts_release((*result)->facts, (*result)->arena);
	*result = NULL;
}
