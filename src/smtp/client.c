/*
 * The shell of the dialogue: a socket, TLS, a timer.
 *
 *   BEGIN --timer 0--> CONNECTING --writable--> OPEN <--> HANDSHAKE
 *   any --SMTP_ACTION_CLOSE--> CLOSED
 *
 * Each wake-up of the loop is one client_run(): read all there is, carry out
 * what the dialogue asks for, write, and again while that leads on.
 */
#include "smtp/client_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/tcp.h"

/* --- time --- */

static void
arm(struct smtp_client *c)
{
	unsigned mark;
	enum smtp_step step = smtp_session_deadline(c->session, &mark);
	int64_t now = clock_mono_ms();

	if (!c->kicked && step == c->armed_step && mark == c->armed_mark)
		return;
	if (step != c->armed_step || mark != c->armed_mark)
		c->due_at_ms = now + c->config.timeout_ms[step];
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
client_finish(struct smtp_client *c, const struct smtp_failure *failure)
{
	c->phase = CLIENT_CLOSED;
	loop_timer_clear(c->timer);
	smtp_client_hang_up(c);
	c->config.events->closed(c->config.ctx, failure);
}

static void
act(struct smtp_client *c, const struct smtp_action *a)
{
	const struct smtp_client_events *events = c->config.events;

	switch (a->kind) {
	case SMTP_ACTION_START_TLS:
		smtp_client_start_tls(c);
		return;
	case SMTP_ACTION_AUTHENTICATE:
		smtp_client_authenticate(c);
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
		client_finish(c, a->failure);
		return;
	}
	abort();
}

/* False where the client has ended. */
static bool
client_act_all(struct smtp_client *c)
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
	smtp_client_read_all(c);
	do {
		before = burst;
		if (!client_act_all(c) || c->phase == CLIENT_HANDSHAKE)
			return;
		may_write = smtp_client_write_all(c, &burst);
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
		    !smtp_session_over(c->session)) {
			smtp_client_shake_hands(c, &wait);
			/* Before anything is read: a server that speaks first
			 * inside TLS may have sent its greeting with the end
			 * of the handshake. */
			if (c->phase == CLIENT_OPEN)
				(void)client_act_all(c);
		}
		if (wait != 0)
			loop_watch_want(c->watch, wait);
		else if (c->phase == CLIENT_OPEN)
			exchange_octets(c);
		else
			(void)client_act_all(c);
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
client_on_ready(void *arg, int ready)
{
	struct smtp_client *c = arg;

	(void)ready;
	if (c->phase == CLIENT_CONNECTING)
		on_connected(c);
	client_run(c);
}

static void
client_begin(struct smtp_client *c)
{
	const struct net_address *source = &c->config.source;
	struct error err;

	if (!tcp_connect_start(&c->fd, &c->config.to,
	    source->len > 0 ? source : NULL, &err)) {
		smtp_session_lost(c->session, err.text);
		return;
	}
	c->phase = CLIENT_CONNECTING;
	c->watch = loop_watch_new(c->config.loop, c->fd, client_on_ready, c);
	loop_watch_want(c->watch, LOOP_WRITE);
}

static void
client_on_timer(void *arg)
{
	struct smtp_client *c = arg;
	unsigned mark;

	if (c->phase == CLIENT_BEGIN) {
		if (!smtp_session_over(c->session))
			client_begin(c);
	} else if (!c->kicked) {
		/* A reply that came in time counts, though the loop was late. */
		if (c->phase == CLIENT_OPEN)
			smtp_client_read_all(c);
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
	char address[NET_ADDRESS_TEXT_LEN];

	c->config = *config;
	c->phase = CLIENT_BEGIN;
	c->fd = -1;
	net_address_text(address, &config->to);
	c->label = mem_printf("%.255s [%s]", config->mx, address);
	c->evidence.address = config->to;
	c->config.session.host = c->label;
	c->session = smtp_session_new(&c->config.session);
	c->timer = loop_timer_new(config->loop, client_on_timer, c);
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
	smtp_client_hang_up(c);
	loop_timer_free(&c->timer);
	smtp_session_free(&c->session);
	free(c->label);
	free(c->evidence.verify_error);
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
smtp_client_owed_verdict(const struct smtp_client *c)
{
	return smtp_session_owed_verdict(c->session);
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
