/*
 * TLSA: where to ask, and what the answers come to (RFC 7672 2.1, 2.2).
 */
#include "lookup/tlsa_facts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lookup/records.h"
#include "lookup/request_impl.h"

static const char *const status_names[] = {
	[TLSA_LOOKUP_ERROR] = "error",
	[TLSA_LOOKUP_BOGUS] = "bogus",
	[TLSA_LOOKUP_INSECURE] = "insecure",
	[TLSA_LOOKUP_NONE] = "none",
	[TLSA_LOOKUP_SECURE] = "secure",
};
static_assert(ARRAY_LEN(status_names) == TLSA_LOOKUP_STATUS_COUNT, "");

const char *
tlsa_lookup_status_name(enum tlsa_lookup_status status)
{
	return status < TLSA_LOOKUP_STATUS_COUNT ? status_names[status] :
	    status_names[TLSA_LOOKUP_ERROR];
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
	switch (addresses->status) {
	case DNS_SECURE:
		/* RFC 7672 2.2.2: the expanded name first. */
		if (strcmp(addresses->canonical, host) != 0)
			bases_r[n++] = arena_strdup(arena,
			    addresses->canonical);
		bases_r[n++] = f->base;
		return n;
	case DNS_INSECURE:
		f->status = TLSA_LOOKUP_INSECURE;
		/* A signed alias into a zone that is not. */
		if (addresses->alias_secure)
			bases_r[n++] = f->base;
		return n;
	case DNS_BOGUS:
		f->status = TLSA_LOOKUP_BOGUS;
		break;
	case DNS_ERROR:
	case DNS_STATUS_COUNT:
		f->status = TLSA_LOOKUP_ERROR;
		break;
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
	switch (answer->status) {
	case DNS_SECURE:
		f->status = answer->have_data ? TLSA_LOOKUP_SECURE :
		    TLSA_LOOKUP_NONE;
		if (answer->have_data)
			tlsa_read_records(f, arena, answer);
		return answer->have_data;
	case DNS_INSECURE:
		f->status = TLSA_LOOKUP_INSECURE;
		return false;
	case DNS_BOGUS:
		f->status = TLSA_LOOKUP_BOGUS;
		break;
	case DNS_ERROR:
	case DNS_STATUS_COUNT:
		f->status = TLSA_LOOKUP_ERROR;
		break;
	}
	f->why = arena_strdup(arena, answer->why);
	return true;
}

static bool
is_failed(enum tlsa_lookup_status status)
{
	return status == TLSA_LOOKUP_ERROR || status == TLSA_LOOKUP_BOGUS;
}

bool
tlsa_facts_from_row(struct tlsa_facts *facts_r, struct arena *arena,
    const struct spool_dane_cache *row)
{
	struct tlsa_facts *f = facts_r;
	int s;

	memset(f, 0, sizeof(*f));
	for (s = 0; s < TLSA_LOOKUP_STATUS_COUNT; s++)
		if (strcmp(row->status, status_names[s]) == 0)
			break;
	if (s == TLSA_LOOKUP_STATUS_COUNT ||
	    !records_read_tlsa(arena, row->records, &f->records, &f->count))
		return false;
	f->status = (enum tlsa_lookup_status)s;
	f->base = arena_strdup(arena, row->base != NULL ? row->base :
	    row->host);
	f->fetched_at = row->fetched_at;
	f->expires_at = row->expires_at;
	/* The row and its records must say the same. */
	return (f->status == TLSA_LOOKUP_SECURE) == (f->count > 0);
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
	row_r->status = tlsa_lookup_status_name(facts->status);
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
	(void)snprintf(text, sizeof(text), f->status == TLSA_LOOKUP_BOGUS ?
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
	if (is_failed(r->status))
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
