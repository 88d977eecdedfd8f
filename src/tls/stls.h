/*
 * TLS to a mail server: one client session on a socket that is already
 * connected.  All calls of wolfSSL are in src/tls; nothing of it shows here.
 *
 * The handshake never judges the certificate: it proves that the peer holds the
 * key of the certificate it shows (that signature is always verified) and keeps
 * the chain.  Whether the chain is good enough is asked afterwards, of
 * tls/chain.h, before the first octet of mail.
 */
#ifndef TLSQ_TLS_STLS_H
#define TLSQ_TLS_STLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Octets owned by someone else. */
struct stls_blob {
	const uint8_t *data;
	size_t len;
};

/*
 * Once per process, before threads; EX_CONFIG where the library's certificate
 * checks are known to be forgeable (tls/selftest_impl.h).
 */
bool stls_global_init(struct error *err) MUST_CHECK;
void stls_global_cleanup(void);
/* In each thread that made handshakes, before it ends: gives back wolfSSL's
 * elliptic-curve cache (up to 12 MB a thread). */
void stls_thread_end(void);

/*
 * What all sessions share: ciphers, groups, and the trusted certificates for
 * PKIX.  Const once open: any thread may use it without a lock.
 */
struct stls_context;

/*
 * ca_file is a PEM file; NULL is the system's bundle.  Every certificate in it
 * is an anchor, a self-signed server certificate too.  EX_NOINPUT or EX_CONFIG
 * where the file cannot be read or holds no certificate; one that cannot be
 * parsed is left out.
 */
bool stls_context_open(struct stls_context **ctx_r, const char *ca_file,
    struct error *err) MUST_CHECK;
void stls_context_close(struct stls_context **ctx);
/* How many anchors there are, for `tlsq check` and the log. */
size_t stls_context_anchors(const struct stls_context *ctx);

/* One session.  Belongs to one thread at a time. */
struct stls;

enum stls_min_version { STLS_MIN_TLS13, STLS_MIN_TLS12 };

struct stls_params {
	/* RFC 6066 section 3: sent where it is a name; an address literal and
	 * NULL send none.  A trailing dot is dropped. */
	const char *sni;
	enum stls_min_version min_version;
	/* From stls_session_export, or NULL.  Only to the same host, port and
	 * policy it came from (doc/policy.md 5).  One that is damaged or
	 * that the peer does not know leads to a full handshake. */
	const uint8_t *resume;
	size_t resume_len;
};

/*
 * What an operation came to.  After WANT_READ or WANT_WRITE the same call is
 * made again once the descriptor is ready.  After FAILED only stls_free is
 * left; err then names the cause in words, with the alert where there was one,
 * and err->code is EX_TEMPFAIL (the peer, the network) or EX_SOFTWARE.
 */
enum stls_status {
	STLS_FAILED,
	STLS_OK,
	STLS_WANT_READ,
	STLS_WANT_WRITE,
	STLS_EOF,	/* the peer closed: with close_notify, or, once the
			 * handshake is done, without (SMTP ends by its own
			 * reply codes, so that a cut is seen there) */
};

/* fd is non-blocking, connected and kept: the caller closes it, after
 * stls_free.  params is borrowed for the call. */
bool stls_client_new(struct stls **s_r, const struct stls_context *ctx, int fd,
    const struct stls_params *params, struct error *err) MUST_CHECK;
void stls_free(struct stls **s);

/* OK, WANT_READ, WANT_WRITE or FAILED.  Never blocks; no timeout of its own.
 * WANT_READ also comes after each 16 kB, so that no peer holds the thread: the
 * descriptor must be polled by level, not by edge. */
enum stls_status stls_handshake(struct stls *s, struct error *err) MUST_CHECK;
/* OK: *n_r (1 or more) octets are in data.  Reads what is there, at most room.
 * Poll shows nothing where wolfSSL holds decrypted octets: read until WANT_READ. */
enum stls_status stls_read(struct stls *s, void *data, size_t room, size_t *n_r,
    struct error *err) MUST_CHECK;
/* After FAILED: the peer sent more than 128 kB around what was for the caller
 * (KeyUpdates, tickets, empty records). */
bool stls_flooded(const struct stls *s);
/* OK: *n_r octets were taken, perhaps fewer than len.  After WANT_* the same
 * octets must be given again (they may have moved, and more may follow). */
enum stls_status stls_write(struct stls *s, const void *data, size_t len,
    size_t *n_r, struct error *err) MUST_CHECK;
/* Sends close_notify and does not wait for the peer's.  OK also where the peer
 * is gone.  Needless after EOF or FAILED.  Nothing can be read afterwards. */
enum stls_status stls_shutdown(struct stls *s, struct error *err) MUST_CHECK;

/* wolfSSL's own limit is 9; a longer chain is a handshake failure. */
enum { STLS_CHAIN_MAX = 10 };

/* What the handshake showed.  Borrowed from the session. */
struct stls_peer {
	const char *protocol;	/* "TLSv1.2", "TLSv1.3" */
	const char *cipher;	/* "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-..." */
	/* Of the key exchange: "X25519", "P-256", ..., "DHE" for a group of the
	 * server's own; "" where TLS 1.2 was resumed. */
	const char *group;
	/* Of the server's signature in this handshake, as IANA names it; in TLS
	 * 1.3 "rsa_pss_rsae" without its hash.  NULL where resumed or unknown. */
	const char *signature;
	/* The raw certificates in the order sent, leaf first.  None where the
	 * session was resumed: no certificate was shown then, and what was
	 * found for the first session is the caller's to keep. */
	struct stls_blob chain[STLS_CHAIN_MAX];
	size_t n_chain;
	bool resumed;
};

/* After stls_handshake was OK; valid until stls_free. */
const struct stls_peer *stls_peer(const struct stls *s);

/* Lower-case hex; "" where the library has none. */
enum { STLS_SHA256_HEX_LEN = 65 };
void stls_sha256_hex(char hex_r[static STLS_SHA256_HEX_LEN], const void *data,
    size_t len);

/* The leaf certificate in words.  Texts are RFC 4514 in printable UTF-8, cut
 * where too long. */
struct stls_peer_info {
	char subject[512], issuer[512];
	int64_t not_before_at, not_after_at;	/* unix seconds */
	/* lower-case hex */
	char cert_sha256[STLS_SHA256_HEX_LEN], spki_sha256[STLS_SHA256_HEX_LEN];
};

/* False, with texts empty but for cert_sha256, where there is no certificate or
 * it cannot be parsed. */
bool stls_peer_describe(const struct stls_peer *peer,
    struct stls_peer_info *info_r);

/*
 * The session for later resumption, about 1.1 kB, in fresh memory that the
 * caller frees (it holds keys: not for disk).  Call it at the end, after reads:
 * a TLS 1.3 server sends its ticket after the handshake.  False: nothing that
 * could be resumed.
 */
bool stls_session_export(struct stls *s, uint8_t **blob_r, size_t *len_r);

#endif
