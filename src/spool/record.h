/*
 * Recording what happened: sessions, attempts, results, the end of a message.
 *
 * All run inside the caller's transaction; the order for one result is
 *	session (once per connection) -> attempt(s) -> result
 *	with the DSN it owes (made later: spool/owed.h) -> message_finish.
 */
#ifndef TLSQ_SPOOL_RECORD_H
#define TLSQ_SPOOL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

/* Texts NULL where unknown; words as in sql/schema.sql. */
struct spool_session {
	int64_t started_at;
	const char *mx, *address;
	const char *tls;		/* none encrypted pkix dane mta-sts */
	const char *protocol, *cipher, *key_exchange, *signature;
	const char *cert_sha256, *cert_subject, *cert_issuer;
	int64_t cert_not_after;		/* -1: no certificate */
	const char *spki_sha256, *tlsa;
	const char *dane;		/* none verified host-only unusable failed */
	const char *mta_sts;		/* none testing verified failed */
	bool resumed;
	const char *verify_error;
};
bool spool_session_add(struct spool *spool, const struct spool_session *s,
    int64_t *id_r, struct error *err) MUST_CHECK;

struct spool_attempt {
	int64_t message_id, recipient_id;
	const char *domain;
	int64_t started_at, duration_ms;
	const char *strategy, *rule;
	const char *mx, *address;	/* NULL: ended before a host was tried */
	const char *level;		/* none opportunistic mandatory mta-sts dane */
	const char *facts;		/* JSON */
	int64_t session_id;		/* -1: none */
	const char *outcome;		/* delivered deferred failed */
	const char *error;		/* NULL: none */
	const char *result_type;	/* RFC 8460 word */
	const char *status, *reply;
	const char *shadow_strategy, *shadow_outcome;	/* NULL: none */
};
bool spool_attempt_add(struct spool *spool, const struct spool_attempt *a,
    int64_t *id_r, struct error *err) MUST_CHECK;

/* What one session adds to tls_report; no text is NULL. */
struct spool_tls_count {
	const char *domain;
	const char *policy_type;	/* tlsa sts no-policy-found */
	const char *policy;		/* JSON: policy-string, mx-host */
	const char *result_type;	/* RFC 8460 4.3; "": success */
	const char *mx, *sending_ip, *receiving_ip, *reason;
	int sessions;			/* 0: the policy was seen, not applied */
};
bool spool_tls_count_add(struct spool *spool, const struct spool_tls_count *c,
    int64_t now, struct error *err) MUST_CHECK;

enum spool_outcome {
	SPOOL_DEFERRED,
	SPOOL_FAILED,
	SPOOL_EXPIRED,
	SPOOL_DELIVERED,
};

struct spool_result {
	int64_t recipient_id;
	const char *token;		/* under which it was claimed */
	enum spool_outcome outcome;
	int64_t now;
	int64_t next_attempt_at;	/* SPOOL_DEFERRED only */
	/* SPOOL_DEFERRED: a TLS strategy that is to be tried at once: the
	 * recipient stays due, if that strategy was not tried since it became
	 * due.  NULL: none. */
	const char *fallback;
	int64_t expires_at;		/* -1: not known */
	int notified;			/* delay notices sent, this one included */
	const char *last_error;		/* NULL: none; counts tls_failures */
	const char *status, *reply;
	int64_t last_attempt_id;	/* -1: none */
	const char *dsn_owed;		/* failed delayed delivered relayed;
					 * NULL: none */
};

enum spool_effect {
	SPOOL_LOST,		/* the lease was lost: nothing was changed */
	SPOOL_RECORDED,
	SPOOL_RECORDED_LATE,	/* delivered, but another had it by now, or it
				 * had ended otherwise: owe no DSN for it */
};
/*
 * Sets the recipient's state.  SPOOL_DELIVERED is recorded always; the others
 * only while the token still holds the recipient.
 */
bool spool_result_set(struct spool *spool, const struct spool_result *r,
    enum spool_effect *effect_r, struct error *err) MUST_CHECK;

/* The recipient's message carries a TLS report, and the result was final: what
 * became of the report is told, and an address that refused it is noted. */
bool spool_report_result(struct spool *spool, int64_t recipient_id, int64_t now,
    struct error *err) MUST_CHECK;

/*
 * Ends the message if nothing of it is undelivered, no DSN is owed and nobody
 * waits for it (wait_until NULL): sets finished_at, deletes the content.
 */
bool spool_message_finish(struct spool *spool, int64_t message_id, int64_t now,
    struct error *err) MUST_CHECK;

/*
 * Messages whose wait is over (message.wait_until in sql/schema.sql): one of them, or -1.  Call
 * wait_clear and message_finish; the DSNs it owes may be made from then on.
 */
bool spool_wait_over(struct spool *spool, int64_t now, int64_t *message_id_r,
    struct error *err) MUST_CHECK;
bool spool_wait_clear(struct spool *spool, int64_t message_id,
    struct error *err) MUST_CHECK;

/*
 * Upkeep after changes made by hand: finishes up to max messages, from
 * *cursor on, that have no undelivered recipient.  *cursor is moved on, and
 * 0 again after the last.
 */
bool spool_finish_strays(struct spool *spool, int64_t now, int max,
    int64_t *cursor, struct error *err) MUST_CHECK;

/* What is known of a domain.  error NULL: the attempt succeeded. */
struct spool_domain_status {
	const char *domain;
	int64_t at;
	bool delivered;
	const char *error, *result_type, *status, *reply;
	const char *tls, *dane, *mta_sts;	/* NULL: leave as it was */
};
/*
 * Sets it.  Where the domain was failing and mail was delivered, up to some
 * thousand recipients that wait because of it become due.
 */
bool spool_domain_status_set(struct spool *spool,
    const struct spool_domain_status *d, struct error *err) MUST_CHECK;

#endif
