/*
 * DSNs that are owed: recipient.dsn_owed, set by spool_result_set, cleared in
 * the transaction that stores the DSN.
 *
 * All run inside the caller's transaction.
 */
#ifndef TLSQ_SPOOL_OWED_H
#define TLSQ_SPOOL_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "spool/message.h"
#include "spool/spool.h"

/* Texts NULL where SQL NULL. */
struct spool_owed_rcpt {
	int64_t id;
	const char *owed;		/* failed delayed delivered relayed */
	const char *address, *orcpt, *status;
	bool expired;
	const char *last_error, *result_type, *reply;
	const char *mx, *mx_address, *level, *strategy, *verify_error;
	int64_t last_attempt_at, expires_at;	/* -1: none */
};

/* A message, and those of its recipients a DSN is owed for. */
struct spool_owed {
	struct spool_message message;
	struct spool_owed_rcpt *rcpts;
	size_t rcpt_count;
};

/*
 * The first message after `after` whose DSN can be made now, -1 where there is
 * none: nothing of it is in delivery and no milter waits for it.
 */
bool spool_owed_next(struct spool *spool, int64_t after, int64_t now,
    int64_t *message_id_r, struct error *err) MUST_CHECK;
/* At most max recipients; texts live in the arena. */
bool spool_owed_read(struct spool *spool, int64_t message_id, size_t max,
    struct arena *arena, struct spool_owed *owed_r, struct error *err)
    MUST_CHECK;
/* The DSN for these is stored, or can never be. */
bool spool_owed_clear(struct spool *spool, const struct spool_owed *owed,
    struct error *err) MUST_CHECK;

#endif
