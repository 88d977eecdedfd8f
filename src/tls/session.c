/*
 * A client session over wolfSSL: handshake, octets, end; its peer in words.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/mem.h"
#include "base/text.h"
#include "tls/stls_impl.h"

#include <wolfssl/wolfcrypt/hash.h>

/* One record at a time: then what wolfSSL still holds after WANT_WRITE is
 * never more than the caller gave last. */
enum { WRITE_MAX = 16384, NAME_MAX_LEN = 255, AHEAD_MAX = 4096 };

/* The ServerHello, after a HelloRetryRequest with a cookie, is within so much. */
enum { FIRST_MAX = 4096 };

/*
 * What a peer may send.  wolfSSL reads on while there is something to read and
 * none of it is for the caller, and a KeyUpdate of 27 octets costs 11 us: without
 * bounds a flood holds the thread for as long as it lasts.
 *
 * TURN_MAX: after so much the socket passes for empty, once, so that the other
 * sessions of the thread have their turn.
 * IDLE_MAX: what handshakes, tickets and KeyUpdates may come to; the largest
 * handshake that wolfSSL takes needs about 40 kB.  Every octet for the caller
 * allows IDLE_PER_OCTET more: a record of one octet has 22 around it.
 */
enum { TURN_MAX = 16384, IDLE_MAX = 128 * 1024, IDLE_PER_OCTET = 64 };

static int
take_ahead(struct stls *s, char *buf, size_t room)
{
	size_t n = s->ahead_len - s->ahead_at;

	if (n > room)
		n = room;
	memcpy(buf, s->ahead + s->ahead_at, n);
	s->ahead_at += n;
	if (s->ahead_at == s->ahead_len) {
		free(s->ahead);
		s->ahead = NULL;
	}
	return (int)n;
}

static void
keep_first(struct stls *s, const void *data, size_t len)
{
	size_t room = s->done ? 0 : FIRST_MAX - s->first.len;

	(void)buf_append(&s->first, data, len < room ? len : room);
}

static void
keep_ahead(struct stls *s, const uint8_t *data, size_t len)
{
	keep_first(s, data, len);
	s->ahead = mem_dup(data, len);
	s->ahead_at = 0;
	s->ahead_len = len;
}

/* False: more than any honest session needs. */
static bool
count_received(struct stls *s, size_t n)
{
	s->turn += n;
	s->received += n;
	s->flooded = s->received > IDLE_MAX + IDLE_PER_OCTET * s->delivered;
	return !s->flooded;
}

/* The end of a turn: nothing is there, or enough was read for now. */
static int
receive_later(struct stls *s)
{
	s->turn = 0;
	return WOLFSSL_CBIO_ERR_WANT_READ;
}

/* wolfSSL's own callbacks raise SIGPIPE and hide errno.  It asks for the five
 * octets of a record's head, then for the rest: one call fetches both. */
static int
socket_receive(WOLFSSL *w, char *buf, int room, void *arg)
{
	struct stls *s = arg;
	uint8_t ahead[AHEAD_MAX];
	struct iovec into[] = { { buf, (size_t)room }, { ahead, sizeof(ahead) } };
	ssize_t n;

	(void)w;
	if (s->ahead != NULL)
		return take_ahead(s, buf, (size_t)room);
	/* Nothing is kept here now: what comes will be seen on the socket. */
	if (s->turn >= TURN_MAX)
		return receive_later(s);
	do
		n = readv(s->fd, into, (int)ARRAY_LEN(into));
	while (n < 0 && errno == EINTR);
	if (n > 0 && !count_received(s, (size_t)n))
		return WOLFSSL_CBIO_ERR_GENERAL;
	if (n > 0)
		keep_first(s, buf, (size_t)(n < room ? n : room));
	if (n > room)
		keep_ahead(s, ahead, (size_t)(n - room));
	if (n > 0)
		return n < room ? (int)n : room;
	if (n == 0) {
		s->closed = true;
		return WOLFSSL_CBIO_ERR_CONN_CLOSE;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return receive_later(s);
	s->socket_errno = errno;
	return WOLFSSL_CBIO_ERR_GENERAL;
}

static int
socket_send(WOLFSSL *w, char *buf, int len, void *arg)
{
	struct stls *s = arg;
	ssize_t n;

	(void)w;
	do
		n = send(s->fd, buf, (size_t)len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return WOLFSSL_CBIO_ERR_WANT_WRITE;
	s->socket_errno = errno;
	return WOLFSSL_CBIO_ERR_GENERAL;
}

static void
keep_chain(struct stls *s, const WOLFSSL_BUFFER_INFO *certs, size_t n)
{
	size_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += certs[i].length;
	s->octets = mem_alloc(all > 0 ? all : 1);
	all = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(s->octets + all, certs[i].buffer, certs[i].length);
		s->peer.chain[i].data = s->octets + all;
		s->peer.chain[i].len = certs[i].length;
		all += certs[i].length;
	}
	s->peer.n_chain = n;
}

/*
 * Called for every certificate, whatever wolfSSL thinks of it; it sees the whole
 * chain.  (wolfSSL_get_peer_chain leaves out certificates of 2 kB and more.)
 */
static int
capture(int preverified, WOLFSSL_X509_STORE_CTX *store)
{
	struct stls *s = store->userCtx;
	struct stls_public_key key;
	struct stls_blob first;

	(void)preverified;
	if (s == NULL || store->totalCerts < 1)
		return 0;
	if (store->totalCerts > STLS_CHAIN_MAX) {
		s->too_long = true;
		return 0;
	}
	/* Before its signature is checked, which is what costs. */
	first.data = store->certs[0].buffer;
	first.len = store->certs[0].length;
	if (!stls_cert_key(first, &key)) {
		s->bad_key = true;
		return 0;
	}
	if (s->peer.n_chain == 0)
		keep_chain(s, store->certs, (size_t)store->totalCerts);
	return 1;
}

static bool
set_sni(WOLFSSL *w, const char *host)
{
	char name[NAME_MAX_LEN + 1];
	uint8_t octets[16];
	size_t len;

	if (host == NULL || stls_ip_literal(host, octets) > 0)
		return true;
	if (!text_copy(name, sizeof(name), host))
		return false;
	len = strlen(name);
	if (len > 0 && name[len - 1] == '.')
		name[--len] = '\0';
	return len == 0 || wolfSSL_UseSNI(w, WOLFSSL_SNI_HOST_NAME, name,
	    (word16)len) == WOLFSSL_SUCCESS;
}

/* A session that cannot be read back is no loss: the handshake is full then. */
static void
set_resume(WOLFSSL *w, const uint8_t *blob, size_t len)
{
	const unsigned char *at = blob;
	WOLFSSL_SESSION *session;

	if (blob == NULL || len == 0 || len > 65536)
		return;
	session = wolfSSL_d2i_SSL_SESSION(NULL, &at, (long)len);
	if (session == NULL)
		return;
	(void)wolfSSL_set_session(w, session);
	wolfSSL_SESSION_free(session);
}

static bool
set_up(struct stls *s, const struct stls_params *params)
{
	WOLFSSL *w = s->wolfssl;

	wolfSSL_SSLSetIORecv(w, socket_receive);
	wolfSSL_SSLSetIOSend(w, socket_send);
	wolfSSL_SetIOReadCtx(w, s);
	wolfSSL_SetIOWriteCtx(w, s);
	wolfSSL_set_verify(w, WOLFSSL_VERIFY_NONE, capture);
	wolfSSL_SetCertCbCtx(w, s);
	/*
	 * wolfSSL asks whether the server's Diffie-Hellman modulus is prime: 0.5 s
	 * where it has 4096 bits.  The server signs it, and a bad one gives away
	 * its own traffic, which it may do anyway; OpenSSL does not ask either.
	 */
	(void)wolfSSL_SetEnableDhKeyTest(w, 0);
	(void)wolfSSL_set_msg_callback(w, stls_offer_watch);
	(void)wolfSSL_set_msg_callback_arg(w, &s->peer);
	if (params->min_version != STLS_MIN_TLS12)
		(void)wolfSSL_set_options(w, WOLFSSL_OP_NO_TLSv1_2);
	if (wolfSSL_UseSessionTicket(w) != WOLFSSL_SUCCESS ||
	    !set_sni(w, params->sni))
		return false;
	set_resume(w, params->resume, params->resume_len);
	return true;
}

bool
stls_client_new(struct stls **s_r, const struct stls_context *ctx, int fd,
    const struct stls_params *params, struct error *err)
{
	struct stls *s = mem_zalloc(sizeof(*s));

	*s_r = NULL;
	s->fd = fd;
	s->min_version = params->min_version;
	s->wolfssl = wolfSSL_new(stls_context_wolfssl(ctx));
	if (s->wolfssl == NULL || !set_up(s, params)) {
		stls_free(&s);
		return error_set(err, EX_SOFTWARE, "wolfSSL cannot create a "
		    "session for %s", params->sni != NULL ? params->sni :
		    "an address");
	}
	*s_r = s;
	return true;
}

void
stls_free(struct stls **s_p)
{
	struct stls *s = *s_p;

	*s_p = NULL;
	if (s == NULL)
		return;
	wolfSSL_free(s->wolfssl);
	free(s->ahead);
	buf_free(&s->first);
	free(s->octets);
	free(s);
}

static enum stls_status
handshake_fail(struct stls *s, int code, struct error *err)
{
	s->failed = true;
	stls_failure_text(s, code, err);
	wolfSSL_ERR_clear_error();
	return STLS_FAILED;
}

static enum stls_status
handshake_refuse(struct stls *s, struct error *err, const char *why)
{
	s->failed = true;
	(void)error_set(err, EX_TEMPFAIL, "%s", why);
	return STLS_FAILED;
}

/* What wolfSSL's result means; rc is what the call returned. */
static enum stls_status
status_of(struct stls *s, int rc, struct error *err)
{
	int code = wolfSSL_get_error(s->wolfssl, rc);

	if (code == WOLFSSL_ERROR_WANT_READ)
		return STLS_WANT_READ;
	if (code == WOLFSSL_ERROR_WANT_WRITE)
		return STLS_WANT_WRITE;
	if (s->done && (code == WOLFSSL_ERROR_ZERO_RETURN || s->closed)) {
		wolfSSL_ERR_clear_error();
		return STLS_EOF;
	}
	return handshake_fail(s, code, err);
}

/*
 * The certificate's key and, in TLS 1.3, the signature scheme that goes with it:
 * there each curve has one.  Which hash an RSA key used wolfSSL does not tell.
 */
static const char *
signature_of_key(const struct stls_peer *p)
{
	static const char *const names[STLS_KEY_COUNT] = {
		[STLS_KEY_RSA] = "rsa_pss_rsae",
		[STLS_KEY_P256] = "ecdsa_secp256r1_sha256",
		[STLS_KEY_P384] = "ecdsa_secp384r1_sha384",
		[STLS_KEY_P521] = "ecdsa_secp521r1_sha512",
		[STLS_KEY_ED25519] = "ed25519",
		[STLS_KEY_ED448] = "ed448",
	};
	struct stls_cert leaf;

	return stls_cert_parse(p->chain[0].data, p->chain[0].len, &leaf, NULL) ?
	    names[leaf.key.kind] : NULL;
}

enum stls_status
stls_handshake(struct stls *s, struct error *err)
{
	const char *why;
	int rc;

	if (s->done)
		return STLS_OK;
	if (s->failed)
		return handshake_refuse(s, err,
		    "the TLS session has failed before");
	rc = wolfSSL_connect(s->wolfssl);
	if (rc != WOLFSSL_SUCCESS)
		return status_of(s, rc, err);
	why = stls_offer_check(s->wolfssl, s->min_version, (struct stls_blob){
	    (const uint8_t *)buf_str(&s->first), s->first.len }, &s->peer);
	buf_free(&s->first);
	if (why != NULL)
		return handshake_refuse(s, err, why);
	/* Every suite that is offered has a certificate in it. */
	if (!s->peer.resumed && s->peer.n_chain == 0)
		return handshake_refuse(s, err,
		    "the server sent no certificate");
	if (s->peer.n_chain > 0 && s->peer.signature == NULL)
		s->peer.signature = signature_of_key(&s->peer);
	s->done = true;
	return STLS_OK;
}

enum stls_status
stls_read(struct stls *s, void *data, size_t room, size_t *n_r,
    struct error *err)
{
	int rc;

	*n_r = 0;
	/* wolfSSL must not be asked after its shutdown (CVE-2026-15442). */
	if (!s->done || s->failed || s->shut)
		return handshake_refuse(s, err, "no TLS session to read from");
	rc = wolfSSL_read(s->wolfssl, data,
	    room < WRITE_MAX ? (int)room : WRITE_MAX);
	if (rc <= 0)
		return status_of(s, rc, err);
	*n_r = (size_t)rc;
	s->delivered += *n_r;
	return STLS_OK;
}

enum stls_status
stls_write(struct stls *s, const void *data, size_t len, size_t *n_r,
    struct error *err)
{
	int rc;

	*n_r = 0;
	if (!s->done || s->failed)
		return handshake_refuse(s, err, "no TLS session to write to");
	if (len == 0)
		return STLS_OK;
	rc = wolfSSL_write(s->wolfssl, data,
	    len < WRITE_MAX ? (int)len : WRITE_MAX);
	if (rc <= 0)
		return status_of(s, rc, err);
	*n_r = (size_t)rc;
	return STLS_OK;
}

enum stls_status
stls_shutdown(struct stls *s, struct error *err)
{
	enum stls_status status;
	int rc;

	if (!s->done || s->failed || s->closed)
		return STLS_OK;
	s->shut = true;
	rc = wolfSSL_shutdown(s->wolfssl);
	if (rc == WOLFSSL_SUCCESS || rc == WOLFSSL_SHUTDOWN_NOT_DONE)
		return STLS_OK;
	status = status_of(s, rc, err);
	return status == STLS_WANT_WRITE ? status : STLS_OK;
}

bool
stls_flooded(const struct stls *s)
{
	return s->flooded;
}

const struct stls_peer *
stls_peer(const struct stls *s)
{
	return &s->peer;
}

bool
stls_session_export(struct stls *s, uint8_t **blob_r, size_t *len_r)
{
	WOLFSSL_SESSION *session;
	unsigned char *der = NULL;
	int len = 0;

	*blob_r = NULL;
	*len_r = 0;
	if (!s->done || s->failed ||
	    (session = wolfSSL_get1_session(s->wolfssl)) == NULL)
		return false;
	if (wolfSSL_SESSION_is_resumable(session) == 1)
		len = wolfSSL_i2d_SSL_SESSION(session, &der);
	wolfSSL_SESSION_free(session);
	if (len <= 0 || der == NULL)
		return false;
	*blob_r = mem_dup(der, (size_t)len);
	*len_r = (size_t)len;
	wolfSSL_OPENSSL_free(der);
	return true;
}

/* --- the leaf certificate in words, for the record of the session */

void
stls_sha256_hex(char hex_r[static STLS_SHA256_HEX_LEN], const void *data,
    size_t len)
{
	byte digest[WC_SHA256_DIGEST_SIZE];

	hex_r[0] = '\0';
	if (wc_Sha256Hash(data, (word32)len, digest) == 0)
		text_hex(hex_r, digest, sizeof(digest));
}

bool
stls_peer_describe(const struct stls_peer *peer, struct stls_peer_info *info)
{
	struct stls_cert cert;
	bool ok;

	memset(info, 0, sizeof(*info));
	ok = peer->n_chain > 0 && stls_cert_parse(peer->chain[0].data,
	    peer->chain[0].len, &cert, NULL);
	if (peer->n_chain > 0)
		stls_sha256_hex(info->cert_sha256, peer->chain[0].data,
		    peer->chain[0].len);
	if (ok) {
		stls_name_text(cert.subject, info->subject,
		    sizeof(info->subject));
		stls_name_text(cert.issuer, info->issuer,
		    sizeof(info->issuer));
		info->not_before_at = cert.not_before_at;
		info->not_after_at = cert.not_after_at;
		stls_sha256_hex(info->spki_sha256, cert.key.spki.data,
		    cert.key.spki.len);
	}
	return ok;
}
