/*
 * The store: a hash by key, in the order in which entries came, the oldest of
 * which goes where there are too many.
 */
#include "delivery/tls_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

enum { KEPT_MAX = 500, KEPT_S = 3600 };

struct delivery_tls_entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(delivery_tls_entry) entry;
	int refs;			/* the store's is one */
	struct delivery_tls_proof proof;
	uint8_t *session;
	size_t len;
	char key[];
};

struct delivery_tls_cache {
	struct delivery_tls_entry *by_key;
	TAILQ_HEAD(, delivery_tls_entry) entries;	/* oldest first */
	size_t n;
};

struct delivery_tls_cache *
delivery_tls_cache_new(void)
{
	struct delivery_tls_cache *s = mem_zalloc(sizeof(*s));

	TAILQ_INIT(&s->entries);
	return s;
}

static void
drop(struct delivery_tls_cache *s, struct delivery_tls_entry *e)
{
	HASH_DEL(s->by_key, e);
	TAILQ_REMOVE(&s->entries, e, entry);
	s->n--;
	delivery_tls_entry_unref(&e);
}

void
delivery_tls_cache_free(struct delivery_tls_cache **store)
{
	struct delivery_tls_cache *s = *store;

	*store = NULL;
	if (s == NULL)
		return;
	while (s->n > 0)
		drop(s, TAILQ_FIRST(&s->entries));
	free(s);
}

/* --- the key ---------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
record_text(const struct policy_tlsa_record *r)
{
	size_t room = sizeof("255 255 255 ") + 2 * r->len;
	char *text = mem_alloc(room);

	policy_tlsa_text(text, room, r);
	return text;
}

/* The records, sorted: DNS gives them in any order. */
static void
add_records(struct buf *key, const struct nexthop_host *h)
{
	char **texts = mem_alloc((h->n_usable + 1) * sizeof(*texts));

	for (size_t i = 0; i < h->n_usable; i++)
		texts[i] = record_text(&h->tlsa->records[i]);
	qsort(texts, h->n_usable, sizeof(*texts), compare);
	for (size_t i = 0; i < h->n_usable; i++) {
		(void)buf_printf(key, "\n%s", texts[i]);
		free(texts[i]);
	}
	free(texts);
}

char *
delivery_tls_cache_key(const struct nexthop_proof *p,
    const struct smtp_client_config *c, int64_t generation)
{
	const struct policy_verdict *asked = &p->decision->verdict;
	const struct nexthop_host *h = &p->survey->host[p->host];
	const char *names[NEXTHOP_PROOF_NAMES_MAX];
	size_t n = nexthop_proof_names(p, names);
	struct buf key = BUF_INIT;
	char address[NET_ADDRESS_TEXT_LEN];

	net_address_text(address, &c->to);
	(void)buf_printf(&key, "%s\n%u\n%s\n%d %d %d %d %d %lld", address,
	    net_address_port(&c->to), c->sni, (int)asked->level,
	    asked->sts_too, c->session.demand.allow_invalid, (int)c->min_version,
	    c->session.implicit_tls, (long long)generation);
	for (size_t i = 0; i < n; i++)
		(void)buf_printf(&key, "\n%s", names[i]);
	if (asked->level == LEVEL_DANE)
		add_records(&key, h);
	return key.data;
}

/* --- entries ---------------------------------------------------------- */

static struct delivery_tls_entry *
find_entry(struct delivery_tls_cache *s, const char *key)
{
	struct delivery_tls_entry *e;

	HASH_FIND_STR(s->by_key, key, e);
	return e;
}

struct delivery_tls_entry *
delivery_tls_cache_get(struct delivery_tls_cache *s, const char *key,
    int64_t now)
{
	struct delivery_tls_entry *e = find_entry(s, key);

	/* Or kept from a time that lies ahead: the clock was set back. */
	if (e != NULL && (e->proof.until <= now ||
	    e->proof.until > now + KEPT_S)) {
		drop(s, e);
		return NULL;
	}
	if (e != NULL)
		e->refs++;
	return e;
}

void
delivery_tls_entry_unref(struct delivery_tls_entry **entry)
{
	struct delivery_tls_entry *e = *entry;

	*entry = NULL;
	if (e == NULL || --e->refs > 0)
		return;
	explicit_bzero(e->session, e->len);
	free(e->session);
	free(e);
}

const struct delivery_tls_proof *
delivery_tls_entry_proof(const struct delivery_tls_entry *e)
{
	return &e->proof;
}

const uint8_t *
delivery_tls_entry_session(const struct delivery_tls_entry *e, size_t *len_r)
{
	*len_r = e->len;
	return e->session;
}

void
delivery_tls_cache_forget(struct delivery_tls_cache *s, const char *key)
{
	struct delivery_tls_entry *e = find_entry(s, key);

	if (e != NULL)
		drop(s, e);
}

void
delivery_tls_cache_put(struct delivery_tls_cache *s, const char *key,
    const struct delivery_tls_proof *proof, uint8_t *session, size_t len)
{
	size_t key_len = strlen(key) + 1;
	struct delivery_tls_entry *e;

	delivery_tls_cache_forget(s, key);
	if (s->n == KEPT_MAX)
		drop(s, TAILQ_FIRST(&s->entries));
	e = mem_zalloc(sizeof(*e) + key_len);
	e->refs = 1;
	e->proof = *proof;
	e->session = session;
	e->len = len;
	memcpy(e->key, key, key_len);
	HASH_ADD_STR(s->by_key, key, e);
	TAILQ_INSERT_TAIL(&s->entries, e, entry);
	s->n++;
}

int64_t
delivery_tls_cache_until(const struct stls_peer_info *certificate, int64_t now)
{
	int64_t until = now + KEPT_S;

	return certificate->not_after_at < until ?
	    certificate->not_after_at : until;
}
