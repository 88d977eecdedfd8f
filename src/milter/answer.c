/*
 * With milter.wait: what the client hears is what became of its message.
 *
 *   stored with wait_until -> tried, or the wait is over
 *     -> every recipient of the transaction is ours, and failed: they become
 *        withdrawn, then 5xx
 *     -> else wait_until goes, then 250
 *
 * The transaction of either comes before the answer.  Where we die in between,
 * Sendmail says 451 and the client comes again; where we die before it, the
 * runner goes on when the time has passed.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/address.h"
#include "milter/session_impl.h"
#include "milter/wait.h"

struct answering {
	struct write_task task;		/* first */
	const char *messages;
	struct arena *arena;
	bool withdraw;		/* asked for */
	bool withdrawn;		/* result; with what to say: */
	struct spool_wait_failure failure;
};

/* Waiting changes nothing where the answer is yes anyhow: somebody else's
 * recipients; and a bounce is not refused to who hands it over. */
int64_t
milter_wait_until(const struct milter_message *m)
{
	if (m->conf->milter.wait_s == 0 || m->others > 0 ||
	    m->sender.address.text[0] == '\0')
		return -1;
	return (clock_unix_ms() + 999) / 1000 + m->conf->milter.wait_s;
}

static const char *
message_ids(const struct milter_mail_job *job, struct arena *arena)
{
	struct buf ids = BUF_INIT;
	const char *copy;

	for (size_t i = 0; i < job->count; i++)
		buf_printf(&ids, "%c%" PRId64, i == 0 ? '[' : ',',
		    job->items[i].id);
	buf_printf(&ids, "]");
	copy = arena_strdup(arena, buf_str(&ids));
	buf_free(&ids);
	return copy;
}

static bool
write_answer(struct write_task *task, struct spool *spool, const char *token,
    struct error *err)
{
	struct answering *a = (struct answering *)task;

	(void)token;
	if (a->withdraw && (!spool_wait_failure(spool, a->messages, a->arena,
	    &a->failure, err) || !spool_wait_withdraw(spool, a->messages,
	    clock_now_s(), &a->withdrawn, err)))
		return false;
	return spool_wait_answered(spool, a->messages, err);
}

/* True where the recipients are withdrawn, durably. */
static bool
settle(struct milter_session *s, struct answering *a,
    const struct milter_mta *mta, bool *heard)
{
	struct error err;

	a->task = (struct write_task){ .run = write_answer, .err = &err };
	if (!milter_write(s->services->writer, &a->task, mta, heard))
		(void)error_set(&err, EX_TEMPFAIL, "the spool is busy");
	else if (!a->task.failed)
		return a->withdrawn;
	log_warning("%s: cannot end the wait in the spool: %s; it ends by "
	    "itself when its time is over",
	    milter_message_name(s->message), err.text);
	return false;
}

bool
milter_answer_result(struct milter_session *s, const struct milter_mail_job *stored,
    int64_t until, const struct milter_mta *mta, bool *heard,
    struct milter_reply *reply)
{
	struct milter_message *m = s->message;
	struct answering a = { .arena = m->arena,
		.messages = message_ids(stored, m->arena) };
	int64_t begun_ms = clock_mono_ms(), waited_ms;
	char to[MAIL_ADDRESS_LOG_LEN];

	if (*heard)
		a.withdraw = milter_waits_wait(s->services->waits, a.messages,
		    until, mta->progress, mta->ctx, heard) ==
		    MILTER_WAIT_WITHDRAW;
	waited_ms = clock_mono_ms() - begun_ms;
	if (!settle(s, &a, mta, heard)) {
		log_info("%s: accepted after %" PRId64 " ms",
		    milter_message_name(m), waited_ms);
		return true;
	}
	milter_reply_failed(reply, a.failure.status, a.failure.reply);
	mail_address_log(to, a.failure.address);
	log_info("%s: withdrawn after %" PRId64 " ms: to=<%s>: %s %s %s",
	    milter_message_name(m), waited_ms, to, reply->code,
	    reply->status, reply->text);
	return false;
}
