/*
 * The client's socket: reading and writing, in clear and through TLS; early
 * octets, the handshake, who the peer is.
 */
#include "smtp/client_impl.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/mem.h"
#include "base/text.h"

void
smtp_client_hang_up(struct smtp_client *c)
{
	struct error err;

	loop_watch_free(&c->watch);
	if (c->tls != NULL && c->tls_usable)
		(void)(stls_shutdown(c->tls, &err) == STLS_OK);
	stls_free(&c->tls);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* Of recv() or send(), as stls_read() would say it. */
static enum stls_status
plain_status(ssize_t n, size_t *n_r, struct error *err)
{
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return STLS_WANT_READ;
	if (n < 0) {
		error_set(err, EX_TEMPFAIL, "%s", strerror(errno));
		return STLS_FAILED;
	}
	*n_r = (size_t)n;
	return n > 0 ? STLS_OK : STLS_EOF;
}

static enum stls_status
read_some(struct smtp_client *c, char *data, size_t room, size_t *n_r,
    struct error *err)
{
	enum stls_status status;

	*n_r = 0;
	if (c->tls == NULL)
		return plain_status(recv(c->fd, data, room, 0), n_r, err);
	if (!c->tls_usable)
		return STLS_EOF;
	status = stls_read(c->tls, data, room, n_r, err);
	c->read_waits_write = status == STLS_WANT_WRITE;
	c->tls_usable = status != STLS_EOF && status != STLS_FAILED;
	return status;
}

static enum stls_status
write_some(struct smtp_client *c, const char *data, size_t len, size_t *n_r,
    struct error *err)
{
	enum stls_status status;

	*n_r = 0;
	if (c->tls == NULL)
		return plain_status(send(c->fd, data, len, MSG_NOSIGNAL), n_r,
		    err);
	status = stls_write(c->tls, data, len, n_r, err);
	c->write_waits_read = status == STLS_WANT_READ;
	c->tls_usable = status != STLS_EOF && status != STLS_FAILED;
	return status;
}

static void
connection_failed(struct smtp_client *c, const char *why)
{
	if (c->tls != NULL && stls_flooded(c->tls))
		smtp_session_tls_flooded(c->session, why);
	else
		smtp_session_lost(c->session, why);
}

/* Gives the dialogue all that is there, or a turn's worth of it; the loop comes
 * back for more.  Ends where the dialogue ended: what a flooding server sends
 * beyond that is not read. */
void
smtp_client_read_all(struct smtp_client *c)
{
	char data[CLIENT_READ_SIZE];
	struct error err;
	size_t n, turn = 0;
	enum stls_status status;

	while ((status = read_some(c, data, sizeof(data), &n, &err)) ==
	    STLS_OK) {
		smtp_session_received(c->session, data, n);
		turn += n;
		if (smtp_session_over(c->session) ||
		    (c->tls == NULL && turn >= CLIENT_READ_TURN))
			return;
	}
	if (status == STLS_EOF)
		smtp_session_lost(c->session, NULL);
	else if (status == STLS_FAILED)
		connection_failed(c, err.text);
}

/* False where the socket takes no more, or the burst is over. */
bool
smtp_client_write_all(struct smtp_client *c, size_t *burst)
{
	const char *data;
	struct error err = { .text = "" };
	size_t len, n;

	while ((data = smtp_session_output(c->session, &len)), len > 0) {
		if (*burst >= CLIENT_BURST)
			return false;
		switch (write_some(c, data, len, &n, &err)) {
		case STLS_OK:
			smtp_session_written(c->session, n);
			*burst += n;
			break;
		case STLS_WANT_READ:
		case STLS_WANT_WRITE:
			return false;
		case STLS_EOF:
		case STLS_FAILED:
			/* What the server said before it closed comes first. */
			smtp_client_read_all(c);
			connection_failed(c, err.text);
			return true;
		}
	}
	FAILPOINT_IF(smtp_session_deadline(c->session, &(unsigned){ 0 }) ==
	    SMTP_STEP_END, "final-dot.after-write");
	return true;
}

/* --- TLS --- */

/* Octets that are there before the ClientHello were not sent by a TLS server in
 * answer to us: response injection. */
static bool
is_quiet(struct smtp_client *c)
{
	char octet;
	ssize_t n = recv(c->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n > 0)
		smtp_session_tls_early_octets(c->session);
	else if (n == 0)
		smtp_session_lost(c->session, NULL);
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		smtp_session_lost(c->session, strerror(errno));
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void
smtp_client_start_tls(struct smtp_client *c)
{
	struct stls_params params = {
		.sni = c->config.sni != NULL ? c->config.sni : c->config.mx,
		.min_version = c->config.min_version,
		.resume = c->config.resume,
		.resume_len = c->config.resume_len,
	};
	struct error err;

	if (!is_quiet(c))
		return;
	if (!stls_client_new(&c->tls, c->config.tls, c->fd, &params, &err)) {
		smtp_session_tls_failed(c->session, err.text);
		return;
	}
	c->tls_usable = true;
	c->phase = CLIENT_HANDSHAKE;
}

static void
take_evidence(struct smtp_client *c)
{
	const struct stls_peer *peer = stls_peer(c->tls);
	struct smtp_evidence *e = &c->evidence;

	e->tls = true;
	e->proof = SMTP_PROOF_ENCRYPTED;
	e->resumed = peer->resumed;
	(void)text_copy(e->protocol, sizeof(e->protocol), peer->protocol);
	(void)text_copy(e->cipher, sizeof(e->cipher), peer->cipher);
	e->key_exchange = peer->group;
	e->signature = peer->signature;
	e->has_certificate = peer->n_chain > 0;
	(void)stls_peer_describe(peer, &e->certificate);
}

void
smtp_client_shake_hands(struct smtp_client *c, int *wait_r)
{
	struct error err;
	enum stls_status status = stls_handshake(c->tls, &err);

	if (status == STLS_OK) {
		c->phase = CLIENT_OPEN;
		take_evidence(c);
		smtp_session_tls_established(c->session);
	} else if (status == STLS_FAILED) {
		c->tls_usable = false;
		smtp_session_tls_failed(c->session, err.text);
	} else {
		*wait_r = status == STLS_WANT_READ ? LOOP_READ : LOOP_WRITE;
	}
}

static const enum policy_event verdict_events[] = {
	[STLS_INVALID] = EVENT_CERT_INVALID,
	[STLS_VERIFIED] = EVENT_CERT_INVALID,
	[STLS_NO_CERTIFICATE] = EVENT_CERT_INVALID,
	[STLS_NOT_TRUSTED] = EVENT_CERT_NOT_TRUSTED,
	[STLS_EXPIRED] = EVENT_CERT_EXPIRED,
	[STLS_NOT_YET_VALID] = EVENT_CERT_INVALID,
	[STLS_HOST_MISMATCH] = EVENT_CERT_HOST_MISMATCH,
	[STLS_CONSTRAINED] = EVENT_CERT_INVALID,
};
static_assert(ARRAY_LEN(verdict_events) == STLS_VERDICT_COUNT, "");

void
smtp_verdict_from_chain(struct smtp_verdict *v, const struct stls_result *r,
    enum smtp_proof proof)
{
	v->verified = r->verdict == STLS_VERIFIED;
	v->proof = proof;
	v->event = verdict_events[r->verdict];
	(void)text_copy(v->text, sizeof(v->text), r->text);
}

static void
verify_pkix(const struct smtp_client *c, struct smtp_verdict *v)
{
	const char *names[] = { c->config.mx };
	struct stls_result result;

	stls_verify_pkix(c->config.tls, stls_peer(c->tls), names, 1,
	    clock_now_s(), &result);
	smtp_verdict_from_chain(v, &result, SMTP_PROOF_PKIX);
}

bool
smtp_client_export(struct smtp_client *c, uint8_t **session_r, size_t *len_r)
{
	return c->tls_usable && stls_session_export(c->tls, session_r, len_r);
}

void
smtp_client_authenticate(struct smtp_client *c)
{
	struct smtp_verdict v = { .event = EVENT_CERT_INVALID };

	if (c->config.events->authenticate != NULL)
		c->config.events->authenticate(c->config.ctx,
		    stls_peer(c->tls), &v);
	else
		verify_pkix(c, &v);
	if (v.verified)
		c->evidence.proof = v.proof;
	else
		c->evidence.verify_error = mem_strdup(v.text);
	smtp_session_authenticated(c->session, &v);
}
