/*
 * A timer, and a thread for each begin_look that has something to do.
 */
#include "queue/reporter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "nexthop/services.h"
#include "report/send.h"

enum { LOOK_MS = 60000, COMPLAIN_S = 86400 };

struct queue_reporter {
	struct queue_reporter_options options;
	struct loop_timer *timer;
	pthread_t thread;
	bool running, over;
	atomic_bool stopped;
	struct settings *settings;	/* of the begin_look under way */
	int64_t complained_at;		/* that no report can be sent */
};

static bool
reporter_stopped(void *ctx)
{
	return atomic_load(&((struct queue_reporter *)ctx)->stopped);
}

/* What the administrator has to mend is said once a day. */
static void
complain(struct queue_reporter *r, const struct error *err)
{
	int64_t now = clock_now_s();

	if (err->code != EX_CONFIG)
		log_warning("TLS reports: %s", err->text);
	else if (now - r->complained_at >= COMPLAIN_S) {
		log_error("TLS reports: %s", err->text);
		r->complained_at = now;
	}
}

static void
look_is_over(void *arg)
{
	struct queue_reporter *r = arg;

	if (!r->running)
		return;
	(void)pthread_join(r->thread, NULL);
	r->running = false;
	settings_unref(&r->settings);
	if (atomic_load(&r->stopped))
		return;
	if (r->options.once) {
		r->over = true;
		r->options.over(r->options.ctx);
	} else
		loop_timer_set(r->timer, LOOK_MS);
}

static void *
reporter_run(void *arg)
{
	struct queue_reporter *r = arg;
	struct report_send send = { .database = r->options.database,
		.own_name = r->options.own_name, .settings = r->settings,
		.lookups = nexthop_services_lookups(r->settings),
		.stopped = reporter_stopped, .ctx = r };
	struct error err;

	if (!report_send_due(&send, &err))
		complain(r, &err);
	loop_post(r->options.loop, look_is_over, r);
	return NULL;
}

static void
begin_look(void *arg)
{
	struct queue_reporter *r = arg;

	if (!r->options.in_force->current->conf->report.tls_enable) {
		r->over = r->options.once;
		if (!r->over)
			loop_timer_set(r->timer, LOOK_MS);
		return;
	}
	r->settings = settings_ref(r->options.in_force->current);
	r->running = pthread_create(&r->thread, NULL, reporter_run, r) == 0;
	if (r->running)
		return;
	log_warning("TLS reports: cannot start a thread");
	settings_unref(&r->settings);
	r->over = r->options.once;
	if (!r->over)
		loop_timer_set(r->timer, LOOK_MS);
}

struct queue_reporter *
queue_reporter_start(const struct queue_reporter_options *o)
{
	struct queue_reporter *r = mem_zalloc(sizeof(*r));

	r->options = *o;
	r->timer = loop_timer_new(o->loop, begin_look, r);
	begin_look(r);
	return r;
}

bool
queue_reporter_is_over(const struct queue_reporter *r)
{
	return r->over;
}

void
queue_reporter_stop(struct queue_reporter *r)
{
	if (r == NULL)
		return;
	atomic_store(&r->stopped, true);
	if (r->running) {
		(void)pthread_join(r->thread, NULL);
		r->running = false;
		settings_unref(&r->settings);
	}
	loop_timer_free(&r->timer);
}

void
queue_reporter_free(struct queue_reporter **r)
{
	free(*r);
	*r = NULL;
}
