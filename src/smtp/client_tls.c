/*
 * The client's TLS: early octets, the handshake, who the peer is.
 */
#include "smtp/client_impl.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "smtp/verdict.h"

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
client_start_tls(struct smtp_client *c)
{
	struct stls_params params = {
		.sni = c->sni, .min_version = c->config.min_version,
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

/* *wait_r: what the handshake waits for. */
void
client_shake_hands(struct smtp_client *c, int *wait_r)
{
	struct error err;

	switch (stls_handshake(c->tls, &err)) {
	case STLS_OK:
		c->phase = CLIENT_OPEN;
		take_evidence(c);
		smtp_session_tls_established(c->session);
		/* Before anything is read: a server that speaks first inside
		 * TLS may have sent its greeting with the handshake's end. */
		(void)client_act_all(c);
		return;
	case STLS_WANT_READ:
		*wait_r = LOOP_READ;
		return;
	case STLS_WANT_WRITE:
		*wait_r = LOOP_WRITE;
		return;
	case STLS_EOF:
		error_set(&err, EX_TEMPFAIL, "the server closed the connection");
		break;
	case STLS_FAILED:
		break;
	}
	c->tls_usable = false;
	smtp_session_tls_failed(c->session, err.text);
}

static void
verify_pkix(const struct smtp_client *c, struct smtp_verdict *v)
{
	const char *names[] = { c->mx };
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
client_authenticate(struct smtp_client *c)
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
