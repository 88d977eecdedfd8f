/*
 * One SMTP session with one address of one host: connect, STARTTLS, judge the
 * certificate, and hand over messages as long as there are any.
 *
 * The I/O shell of smtp/dialogue.h, on an event loop.  Everything happens in the
 * loop's thread and nothing blocks.  A client holds one descriptor and one
 * timer; memory is some kilobytes idle and bounded while content flows.
 */
#ifndef TLSQ_SMTP_CLIENT_H
#define TLSQ_SMTP_CLIENT_H

#include <stdint.h>

#include "net/address.h"
#include "net/loop.h"
#include "policy/level.h"
#include "smtp/dialogue.h"
#include "tls/chain.h"
#include "tls/stls.h"

struct smtp_client;

/* What is known about the session; the client's, texts are printable UTF-8. */
struct smtp_evidence {
	struct net_address address;	/* of the peer */
	struct net_address local;	/* ours; len 0 before the connect */
	enum smtp_proof proof;
	bool tls;			/* the handshake was completed */
	char protocol[16], cipher[64];	/* "" without TLS */
	/* As struct stls_peer has them; static, NULL without TLS. */
	const char *key_exchange, *signature;
	bool resumed;
	bool has_certificate;		/* then these are filled: */
	struct stls_peer_info certificate;
	char *verify_error;		/* NULL where verified or not checked */
	/* After the last EHLO; .name is the EHLO name. */
	struct smtp_capabilities capabilities;
};

/* All callbacks run in the loop's thread, never inside a function of this
 * header, and may call any of them, smtp_client_free() too. */
struct smtp_client_events {
	/* A transaction that waits, or NULL.  Asked when the session is ready,
	 * after each message, and already while the end of a message is being
	 * written, so that the next envelope goes out in the same packet.
	 * It need not exist before `ready`. */
	const struct smtp_transaction *(*next)(void *ctx);
	/* Optional.  Once, after the last EHLO, before the first `next`. */
	void (*ready)(void *ctx, const struct smtp_evidence *evidence);
	/* Once for each transaction that `next` gave. */
	void (*result)(void *ctx, const struct smtp_transaction *tx,
	    const struct smtp_result *result);
	/* Exactly once, the last call, after all results; the client is then
	 * only there to be read (smtp_client_evidence) and freed.  NULL: it
	 * ended by smtp_client_quit(), or the server closed an idle session. */
	void (*closed)(void *ctx, const struct smtp_failure *failure);
	/* Optional: judges the certificate instead of stls_verify_pkix() with
	 * the name mx; verdict_r is preset to "not verified". */
	void (*authenticate)(void *ctx, const struct stls_peer *peer,
	    struct smtp_verdict *verdict_r);
};

struct smtp_client_config {
	struct loop *loop;
	const struct stls_context *tls;	/* not needed at LEVEL_NONE */
	struct net_address to;
	struct net_address source;	/* len 0: any */
	/* Its texts are kept until the client has ended; its host is ours. */
	struct smtp_session_config session;
	const char *mx;			/* kept: for certificate and sentences */
	const char *sni;		/* kept; NULL: as mx */
	enum stls_min_version min_version;
	/* A session to resume (tls/stls.h), kept, or NULL; then `authenticate`
	 * must know what to say of a peer that shows no certificate. */
	const uint8_t *resume;
	size_t resume_len;
	/* For each step but NONE, above 0.  TLS: the reply to STARTTLS and the
	 * handshake; BLOCK: 16 KiB of content. */
	int64_t timeout_ms[SMTP_STEP_COUNT];
	const struct smtp_client_events *events;	/* kept */
	void *ctx;
};

/* Starts to connect.  Does not fail: what goes wrong comes by `closed`. */
struct smtp_client *smtp_client_start(const struct smtp_client_config *config)
    __attribute__((returns_nonnull));
/* Closes at once, with no further callback; transactions not reported were not
 * delivered, but the end of one may have been written.  Accepts NULL. */
void smtp_client_free(struct smtp_client **client);

/* There is a new transaction, or more content: it will be asked for. */
void smtp_client_wake(struct smtp_client *client);
/* Ends the session once what `next` gave is done: QUIT, a short wait, closed. */
void smtp_client_quit(struct smtp_client *client);
/* Ready, and nothing under way. */
bool smtp_client_idle(const struct smtp_client *client);
/* smtp_session_owed_verdict() */
bool smtp_client_owed_verdict(const struct smtp_client *client);
/* stls_session_export(), from `ready` on.  False without TLS, too. */
bool smtp_client_export(struct smtp_client *client, uint8_t **session_r,
    size_t *len_r);
/* Valid until the client is freed; fills up as the session goes on. */
const struct smtp_evidence *smtp_client_evidence(
    const struct smtp_client *client);

/* What a chain's verdict means to the dialogue: fills all but named_by_domain;
 * proof is what a verified chain proves. */
void smtp_verdict_from_chain(struct smtp_verdict *v,
    const struct stls_result *r, enum smtp_proof proof);

#endif
