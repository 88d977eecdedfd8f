/*
 * The one thread of the milter that writes the database.  What waits is stored
 * in one transaction (group commit): 16 writers with connections of their own
 * manage a fifth of what one does.
 *
 * A job is the caller's; between put and the end of wait (or a withdrawal that
 * succeeded) the storer uses it.  put, wait and withdraw may be called from any
 * thread.
 */
#ifndef TLSQ_MILTER_STORER_H
#define TLSQ_MILTER_STORER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/insert.h"

struct milter_storer;

/* One of the messages of a job: the same mail under another strategy. */
struct milter_store_item {
	struct spool_insert *insert;
	struct spool_message message;
	int64_t id;		/* result */
};

enum milter_job_state { MILTER_JOB_WAITS, MILTER_JOB_STORING, MILTER_JOB_DONE };

struct milter_job {
	struct milter_store_item *items;	/* all are stored, or none */
	size_t count;
	/* With count 0, what to do instead: in a transaction, and with what it
	 * has changed undone where it fails. */
	bool (*write)(struct milter_job *job, struct spool *spool,
	    struct error *err);
	/* results, once wait has said so */
	bool stored;		/* durable */
	struct error err;	/* why not */
	/* the storer's */
	struct milter_job *next;
	enum milter_job_state state;
};

/* Opens the database (making it where there is none) and starts the thread.
 * Should the file be moved away or deleted later, the one that is then at its
 * path is taken, or made. */
bool milter_storer_start(struct milter_storer **storer_r,
    const char *database, struct error *err) MUST_CHECK;
/* Stores what still waits, and ends the thread. */
void milter_storer_stop(struct milter_storer **storer);

/* For gathering a message (see spool/insert.h). */
struct spool_insert *milter_storer_insert(struct milter_storer *storer)
    __attribute__((returns_nonnull));

void milter_storer_put(struct milter_storer *storer, struct milter_job *job);
/* True once the job is done, false where it is not after timeout_ms. */
bool milter_storer_wait(struct milter_storer *storer, struct milter_job *job,
    int timeout_ms);
/* Takes back a job that nobody has begun to store; false where it is too late:
 * then its result has to be waited for. */
bool milter_storer_withdraw(struct milter_storer *storer,
    struct milter_job *job);

/* Since when (clock_mono_ms) the thread has been at its present work; -1: it
 * has none.  For the watchdog. */
int64_t milter_storer_busy_since(struct milter_storer *storer);

#endif
