/*
 * The writer: the one thread that writes the database.  What waits when it gets
 * to work is one transaction (group commit), so that syncs grow with time and
 * not with messages.  It waits a little itself where more is to be expected.
 *
 * It also keeps house: heartbeat and lease renewal, taking back the claims of
 * dead runners, checkpoints, purging.
 */
#ifndef TLSQ_SPOOL_WRITER_H
#define TLSQ_SPOOL_WRITER_H

#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "spool/spool.h"

struct writer;

/* How long a task may wait for others to share its transaction. */
enum write_when {
	WRITE_NOW,
	/* A result: until no other is expected, at most 20 ms, and 2 ms once a
	 * session withholds the end of a message for it. */
	WRITE_SOON,
	WRITE_LATER		/* nobody waits for it: 20 ms */
};

/*
 * A piece of work, embedded in its owner's struct.  All three functions are
 * called in the writer's thread.
 */
struct write_task {
	/* The writer's. */
	struct write_task *next;
	UT_hash_handle hh;
	enum write_when when;
	/* What it is about, so that a transaction says once what many tasks
	 * know; NULL: like no other.  superseded: a later task of the same
	 * transaction is about the same; set before run is called. */
	const char *subject;
	bool superseded;
	/* Inside a transaction that other tasks share; called again after
	 * undo where that transaction failed. */
	bool (*run)(struct write_task *t, struct spool *spool,
	    const char *token, struct error *err);
	/* The transaction in which run was called is gone.  May be NULL. */
	void (*undo)(struct write_task *t);
	/* err NULL: committed, durable.  Else this task is given up, with the
	 * reason.  The task belongs to its owner again. */
	void (*done)(struct write_task *t, const struct error *err);
};

struct writer_options {
	const char *path;
	int64_t lease_s;
	/* Called in the writer's thread where the database cannot be used any
	 * more (damaged): the program should end. */
	void (*fatal)(void *ctx, const struct error *err);
	/* Called in the writer's thread when all tasks of a batch are done.  May
	 * be NULL. */
	void (*batch_over)(void *ctx);
	void *ctx;
};

/* Opens the database, registers the runner, starts the thread. */
bool writer_start(struct writer **w_r, const struct writer_options *o,
    struct error *err) MUST_CHECK;
/* Under which the runner claims; lives as long as the writer.  Any thread. */
const char *writer_token(const struct writer *w);
/* Any thread.  Order is kept. */
void writer_post(struct writer *w, struct write_task *t);
/* So many more (fewer, where negative) results are on their way whatever is
 * committed.  Any thread. */
void writer_expect(struct writer *w, int n);
/* Something waits for what was posted.  Any thread. */
void writer_hurry(struct writer *w);
/*
 * Runs what waits, releases all claims, unregisters, ends the thread.  A disk
 * that fails is tried for some seconds; tasks that could not be committed are
 * told so.  Blocks.  Accepts NULL.
 */
void writer_stop(struct writer **w);

#endif
