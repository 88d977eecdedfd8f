/*
 * A job: a message with those of its recipients that go out alike, as one SMTP
 * transaction.
 *
 * It belongs to a worker.  Results on their way to the writer hold references and
 * touch only what no longer changes in the worker: the message's fields and the
 * recipients that are finished.
 */
#ifndef TLSQ_DELIVERY_JOB_H
#define TLSQ_DELIVERY_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "conf/config.h"
#include "nexthop/chooser.h"
#include "delivery/attempt.h"
#include "delivery/host_list.h"
#include "spool/queue.h"

/* A recipient of the job: what it went through in this attempt. */
struct delivery_progress {
	/* Its result is on its way, or it was taken from us. */
	bool finished;
	struct delivery_attempt **attempts;	/* references */
	size_t n_attempts;
	/* The rest once finished, by result.c and the writer. */
	size_t deciding;		/* of the attempts */
	struct spool_result result;
	char status[16];		/* result.status */
	bool domain_failed;		/* no host of the domain would do */
	enum spool_effect effect;
};

struct delivery_job {
	TAILQ_ENTRY(delivery_job) entry;
	atomic_int refs;
	struct spool_job *claimed;	/* owned; the message and recipients */
	size_t first, count;		/* this job's part of the recipients */
	/* whose `claimed` it is, or NULL */
	struct delivery_job *whole;
	struct settings *settings;
	/* Chosen by the worker for this attempt.  strategy NULL: not yet. */
	struct nexthop_choice choice;
	char *rule;			/* owned; choice.rule, or NULL */
	struct delivery_progress *progress;	/* by recipient of this job */
	size_t open;			/* recipients not finished */
	struct delivery_place place;	/* where to go on */
	int drops;		/* sessions at place that it ended */
};
TAILQ_HEAD(delivery_job_list, delivery_job);

/*
 * Makes the jobs of one claimed message: by recipient domain, at most
 * per_transaction recipients each; they are appended to list.  Takes claimed.
 */
void delivery_job_make(struct delivery_job_list *list,
    struct spool_job *claimed, struct settings *settings,
    size_t per_transaction);
/*
 * Takes all but the first n recipients off, into a job of their own; before any
 * of them was tried.
 */
struct delivery_job *delivery_job_split(struct delivery_job *job, size_t n);
void delivery_job_set_choice(struct delivery_job *job,
    const struct nexthop_choice *choice);
/* Exchanges two recipients; before any was tried. */
void delivery_job_swap(struct delivery_job *job, size_t i, size_t k);
struct delivery_job *delivery_job_ref(struct delivery_job *job);
void delivery_job_unref(struct delivery_job **job);

const struct spool_recipient *delivery_job_rcpt(const struct delivery_job *job,
    size_t i);
struct nexthop_case delivery_job_case(const struct delivery_job *job, size_t i,
    int64_t now);
const char *delivery_job_domain(const struct delivery_job *job);
/* Adds an attempt to one recipient; takes a reference of its own. */
void delivery_job_add_attempt(struct delivery_job *job, size_t i,
    struct delivery_attempt *a);
/* The same for all that are not finished. */
void delivery_job_add_attempt_to_all(struct delivery_job *job,
    struct delivery_attempt *a);
void delivery_job_finish(struct delivery_job *job, size_t i);

#endif
