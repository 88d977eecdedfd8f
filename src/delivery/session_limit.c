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

struct gate {
	pthread_mutex_t lock;
	struct count *counts;
	atomic_int runners;
};

struct gate *
gate_new(void)
{
	struct gate *g = mem_zalloc(sizeof(*g));

	pthread_mutex_init(&g->lock, NULL);
	atomic_init(&g->runners, 1);
	return g;
}

void
gate_share(struct gate *gate, int runners)
{
	atomic_store(&gate->runners, runners > 0 ? runners : 1);
}

int
gate_part(const struct gate *gate, int limit)
{
	int part = limit / atomic_load(&gate->runners);

	return part > 0 ? part : 1;
}

void
gate_free(struct gate **gate)
{
	struct count *c, *next;

	if (*gate == NULL)
		return;
	HASH_ITER(hh, (*gate)->counts, c, next) {
		HASH_DEL((*gate)->counts, c);
		free(c);
	}
	pthread_mutex_destroy(&(*gate)->lock);
	free(*gate);
	*gate = NULL;
}

static struct count *
find(struct gate *g, const char *queue)
{
	size_t len = strlen(queue) + 1;
	struct count *c;

	HASH_FIND_STR(g->counts, queue, c);
	if (c == NULL) {
		c = mem_zalloc(sizeof(*c) + len);
		memcpy(c->queue, queue, len);
		HASH_ADD_STR(g->counts, queue, c);
	}
	return c;
}

bool
gate_enter(struct gate *gate, const char *queue, int limit)
{
	struct count *c;
	bool room;

	pthread_mutex_lock(&gate->lock);
	c = find(gate, queue);
	room = c->open < gate_part(gate, limit);
	if (room)
		c->open++;
	else
		c->waited = true;
	pthread_mutex_unlock(&gate->lock);
	return room;
}

const char *
gate_leave(struct gate *gate, const char *queue)
{
	struct count *c;
	bool waited;

	pthread_mutex_lock(&gate->lock);
	c = find(gate, queue);
	assert(c->open > 0);
	c->open--;
	waited = c->waited;
	c->waited = false;
	pthread_mutex_unlock(&gate->lock);
	return waited ? c->queue : NULL;
}

bool
gate_is_wanted(struct gate *gate, const char *queue)
{
	bool wanted;

	pthread_mutex_lock(&gate->lock);
	wanted = find(gate, queue)->waited;
	pthread_mutex_unlock(&gate->lock);
	return wanted;
}
