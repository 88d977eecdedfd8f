/*
 * One thread's event loop: timers, file descriptors, and work posted from other
 * threads.  A thin layer over libevent's core.
 *
 * Everything here belongs to the thread that runs the loop, loop_post() and
 * loop_stop() excepted: they may be called from any thread.  Threads share
 * nothing but these messages.
 */
#ifndef TLSQ_NET_LOOP_H
#define TLSQ_NET_LOOP_H

#include <stdint.h>

#include "base/error.h"

struct event_base;
struct loop;
struct loop_timer;
struct loop_watch;

/* Readiness, as asked for and as reported. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };

bool loop_new(struct loop **loop_r, struct error *err) MUST_CHECK;
/* Frees the loop and runs what was posted but not yet run.  Accepts NULL. */
void loop_free(struct loop **loop);
/* Runs until loop_stop(), and then what was posted and not yet run.  Blocks. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* For a library that lives on the loop: it has gone before loop_free(). */
struct event_base *loop_event_base(struct loop *loop);

/* Runs fn(arg) in the loop's thread, in the order posted.  Any thread. */
void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/* A timer fires once, ms from when it was set; setting it again moves it. */
struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg),
    void *arg);
void loop_timer_set(struct loop_timer *t, int64_t ms);
void loop_timer_clear(struct loop_timer *t);
void loop_timer_free(struct loop_timer **t);

/*
 * Watches fd (not owned) for the readiness last asked for by loop_watch_want();
 * level-triggered, and 0 asks for nothing.  fn may free the watch.
 */
struct loop_watch *loop_watch_new(struct loop *loop, int fd,
    void (*fn)(void *arg, int ready), void *arg);
void loop_watch_want(struct loop_watch *w, int want);
void loop_watch_free(struct loop_watch **w);

#endif
