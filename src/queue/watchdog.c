/*
 * Questions to the workers, and their answers counted.
 */
#include "queue/watchdog.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/notify.h"

enum { STATUS_MS = 10000 };	/* where there is no WatchdogSec */

struct queue_watchdog {
	struct loop_timer *timer;
	int64_t period_ms;
	bool watched;			/* WatchdogSec is set */
	struct delivery_worker *const *workers;
	size_t n_workers;
	const size_t *open;
	/* to the questions of the last period */
	atomic_size_t answers;
};

/* In a worker's thread. */
static void
answer(void *arg)
{
	struct queue_watchdog *w = arg;

	(void)atomic_fetch_add(&w->answers, 1);
}

static void
ask_workers(struct queue_watchdog *w)
{
	atomic_store(&w->answers, 0);
	for (size_t i = 0; i < w->n_workers; i++)
		delivery_worker_post(w->workers[i], answer, w);
	loop_timer_set(w->timer, w->period_ms);
}

static void
on_period(void *arg)
{
	struct queue_watchdog *w = arg;

	/* Nothing new is asked until all have answered: counts do not mix. */
	if (atomic_load(&w->answers) < w->n_workers) {
		loop_timer_set(w->timer, w->period_ms);
		return;
	}
	notify_send("%sSTATUS=%zu recipients in delivery\n",
	    w->watched ? "WATCHDOG=1\n" : "", *w->open);
	ask_workers(w);
}

struct queue_watchdog *
queue_watchdog_start(struct loop *loop, struct delivery_worker *const *workers,
    size_t n_workers, const size_t *open)
{
	struct queue_watchdog *w;

	if (!notify_wanted())
		return NULL;
	w = mem_zalloc(sizeof(*w));
	w->timer = loop_timer_new(loop, on_period, w);
	w->period_ms = notify_watchdog_ms();
	w->watched = w->period_ms > 0;
	if (!w->watched)
		w->period_ms = STATUS_MS;
	w->workers = workers;
	w->n_workers = n_workers;
	w->open = open;
	ask_workers(w);
	return w;
}

void
queue_watchdog_free(struct queue_watchdog **watchdog)
{
	if (*watchdog == NULL)
		return;
	loop_timer_free(&(*watchdog)->timer);
	free(*watchdog);
	*watchdog = NULL;
}
