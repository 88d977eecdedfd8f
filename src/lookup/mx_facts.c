/*
 * MX records: null MX, implicit MX, and hosts that are none.
 */
#include "lookup/mx_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lookup/host.h"
#include "lookup/rdata.h"
#include "lookup/records.h"
#include "lookup/request_impl.h"

/* Also as in the rows. */
static const char *const finding_names[] = {
	[LOOKUP_MX_HOSTS] = NULL,
	[LOOKUP_MX_NO_DOMAIN] = "none",
	[LOOKUP_MX_NULL] = "nullmx",
};

const char *
lookup_mx_word(enum policy_dns_status status, enum lookup_mx_finding finding)
{
	return finding != LOOKUP_MX_HOSTS ? finding_names[finding] :
	    policy_dns_status_name(status);
}

static int
by_preference_and_host(const void *a, const void *b)
{
	const struct policy_mx_choice *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->host, y->host);
}

static void
sort_records(struct mx_facts *f)
{
	size_t kept = 0;

	if (f->count > 0)
		qsort(f->records, f->count, sizeof(*f->records),
		    by_preference_and_host);
	for (size_t i = 0; i < f->count; i++)
		if (kept == 0 || by_preference_and_host(&f->records[i],
		    &f->records[kept - 1]) != 0)
			f->records[kept++] = f->records[i];
	f->count = kept;
}

/* RFC 7505 3: one record with the root as its host.  Beside others, "." names
 * no host and is passed over like any other host that is none. */
static bool
is_null_mx(const struct mx_facts *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->records[i].host, ".") != 0)
			return false;
	return f->count > 0;
}

static void
mx_read_records(struct mx_facts *f, struct arena *arena,
    const struct dns_answer *answer)
{
	struct rdata_mx mx;

	f->count = answer->count;
	f->records = arena_alloc(arena, sizeof(*f->records) * answer->count);
	for (size_t i = 0; i < answer->count; i++) {
		if (!rdata_mx(&mx, answer->rdata[i].data,
		    answer->rdata[i].len))
			mx.host[0] = '\0';
		f->records[i].preference = mx.preference;
		f->records[i].host = arena_strdup(arena, mx.host);
	}
	sort_records(f);
}

void
mx_facts_from_answer(struct mx_facts *facts_r, struct arena *arena,
    const struct dns_answer *answer, int64_t now)
{
	memset(facts_r, 0, sizeof(*facts_r));
	facts_r->status = answer->status;
	facts_r->fetched_at = now;
	facts_r->expires_at = now + answer->ttl_s;
	if (policy_dns_failed(facts_r->status)) {
		facts_r->why = arena_strdup(arena, answer->why);
		return;
	}
	if (answer->nxdomain) {
		facts_r->finding = LOOKUP_MX_NO_DOMAIN;
		return;
	}
	if (answer->canonical != NULL)
		facts_r->canonical = arena_strdup(arena, answer->canonical);
	if (answer->have_data)
		mx_read_records(facts_r, arena, answer);
	if (is_null_mx(facts_r))
		facts_r->finding = LOOKUP_MX_NULL;
}

void
mx_facts_from_literal(struct mx_facts *facts_r, const char *domain,
    int64_t now)
{
	struct net_address addr;

	memset(facts_r, 0, sizeof(*facts_r));
	facts_r->fetched_at = facts_r->expires_at = now;
	/* Without records the domain is its own host. */
	facts_r->status = DNS_INSECURE;
	facts_r->finding = host_literal(&addr, domain) ? LOOKUP_MX_HOSTS :
	    LOOKUP_MX_NO_DOMAIN;
}

bool
mx_facts_from_row(struct mx_facts *facts_r, struct arena *arena,
    const struct spool_mx_cache *row)
{
	struct mx_facts *f = facts_r;

	memset(f, 0, sizeof(*f));
	for (size_t i = 1; i < ARRAY_LEN(finding_names); i++)
		if (strcmp(row->status, finding_names[i]) == 0)
			f->finding = (enum lookup_mx_finding)i;
	/* Without hosts it no longer matters whether the answer was secure. */
	f->status = DNS_INSECURE;
	if ((f->finding == LOOKUP_MX_HOSTS &&
	    !policy_dns_status_find(&f->status, row->status)) ||
	    !records_read_mx(arena, row->records, &f->records, &f->count))
		return false;
	f->fetched_at = row->fetched_at;
	f->expires_at = row->expires_at;
	f->canonical = row->canonical;
	sort_records(f);
	/* The row and its records must say the same. */
	return (f->finding == LOOKUP_MX_NULL) == is_null_mx(f);
}

void
mx_facts_to_row(struct spool_mx_cache *row_r, struct arena *arena,
    const char *domain, const struct mx_facts *facts)
{
	struct buf json = BUF_INIT;

	records_write_mx(&json, facts->records, facts->count);
	row_r->domain = arena_strdup(arena, domain);
	row_r->status = lookup_mx_word(facts->status, facts->finding);
	row_r->records = arena_strdup(arena, buf_str(&json));
	row_r->fetched_at = facts->fetched_at;
	row_r->expires_at = facts->expires_at;
	row_r->canonical = facts->canonical != NULL &&
	    strcmp(facts->canonical, domain) != 0 ? facts->canonical : NULL;
	buf_free(&json);
}

/* A host name that can be one.  An address is not (RFC 5321 5.1), although it is
 * often written there, nor what has characters that no host name has. */
static bool
is_usable(const char *host)
{
	struct net_address addr;

	return host[0] != '\0' && strcmp(host, ".") != 0 &&
	    host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0' &&
	    !net_address_parse(&addr, host, 0);
}

static void
add_host(struct mx_result *r, uint16_t preference, const char *host)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->hosts[i].host, host) == 0)
			return;
	r->hosts[r->count].preference = preference;
	r->hosts[r->count++].host = host;
}

/* Why there is no host. */
static const char *
mx_explain(struct arena *arena, const char *domain, const struct mx_facts *f)
{
	char text[512];

	if (f->why != NULL)
		return f->why;
	(void)snprintf(text, sizeof(text),
	    f->finding == LOOKUP_MX_NO_DOMAIN ? "Domain %.255s does not exist" :
	    f->finding == LOOKUP_MX_NULL ?
	    "Domain %.255s accepts no mail (null MX)" :
	    f->status == DNS_BOGUS ? "DNS answer to MX for %.255s is bogus" :
	    policy_dns_failed(f->status) ? "DNS lookup of MX for %.255s failed" :
	    "No MX record of %.255s names a usable host", domain);
	return arena_strdup(arena, text);
}

struct mx_result *
mx_result_new(const char *domain, const struct mx_facts *facts)
{
	struct arena *arena = arena_new();
	struct mx_result *r = arena_alloc(arena, sizeof(*r));
	bool ok = !policy_dns_failed(facts->status) &&
	    facts->finding == LOOKUP_MX_HOSTS;

	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->status = facts->status;
	r->finding = facts->finding;
	r->fetched_at = facts->fetched_at;
	r->expires_at = facts->expires_at;
	if (facts->canonical != NULL && strcmp(facts->canonical, domain) != 0)
		r->canonical = facts->canonical;
	r->hosts = arena_alloc(arena, sizeof(*r->hosts) * (facts->count + 1));
	if (ok && facts->count == 0) {
		r->implicit = true;
		add_host(r, 0, arena_strdup(arena, domain));
	}
	for (size_t i = 0; ok && i < facts->count; i++)
		if (is_usable(facts->records[i].host))
			add_host(r, facts->records[i].preference,
			    facts->records[i].host);
	if (r->count == 0)
		r->reason = mx_explain(arena, domain, facts);
	return r;
}

void
mx_result_free(struct mx_result **result)
{
	if (*result != NULL)
		lookup_facts_release((*result)->facts, (*result)->arena);
	*result = NULL;
}
