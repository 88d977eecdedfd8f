/*
 * The writer: the one thread that writes the database.  What waits when it gets
 * to work is one transaction (group commit), so that syncs grow with time and
 * not with messages.
 *
 * It also keeps house: heartbeat and lease renewal, taking back the claims of
 * dead runners, checkpoints, purging.
 */
#ifndef TLSQ_RUNNER_WRITER_H
#define TLSQ_RUNNER_WRITER_H

#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "spool/spool.h"

struct writer;

/*
 * A piece of work, embedded in its owner's struct.  All three functions are
 * called in the writer's thread.
 */
struct write_task {
	/* The writer's. */
	struct write_task *next;
	UT_hash_handle hh;
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
	void *ctx;
};

/* Opens the database, registers the runner, starts the thread. */
bool writer_start(struct writer **w_r, const struct writer_options *o,
    struct error *err) MUST_CHECK;
/* Under which the runner claims; lives as long as the writer.  Any thread. */
const char *writer_token(const struct writer *w);
/* Any thread.  Order is kept. */
void writer_post(struct writer *w, struct write_task *t);
/*
 * Runs what waits, releases all claims, unregisters, ends the thread.  A disk
 * that fails is tried for some seconds; tasks that could not be committed are
 * told so.  Blocks.  Accepts NULL.
 */
void writer_stop(struct writer **w);

#endif
