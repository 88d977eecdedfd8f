/*
 * The shell of the dialogue: a socket, TLS, a timer.
 *
 *   BEGIN --timer 0--> CONNECTING --writable--> OPEN <--> HANDSHAKE
 *   any --SMTP_ACTION_CLOSE--> CLOSED
 *
 * Each wake-up of the loop is one client_run(): read all there is, carry out
 * what the dialogue asks for, write, and again while that leads on.
 */
#include "smtp/client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/tcp.h"

enum {
	CLIENT_READ_SIZE = 4096,
	/* Written in one go before other clients of the loop have their turn. */
	CLIENT_BURST = 256 * 1024,
};

enum client_phase {
	CLIENT_CLOSED,
	CLIENT_BEGIN,
	CLIENT_CONNECTING,
	CLIENT_HANDSHAKE,
	CLIENT_OPEN
};

struct smtp_client {
	struct smtp_client_config config;
	char *mx, *helo, *label;
	enum client_phase phase;
	struct smtp_session *session;
	struct stls *tls;
	bool tls_usable;	/* neither failed nor at its end */
	bool write_waits_read;	/* TLS must read before it writes */
	bool read_waits_write;
	bool ready;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer;
	enum smtp_step armed_step;
	unsigned armed_mark;
	int64_t due_at_ms;	/* of armed_step, on the forward clock */
	bool kicked;		/* the timer stands at 0 to run the client */
	int depth;		/* of calls that use the client */
	bool freed;		/* within such a call: freed when it ends */
	struct smtp_evidence evidence;
};

static bool act_all(struct smtp_client *c);

/* --- time --- */

static int64_t
step_ms(const struct smtp_timeouts *t, enum smtp_step step)
{
	switch (step) {
	case SMTP_STEP_CONNECT:
		return t->connect_ms;
	case SMTP_STEP_GREETING:
		return t->greeting_ms;
	case SMTP_STEP_EHLO:
	case SMTP_STEP_HELO:
		return t->ehlo_ms;
	case SMTP_STEP_TLS:
		return t->tls_ms;
	case SMTP_STEP_MAIL:
	case SMTP_STEP_RSET:
		return t->mail_ms;
	case SMTP_STEP_RCPT:
		return t->rcpt_ms;
	case SMTP_STEP_DATA:
	case SMTP_STEP_BLOCK:
	case SMTP_STEP_END:
		return t->data_ms;
	case SMTP_STEP_QUIT:
		return t->quit_ms;
	case SMTP_STEP_NONE:
	case SMTP_STEP_COUNT:
		break;
	}
	return 0;
}

static void
arm(struct smtp_client *c)
{
	unsigned mark;
	enum smtp_step step = smtp_session_deadline(c->session, &mark);
	int64_t now = clock_mono_ms();

	if (!c->kicked && step == c->armed_step && mark == c->armed_mark)
		return;
	if (step != c->armed_step || mark != c->armed_mark)
		c->due_at_ms = now + step_ms(&c->config.timeouts, step);
	c->armed_step = step;
	c->armed_mark = mark;
	c->kicked = false;
	if (step == SMTP_STEP_NONE)
		loop_timer_clear(c->timer);
	else
		loop_timer_set(c->timer,
		    c->due_at_ms > now ? c->due_at_ms - now : 0);
}

/* Runs the client soon, not within the caller. */
static void
kick(struct smtp_client *c)
{
	if (c->depth > 0 || c->phase == CLIENT_CLOSED)
		return;
	c->kicked = true;
	loop_timer_set(c->timer, 0);
}

/* --- the socket --- */

static void
hang_up(struct smtp_client *c)
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

enum io { IO_DONE, IO_WAIT, IO_END, IO_FAILED };

static enum io
io_of_errno(struct error *err)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return IO_WAIT;
	error_set(err, EX_TEMPFAIL, "%s", strerror(errno));
	return IO_FAILED;
}

static enum io
io_of_status(struct smtp_client *c, enum stls_status status)
{
	switch (status) {
	case STLS_OK:
		return IO_DONE;
	case STLS_WANT_READ:
	case STLS_WANT_WRITE:
		return IO_WAIT;
	case STLS_EOF:
		c->tls_usable = false;
		return IO_END;
	case STLS_FAILED:
		break;
	}
	c->tls_usable = false;
	return IO_FAILED;
}

static enum io
read_some(struct smtp_client *c, char *data, size_t room, size_t *n_r,
    struct error *err)
{
	enum stls_status status;
	ssize_t n;

	*n_r = 0;
	if (c->tls != NULL && !c->tls_usable)
		return IO_END;
	if (c->tls != NULL) {
		status = stls_read(c->tls, data, room, n_r, err);
		c->read_waits_write = status == STLS_WANT_WRITE;
		return io_of_status(c, status);
	}
	n = recv(c->fd, data, room, 0);
	if (n < 0)
		return io_of_errno(err);
	*n_r = (size_t)n;
	return n > 0 ? IO_DONE : IO_END;
}

static enum io
write_some(struct smtp_client *c, const char *data, size_t len, size_t *n_r,
    struct error *err)
{
	enum stls_status status;
	ssize_t n;

	*n_r = 0;
	if (c->tls != NULL) {
		status = stls_write(c->tls, data, len, n_r, err);
		c->write_waits_read = status == STLS_WANT_READ;
		return io_of_status(c, status);
	}
	n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n < 0)
		return io_of_errno(err);
	*n_r = (size_t)n;
	return IO_DONE;
}

/* Gives the dialogue all that is there.  Ends where the dialogue ended: what a
 * flooding server sends beyond that is not read. */
static void
read_all(struct smtp_client *c)
{
	char data[CLIENT_READ_SIZE];
	struct error err;
	size_t n;
	enum io io;

	while ((io = read_some(c, data, sizeof(data), &n, &err)) == IO_DONE) {
		smtp_session_received(c->session, data, n);
		if (smtp_session_over(c->session))
			return;
	}
	if (io == IO_END)
		smtp_session_lost(c->session, NULL);
	else if (io == IO_FAILED)
		smtp_session_lost(c->session, err.text);
}

/* False where the socket takes no more, or the burst is over. */
static bool
write_all(struct smtp_client *c, size_t *burst)
{
	const char *data;
	struct error err = { .text = "" };
	size_t len, n;

	while ((data = smtp_session_output(c->session, &len)), len > 0) {
		if (*burst >= CLIENT_BURST)
			return false;
		switch (write_some(c, data, len, &n, &err)) {
		case IO_DONE:
			smtp_session_written(c->session, n);
			*burst += n;
			break;
		case IO_WAIT:
			return false;
		case IO_END:
		case IO_FAILED:
			/* What the server said before it closed comes first. */
			read_all(c);
			smtp_session_lost(c->session, err.text);
			return true;
		}
	}
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

static void
start_tls(struct smtp_client *c)
{
	struct stls_params params = {
		.sni = c->mx, .min_version = c->config.min_version,
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
	e->has_certificate = peer->n_chain > 0;
	(void)stls_peer_describe(peer, &e->certificate);
}

/* *wait_r: what the handshake waits for. */
static void
shake_hands(struct smtp_client *c, int *wait_r)
{
	struct error err;

	switch (stls_handshake(c->tls, &err)) {
	case STLS_OK:
		c->phase = CLIENT_OPEN;
		take_evidence(c);
		smtp_session_tls_established(c->session);
		/* Before anything is read: a server that speaks first inside
		 * TLS may have sent its greeting with the handshake's end. */
		(void)act_all(c);
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

static void
verify_pkix(const struct smtp_client *c, struct smtp_verdict *v)
{
	const char *names[] = { c->mx };
	struct stls_result result;

	stls_verify_pkix(c->config.tls, stls_peer(c->tls), names, 1,
	    clock_now_s(), &result);
	v->verified = result.verdict == STLS_VERIFIED;
	v->proof = SMTP_PROOF_PKIX;
	v->event = verdict_events[result.verdict];
	(void)text_copy(v->text, sizeof(v->text), result.text);
}

static void
authenticate(struct smtp_client *c)
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
		(void)text_copy(c->evidence.verify_error,
		    sizeof(c->evidence.verify_error), v.text);
	smtp_session_authenticated(c->session, &v);
}

/* --- actions --- */

static void
give_content(struct smtp_client *c, const struct smtp_transaction *tx)
{
	struct buf piece = BUF_INIT;
	struct error err = { .text = "" };
	bool end = false;

	if (tx->read(tx->ctx, &piece, &end, &err))
		smtp_session_content(c->session, buf_str(&piece), piece.len,
		    end);
	else
		smtp_session_content_failed(c->session, err.text);
	buf_free(&piece);
}

static void
become_ready(struct smtp_client *c)
{
	c->ready = true;
	c->evidence.capabilities = *smtp_session_capabilities(c->session);
	if (c->config.events->ready != NULL)
		c->config.events->ready(c->config.ctx, &c->evidence);
}

static void
finish(struct smtp_client *c, const struct smtp_failure *failure)
{
	c->phase = CLIENT_CLOSED;
	loop_timer_clear(c->timer);
	hang_up(c);
	c->config.events->closed(c->config.ctx, failure);
}

static void
act(struct smtp_client *c, const struct smtp_action *a)
{
	const struct smtp_client_events *events = c->config.events;

	switch (a->kind) {
	case SMTP_ACTION_START_TLS:
		start_tls(c);
		return;
	case SMTP_ACTION_AUTHENTICATE:
		authenticate(c);
		return;
	case SMTP_ACTION_READY:
		become_ready(c);
		return;
	case SMTP_ACTION_TRANSACTION:
		smtp_session_offer(c->session, events->next(c->config.ctx));
		return;
	case SMTP_ACTION_CONTENT:
		give_content(c, a->transaction);
		return;
	case SMTP_ACTION_RESULT:
		events->result(c->config.ctx, a->transaction, a->result);
		return;
	case SMTP_ACTION_CLOSE:
		finish(c, a->failure);
		return;
	}
	abort();
}

/* False where the handshake takes over, or the client has ended. */
static bool
act_all(struct smtp_client *c)
{
	struct smtp_action a;

	while (!c->freed && smtp_session_action(c->session, &a)) {
		act(c, &a);
		if (c->freed || c->phase == CLIENT_CLOSED)
			return false;
	}
	return !c->freed;
}

/* --- the loop's wake-ups --- */

static void
want(struct smtp_client *c, bool may_write)
{
	int ready = LOOP_READ;
	size_t len;

	(void)smtp_session_output(c->session, &len);
	if (c->read_waits_write ||
	    ((len > 0 || !may_write) && !c->write_waits_read))
		ready |= LOOP_WRITE;
	loop_watch_want(c->watch, ready);
}

/* Open: read, act, write, until nothing leads on.  Read first: what the server
 * said before it saw our next command is no answer to that. */
static void
exchange_octets(struct smtp_client *c)
{
	size_t burst = 0, before;
	bool may_write = true;

	if (c->freed)
		return;
	read_all(c);
	do {
		before = burst;
		if (!act_all(c) || c->phase == CLIENT_HANDSHAKE)
			return;
		may_write = write_all(c, &burst);
	} while (may_write && (burst > before || smtp_session_over(c->session)));
	want(c, may_write);
}

/* Something happened, or may have: carries on as far as it goes. */
static void
client_run(struct smtp_client *c)
{
	int wait;

	if (c->depth > 0 || c->phase == CLIENT_CLOSED)
		return;
	c->depth++;
	do {
		wait = 0;
		/* A handshake that timed out is over, whatever TLS waits for. */
		if (c->phase == CLIENT_HANDSHAKE &&
		    !smtp_session_over(c->session))
			shake_hands(c, &wait);
		if (wait != 0)
			loop_watch_want(c->watch, wait);
		else if (c->phase == CLIENT_OPEN)
			exchange_octets(c);
		else
			(void)act_all(c);
	} while (!c->freed && c->phase == CLIENT_HANDSHAKE && wait == 0);
	c->depth--;
	if (c->freed)
		smtp_client_free(&c);
	else if (c->phase != CLIENT_CLOSED)
		arm(c);
}

static void
on_connected(struct smtp_client *c)
{
	struct net_address *local = &c->evidence.local;
	struct error err;

	if (!tcp_connect_result(c->fd, &err)) {
		smtp_session_lost(c->session, err.text);
		return;
	}
	local->len = sizeof(local->sa);
	if (getsockname(c->fd, &local->sa.any, &local->len) != 0)
		local->len = 0;
	c->phase = CLIENT_OPEN;
	smtp_session_connected(c->session);
}

static void
on_ready(void *arg, int ready)
{
	struct smtp_client *c = arg;

	(void)ready;
	if (c->phase == CLIENT_CONNECTING)
		on_connected(c);
	client_run(c);
}

static void
begin(struct smtp_client *c)
{
	const struct net_address *source = &c->config.source;
	struct error err;

	if (!tcp_connect_start(&c->fd, &c->config.to,
	    source->len > 0 ? source : NULL, &err)) {
		smtp_session_lost(c->session, err.text);
		return;
	}
	c->phase = CLIENT_CONNECTING;
	c->watch = loop_watch_new(c->config.loop, c->fd, on_ready, c);
	loop_watch_want(c->watch, LOOP_WRITE);
}

static void
on_timer(void *arg)
{
	struct smtp_client *c = arg;
	unsigned mark;

	if (c->phase == CLIENT_BEGIN) {
		if (!smtp_session_over(c->session))
			begin(c);
	} else if (!c->kicked) {
		/* A reply that came in time counts, though the loop was late. */
		if (c->phase == CLIENT_OPEN)
			read_all(c);
		if (smtp_session_deadline(c->session, &mark) ==
		    c->armed_step && mark == c->armed_mark)
			smtp_session_timeout(c->session);
	}
	client_run(c);
}

/* --- the interface --- */

struct smtp_client *
smtp_client_start(const struct smtp_client_config *config)
{
	struct smtp_client *c = mem_zalloc(sizeof(*c));
	struct smtp_session_config session;
	char address[NET_ADDRESS_TEXT_LEN];

	c->config = *config;
	c->phase = CLIENT_BEGIN;
	c->fd = -1;
	c->mx = mem_strdup(config->mx);
	c->helo = mem_strdup(config->helo);
	net_address_text(address, &config->to);
	c->label = mem_printf("%.255s [%s]", config->mx, address);
	c->evidence.address = config->to;
	session = (struct smtp_session_config){
		.level = config->level,
		.allow_invalid_certs = config->allow_invalid_certs,
		.implicit_tls = config->implicit_tls,
		.helo = c->helo, .host = c->label,
	};
	c->session = smtp_session_new(&session);
	c->timer = loop_timer_new(config->loop, on_timer, c);
	loop_timer_set(c->timer, 0);
	return c;
}

void
smtp_client_free(struct smtp_client **client)
{
	struct smtp_client *c = *client;

	*client = NULL;
	if (c == NULL)
		return;
	if (c->depth > 0) {
		c->freed = true;
		return;
	}
	hang_up(c);
	loop_timer_free(&c->timer);
	smtp_session_free(&c->session);
	free(c->mx);
	free(c->helo);
	free(c->label);
	free(c);
}

void
smtp_client_wake(struct smtp_client *client)
{
	smtp_session_wake(client->session);
	kick(client);
}

void
smtp_client_quit(struct smtp_client *client)
{
	smtp_session_quit(client->session);
	kick(client);
}

bool
smtp_client_idle(const struct smtp_client *client)
{
	return client->ready && smtp_session_idle(client->session);
}

const struct smtp_evidence *
smtp_client_evidence(const struct smtp_client *client)
{
	return &client->evidence;
}
