/*
 * Transactions in the dialogue: what is written for them, and how they end.
 * What the replies mean is in verdict.c, the commands are in envelope.c.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/dialogue_impl.h"

void
smtp_exchange_free(struct smtp_exchange *ex)
{
	static const struct smtp_exchange none;

	arena_free(&ex->arena);
	buf_free(&ex->chunk);
	*ex = none;
}

struct smtp_exchange *
smtp_exchange_in(struct smtp_session *s, enum smtp_exchange_phase phase)
{
	if (s->exchanges[s->current].phase == phase)
		return &s->exchanges[s->current];
	if (s->exchanges[1 - s->current].phase == phase)
		return &s->exchanges[1 - s->current];
	return NULL;
}

bool
smtp_exchange_any(const struct smtp_session *s)
{
	return s->exchanges[0].phase != EXCHANGE_FREE ||
	    s->exchanges[1].phase != EXCHANGE_FREE;
}

static bool
all_settled(const struct smtp_exchange *ex)
{
	return ex->n_settled == ex->tx->n_recipients;
}

bool
smtp_exchange_judged(const struct smtp_session *s)
{
	for (size_t e = 0; e < ARRAY_LEN(s->exchanges); e++) {
		const struct smtp_exchange *ex = &s->exchanges[e];

		if (ex->phase != EXCHANGE_FREE && ex->judged && all_settled(ex))
			return true;
	}
	return false;
}

/* --- results --- */

void
smtp_exchange_settle(struct smtp_exchange *ex, size_t i,
    const struct smtp_recipient_result *verdict)
{
	struct smtp_recipient_result *r = &ex->recipients[i];
	bool accepted = r->accepted;

	if (r->reply != NULL)
		return;
	*r = *verdict;
	r->accepted = accepted;
	if (ex->last_reply == NULL || strcmp(ex->last_reply, r->reply) != 0)
		ex->last_reply = arena_strdup(ex->arena, r->reply);
	r->reply = ex->last_reply;
	ex->n_settled++;
}

void
smtp_exchange_settle_all(struct smtp_exchange *ex,
    const struct smtp_recipient_result *verdict)
{
	for (size_t i = 0; i < ex->tx->n_recipients; i++)
		smtp_exchange_settle(ex, i, verdict);
}

static void
exchange_finish(struct smtp_session *s, struct smtp_exchange *ex)
{
	const struct smtp_exchange *other = &s->exchanges[ex ==
	    &s->exchanges[0]];

	assert(all_settled(ex));
	ex->result.recipients = ex->recipients;
	ex->result.n_recipients = ex->tx->n_recipients;
	/* RFC 5321 4.1.1.4: the end of the content clears the transaction on the
	 * server; where it was never reached, RSET must.  If the next MAIL is
	 * already on its way it went with its own RSET; one that is done, but
	 * not reported yet, is the one before. */
	if (ex->n_emitted > 0 &&
	    (other->n_emitted == 0 || other->phase == EXCHANGE_DONE))
		s->need_rset = ex->mail_ok && !ex->cleared;
	if (ex->judged)
		s->completed++;
	ex->phase = EXCHANGE_DONE;
}

/* --- the life of an exchange --- */

static bool
is_ascii(const char *s)
{
	return !text_has_8bit(s, strlen(s));
}

static bool
asks_dsn(const struct smtp_transaction *tx)
{
	if (tx->envid != NULL || tx->ret != MAIL_RET_UNSET)
		return true;
	for (size_t i = 0; i < tx->n_recipients; i++)
		if (tx->recipients[i].notify != MAIL_NOTIFY_UNSET ||
		    tx->recipients[i].orcpt != NULL)
			return true;
	return false;
}

void
smtp_exchange_begin(struct smtp_session *s, const struct smtp_transaction *tx)
{
	static const unsigned bdat = SMTP_CAN_CHUNKING | SMTP_CAN_PIPELINING;
	static const struct smtp_recipient_result no_address = {
		.outcome = SMTP_PERMANENT, .error = "io", .status = "5.1.3",
		.reply = "the recipient's address cannot be sent",
	};
	struct smtp_exchange *ex = &s->exchanges[s->current];
	struct smtp_recipient_result refusal;
	char text[SESSION_REPLY_LEN];

	if (ex->phase != EXCHANGE_FREE)
		ex = &s->exchanges[1 - s->current];
	assert(ex->phase == EXCHANGE_FREE && tx->n_recipients > 0);
	ex->phase = EXCHANGE_ENVELOPE;
	ex->tx = tx;
	ex->utf8 = tx->smtputf8 || !is_ascii(tx->sender);
	for (size_t i = 0; i < tx->n_recipients; i++)
		ex->utf8 = ex->utf8 || !is_ascii(tx->recipients[i].address);
	ex->arena = arena_new();
	ex->recipients = arena_alloc(ex->arena,
	    tx->n_recipients * sizeof(*ex->recipients));
	memset(ex->recipients, 0, tx->n_recipients * sizeof(*ex->recipients));
	ex->bdat = (s->caps.can & bdat) == bdat;
	mail_wire_init(&ex->wire, ex->bdat ? MAIL_WIRE_BDAT : MAIL_WIRE_DATA);
	ex->result.dsn_dropped = (s->caps.can & SMTP_CAN_DSN) == 0 &&
	    asks_dsn(tx);
	if (smtp_envelope_refused(s, ex, &refusal, text))
		smtp_exchange_settle_all(ex, &refusal);
	for (size_t i = 0; i < tx->n_recipients; i++)
		if (!smtp_envelope_can_name(tx->recipients[i].address))
			smtp_exchange_settle(ex, i, &no_address);
	if (all_settled(ex))
		exchange_finish(s, ex);
}

/* Commands of the envelope: MAIL, each RCPT, and DATA where BDAT is not used. */
static size_t
envelope_len(const struct smtp_exchange *ex)
{
	return 1 + ex->tx->n_recipients + (ex->bdat ? 0 : 1);
}

/* False where the group is full, or the reply must be waited for. */
static bool
emit(struct smtp_session *s, struct smtp_exchange *ex)
{
	struct buf line = BUF_INIT;
	int slot = (int)(ex - s->exchanges);
	size_t i = ex->n_emitted;
	enum smtp_step step = i == 0 ? SMTP_STEP_MAIL :
	    i <= ex->tx->n_recipients ? SMTP_STEP_RCPT : SMTP_STEP_DATA;
	bool may = true;

	if (step == SMTP_STEP_RCPT &&
	    ex->recipients[i - 1].reply != NULL) {
		ex->n_emitted++;
		return true;
	}
	if (step == SMTP_STEP_MAIL)
		smtp_envelope_mail(&line, s, ex);
	else if (step == SMTP_STEP_RCPT)
		smtp_envelope_rcpt(&line, s, ex, &ex->tx->recipients[i - 1]);
	else
		(void)buf_puts(&line, "DATA");
	may = smtp_output_may(s, line.len + 2);
	if (may) {
		/* The one place that sends an envelope. */
		assert(smtp_session_mail_permitted(s));
		smtp_output_command(s, step, slot, i == 0 ? 0 : i - 1,
		    line.data, line.len);
		ex->n_emitted++;
	}
	buf_free(&line);
	return may;
}

static void
emit_envelope(struct smtp_session *s, struct smtp_exchange *ex)
{
	if (ex->n_emitted == 0 && s->need_rset) {
		if (!smtp_output_may(s, 6))
			return;
		smtp_output_command(s, SMTP_STEP_RSET, -1, 0, "RSET", 4);
		s->need_rset = false;
	}
	while (ex->n_emitted < envelope_len(ex) && !all_settled(ex))
		if (!emit(s, ex))
			return;
}

/* BDAT has no reply to wait for: a small message follows its envelope at once,
 * a large one once it is known that somebody takes it.  Never two messages
 * whose end is not answered: a crash could send both again. */
static void
start_bdat(struct smtp_session *s, struct smtp_exchange *ex)
{
	if (!ex->bdat || ex != &s->exchanges[s->current] ||
	    ex->n_emitted < envelope_len(ex))
		return;
	if (ex->tx->size <= SESSION_EAGER_MAX || ex->n_pending == 0)
		ex->phase = EXCHANGE_CONTENT;
}

static void
advance_one(struct smtp_session *s, struct smtp_exchange *ex)
{
	if (ex->phase == EXCHANGE_FREE || ex->phase == EXCHANGE_DONE)
		return;
	if (ex->phase == EXCHANGE_ENVELOPE) {
		emit_envelope(s, ex);
		if (!all_settled(ex))
			start_bdat(s, ex);
	}
	/* Nobody takes it any more: no further chunk is sent. */
	if (ex->phase == EXCHANGE_CONTENT && all_settled(ex)) {
		ex->phase = EXCHANGE_END;
		s->need_rset = true;
	}
	if (all_settled(ex) && ex->n_pending == 0)
		exchange_finish(s, ex);
}

void
smtp_exchange_advance(struct smtp_session *s)
{
	advance_one(s, &s->exchanges[s->current]);
	advance_one(s, &s->exchanges[1 - s->current]);
}

static void
emit_chunk(struct smtp_session *s, struct smtp_exchange *ex, bool last)
{
	size_t n = s->out.len;

	assert(smtp_session_mail_permitted(s));
	(void)buf_printf(&s->out, "BDAT %zu%s\r\n", ex->chunk.len,
	    last ? " LAST" : "");
	n = s->out.len - n;
	(void)buf_append(&s->out, buf_str(&ex->chunk), ex->chunk.len);
	buf_free(&ex->chunk);
	smtp_output_await(s, last ? SMTP_STEP_END : SMTP_STEP_DATA,
	    (int)(ex - s->exchanges), 0, n);
	ex->content_sent = true;
}

static bool
write_bdat(struct smtp_session *s, struct smtp_exchange *ex, const char *data,
    size_t len, bool end)
{
	size_t n;

	for (; len > 0; data += n, len -= n) {
		n = len < SESSION_CHUNK ? len : SESSION_CHUNK;
		if (!mail_wire_write(&ex->wire, &ex->chunk, data, n))
			return false;
		if (n < len && ex->chunk.len >= SESSION_CHUNK)
			emit_chunk(s, ex, false);
	}
	if (end)
		mail_wire_finish(&ex->wire, &ex->chunk);
	if (end || ex->chunk.len >= SESSION_CHUNK)
		emit_chunk(s, ex, end);
	/* Should it fail, the server's state is undefined (RFC 3030 2). */
	s->need_rset = s->need_rset || end;
	return true;
}

static bool
write_data(struct smtp_session *s, struct smtp_exchange *ex, const char *data,
    size_t len, bool end)
{
	bool ok = mail_wire_write(&ex->wire, &s->out, data, len);

	if (ok && end)
		mail_wire_finish(&ex->wire, &s->out);
	ex->content_sent = true;
	if (ok && end)
		smtp_output_await(s, SMTP_STEP_END, (int)(ex - s->exchanges), 0,
		    5);
	return ok;
}

bool
smtp_exchange_content(struct smtp_session *s, const char *data, size_t len,
    bool end)
{
	static const struct smtp_recipient_result nul = {
		.outcome = SMTP_PERMANENT, .error = "io", .status = "5.6.0",
		.reply = SESSION_NUL,
	};
	struct smtp_exchange *ex = smtp_exchange_in(s, EXCHANGE_CONTENT);

	if (ex == NULL)
		return true;
	ex->starved = len == 0 && !end;
	if (ex->starved)
		return true;
	if (!(ex->bdat ? write_bdat : write_data)(s, ex, data, len, end)) {
		smtp_exchange_settle_all(ex, &nul);
		return false;
	}
	if (end) {
		ex->phase = EXCHANGE_END;
		ex->end_at = smtp_output_end(s);
	}
	return true;
}

/* --- the end of the session --- */

/* What an open recipient is told.  "Not tried" where the host never had the
 * content; it had all of it where its end was written (RFC 5321 4.5.3.2.6). */
static struct smtp_recipient_result
abandoned_verdict(const struct smtp_session *s, const struct smtp_exchange *ex,
    bool accepted)
{
	const struct smtp_failure *f = s->failure;
	struct smtp_recipient_result v = { .error = f->error, .reply = f->text };

	if (ex->result.possible_duplicate) {
		v.step = SMTP_STEP_END;
	} else if (strcmp(f->error, "io") == 0 &&
	    ex->phase == EXCHANGE_CONTENT) {
		v.step = SMTP_STEP_NONE;
	} else if (ex->content_sent && accepted) {
		v.step = SMTP_STEP_BLOCK;
	} else {
		v.step = f->step;
		v.next_host = true;
		return v;
	}
	v.outcome = SMTP_TEMPORARY;
	(void)text_copy(v.status, sizeof(v.status), f->status);
	return v;
}

/* The end was written, and no reply says that it was in vain. */
static bool
may_have_it(const struct smtp_session *s, const struct smtp_exchange *ex)
{
	const struct smtp_failure *f = s->failure;
	bool refused = f->reply[0] != '\0' && (f->step == SMTP_STEP_MAIL ||
	    f->step == SMTP_STEP_RCPT);

	return ex->end_at > 0 && ex->end_at <= s->written && !refused &&
	    !all_settled(ex);
}

void
smtp_exchange_abandon(struct smtp_session *s)
{
	for (size_t e = 0; e < ARRAY_LEN(s->exchanges); e++) {
		struct smtp_exchange *ex = &s->exchanges[e];

		if (ex->phase == EXCHANGE_FREE || ex->phase == EXCHANGE_DONE)
			continue;
		ex->result.possible_duplicate = may_have_it(s, ex);
		for (size_t i = 0; i < ex->tx->n_recipients; i++) {
			struct smtp_recipient_result v = abandoned_verdict(s,
			    ex, ex->recipients[i].accepted);

			smtp_exchange_settle(ex, i, &v);
		}
		ex->n_pending = 0;
		exchange_finish(s, ex);
	}
}
