/*
 * A question put to the resolver thread by another thread.
 *
 * Every function of this module that starts a lookup returns such a handle and
 * never blocks.  The answer comes exactly once, by a callback in the thread of
 * the loop that was named, and never before the starting function has returned.
 * When the callback runs the handle is gone.
 *
 * The loop that was named must live until the resolver is closed; loop_free()
 * then runs what was answered last.
 */
#ifndef TLSQ_LOOKUP_REQUEST_H
#define TLSQ_LOOKUP_REQUEST_H

struct lookup_request;

/*
 * No callback comes any more.  Only in the thread of the loop that was named;
 * accepts NULL, sets NULL.  The lookup itself goes on, for the cache.
 */
void lookup_cancel(struct lookup_request **request);

#endif
