/*
 * The counting thread.
 */
#include "web/collector.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/query.h"
#include "spool/runners.h"

enum {
	SLICE = 5000,		/* rows between two looks at `stop` */
	PERIOD_MS = 1000,
	REST = 20,		/* times as long as a count of everything took */
};

struct web_collector {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* under the lock */
	bool stop;
	bool ready;
	struct error why;	/* where it is not ready */
	struct web_snapshot shown;
	/* of the thread alone */
	char *database;
	void (*tick)(void *ctx);
	void *ctx;
	struct spool *spool;	/* NULL: to be opened (again) */
	struct web_snapshot now;
	int64_t version;	/* of the data last seen */
	bool positioned;	/* the two ids are known */
	int64_t attempt_id, session_id;	/* the last ones in now.since */
	bool dirty;		/* something changed since the last count */
	int64_t count_not_before_ms;
	bool failing;		/* said so in the log */
};

static bool
is_stopped(struct web_collector *c)
{
	bool stop;

	(void)pthread_mutex_lock(&c->lock);
	stop = c->stop;
	(void)pthread_mutex_unlock(&c->lock);
	return stop;
}

/* --- reading rows */

static void
add_attempt(struct spool_query *q, struct web_ledger *l)
{
	web_tally_add(&l->attempts, spool_query_text(q, 1),
	    spool_query_text(q, 2), 1);
	if (!spool_query_is_null(q, 3))
		web_tally_add(&l->results, spool_query_text(q, 3), NULL, 1);
	web_durations_add(&l->durations, spool_query_int(q, 4));
}

static void
add_session(struct spool_query *q, struct web_ledger *l)
{
	web_tally_add(&l->sessions, spool_query_text(q, 1), NULL, 1);
	web_tally_add(&l->dane, spool_query_text(q, 2), NULL, 1);
	web_tally_add(&l->mta_sts, spool_query_text(q, 3), NULL, 1);
}

static void
add_recipient(struct spool_query *q, struct web_ledger *l)
{
	web_tally_add(&l->recipients, spool_query_text(q, 1), NULL, 1);
}

/*
 * The rows after *after, which is moved on, slice by slice: no read transaction
 * is open for long, or it would hold up checkpoints.  True also where it was
 * told to stop.
 */
static bool
read_rows(struct web_collector *c, enum sql_id id, int64_t *after,
    void (*add)(struct spool_query *, struct web_ledger *),
    struct web_ledger *ledger, struct error *err)
{
	struct spool_query q;
	int rows = SLICE;

	while (rows == SLICE && !is_stopped(c)) {
		spool_query_start(&q, c->spool, id);
		spool_query_put_int(&q, ":after", *after);
		spool_query_put_int(&q, ":limit", SLICE);
		for (rows = 0; spool_query_next(&q); rows++) {
			*after = spool_query_int(&q, 0);
			add(&q, ledger);
		}
		if (!spool_query_end(&q, err))
			return false;
	}
	return true;
}

/* --- what happened since */

static bool
follow(struct web_collector *c, struct error *err)
{
	int64_t attempt = 0, session = 0;
	struct spool_query q;

	if (c->positioned && !(read_rows(c, SQL_WEB_ATTEMPTS_AFTER,
	    &c->attempt_id, add_attempt, &c->now.since, err) &&
	    read_rows(c, SQL_WEB_SESSIONS_AFTER, &c->session_id, add_session,
	    &c->now.since, err)))
		return false;
	spool_query_start(&q, c->spool, SQL_WEB_LAST_IDS);
	if (spool_query_next(&q)) {
		attempt = spool_query_int(&q, 0);
		session = spool_query_int(&q, 1);
	}
	if (!spool_query_end(&q, err))
		return false;
	/* Ids are used again once retention has removed the last row. */
	if (!c->positioned || attempt < c->attempt_id)
		c->attempt_id = attempt;
	if (!c->positioned || session < c->session_id)
		c->session_id = session;
	return c->positioned = true;
}

/* --- all there is */

static bool
read_gauges(struct web_collector *c, struct error *err)
{
	struct web_snapshot *s = &c->now;
	struct spool_query q;

	spool_query_start(&q, c->spool, SQL_WEB_GAUGES);
	if (spool_query_next(&q)) {
		s->unfinished = spool_query_int(&q, 0);
		s->oldest_at = spool_query_time(&q, 1);
		s->domains = spool_query_int(&q, 2);
		s->size = spool_query_int(&q, 3);
		s->free = spool_query_int(&q, 4);
	}
	return spool_query_end(&q, err);
}

/*
 * At each tick, since a runner that is killed changes nothing in the database.
 * One that ends in order takes its row along: when it was last seen is kept.
 */
static bool
read_runners(struct web_collector *c, struct error *err)
{
	struct web_snapshot *s = &c->now;
	struct spool_query q;

	spool_query_start(&q, c->spool, SQL_WEB_RUNNER_SEEN);
	if (spool_query_next(&q)) {
		if (!spool_query_is_null(&q, 0))
			s->runner_seen_at = spool_query_int(&q, 0);
		else if (s->runner_seen_at == 0)
			s->runner_seen_at = spool_query_int(&q, 1);
	}
	return spool_query_end(&q, err) &&
	    spool_runners_count(c->spool, &s->runners, err);
}

/* What SQLite counts: two words and their number. */
static bool
read_tally(struct web_collector *c, enum sql_id id, struct web_tally *t,
    struct error *err)
{
	struct spool_query q;

	memset(t, 0, sizeof(*t));
	spool_query_start(&q, c->spool, id);
	while (spool_query_next(&q))
		web_tally_add(t, spool_query_text(&q, 0),
		    spool_query_text(&q, 1), spool_query_int(&q, 2));
	return spool_query_end(&q, err);
}

static bool
count_all(struct web_collector *c, struct error *err)
{
	struct web_ledger *l = &c->now.kept;
	int64_t attempt = 0, session = 0, recipient = 0;

	web_ledger_init(l);
	return read_rows(c, SQL_WEB_RECIPIENTS_AFTER, &recipient,
	    add_recipient, l, err) &&
	    read_rows(c, SQL_WEB_ATTEMPTS_AFTER, &attempt, add_attempt, l,
	    err) &&
	    read_rows(c, SQL_WEB_SESSIONS_AFTER, &session, add_session, l,
	    err) && read_gauges(c, err) &&
	    read_tally(c, SQL_WEB_FAILING, &c->now.failing, err) &&
	    read_tally(c, SQL_WEB_CACHED, &c->now.cached, err) &&
	    read_tally(c, SQL_WEB_RULES, &c->now.rules, err) &&
	    read_tally(c, SQL_WEB_CACHE_USE, &c->now.cache_use, err);
}

/* --- the thread */

/* Opens the database where it is not, or another file is at its path by now. */
static bool
have_spool(struct web_collector *c, struct error *err)
{
	if (c->spool != NULL && spool_check_place(c->spool, err))
		return true;
	spool_close(&c->spool);
	c->dirty = true;
	c->version = -1;
	if (!spool_open(&c->spool, c->database, SPOOL_READ_ONLY, err))
		return false;
	spool_busy_set(c->spool, PERIOD_MS);
	return true;
}

/* What was counted; or why it could not be. */
static void
publish(struct web_collector *c, const struct error *why)
{
	(void)pthread_mutex_lock(&c->lock);
	c->ready = why == NULL;
	if (c->ready)
		c->shown = c->now;
	else
		c->why = *why;
	(void)pthread_mutex_unlock(&c->lock);
}

static bool
collect(struct web_collector *c, struct error *err)
{
	int64_t version = -1, began_ms = clock_mono_ms();

	if (!have_spool(c, err) ||
	    !spool_data_version(c->spool, &version, err))
		return false;
	if (version != c->version || !c->positioned) {
		c->version = version;
		c->dirty = true;
		if (!follow(c, err))
			return false;
	}
	if (c->dirty && began_ms >= c->count_not_before_ms) {
		c->dirty = false;
		if (!count_all(c, err))
			return false;
		c->now.counted_at = clock_now_s();
		c->count_not_before_ms = began_ms + (REST + 1) *
		    (clock_mono_ms() - began_ms);
	}
	return read_runners(c, err);
}

static void
collect_or_say_why(struct web_collector *c)
{
	struct error err;

	if (collect(c, &err)) {
		if (!is_stopped(c))	/* then it may not have counted all */
			publish(c, NULL);
		if (c->failing)
			log_info("http: the database is readable again");
		c->failing = false;
		return;
	}
	spool_close(&c->spool);
	c->count_not_before_ms = 0;
	publish(c, &err);
	if (!c->failing)
		log_warning("http: %s", err.text);
	c->failing = true;
}

static void *
collector_run(void *arg)
{
	struct web_collector *c = arg;

	while (!is_stopped(c)) {
		c->tick(c->ctx);
		collect_or_say_why(c);
		(void)pthread_mutex_lock(&c->lock);
		if (!c->stop)
			(void)clock_cond_wait(&c->wake, &c->lock,
			    clock_mono_ms() + PERIOD_MS);
		(void)pthread_mutex_unlock(&c->lock);
	}
	spool_close(&c->spool);
	return NULL;
}

static void
free_collector(struct web_collector *c)
{
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_mutex_destroy(&c->lock);
	free(c->database);
	free(c);
}

bool
web_collector_start(struct web_collector **collector_r, const char *database,
    void (*tick)(void *), void *ctx, struct error *err)
{
	struct web_collector *c = mem_zalloc(sizeof(*c));
	int rc;

	c->database = mem_strdup(database);
	c->tick = tick;
	c->ctx = ctx;
	c->now.started_at = clock_now_s();
	web_ledger_init(&c->now.since);
	(void)error_set(&c->why, EX_TEMPFAIL,
	    "the first count is still running; try again");
	(void)pthread_mutex_init(&c->lock, NULL);
	clock_cond_init(&c->wake);
	rc = pthread_create(&c->thread, NULL, collector_run, c);
	if (rc != 0) {
		free_collector(c);
		return error_set(err, EX_OSERR, "http: cannot start a thread: "
		    "%s",
		    strerror(rc));
	}
	*collector_r = c;
	return true;
}

void
web_collector_stop(struct web_collector **collector)
{
	struct web_collector *c = *collector;

	if (c == NULL)
		return;
	*collector = NULL;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	free_collector(c);
}

bool
web_collector_read(struct web_collector *c, struct web_snapshot *snapshot_r,
    struct error *err)
{
	bool ready;

	(void)pthread_mutex_lock(&c->lock);
	ready = c->ready;
	if (ready)
		*snapshot_r = c->shown;
	else
		(void)error_set(err, EX_TEMPFAIL, "%s", c->why.text);
	(void)pthread_mutex_unlock(&c->lock);
	return ready;
}
