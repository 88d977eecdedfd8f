/*
 * What is claimed and has no result yet, in all and by domain, bounded so that
 * one domain that takes nothing cannot fill memory or keep the others waiting.
 * PURE.  Belongs to the scheduler's thread.
 */
#ifndef TLSQ_QUEUE_BACKLOG_H
#define TLSQ_QUEUE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum {
	BACKLOG_MAX = 4000,		/* recipients */
	BACKLOG_DOMAIN_MAX = 1000,
	BACKLOG_REFILL = BACKLOG_DOMAIN_MAX / 4	/* worth another claim */
};

struct queue_domain {
	UT_hash_handle hh;
	size_t open;
	bool more;			/* due, and left behind: no room */
	char name[];
};

struct queue_rcpt;

/* Zeroed: empty. */
struct queue_backlog {
	struct queue_domain *domains;	/* those with something open or more */
	struct queue_rcpt *rcpts;
	size_t open;
	bool refill;			/* a domain with more may have room */
};

/* Is the recipient open? */
bool queue_backlog_has(const struct queue_backlog *b, int64_t id);
void queue_backlog_open(struct queue_backlog *b, const char *domain,
    int64_t id);
/* n recipients of the domain have a result, or were let go. */
void queue_backlog_close(struct queue_backlog *b, const char *domain,
    const int64_t *ids, size_t n);
/* Was something due left behind? */
void queue_backlog_set_more(struct queue_backlog *b, const char *domain,
    bool more);
bool queue_backlog_wants_refill(const struct queue_domain *d);
size_t queue_backlog_room(const struct queue_domain *d);
void queue_backlog_clear(struct queue_backlog *b);

#endif
