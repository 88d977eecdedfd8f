/*
 * Inside of a session: what all share (context.c), what is offered and whether
 * what the server chose is of it (offer.c), the session itself (session.c), and
 * why it failed, in words (failure.c).  A session belongs to one thread at a time.
 */
#ifndef TLSQ_TLS_STLS_IMPL_H
#define TLSQ_TLS_STLS_IMPL_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "base/buf.h"
#include "base/hash.h"
#include "tls/cert.h"

/* --- context.c */

/* A trusted certificate; of one subject in the order of the file. */
struct stls_anchor {
	struct stls_cert cert;		/* read from der */
	struct stls_anchor *next;
	UT_hash_handle hh;		/* by subject: the first of each only */
	uint8_t der[];
};

/* NULL: none of that name (a whole Name element). */
const struct stls_anchor *stls_context_find(const struct stls_context *ctx,
    struct stls_blob subject);

WOLFSSL_CTX *stls_context_wolfssl(const struct stls_context *ctx);

/* --- offer.c */

/* False: the library lacks something of it. */
bool stls_offer_set(WOLFSSL_CTX *w);

/*
 * After a handshake, before the first octet: fills protocol, cipher, group and
 * resumed of the peer.  first: what the server sent first.  NULL, or one sentence:
 * the server chose something that was not offered.  wolfSSL before 5.7.2 does not
 * look at the suite of TLS 1.2 where 1.3 was offered as well (CVE-2024-5814), and
 * has suites without encryption; no version looks at the group of TLS 1.2.
 */
const char *stls_offer_check(WOLFSSL *w, enum stls_min_version min_version,
    struct stls_blob first, struct stls_peer *peer);

/* What the server chose: numbers as on the wire, the group by wolfSSL's name,
 * NULL where there was none. */
struct stls_choice {
	int version, suite;
	const char *group;
	enum stls_min_version min_version;
	bool resumed;
	bool share;		/* stls_offer_has_share() */
};

/*
 * The ServerHello of TLS 1.3 in these octets, records from the first one on, has
 * a key_share.  After a HelloRetryRequest wolfSSL takes one without, and the keys
 * come from zeros then; the group that it names is that of its own share
 * (CVE-2026-3230).  False, too, where the ServerHello is cut.
 */
bool stls_offer_has_share(struct stls_blob first);

/* The judgement alone.  PURE; fills cipher, group and resumed of the peer. */
const char *stls_offer_judge(const struct stls_choice *choice,
    struct stls_peer *peer);

/* As wolfSSL's msg_callback, whose ctx is a struct stls_peer: fills signature
 * from the ServerKeyExchange of TLS 1.2. */
void stls_offer_watch(int written, int version, int type, const void *octets,
    size_t len, WOLFSSL *w, void *peer);

/* --- session.c, failure.c */

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

/* Puts into words why an operation of wolfSSL failed. */
void stls_failure_text(struct stls *s, int code, struct error *err);

#endif
