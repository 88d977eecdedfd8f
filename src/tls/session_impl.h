/*
 * Between the context and the sessions made from it.
 */
#ifndef TLSQ_TLS_SESSION_IMPL_H
#define TLSQ_TLS_SESSION_IMPL_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "base/buf.h"
#include "tls/stls.h"

struct stls {
	WOLFSSL *wolfssl;
	int fd;
	enum stls_min_version min_version;
	bool done;		/* the handshake */
	bool failed;
	bool shut;		/* we ended it: nothing is read any more */
	bool closed;		/* the peer closed the connection */
	int socket_errno;	/* of the last send or receive that failed */
	bool too_long;		/* more certificates than we keep */
	bool bad_key;		/* of the leaf: not to be used at any level */
	/* What came with the octets that wolfSSL asked for; NULL: nothing. */
	uint8_t *ahead;
	size_t ahead_at, ahead_len;
	struct buf first;	/* what came first; empty after the handshake */
	size_t turn;		/* octets received since the last WANT_READ */
	uint64_t received, delivered;	/* of the socket, to the caller */
	bool flooded;		/* received is beyond all bounds */
	struct stls_peer peer;
	uint8_t *octets;	/* of the chain, one piece */
};

/* Callbacks of all sessions: sockets and the capture of the chain. */
void stls_session_setup(WOLFSSL_CTX *w);

/* Puts into words why an operation of wolfSSL failed. */
void stls_failure_text(struct stls *s, int code, struct error *err);

#endif
