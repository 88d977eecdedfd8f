/*
 * milter.wait: the end of a message waits until its delivery was tried.
 *
 * Each waiting connection has a thread of libmilter's, and all share one handle
 * on the spool: whether anything has changed is asked twenty times a second at
 * the most, however many wait.
 */
#ifndef TLSQ_MILTER_WAIT_H
#define TLSQ_MILTER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/wait.h"

enum milter_wait_verdict {
	MILTER_WAIT_ACCEPT,	/* say yes; who is to be told gets a DSN */
	MILTER_WAIT_ON,
	MILTER_WAIT_WITHDRAW	/* say no, in the server's words */
};

/* What is known while waiting. */
struct milter_wait_facts {
	struct spool_wait_counts counts;
	bool over;		/* the time has passed, or the milter ends */
	bool listening;		/* there is somebody to answer */
};
/* PURE. */
enum milter_wait_verdict milter_wait_decide(
    const struct milter_wait_facts *facts);

struct milter_waits;

bool milter_waits_open(struct milter_waits **waits_r, const char *database,
    struct error *err) MUST_CHECK;
void milter_waits_close(struct milter_waits **waits);
/* Every wait is over, now and from now on.  Any thread. */
void milter_waits_end(struct milter_waits *waits);

/*
 * Waits for these messages (spool/wait.h) until `until`, telling the mail server
 * by progress(ctx) every few seconds to be patient; it answers false once it no
 * longer listens, and so does *listening_r.  Never MILTER_WAIT_ON.
 */
enum milter_wait_verdict milter_waits_wait(struct milter_waits *waits,
    const char *messages, int64_t until, bool (*progress)(void *ctx),
    void *ctx, bool *listening_r);

#endif
