/*
 * The writer: the one thread of a daemon that writes the database.  What waits
 * when it gets to work is one transaction (group commit), so that syncs grow with
 * time and not with messages.  It waits a little itself where more is to be
 * expected.
 *
 * With a lease it is a runner's: it registers the runner, tries what fails again,
 * and keeps house (heartbeat and lease renewal, taking back the claims of dead
 * runners, checkpoints, purging).  Without one it is the milter's: a task that
 * fails is told so at once, as a client waits for the answer, and takes no other
 * with it.
 */
#ifndef TLSQ_SPOOL_WRITER_H
#define TLSQ_SPOOL_WRITER_H

#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "spool/spool.h"

struct spool_writer;

/* How long a task may wait for others to share its transaction. */
enum spool_write_when {
	SPOOL_WRITE_NOW,
	/* A result: until no other is expected, at most 20 ms, and 2 ms once a
	 * session withholds the end of a message for it. */
	SPOOL_WRITE_SOON,
	SPOOL_WRITE_LATER		/* nobody waits for it: 20 ms */
};

enum spool_write_state { SPOOL_WRITE_WAITING, SPOOL_WRITE_RUNNING,
    SPOOL_WRITE_DONE };

/*
 * A piece of work, embedded in its owner's struct.  All three functions are
 * called in the writer's thread.
 */
struct spool_write_task {
	/* The writer's. */
	struct spool_write_task *next;
	UT_hash_handle hh;
	enum spool_write_state state;
	enum spool_write_when when;
	uint64_t octets;	/* of mail, which bounds a batch */
	/* What it is about, so that a transaction says once what many tasks
	 * know; NULL: like no other.  superseded: a later task of the same
	 * transaction is about the same; set before run is called. */
	const char *subject;
	bool superseded;
	/* Inside a transaction that other tasks share; called again after
	 * undo where that transaction failed.  token is NULL without a lease. */
	bool (*run)(struct spool_write_task *t, struct spool *spool,
	    const char *token, struct error *err);
	/* The transaction in which run was called is gone.  May be NULL. */
	void (*undo)(struct spool_write_task *t);
	/* err NULL: committed, durable.  Else this task is given up, with the
	 * reason.  The task belongs to its owner again. */
	void (*done)(struct spool_write_task *t, const struct error *err);
	/* With done NULL somebody waits (spool_writer_wait), which a writer without a
	 * lease asks for.  Once it is over: whether the task was given up, and the
	 * reason in *err, which the owner provides. */
	bool failed;
	struct error *err;
};

struct spool_writer_options {
	const char *path;	/* borrowed */
	int64_t lease_s;	/* 0: there is no runner; path alone counts */
	/* Called in the writer's thread where the database cannot be used any
	 * more (damaged): the program should end. */
	void (*fatal)(void *ctx, const struct error *err);
	/* Called in the writer's thread when all tasks of a batch are done.  May
	 * be NULL. */
	void (*batch_over)(void *ctx);
	void *ctx;
};

/*
 * Opens the database (making it where there is none), registers the runner,
 * starts the thread.  Without a lease, should the file be moved away or deleted
 * later, the one that is then at its path is taken, or made.
 */
bool spool_writer_start(struct spool_writer **w_r,
    const struct spool_writer_options *o, struct error *err) MUST_CHECK;
/* Under which the runner claims; lives as long as the writer.  Any thread. */
const char *spool_writer_token(const struct spool_writer *w);
/* Any thread.  Order is kept. */
void spool_writer_post(struct spool_writer *w, struct spool_write_task *t);
/* True once a posted task without `done` is over, false where it is not after
 * timeout_ms.  Any thread but the writer's; so is the next. */
bool spool_writer_wait(struct spool_writer *w, struct spool_write_task *t,
    int timeout_ms);
/* Takes back such a task that nobody has begun: it will never be run.  False
 * where it is too late; then its end has to be waited for. */
bool spool_writer_withdraw(struct spool_writer *w, struct spool_write_task *t);
/* Since when (clock_mono_ms) the thread has been at its present batch; -1: it
 * has none.  For a watchdog.  Any thread. */
int64_t spool_writer_busy_since(struct spool_writer *w);
/* So many more (fewer, where negative) results are on their way whatever is
 * committed.  Any thread. */
void spool_writer_expect(struct spool_writer *w, int n);
/* Something waits for what was posted.  Any thread. */
void spool_writer_hurry(struct spool_writer *w);
/*
 * Runs what waits, releases all claims, unregisters, ends the thread.  A disk
 * that fails is tried for some seconds; tasks that could not be committed are
 * told so.  Blocks.  Accepts NULL.
 */
void spool_writer_stop(struct spool_writer **w);

#endif
