/*
 * DNS records from the wire, and texts of the cache tables.  What is read is
 * written again and must come back the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/host_facts.h"
#include "lookup/mx_facts.h"
#include "lookup/rdata.h"
#include "lookup/records.h"
#include "lookup/tlsa_facts.h"
#include "lookup/sts_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_wire(const uint8_t *data, size_t size)
{
	char name[RDATA_NAME_LEN];
	struct buf txt = BUF_INIT;
	struct rdata_mx mx;

	if (rdata_name(name, data, size))
		assert(name[0] != '\0' && strlen(name) < sizeof(name));
	(void)rdata_mx(&mx, data, size);
	if (rdata_txt(&txt, data, size))
		assert(txt.len < size);
	buf_free(&txt);
}

static void
read_mx_row(struct arena *arena, const char *text)
{
	struct spool_mx_cache row = { "example.test", "secure", text, 0, 1,
		NULL };
	struct buf again = BUF_INIT;
	struct mx_facts facts;
	struct policy_mx_choice *mx;
	struct mx_result *r;
	size_t n;

	if (!records_read_mx(arena, text, &mx, &n))
		return;
	records_write_mx(&again, mx, n);
	assert(records_read_mx(arena, buf_str(&again), &mx, &n));
	buf_free(&again);
	if (!mx_facts_from_row(&facts, arena, &row))
		return;
	r = mx_result_new("example.test", &facts);
	assert((r->count == 0) == (r->reason != NULL));
	mx_result_free(&r);
}

static void
read_tlsa_row(struct arena *arena, const char *text)
{
	struct spool_dane_cache row = { "mx.test", 25, NULL, "secure", text, 0,
		1 };
	struct buf again = BUF_INIT;
	struct policy_tlsa_record *records;
	struct tlsa_facts facts;
	struct tlsa_result *r;
	size_t n;

	if (!records_read_tlsa(arena, text, &records, &n))
		return;
	records_write_tlsa(&again, records, n);
	assert(records_read_tlsa(arena, buf_str(&again), &records, &n));
	buf_free(&again);
	if (!tlsa_facts_from_row(&facts, arena, &row))
		return;
	r = tlsa_result_new(&facts);
	assert(r->count + r->too_short == n);
	tlsa_result_free(&r);
}

static void
read_host_row(struct arena *arena, const char *text)
{
	struct spool_host_cache row = { "mx.test", NULL, "secure", text, 0, 1 };
	struct host_lookup_facts facts;
	struct host_result *r;

	if (!host_facts_from_row(&facts, arena, &row))
		return;
	r = host_result_new("mx.test", &facts, HOST_ANY);
	assert(r->count > 0);
	host_result_free(&r);
}

static void
read_sts_row(struct arena *arena, const char *text)
{
	struct spool_sts_cache row = { .domain = "a.test", .txt_id = text,
		.mode = "enforce", .policy = text, .expires_at = 1,
		.last_error = NULL }, again;
	struct sts_facts facts;
	struct sts_result *r;

	if (sts_facts_from_row(&facts, arena, &row)) {
		sts_facts_to_row(&again, arena, "a.test", &facts);
		assert(strcmp(again.policy, text) == 0 &&
		    sts_facts_from_row(&facts, arena, &again));
		r = sts_result_new("a.test", &facts, true);
		assert(r->status == STS_STATUS_POLICY);
		sts_result_free(&r);
	}
	row = (struct spool_sts_cache){ .domain = "a.test",
		.last_error = text };
	if (sts_facts_from_row(&facts, arena, &row)) {
		r = sts_result_new("a.test", &facts, true);
		assert(r->status != STS_STATUS_POLICY && r->reason != NULL);
		sts_result_free(&r);
	}
	(void)sts_domain_valid(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, size + 1);
	struct net_address addr;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	read_wire(data, size);
	read_mx_row(arena, text);
	read_host_row(arena, text);
	read_tlsa_row(arena, text);
	read_sts_row(arena, text);
	(void)host_literal(&addr, text);
	arena_free(&arena);
	return 0;
}
