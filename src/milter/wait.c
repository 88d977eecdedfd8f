/*
 * Who waits looks at the spool's data_version, and at its messages when that has
 * changed.
 */
#include "milter/wait.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	LOOK_MS = 50,
	PROGRESS_MS = 3000	/* Sendmail's default patience is 10 s */
};

struct milter_waits {
	pthread_mutex_t lock;	/* of all that follows */
	pthread_cond_t ending_now;
	struct spool *spool;
	int64_t data_version, looked_at_ms;
	uint64_t changes;	/* seen in data_version */
	bool ending;
};

enum milter_wait_verdict
milter_wait_decide(const struct milter_wait_facts *f)
{
	const struct spool_wait_counts *c = &f->counts;

	if (!f->listening)
		return MILTER_WAIT_ACCEPT;
	if (c->untried > 0)
		return f->over ? MILTER_WAIT_ACCEPT : MILTER_WAIT_ON;
	return c->failed > 0 && c->others == 0 ? MILTER_WAIT_WITHDRAW :
	    MILTER_WAIT_ACCEPT;
}

bool
milter_waits_open(struct milter_waits **waits_r, const char *database,
    struct error *err)
{
	struct milter_waits *w = mem_zalloc(sizeof(*w));

	(void)pthread_mutex_init(&w->lock, NULL);
	clock_cond_init(&w->ending_now);
	*waits_r = w;
	if (spool_open(&w->spool, database, SPOOL_READ_WRITE, err))
		return true;
	milter_waits_close(waits_r);
	return false;
}

void
milter_waits_close(struct milter_waits **waits)
{
	struct milter_waits *w = *waits;

	*waits = NULL;
	if (w == NULL)
		return;
	spool_close(&w->spool);
	(void)pthread_cond_destroy(&w->ending_now);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

void
milter_waits_end(struct milter_waits *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->ending = true;
	(void)pthread_cond_broadcast(&w->ending_now);
	(void)pthread_mutex_unlock(&w->lock);
}

/* --- under the lock ----------------------------------------------------- */

/* The file may have been replaced (spool/writer.h): what somebody waits for is
 * then in the one before, and with who took it away. */
static bool
follow_path(struct milter_waits *w, struct error *err)
{
	struct spool *fresh;
	struct error moved;

	if (spool_check_place(w->spool, &moved))
		return true;
	if (spool_open(&fresh, spool_path(w->spool), SPOOL_READ_WRITE, err)) {
		spool_close(&w->spool);
		w->spool = fresh;
		*err = moved;
	}
	return false;
}

/* Counts a change if there was one.  False: nobody can be waited for. */
static bool
look(struct milter_waits *w, struct error *err)
{
	int64_t version, now_ms = clock_mono_ms();

	if (now_ms - w->looked_at_ms < LOOK_MS)
		return true;
	w->looked_at_ms = now_ms;
	if (!follow_path(w, err) ||
	    !spool_data_version(w->spool, &version, err))
		return false;
	if (version != w->data_version)
		w->changes++;
	w->data_version = version;
	return true;
}

struct wait {
	const char *messages;
	int64_t until_ms;	/* of the clock that nobody sets */
	uint64_t seen;		/* of changes; the counts are as of then */
	bool counted;
	struct milter_wait_facts facts;
};

static bool
bring_up_to_date(struct milter_waits *w, struct wait *wait, struct error *err)
{
	int64_t now = clock_now_s();

	wait->facts.over = w->ending ||
	    clock_mono_ms() >= wait->until_ms;
	if (!look(w, err))
		return false;
	if (wait->counted && wait->seen == w->changes)
		return true;
	wait->counted = false;
	if (!spool_wait_count(w->spool, wait->messages, now,
	    &wait->facts.counts, err))
		return false;
	wait->seen = w->changes;
	wait->counted = true;
	return true;
}

static enum milter_wait_verdict
judge(struct milter_waits *w, struct wait *wait)
{
	struct error err;

	if (bring_up_to_date(w, wait, &err))
		return milter_wait_decide(&wait->facts);
	if (err.code == EX_TEMPFAIL && !wait->facts.over &&
	    wait->facts.listening)
		return MILTER_WAIT_ON;	/* locked: look again */
	log_warning("cannot check the wait for messages %s: %s; accepting "
	    "them", wait->messages, err.text);
	return MILTER_WAIT_ACCEPT;
}

/* --- waiting ------------------------------------------------------------ */

enum milter_wait_verdict
milter_waits_wait(struct milter_waits *w, const char *messages, int64_t until,
    bool (*progress)(void *ctx), void *ctx, bool *listening_r)
{
	int64_t told_ms = clock_mono_ms();
	struct wait wait = { .messages = messages,
		.until_ms = told_ms + (until - clock_now_s()) * 1000,
		.facts.listening = true };
	enum milter_wait_verdict verdict;

	(void)pthread_mutex_lock(&w->lock);
	while ((verdict = judge(w, &wait)) == MILTER_WAIT_ON) {
		(void)clock_cond_wait(&w->ending_now, &w->lock,
		    clock_mono_ms() + LOOK_MS);
		if (clock_mono_ms() - told_ms < PROGRESS_MS)
			continue;
		(void)pthread_mutex_unlock(&w->lock);
		wait.facts.listening = progress(ctx);
		told_ms = clock_mono_ms();
		(void)pthread_mutex_lock(&w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	*listening_r = wait.facts.listening;
	return verdict;
}
