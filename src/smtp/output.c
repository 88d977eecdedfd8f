/*
 * What the rest of the dialogue stands on: its state, its output, and the queue
 * of replies owed for it.
 */
#include <assert.h>
#include <string.h>

#include "smtp/dialogue_impl.h"

enum { PENDING_SLACK = 64 };	/* answered entries kept before a move */

void
smtp_session_enter(struct smtp_session *s, enum smtp_session_state state)
{
	s->state = state;
	if (state == SESSION_CLOSED) {
		s->out_sent = 0;
		buf_free(&s->out);
	}
	/* The STARTTLS command and the handshake share one limit. */
	if (state != SESSION_HANDSHAKE || s->config.implicit_tls)
		s->mark++;
}

bool
smtp_session_mail_permitted(const struct smtp_session *s)
{
	if (s->tls_active)
		return s->tls_accepted;
	return s->plain_permitted && s->config.demand.level <= LEVEL_OPPORTUNISTIC;
}

size_t
smtp_output_backlog(const struct smtp_session *s)
{
	return s->out.len - s->out_sent;
}

uint64_t
smtp_output_end(const struct smtp_session *s)
{
	return s->written + smtp_output_backlog(s);
}

static size_t
pending_count(const struct smtp_session *s)
{
	return s->pending_buf.len / sizeof(
	    struct smtp_pending) - s->pending_first;
}

static const struct smtp_pending *
pending_at(const struct smtp_session *s, size_t i)
{
	const void *data = s->pending_buf.data;

	return (const struct smtp_pending *)data + s->pending_first + i;
}

const struct smtp_pending *
smtp_pending_head(const struct smtp_session *s)
{
	return pending_count(s) > 0 ? pending_at(s, 0) : NULL;
}

void
smtp_pending_pop(struct smtp_session *s)
{
	const struct smtp_pending *p = smtp_pending_head(s);

	assert(p != NULL);
	if (p->slot >= 0)
		s->exchanges[p->slot].n_pending--;
	s->pending_first++;
	if (pending_count(s) == 0) {
		smtp_pending_clear(s);
	} else if (s->pending_first >= PENDING_SLACK) {
		buf_shift(&s->pending_buf,
		    s->pending_first * sizeof(struct smtp_pending));
		s->pending_first = 0;
	}
}

void
smtp_pending_clear(struct smtp_session *s)
{
	s->pending_first = 0;
	buf_clear(&s->pending_buf);
	if (s->pending_buf.room > 1024)
		buf_free(&s->pending_buf);
}

void
smtp_output_await(struct smtp_session *s, enum smtp_step step, int slot,
    size_t recipient, size_t octets)
{
	struct smtp_pending p = {
		.step = step, .slot = slot, .recipient = recipient,
		.octets = octets, .end_at = smtp_output_end(s),
	};

	if (pending_count(s) == 0)
		s->mark++;
	if (slot >= 0)
		s->exchanges[slot].n_pending++;
	(void)buf_append(&s->pending_buf, &p, sizeof(p));
}

void
smtp_output_command(struct smtp_session *s, enum smtp_step step, int slot,
    size_t recipient, const char *line, size_t len)
{
	(void)buf_append(&s->out, line, len);
	(void)buf_puts(&s->out, "\r\n");
	smtp_output_await(s, step, slot, recipient, len + 2);
}

bool
smtp_output_may(const struct smtp_session *s, size_t len)
{
	size_t unanswered = len, n = pending_count(s);

	if (n == 0)
		return true;
	if ((s->caps.can & SMTP_CAN_PIPELINING) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		unanswered += pending_at(s, i)->octets;
	return unanswered <= SESSION_GROUP_MAX;
}

const char *
smtp_session_output(const struct smtp_session *s, size_t *len_r)
{
	*len_r = smtp_output_backlog(s);
	return buf_str(&s->out) + s->out_sent;
}

void
smtp_session_written(struct smtp_session *s, size_t n)
{
	bool empty;

	assert(n <= smtp_output_backlog(s));
	s->out_sent += n;
	s->written += n;
	empty = smtp_output_backlog(s) == 0;
	/* A peer that takes one octet at a time gains no time by it. */
	if (empty || s->written - s->progress_at >= SESSION_PROGRESS) {
		s->progress_at = s->written;
		s->mark++;
	}
	if (!empty)
		return;
	s->out_sent = 0;
	buf_clear(&s->out);
	if (s->out.room > SESSION_LOW_WATER)
		buf_free(&s->out);
	if (s->state == SESSION_CLOSING)
		smtp_session_enter(s, SESSION_CLOSED);
}
