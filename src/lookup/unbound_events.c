/*
 * libunbound's events, made of libevent's: what it waits for is waited for by a
 * loop of ours, in its thread.
 *
 * ub_ctx_create_event() would do the same with less text.  But where libunbound
 * cannot begin its work (an outgoing-interface that is none, no port left to
 * send from), it frees the event base that it was given: the loop would then be
 * freed twice.  This one's `free` does nothing.  Nor need libunbound be built
 * with the libevent that we are linked with.
 */
#include "lookup/unbound_impl.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>

#include "base/mem.h"
#include "net/loop.h"

static_assert(UB_EV_TIMEOUT == EV_TIMEOUT && UB_EV_READ == EV_READ &&
    UB_EV_WRITE == EV_WRITE && UB_EV_PERSIST == EV_PERSIST, "");

struct unbound_events {
	struct ub_event_base super;
	struct event_base *base;
};

/*
 * One thing that it waits for.  It is changed only while it is not added.
 *
 * libunbound has a timer and a socket for each query that it has sent.  After a
 * long turn of the loop both may be ready, and then the answer counts.  But
 * libevent takes only so many ready sockets in a turn (32 at first; it doubles
 * whenever they are not enough) and all timers: a timer therefore lets a few
 * turns pass.
 */
enum { TURNS_TO_PASS = 6 };

struct unbound_event {
	struct ub_event super;
	struct event ev;
	struct event_base *base;
	int fd;
	short bits;
	int turns;		/* that a timer lets pass when it is due */
	void (*fn)(int fd, short bits, void *arg);
	void *arg;
};

/* super comes first */
static struct unbound_event *
own(struct ub_event *ev)
{
	return (struct unbound_event *)ev;
}

static int
assign(struct unbound_event *e)
{
	return event_assign(&e->ev, e->base, e->fd, e->bits, e->fn, e->arg);
}

static void
on_timer(int fd, short bits, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct unbound_event *e = arg;

	if (e->turns-- > 0 && event_add(&e->ev, &next_turn) == 0)
		return;
	e->fn(fd, bits, e->arg);
}

static void
add_bits(struct ub_event *ev, short bits)
{
	own(ev)->bits = (short)(own(ev)->bits | bits);
	(void)assign(own(ev));
}

static void
del_bits(struct ub_event *ev, short bits)
{
	own(ev)->bits = (short)(own(ev)->bits & ~bits);
	(void)assign(own(ev));
}

static void
set_fd(struct ub_event *ev, int fd)
{
	own(ev)->fd = fd;
	(void)assign(own(ev));
}

static int
del(struct ub_event *ev)
{
	return event_del(&own(ev)->ev);
}

static void
free_event(struct ub_event *ev)
{
	(void)del(ev);
	free(ev);
}

static int
add(struct ub_event *ev, struct timeval *timeout)
{
	return event_add(&own(ev)->ev, timeout);
}

static int
add_timer(struct ub_event *ev, struct ub_event_base *base,
    void (*fn)(int fd, short bits, void *arg), void *arg,
    struct timeval *timeout)
{
	struct unbound_event *e = own(ev);

	e->base = ((struct unbound_events *)base)->base;
	e->fd = -1;
	e->bits = EV_TIMEOUT;
	e->fn = fn;
	e->arg = arg;
	/* One that is due at once waits for nothing. */
	e->turns = timeout->tv_sec > 0 || timeout->tv_usec > 0 ?
	    TURNS_TO_PASS : 0;
	return event_assign(&e->ev, e->base, -1, EV_TIMEOUT, on_timer, e) != 0 ?
	    -1 : add(ev, timeout);
}

static int
add_signal(struct ub_event *ev, struct timeval *timeout)
{
	(void)ev;
	(void)timeout;
	return -1;
}

static void
nothing_of_windows(struct ub_event *ev)
{
	(void)ev;
}

static void
nothing_would_block(struct ub_event *ev, int bits)
{
	(void)ev;
	(void)bits;
}

static struct ub_event *
new_event(struct ub_event_base *base, int fd, short bits,
    void (*fn)(int fd, short bits, void *arg), void *arg)
{
	static struct ub_event_vmt vmt = {
		.add_bits = add_bits,
		.del_bits = del_bits,
		.set_fd = set_fd,
		.free = free_event,
		.add = add,
		.del = del,
		.add_timer = add_timer,
		.del_timer = del,
		.add_signal = add_signal,
		.del_signal = del,
		.winsock_unregister_wsaevent = nothing_of_windows,
		.winsock_tcp_wouldblock = nothing_would_block,
	};
	struct unbound_event *e = mem_zalloc(sizeof(*e));

	e->super.magic = UB_EVENT_MAGIC;
	e->super.vmt = &vmt;
	e->base = ((struct unbound_events *)base)->base;
	e->fd = fd;
	e->bits = bits;
	e->fn = fn;
	e->arg = arg;
	if (assign(e) == 0)
		return &e->super;
	free(e);
	return NULL;
}

/* Signals are the main thread's. */
static struct ub_event *
new_signal(struct ub_event_base *base, int signal,
    void (*fn)(int fd, short bits, void *arg), void *arg)
{
	(void)base;
	(void)signal;
	(void)fn;
	(void)arg;
	return NULL;
}

static struct ub_event *
new_of_windows(struct ub_event_base *base, void *handle,
    void (*fn)(int fd, short bits, void *arg), void *arg)
{
	(void)handle;
	return new_signal(base, -1, fn, arg);
}

/* The loop is its owner's to run, to stop and to free. */
static int
dispatch(struct ub_event_base *base)
{
	(void)base;
	return -1;
}

static int
stop(struct ub_event_base *base, struct timeval *after)
{
	(void)base;
	(void)after;
	return -1;
}

static void
keep(struct ub_event_base *base)
{
	(void)base;
}

struct ub_event_base *
unbound_events_new(struct loop *loop)
{
	static struct ub_event_base_vmt vmt = {
		.free = keep,
		.dispatch = dispatch,
		.loopexit = stop,
		.new_event = new_event,
		.new_signal = new_signal,
		.winsock_register_wsaevent = new_of_windows,
	};
	struct unbound_events *events = mem_zalloc(sizeof(*events));

	events->super.magic = UB_EVENT_MAGIC;
	events->super.vmt = &vmt;
	events->base = loop_event_base(loop);
	return &events->super;
}
