/*
 * A message: its envelope, as it is put in, claimed and reported on, and its
 * content, read piece by piece.  No read transaction is open between two pieces,
 * so that a slow network never holds up a checkpoint.
 */
#ifndef TLSQ_SPOOL_MESSAGE_H
#define TLSQ_SPOOL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "spool/spool.h"

/* NULL texts are "not given". */
struct spool_message {
	int64_t id;			/* 0: not stored yet */
	const char *mta_id;		/* Sendmail's queue id */
	const char *sender;		/* "" is the null sender; never NULL */
	const char *source;		/* milter submit spool dsn report */
	int64_t received_at;
	int64_t wait_until;		/* -1: nobody waits for the result */
	int64_t size;			/* of what is stored */
	const char *body_type;		/* 7BIT (also for NULL) or 8BITMIME */
	bool smtputf8, require_tls, tls_optional;
	const char *ret;		/* FULL, HDRS */
	const char *envid;		/* decoded: plain text */
	const char *client_ip, *client_name, *auth_user;
	const char *tls_strategy;	/* pinned; must exist */
	const char *tls_report;		/* its id, where it carries one */
};

struct spool_recipient {
	int64_t id;			/* 0: not stored yet */
	const char *address;		/* local@domain, domain in A-labels */
	const char *domain;		/* insert: NULL is the address's */
	const char *notify;		/* NEVER or SUCCESS,FAILURE,DELAY */
	const char *orcpt;		/* decoded: type;address */
	bool held;			/* insert: state held, waits for a release */
	/* Of the attempts before, where it was claimed. */
	const char *last_error, *status, *reply;
	int attempts, tls_failures, notified;
	int64_t expires_at;		/* -1: not known yet */
	int64_t next_attempt_at;	/* since when it was due */
	/* A rule of the administrator (`tlsq except`), or NULL: the strategy, and
	 * the rule in words. */
	const char *except_strategy, *except_rule;
};

/* The envelope of message_r->id, its texts in the arena; zeroed where there is no
 * such message. */
bool spool_message_read(struct spool *spool, struct arena *arena,
    struct spool_message *message_r, struct error *err) MUST_CHECK;

enum { SPOOL_PIECE_MAX = 256 * 1024 };

/*
 * Puts piece seq (0, 1, ...) into piece (cleared first).  found_r is false
 * after the last piece, and at piece 0 of a message whose content is gone; where
 * it went after an earlier piece was there: EX_NOINPUT.  last_r, which may be
 * NULL, tells that no other piece follows, and the next call can be spared.  Line
 * ends are as stored: mail of SQL producers may have bare LF.
 */
bool spool_content_read(struct spool *spool, int64_t message_id, int64_t seq,
    struct buf *piece, bool *found_r, bool *last_r, struct error *err)
    MUST_CHECK;

/*
 * Does the stored content have octets above 127, whatever its label says?  Reads
 * all of it.
 */
bool spool_content_scan(struct spool *spool, int64_t message_id,
    bool *eight_bit_r, struct error *err) MUST_CHECK;

#endif
