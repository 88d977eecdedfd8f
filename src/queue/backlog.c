/*
 * Two hashes: domains, and recipients, which are few thousand at most.
 */
#include "queue/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct queue_rcpt {
	UT_hash_handle hh;
	int64_t id;
};

static struct queue_rcpt *
find_rcpt(const struct queue_backlog *b, int64_t id)
{
	struct queue_rcpt *r;

	HASH_FIND(hh, b->rcpts, &id, sizeof(id), r);
	return r;
}

static struct queue_domain *
domain_of(struct queue_backlog *b, const char *name)
{
	size_t len = strlen(name) + 1;
	struct queue_domain *d;

	HASH_FIND_STR(b->domains, name, d);
	if (d != NULL)
		return d;
	d = mem_zalloc(sizeof(*d) + len);
	memcpy(d->name, name, len);
	HASH_ADD_STR(b->domains, name, d);
	return d;
}

static void
changed(struct queue_backlog *b, struct queue_domain *d)
{
	b->refill |= queue_backlog_wants_refill(d);
	if (d->open > 0 || d->more)
		return;
	HASH_DEL(b->domains, d);
	free(d);
}

bool
queue_backlog_has(const struct queue_backlog *b, int64_t id)
{
	return find_rcpt(b, id) != NULL;
}

void
queue_backlog_open(struct queue_backlog *b, const char *domain, int64_t id)
{
	struct queue_rcpt *r = mem_zalloc(sizeof(*r));

	r->id = id;
	HASH_ADD(hh, b->rcpts, id, sizeof(r->id), r);
	domain_of(b, domain)->open++;
	b->open++;
}

void
queue_backlog_close(struct queue_backlog *b, const char *domain,
    const int64_t *ids, size_t n)
{
	struct queue_domain *d = domain_of(b, domain);

	for (size_t i = 0; i < n; i++) {
		struct queue_rcpt *r = find_rcpt(b, ids[i]);

		if (r == NULL)
			continue;
		HASH_DEL(b->rcpts, r);
		free(r);
		d->open--;
		b->open--;
	}
	changed(b, d);
}

void
queue_backlog_set_more(struct queue_backlog *b, const char *domain, bool more)
{
	struct queue_domain *d = domain_of(b, domain);

	d->more = more;
	changed(b, d);
}

bool
queue_backlog_wants_refill(const struct queue_domain *d)
{
	return d->more && queue_backlog_room(d) >= BACKLOG_REFILL;
}

size_t
queue_backlog_room(const struct queue_domain *d)
{
	return d->open < BACKLOG_DOMAIN_MAX ? BACKLOG_DOMAIN_MAX - d->open : 0;
}

void
queue_backlog_clear(struct queue_backlog *b)
{
	struct queue_domain *d, *next_d;
	struct queue_rcpt *r, *next_r;

	HASH_ITER(hh, b->rcpts, r, next_r) {
		HASH_DEL(b->rcpts, r);
		free(r);
	}
	HASH_ITER(hh, b->domains, d, next_d) {
		HASH_DEL(b->domains, d);
		free(d);
	}
	memset(b, 0, sizeof(*b));
}
