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

struct backlog_domain {
	UT_hash_handle hh;
	size_t open;
	bool more;			/* due, and left behind: no room */
	char name[];
};

struct backlog_rcpt;

/* Zeroed: empty. */
struct backlog {
	struct backlog_domain *domains;	/* those with something open or more */
	struct backlog_rcpt *rcpts;
	size_t open;
	bool refill;			/* a domain with more may have room */
};

/* Is the recipient open? */
bool backlog_has(const struct backlog *b, int64_t id);
void backlog_open(struct backlog *b, const char *domain, int64_t id);
/* n recipients of the domain have a result, or were let go. */
void backlog_close(struct backlog *b, const char *domain, const int64_t *ids,
    size_t n);
/* Was something due left behind? */
void backlog_set_more(struct backlog *b, const char *domain, bool more);
bool backlog_wants_refill(const struct backlog_domain *d);
size_t backlog_room(const struct backlog_domain *d);
void backlog_clear(struct backlog *b);

#endif
