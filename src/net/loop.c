/*
 * The event loop: libevent's event_base, and a locked queue of posted work
 * behind an eventfd.
 */
#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct work {
	struct work *next;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event *wake;
	int wake_fd;
	pthread_mutex_t lock;		/* guards head and tail */
	struct work *head, **tail;
};

struct loop_timer {
	struct event *ev;
	void (*fn)(void *arg);
	void *arg;
};

struct loop_watch {
	struct event_base *base;
	struct event *ev;
	int fd, want;
	void (*fn)(void *arg, int ready);
	void *arg;
};

/* Takes the whole queue at once, so that work which posts more work cannot
 * starve the file descriptors. */
static void
run_posted(struct loop *loop)
{
	struct work *w, *next;

	pthread_mutex_lock(&loop->lock);
	w = loop->head;
	loop->head = NULL;
	loop->tail = &loop->head;
	pthread_mutex_unlock(&loop->lock);
	for (; w != NULL; w = next) {
		next = w->next;
		w->fn(w->arg);
		free(w);
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	/* EAGAIN only means that another wake-up was served already. */
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		abort();
	run_posted(arg);
}

/*
 * A base that reads the clock for each timer.  With the clock of the turn a timer
 * that is set late in a long turn would fire early, and libunbound's are short:
 * it would take answers for lost that are on their way.
 */
static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL && event_config_set_flag(config,
	    EVENT_BASE_FLAG_NO_CACHE_TIME) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

bool
loop_new(struct loop **loop_r, struct error *err)
{
	struct loop *loop = mem_zalloc(sizeof(*loop));

	*loop_r = NULL;
	loop->tail = &loop->head;
	pthread_mutex_init(&loop->lock, NULL);
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	loop->base = new_base();
	if (loop->wake_fd < 0 || loop->base == NULL) {
		error_set(err, EX_OSERR, "event loop: %s", strerror(errno));
		loop_free(&loop);
		return false;
	}
	loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST,
	    on_wake, loop);
	if (loop->wake == NULL || event_add(loop->wake, NULL) != 0) {
		error_set(err, EX_OSERR, "event loop: no wake-up event");
		loop_free(&loop);
		return false;
	}
	*loop_r = loop;
	return true;
}

void
loop_free(struct loop **loop)
{
	struct loop *l = *loop;

	if (l == NULL)
		return;
	while (l->head != NULL)
		run_posted(l);
	if (l->wake != NULL)
		event_free(l->wake);
	if (l->base != NULL)
		event_base_free(l->base);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
	*loop = NULL;
}

static bool
has_posted(struct loop *loop)
{
	bool some;

	pthread_mutex_lock(&loop->lock);
	some = loop->head != NULL;
	pthread_mutex_unlock(&loop->lock);
	return some;
}

void
loop_run(struct loop *loop)
{
	(void)event_base_dispatch(loop->base);
	while (has_posted(loop))
		run_posted(loop);
}

static void
break_loop(void *arg)
{
	(void)event_base_loopbreak(arg);
}

void
loop_stop(struct loop *loop)
{
	loop_post(loop, break_loop, loop->base);
}

struct event_base *
loop_event_base(struct loop *loop)
{
	return loop->base;
}

void
loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct work *w = mem_alloc(sizeof(*w));
	static const uint64_t one = 1;
	bool first;

	w->fn = fn;
	w->arg = arg;
	w->next = NULL;
	pthread_mutex_lock(&loop->lock);
	first = loop->head == NULL;
	*loop->tail = w;
	loop->tail = &w->next;
	/*
	 * Under the lock: the work may be the last, done by a wake-up that was
	 * pending, and the loop freed, before we come to it.  The counter cannot
	 * overflow: a full one is a pending wake-up.
	 */
	if (first && write(loop->wake_fd, &one, sizeof(one)) < 0 &&
	    errno != EAGAIN)
		abort();
	pthread_mutex_unlock(&loop->lock);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct loop_timer *t = mem_alloc(sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	t->ev = evtimer_new(loop->base, on_timer, t);
	if (t->ev == NULL)
		abort();
	return t;
}

void
loop_timer_set(struct loop_timer *t, int64_t ms)
{
	struct timeval tv;

	if (ms < 0)
		ms = 0;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	if (evtimer_add(t->ev, &tv) != 0)
		abort();
}

void
loop_timer_clear(struct loop_timer *t)
{
	(void)evtimer_del(t->ev);
}

void
loop_timer_free(struct loop_timer **t)
{
	if (*t == NULL)
		return;
	event_free((*t)->ev);
	free(*t);
	*t = NULL;
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *w = arg;
	int ready = 0;

	(void)fd;
	if (what & EV_READ)
		ready |= LOOP_READ;
	if (what & EV_WRITE)
		ready |= LOOP_WRITE;
	w->fn(w->arg, ready);
}

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, void (*fn)(void *arg, int ready),
    void *arg)
{
	struct loop_watch *w = mem_alloc(sizeof(*w));

	w->base = loop->base;
	w->fd = fd;
	w->want = 0;
	w->fn = fn;
	w->arg = arg;
	w->ev = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_ready, w);
	if (w->ev == NULL)
		abort();
	return w;
}

void
loop_watch_want(struct loop_watch *w, int want)
{
	short what = EV_PERSIST;

	if (want == w->want)
		return;
	(void)event_del(w->ev);
	w->want = want;
	if (want == 0)
		return;
	if (want & LOOP_READ)
		what |= EV_READ;
	if (want & LOOP_WRITE)
		what |= EV_WRITE;
	if (event_assign(w->ev, w->base, w->fd, what, on_ready, w) != 0 ||
	    event_add(w->ev, NULL) != 0)
		abort();
}

void
loop_watch_free(struct loop_watch **w)
{
	if (*w == NULL)
		return;
	event_free((*w)->ev);
	free(*w);
	*w = NULL;
}
