/*
 * What was seen on the way: sessions and notes.
 *
 * A session record is what one TCP connection showed; a note is one host that
 * was tried, or could not be, by a job.  Both are filled by the worker, then
 * published (never changed again, the row id excepted) and counted, since many
 * recipients share them.  The counts are atomic: the writer drops its own.
 */
#ifndef TLSQ_DELIVERY_ATTEMPT_H
#define TLSQ_DELIVERY_ATTEMPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "policy/level.h"

struct session_record {
	atomic_int refs;
	int64_t row_id;		/* the writer's: 0 until it is inserted */
	bool stored;		/* the writer's: row_id is committed */
	atomic_int unrecorded;	/* reports of its deliveries not committed */
	int64_t started_at;
	char *mx;		/* owned, as the other `char *` here */
	char address[NET_ADDRESS_TEXT_LEN];
	const char *tls;	/* none, encrypted, pkix, dane, mta-sts */
	const char *dane, *mta_sts; /* words of sql/schema.sql */
	char protocol[16], cipher[64];
	const char *key_exchange, *signature;	/* static, or NULL */
	char cert_sha256[65], spki_sha256[65];
	char tlsa[160];		/* the record that matched, "" where none */
	char *cert_subject, *cert_issuer;	/* NULL: none */
	int64_t cert_not_after;	/* 0: no certificate */
	bool resumed;
	char *verify_error;	/* NULL: none */
};

struct session_record *session_record_new(const char *mx);
struct session_record *session_record_ref(struct session_record *r);
void session_record_unref(struct session_record **r);

struct note {
	atomic_int refs;
	int64_t started_at, duration_ms;
	char mx[256], address[NET_ADDRESS_TEXT_LEN]; /* "": none reached */
	enum policy_level level;
	struct session_record *session;	/* a reference, or NULL */
	/* The TLS strategy and the rule that chose it; strategy NULL: the job's.
	 * Its text is the settings'. */
	const char *strategy;
	char rule[256];
	char facts[512];	/* JSON: what the decision was made from */
	const char *error;	/* word of last_error; NULL: delivered */
	char status[16];
	const char *result_type; /* static RFC 8460 word, or NULL */
	bool no_receipts;	/* the host does not know DSN, and was asked */
	char reply[600];	/* the server's, else a sentence of ours */
};

struct note *note_new(void);
struct note *note_ref(struct note *n);
void note_unref(struct note **n);

#endif
