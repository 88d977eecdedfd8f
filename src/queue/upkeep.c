/*
 * Rounds of upkeep: a task for the writer, a timer for the next one.
 */
#include "queue/upkeep.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "lookup/lookup.h"
#include "spool/queue.h"
#include "spool/record.h"
#include "spool/room.h"

enum {
	MESSAGES_MAX = 500,	/* of a round */
	DOMAINS_MAX = 5000,
	PAGES_MAX = 256,
	PAGES_KEPT = 1024,	/* free ones, for the next messages: 8 MiB */
	REST_MS = 60000,
	/* where more is left; strays, domains: at REST_MS */
	PAUSE_MS = 1000,
	ROUNDS_ONCE = 20
};

struct queue_upkeep {
	/* first: the writer gives it back */
	struct spool_write_task task;
	struct queue_upkeep_options options;
	struct loop_timer *timer;
	int64_t retention_s;
	int rounds;
	bool over, stopped;
	/* Of the round with the writer; the loop's again when it arrives. */
	int64_t before, cursor, next_cursor;
	char *domain_cursor;		/* of the writer alone until the end */
	int64_t purged;
	bool more;
	struct lookup_counts counts;	/* taken for this round */
};

/* --- in the writer's thread ------------------------------------------- */

static bool
shrink(struct queue_upkeep *u, struct spool *spool, struct error *err)
{
	int64_t spare;
	int pages;

	if (!spool_free_pages(spool, &spare, err))
		return false;
	spare -= PAGES_KEPT;
	if (spare <= 0)
		return true;
	u->more |= spare > PAGES_MAX;
	pages = spare < PAGES_MAX ? (int)spare : PAGES_MAX;
	return spool_shrink(spool, pages, err);
}

static bool
upkeep_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct queue_upkeep *u = (struct queue_upkeep *)t;

	(void)token;
	spool_reserve_keep(spool);
	u->next_cursor = u->cursor;
	if (!lookup_counts_put(spool, &u->counts, err))
		return false;
	if (!spool_purge(spool, u->before, MESSAGES_MAX, &u->purged, err) ||
	    !spool_finish_strays(spool, clock_now_s(), MESSAGES_MAX,
	    &u->next_cursor, err) ||
	    !spool_purge_domains(spool, u->before, DOMAINS_MAX,
	    &u->domain_cursor, err))
		return false;
	u->more = u->purged == MESSAGES_MAX;
	return shrink(u, spool, err);
}

static void upkeep_arrived(void *arg);

static void
upkeep_done(struct spool_write_task *t, const struct error *err)
{
	struct queue_upkeep *u = (struct queue_upkeep *)t;

	if (err != NULL) {
		log_warning("housekeeping: %s", err->text);
		u->more = false;
	} else {
		u->cursor = u->next_cursor;
		if (u->purged > 0)
			log_debug("housekeeping: purged %lld finished messages",
			    (long long)u->purged);
	}
	loop_post(u->options.loop, upkeep_arrived, u);
}

/* --- in the loop's thread --------------------------------------------- */

static void
begin_round(void *arg)
{
	struct queue_upkeep *u = arg;

	u->rounds++;
	u->before = clock_now_s() - u->retention_s;
	lookup_counts_take(&u->counts);
	spool_writer_post(u->options.writer, &u->task);
}

static void
upkeep_arrived(void *arg)
{
	struct queue_upkeep *u = arg;

	if (u->stopped)
		return;
	if (!u->options.once)
		loop_timer_set(u->timer, u->more ? PAUSE_MS : REST_MS);
	else if ((u->more || u->cursor != 0 || u->domain_cursor != NULL) &&
	    u->rounds < ROUNDS_ONCE)
		begin_round(u);
	else {
		u->over = true;
		u->options.over(u->options.ctx);
	}
}

struct queue_upkeep *
queue_upkeep_start(const struct queue_upkeep_options *o, int64_t retention_s)
{
	struct queue_upkeep *u = mem_zalloc(sizeof(*u));

	u->options = *o;
	u->retention_s = retention_s;
	u->task.run = upkeep_run;
	u->task.done = upkeep_done;
	u->timer = loop_timer_new(o->loop, begin_round, u);
	begin_round(u);
	return u;
}

void
queue_upkeep_set_retention(struct queue_upkeep *u, int64_t retention_s)
{
	u->retention_s = retention_s;
}

bool
queue_upkeep_is_over(const struct queue_upkeep *u)
{
	return u->over;
}

void
queue_upkeep_stop(struct queue_upkeep *u)
{
	if (u == NULL)
		return;
	u->stopped = true;
	loop_timer_free(&u->timer);
}

void
queue_upkeep_free(struct queue_upkeep **u)
{
	if (*u != NULL)
		free((*u)->domain_cursor);
	free(*u);
	*u = NULL;
}
