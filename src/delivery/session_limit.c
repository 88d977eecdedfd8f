/*
 * Counts behind one short lock; there are a handful of virtual queues.
 */
#include "delivery/session_limit.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"

#include "base/mem.h"

struct count {
	UT_hash_handle hh;
	int open;
	bool waited;
	char queue[];
};

struct delivery_limit {
	pthread_mutex_t lock;
	struct count *counts;
	atomic_int runners;
};

struct delivery_limit *
delivery_limit_new(void)
{
	struct delivery_limit *l = mem_zalloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	atomic_init(&l->runners, 1);
	return l;
}

void
delivery_limit_share(struct delivery_limit *l, int runners)
{
	atomic_store(&l->runners, runners > 0 ? runners : 1);
}

int
delivery_limit_part(const struct delivery_limit *l, int limit)
{
	int part = limit / atomic_load(&l->runners);

	return part > 0 ? part : 1;
}

void
delivery_limit_free(struct delivery_limit **l)
{
	struct count *c, *next;

	if (*l == NULL)
		return;
	HASH_ITER(hh, (*l)->counts, c, next) {
		HASH_DEL((*l)->counts, c);
		free(c);
	}
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}

static struct count *
find_count(struct delivery_limit *l, const char *queue)
{
	size_t len = strlen(queue) + 1;
	struct count *c;

	HASH_FIND_STR(l->counts, queue, c);
	if (c == NULL) {
		c = mem_zalloc(sizeof(*c) + len);
		memcpy(c->queue, queue, len);
		HASH_ADD_STR(l->counts, queue, c);
	}
	return c;
}

bool
delivery_limit_enter(struct delivery_limit *l, const char *queue, int limit)
{
	struct count *c;
	bool room;

	pthread_mutex_lock(&l->lock);
	c = find_count(l, queue);
	room = c->open < delivery_limit_part(l, limit);
	if (room)
		c->open++;
	else
		c->waited = true;
	pthread_mutex_unlock(&l->lock);
	return room;
}

const char *
delivery_limit_leave(struct delivery_limit *l, const char *queue)
{
	struct count *c;
	bool waited;

	pthread_mutex_lock(&l->lock);
	c = find_count(l, queue);
	assert(c->open > 0);
	c->open--;
	waited = c->waited;
	c->waited = false;
	pthread_mutex_unlock(&l->lock);
	return waited ? c->queue : NULL;
}

bool
delivery_limit_is_wanted(struct delivery_limit *l, const char *queue)
{
	bool wanted;

	pthread_mutex_lock(&l->lock);
	wanted = find_count(l, queue)->waited;
	pthread_mutex_unlock(&l->lock);
	return wanted;
}
