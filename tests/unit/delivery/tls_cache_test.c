/*
 * runner: TLS sessions are resumed only where the first one's verdict holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "delivery/tls_cache.h"

enum { NOW = 1764000000, HOUR = 3600 };

/* All that a session and its verdict depend on. */
struct world {
	struct conf_route route;
	struct nexthop_discovery survey;
	struct nexthop_host host;
	struct tlsa_result tlsa;
	struct policy_tlsa_record records[2];
	struct nexthop_decision decision;
	struct nexthop_proof proof;
	struct smtp_client_config client;
	int64_t generation;
};

static const uint8_t digest_a[32] = { 1 }, digest_b[32] = { 2 };

static void
make_world(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->route.type = CONF_ROUTE_MX;
	w->records[0] = (struct policy_tlsa_record){ 3, 1, 1, digest_a, 32 };
	w->records[1] = (struct policy_tlsa_record){ 2, 0, 1, digest_b, 32 };
	w->tlsa = (struct tlsa_result){ .base = "mx.example",
		.records = w->records, .count = 2 };
	w->host = (struct nexthop_host){ .name = "mx.example",
		.tlsa = &w->tlsa, .n_usable = 2 };
	w->survey = (struct nexthop_discovery){ .host = &w->host, .n_hosts = 1,
		.config = { .route = &w->route, .next_hop = "example" } };
	w->decision.facts.mx = DNS_SECURE;
	w->decision.verdict.level = LEVEL_DANE;
	w->proof = (struct nexthop_proof){ .survey = &w->survey,
		.decision = &w->decision };
	w->client = (struct smtp_client_config){ .sni = "mx.example",
		.mx = "mx.example" };
	assert_true(net_address_parse(&w->client.to, "192.0.2.1", 25));
	w->generation = 7;
}

static char *
key_of(const struct world *w)
{
	return delivery_tls_cache_key(&w->proof, &w->client, w->generation);
}

static void
set_address(struct world *w)
{
	(void)net_address_parse(&w->client.to, "192.0.2.2", 25);
}

static void
set_port(struct world *w)
{
	(void)net_address_parse(&w->client.to, "192.0.2.1", 26);
}

static void
set_sni(struct world *w)
{
	w->client.sni = "mx2.example";
}

static void
set_level(struct world *w)
{
	w->decision.verdict.level = LEVEL_MANDATORY;
}

static void
set_level_sts(struct world *w)
{
	w->decision.verdict.level = LEVEL_MTA_STS;
}

static void
set_sts_too(struct world *w)
{
	w->decision.verdict.sts_too = true;
}

static void
set_allow_invalid(struct world *w)
{
	w->client.session.demand.allow_invalid = true;
}

static void
set_version(struct world *w)
{
	w->client.min_version = STLS_MIN_TLS12;
}

static void
set_implicit(struct world *w)
{
	w->client.session.implicit_tls = true;
}

static void
set_generation(struct world *w)
{
	w->generation++;
}

static void
set_next_hop(struct world *w)
{
	w->survey.config.next_hop = "other.example";
}

static void
set_insecure_mx(struct world *w)
{
	w->decision.facts.mx = DNS_INSECURE;
}

static void
set_digest(struct world *w)
{
	w->records[0].data = digest_b;
}

static void
set_fewer(struct world *w)
{
	w->host.n_usable = 1;
}

static void
set_usage(struct world *w)
{
	w->records[0].usage = 2;
}

static void
set_long_record(struct world *w)
{
	static uint8_t whole[3000];

	w->records[0] = (struct policy_tlsa_record){ 3, 1, 0, whole,
	    sizeof(whole) };
}

static void
set_long_record_differing_at_its_end(struct world *w)
{
	static uint8_t whole[3000] = { [2999] = 1 };

	w->records[0] = (struct policy_tlsa_record){ 3, 1, 0, whole,
	    sizeof(whole) };
}

static void
the_key_says_what_the_verdict_rests_on(void **state)
{
	static const struct {
		const char *why;
		void (*change)(struct world *w);
	} rows[] = {
		{ "nothing changed", NULL },
		{ "another address: another server may answer", set_address },
		{ "another port", set_port },
		{ "another name sent: another certificate", set_sni },
		{ "less was asked of the first one", set_level },
		{ "MTA-STS counts dNSNames only", set_level_sts },
		{ "PKIX as well as TLSA", set_sts_too },
		{ "an invalid certificate was let pass", set_allow_invalid },
		{ "TLS 1.2 was good enough", set_version },
		{ "TLS from the first octet", set_implicit },
		{ "another configuration: perhaps other anchors",
		    set_generation },
		{ "DANE-TA: the next hop is a name that counts", set_next_hop },
		{ "DANE-TA: the next hop does not count", set_insecure_mx },
		{ "another digest", set_digest },
		{ "a record is gone", set_fewer },
		{ "another usage", set_usage },
		{ "a record with a whole key", set_long_record },
		{ "which differs in its last octet",
		    set_long_record_differing_at_its_end },
	};
	char *keys[ARRAY_LEN(rows)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w;

		make_world(&w);
		if (rows[i].change != NULL)
			rows[i].change(&w);
		keys[i] = key_of(&w);
		for (size_t k = 0; k < i; k++)
			if (strcmp(keys[i], keys[k]) == 0)
				fail_msg("\"%s\" is taken for \"%s\"",
				    rows[i].why, rows[k].why);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		free(keys[i]);
}

/* DNS gives the records of a set in any order. */
static void
the_order_of_records_does_not_count(void **state)
{
	struct world w;
	struct policy_tlsa_record first;
	char *a, *b;

	(void)state;
	make_world(&w);
	a = key_of(&w);
	first = w.records[0];
	w.records[0] = w.records[1];
	w.records[1] = first;
	b = key_of(&w);
	assert_string_equal(a, b);
	free(a);
	free(b);
}

/* Below level dane the records prove nothing; the host's name does. */
static void
records_count_at_level_dane_only(void **state)
{
	struct world w;
	char *a, *b;

	(void)state;
	make_world(&w);
	w.decision.verdict.level = LEVEL_MTA_STS;
	a = key_of(&w);
	set_digest(&w);
	set_next_hop(&w);
	b = key_of(&w);
	assert_string_equal(a, b);
	w.host.name = "mx2.example";
	free(b);
	b = key_of(&w);
	assert_string_not_equal(a, b);
	free(a);
	free(b);
}

static void
put(struct delivery_tls_cache *store, const char *key, int64_t until,
    const char *session)
{
	struct delivery_tls_proof proof = { .until = until,
		.verdict = { .verified = true } };

	delivery_tls_cache_put(store, key, &proof, mem_dup(session,
	    strlen(session)), strlen(session));
}

static void
assert_kept(struct delivery_tls_cache *store, const char *key, int64_t now,
    const char *session)
{
	struct delivery_tls_entry *e = delivery_tls_cache_get(store, key, now);
	size_t len;

	if (session == NULL) {
		assert_null(e);
		return;
	}
	assert_non_null(e);
	assert_memory_equal(delivery_tls_entry_session(e, &len), session,
	    strlen(session));
	assert_int_equal(len, strlen(session));
	assert_true(delivery_tls_entry_proof(e)->verdict.verified);
	delivery_tls_entry_unref(&e);
}

static void
a_store_keeps_the_newest_until_it_is_too_old(void **state)
{
	struct delivery_tls_cache *store = delivery_tls_cache_new();
	struct delivery_tls_entry *used;
	size_t len;

	(void)state;
	assert_kept(store, "a", NOW, NULL);
	put(store, "a", NOW + 10, "first");
	put(store, "b", NOW + 20, "other");
	assert_kept(store, "a", NOW + 9, "first");
	used = delivery_tls_cache_get(store, "a", NOW);
	put(store, "a", NOW + 10, "second");
	assert_kept(store, "a", NOW, "second");
	/* In a handshake still. */
	assert_memory_equal(delivery_tls_entry_session(used, &len), "first", 5);
	delivery_tls_entry_unref(&used);
	assert_kept(store, "a", NOW + 10, NULL);
	assert_kept(store, "b", NOW + 10, "other");
	/* The clock was set back by more than any is kept. */
	assert_kept(store, "b", NOW - 2 * HOUR, NULL);
	put(store, "b", NOW + 20, "other");
	delivery_tls_cache_forget(store, "b");
	delivery_tls_cache_forget(store, "b");
	assert_kept(store, "b", NOW, NULL);
	delivery_tls_cache_free(&store);
	assert_null(store);
}

static void
a_store_is_bounded(void **state)
{
	struct delivery_tls_cache *store = delivery_tls_cache_new();
	char key[16];
	int kept = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		put(store, key, NOW + HOUR, "x");
	}
	for (int i = 0; i < 5000; i++) {
		struct delivery_tls_entry *e;

		(void)snprintf(key, sizeof(key), "%d", i);
		e = delivery_tls_cache_get(store, key, NOW);
		kept += e != NULL;
		delivery_tls_entry_unref(&e);
	}
	assert_in_range(kept, 100, 1000);
	assert_kept(store, "4999", NOW, "x");
	assert_kept(store, "0", NOW, NULL);
	delivery_tls_cache_free(&store);
}

static void
no_proof_outlives_its_certificate(void **state)
{
	struct stls_peer_info c = { .not_after_at = NOW + 10 * HOUR };

	(void)state;
	assert_int_equal(delivery_tls_cache_until(&c, NOW), NOW + HOUR);
	c.not_after_at = NOW + 60;
	assert_int_equal(delivery_tls_cache_until(&c, NOW), NOW + 60);
	c.not_after_at = NOW - 60;	/* allowed, or DANE-EE: not again */
	assert_int_equal(delivery_tls_cache_until(&c, NOW), NOW - 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_says_what_the_verdict_rests_on),
		cmocka_unit_test(the_order_of_records_does_not_count),
		cmocka_unit_test(records_count_at_level_dane_only),
		cmocka_unit_test(a_store_keeps_the_newest_until_it_is_too_old),
		cmocka_unit_test(a_store_is_bounded),
		cmocka_unit_test(no_proof_outlives_its_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
