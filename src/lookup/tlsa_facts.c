/*
 * TLSA: where to ask, and what the answers come to (RFC 7672 2.1, 2.2).
 */
#include "lookup/tlsa_facts.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lookup/records.h"
#include "lookup/request_impl.h"

static const char denied[] = "none";

const char *
lookup_tlsa_word(enum policy_dns_status status, size_t records)
{
	return status == DNS_SECURE && records == 0 ? denied :
	    policy_dns_status_name(status);
}

size_t
tlsa_facts_from_host(struct tlsa_facts *facts_r, struct arena *arena,
    const char *host, const struct host_result *addresses, int64_t now,
    const char *bases_r[static TLSA_BASE_MAX])
{
	struct tlsa_facts *f = facts_r;
	size_t n = 0;

	memset(f, 0, sizeof(*f));
	f->base = arena_strdup(arena, host);
	f->fetched_at = now;
	f->expires_at = addresses->expires_at;
	if (addresses->status == DNS_SECURE) {
		/* RFC 7672 2.2.2: the expanded name first.  DNS_ERROR until it
		 * is answered. */
		if (strcmp(addresses->canonical, host) != 0)
			bases_r[n++] = arena_strdup(arena,
			    addresses->canonical);
		bases_r[n++] = f->base;
		return n;
	}
	f->status = addresses->status;
	if (!policy_dns_failed(f->status)) {
		/* A signed alias into a zone that is not. */
		if (addresses->alias_secure)
			bases_r[n++] = f->base;
		return n;
	}
	f->why = arena_strdup(arena, addresses->reason != NULL ?
	    addresses->reason : "the host's addresses are not known");
	return 0;
}

static void
tlsa_read_records(struct tlsa_facts *f, struct arena *arena,
    const struct dns_answer *answer)
{
	struct policy_tlsa_record *r;
	uint8_t *data;

	f->count = 0;
	f->records = arena_alloc(arena, sizeof(*f->records) * answer->count);
	for (size_t i = 0; i < answer->count; i++) {
		r = &f->records[f->count++];
		memset(r, 0, sizeof(*r));
		if (!policy_tlsa_read(r, answer->rdata[i].data,
		    answer->rdata[i].len))
			continue;
		data = arena_alloc(arena, r->len);
		memcpy(data, r->data, r->len);
		r->data = data;
	}
}

bool
tlsa_facts_add_answer(struct tlsa_facts *f, struct arena *arena,
    const char *base, const struct dns_answer *answer, int64_t now)
{
	f->base = arena_strdup(arena, base);
	if (now + answer->ttl_s < f->expires_at)
		f->expires_at = now + answer->ttl_s;
	f->status = answer->status;
	if (policy_dns_failed(f->status)) {
		f->why = arena_strdup(arena, answer->why);
		return true;
	}
	if (f->status != DNS_SECURE || !answer->have_data)
		return false;
	tlsa_read_records(f, arena, answer);
	return true;
}

bool
tlsa_facts_from_row(struct tlsa_facts *facts_r, struct arena *arena,
    const struct spool_dane_cache *row)
{
	struct tlsa_facts *f = facts_r;
	bool none = strcmp(row->status, denied) == 0;

	memset(f, 0, sizeof(*f));
	if (!policy_dns_status_find(&f->status, none ?
	    policy_dns_status_name(DNS_SECURE) : row->status) ||
	    !records_read_tlsa(arena, row->records, &f->records, &f->count))
		return false;
	f->base = arena_strdup(arena, row->base != NULL ? row->base :
	    row->host);
	f->fetched_at = row->fetched_at;
	f->expires_at = row->expires_at;
	/* The row and its records must say the same. */
	return (f->status == DNS_SECURE && !none) == (f->count > 0);
}

void
tlsa_facts_to_row(struct spool_dane_cache *row_r, struct arena *arena,
    const char *host, uint16_t port, const struct tlsa_facts *facts)
{
	struct buf json = BUF_INIT;

	records_write_tlsa(&json, facts->records, facts->count);
	row_r->host = arena_strdup(arena, host);
	row_r->port = port;
	row_r->base = facts->base;
	row_r->status = lookup_tlsa_word(facts->status, facts->count);
	row_r->records = arena_strdup(arena, buf_str(&json));
	row_r->fetched_at = facts->fetched_at;
	row_r->expires_at = facts->expires_at;
	buf_free(&json);
}

static const char *
tlsa_explain(struct arena *arena, const struct tlsa_facts *f)
{
	char text[512];

	if (f->why != NULL)
		return f->why;
	(void)snprintf(text, sizeof(text), f->status == DNS_BOGUS ?
	    "DNS answer to TLSA for %.255s is bogus" :
	    "DNS lookup of TLSA for %.255s failed", f->base);
	return arena_strdup(arena, text);
}

struct tlsa_result *
tlsa_result_new(const struct tlsa_facts *facts)
{
	struct arena *arena = arena_new();
	struct tlsa_result *r = arena_alloc(arena, sizeof(*r));

	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->status = facts->status;
	r->base = facts->base;
	r->fetched_at = facts->fetched_at;
	r->expires_at = facts->expires_at;
	r->records = arena_alloc(arena, sizeof(*r->records) * facts->count);
	for (size_t i = 0; i < facts->count; i++)
		if (facts->records[i].len == 0)
			r->too_short++;
		else
			r->records[r->count++] = facts->records[i];
	if (policy_dns_failed(r->status))
		r->reason = tlsa_explain(arena, facts);
	return r;
}

void
tlsa_result_free(struct tlsa_result **result)
{
	if (*result != NULL)
		lookup_facts_release((*result)->facts, (*result)->arena);
	*result = NULL;
}
