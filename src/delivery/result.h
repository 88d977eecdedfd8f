/*
 * A report: what became of some recipients of a job, on its way to the database.
 * Made by a worker, stored and logged by the writer, then counted by the
 * scheduler.
 */
#ifndef TLSQ_DELIVERY_RESULT_H
#define TLSQ_DELIVERY_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "dsn/dsn.h"
#include "delivery/job.h"
#include "spool/writer.h"
#include "spool/record.h"

struct report_listener {
	/* n recipients (ids) of domain are recorded.  In the writer's thread. */
	void (*settled)(void *ctx, const char *domain, const int64_t *ids,
	    size_t n);
	/* They were let go, untried.  In a worker's thread. */
	void (*dropped)(void *ctx, const char *domain, const int64_t *ids,
	    size_t n);
	void *ctx;
};

struct report_line {
	size_t rcpt;		/* of the job */
	enum spool_outcome outcome;
	/* All notes of this attempt, the deciding one among them.  References
	 * are taken. */
	struct note *const *notes;
	size_t n_notes, deciding;
	char status[16];	/* as recorded on the recipient */
	bool domain_failed;	/* no host of the domain would do */
	int64_t next_attempt_at, expires_at; /* -1: not known */
	/* A strategy to be tried at once, or NULL (spool/record.h). */
	const char *fallback;
	int notified;		/* notices of delay, with the one owed now */
	enum dsn_action owed;
};

struct report;
struct report *report_new(struct job *job,
    const struct report_listener *listener);
void report_add(struct report *r, const struct report_line *line);
/* It is of a delivery in this session: counted there until it is done. */
void report_of_session(struct report *r, struct session_record *session);
/* Gives the report away. */
void report_send(struct report *r, struct writer *writer);

#endif
