/*
 * The queue: claiming recipients that are due, and the lease on them.
 *
 * All functions that change something run inside a transaction of the caller
 * (spool_begin), so that many of them share one commit.  Nothing here blocks
 * beyond the disk; the clock is the caller's `now` (Unix seconds).
 */
#ifndef TLSQ_SPOOL_QUEUE_H
#define TLSQ_SPOOL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "spool/message.h"
#include "spool/spool.h"

/* A message and those of its recipients that one call claimed. */
struct spool_job {
	struct spool_job *next;
	struct arena *arena;		/* owns the job and all below it */
	struct spool_message message;
	size_t rcpt_count;
	struct spool_recipient *rcpts;
};

enum { SPOOL_LEASE_S = 900 };	/* of a claim; renewed while its runner lives */

struct spool_claim {
	const char *token;		/* spool_runner_token() */
	int64_t now;
	int64_t due_by;			/* now, as a rule */
	int64_t lease_s;
	int64_t longest_wait_s;		/* that a schedule can set; 0: any */
	size_t max;			/* recipients in this call */
	/*
	 * Has the caller room for one more recipient of this domain?  taken is
	 * how many of it this call has claimed already.  NULL: no bound.
	 */
	bool (*domain_has_room)(void *ctx, const char *domain, size_t taken);
	void *ctx;
	const char *const *domains;	/* only these; lower case; NULL: all */
	size_t domain_count;
	const int64_t *message_ids;	/* only these; NULL: all */
	size_t message_count;
};

/*
 * Claims what is due, oldest first: state active, claimed_by the token, until
 * now + lease_s.  Recipients whose lease has run out are due again, and those
 * that wait for a time which only a clock that was ahead can have set.  more_r
 * tells that the call ended at a bound and may find more when called again (a
 * scan that passes over many full domains is continued where it ended).
 * Jobs are given to the caller: spool_job_free each.
 */
bool spool_claim(struct spool *spool, const struct spool_claim *claim,
    struct spool_job **jobs_r, size_t *recipients_r, bool *more_r,
    struct error *err) MUST_CHECK;
/*
 * Makes due what the claim's domains, messages or neither name, whatever its
 * schedule says; once, before the first of such claims.
 */
bool spool_make_due(struct spool *spool, const struct spool_claim *claim,
    struct error *err) MUST_CHECK;
/* Frees one job (not those after it).  Accepts NULL; sets NULL. */
void spool_job_free(struct spool_job **job);

/* When the next recipient is due, a lease or a milter's wait ends; -1: never. */
bool spool_next_due(struct spool *spool, int64_t *due_at_r,
    struct error *err) MUST_CHECK;

/* How many runners hold claims now, the caller among them or not. */
bool spool_claim_sharers(struct spool *spool, int *count_r, struct error *err)
    MUST_CHECK;

/* Prolongs all leases of the token to now + lease_s. */
bool spool_claims_renew(struct spool *spool, const char *token, int64_t until,
    struct error *err) MUST_CHECK;
/*
 * Has the token the recipient still?  Not where the lease has passed to another
 * runner, or the administrator took it (spool/admin.h).  Reads only, outside a
 * transaction too.
 */
bool spool_claim_holds(struct spool *spool, int64_t recipient_id,
    const char *token, bool *holds_r, struct error *err) MUST_CHECK;
/* Gives back one recipient untried, due at due_at; nothing if not held. */
bool spool_claim_release(struct spool *spool, int64_t recipient_id,
    const char *token, int64_t due_at, struct error *err) MUST_CHECK;
/* Gives back all that the token holds (clean shutdown, dead runner). */
bool spool_claims_release(struct spool *spool, const char *token,
    int64_t *count_r, struct error *err) MUST_CHECK;

/*
 * Retention: deletes up to max messages finished before `before`, with their
 * recipients, attempts and sessions.  Returns how many were deleted.
 */
bool spool_purge(struct spool *spool, int64_t before, int max,
    int64_t *count_r, struct error *err) MUST_CHECK;
/*
 * The same for the states of domains, max rows of domain_status at a time: those
 * not tried since `before` that no mail waits for.  *cursor is the last domain
 * of the slice, the caller's to free; NULL before the first and after the last
 * slice.
 */
bool spool_purge_domains(struct spool *spool, int64_t before, int max,
    char **cursor, struct error *err) MUST_CHECK;
/* Pages of the file that hold nothing. */
bool spool_free_pages(struct spool *spool, int64_t *pages_r,
    struct error *err) MUST_CHECK;
/* Gives up to pages free pages back to the file system. */
bool spool_shrink(struct spool *spool, int pages, struct error *err)
    MUST_CHECK;

#endif
