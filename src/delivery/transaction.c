/*
 * A delivery: one message on its way through a session, as the smtp client's
 * transaction.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/mem.h"
#include "delivery/worker_impl.h"
#include "spool/message.h"

static bool
delivery_read(void *ctx, struct buf *out, bool *end_r, struct error *err)
{
	struct delivery_message *d = ctx;
	int64_t id = d->job->claimed->message.id;
	bool found;

	*end_r = false;
	if (!d->all_read) {
		if (!spool_content_read(d->session->dest->worker->spool, id,
		    d->seq, out, &found, &d->all_read, err))
			return false;
		if (!found && d->seq == 0)
			return error_set(err, EX_DATAERR,
			    "message %lld has no content", (long long)id);
		d->all_read |= !found;
		d->seq++;
		d->octets += out->len;
	}
	/* What is not whole must not get its final dot. */
	if (d->all_read && d->octets != d->tx.size)
		return error_set(err, EX_DATAERR, "message %lld is damaged: "
		    "%llu octets of its content are stored, but %llu were "
		    "accepted; run \"tlsq check\"", (long long)id,
		    (unsigned long long)d->octets,
		    (unsigned long long)d->tx.size);
	*end_r = d->all_read && !delivery_session_withholds(d->session);
	FAILPOINT_IF(*end_r, "final-dot.before-write");
	return true;
}

static void
delivery_fill_recipients(struct delivery_message *d)
{
	const struct delivery_job *job = d->job;
	size_t n = 0;

	d->recipients = mem_zalloc(job->open * sizeof(*d->recipients));
	d->index = mem_zalloc(job->open * sizeof(*d->index));
	for (size_t i = 0; i < job->count; i++) {
		const struct spool_recipient *r = delivery_job_rcpt(job, i);

		if (job->progress[i].finished)
			continue;
		d->recipients[n].address = r->address;
		d->recipients[n].orcpt = r->orcpt;
		/* Both were checked on their way into the spool; what an
		 * external producer wrote wrongly is as if not asked for. */
		if (r->notify != NULL && !mail_notify_parse(
		    &d->recipients[n].notify, r->notify, NULL))
			d->recipients[n].notify = MAIL_NOTIFY_UNSET;
		d->index[n++] = i;
	}
	d->tx.recipients = d->recipients;
	d->tx.n_recipients = n;
}

/*
 * What the content needs, not what was said of it, decides: producers of SQL may
 * label anything, and a label over plain ASCII is no reason to refuse a host.
 * Reads the content where that makes a difference; what cannot be read now fails
 * when it is sent.
 */
static void
delivery_label(struct delivery_message *d)
{
	const struct spool_message *m = &d->job->claimed->message;
	unsigned can = smtp_client_evidence(d->session->client)->
	    capabilities.can;
	bool eight_bit = strcmp(m->body_type, "8BITMIME") == 0, found;
	bool fits = (!eight_bit || (can & SMTP_CAN_8BITMIME) != 0) &&
	    (!m->smtputf8 || (can & SMTP_CAN_SMTPUTF8) != 0);
	struct error err;

	d->tx.eight_bit = eight_bit;
	d->tx.smtputf8 = m->smtputf8;
	if ((strcmp(m->source, "spool") == 0 || !fits) && spool_content_scan(
	    d->session->dest->worker->spool, m->id, &found, &err)) {
		d->tx.eight_bit = found;
		d->tx.smtputf8 = m->smtputf8 && found;
	}
}

struct delivery_message *
delivery_message_new(struct delivery_session *s, struct delivery_job *job)
{
	const struct spool_message *m = &job->claimed->message;
	struct delivery_message *d = mem_zalloc(sizeof(*d));

	d->session = s;
	d->job = job;
	d->started_ms = clock_mono_ms();
	d->started_at = clock_now_s();
	d->tx.sender = m->sender;
	d->tx.size = m->size > 0 ? (uint64_t)m->size : 0;
	delivery_label(d);
	d->tx.require_tls = m->require_tls && !job->choice.pass_require_tls;
	d->tx.pass_require_tls = m->require_tls &&
	    job->choice.pass_require_tls;
	if (m->ret != NULL && !mail_ret_parse(&d->tx.ret, m->ret, NULL))
		d->tx.ret = MAIL_RET_UNSET;
	d->tx.envid = m->envid;
	d->tx.read = delivery_read;
	d->tx.ctx = d;
	delivery_fill_recipients(d);
	LIST_INSERT_HEAD(&s->deliveries, d, entry);
	delivery_session_expect(s);
	return d;
}

void
delivery_message_free(struct delivery_message *d)
{
	LIST_REMOVE(d, entry);
	delivery_session_expect(d->session);
	free(d->recipients);
	free(d->index);
	free(d);
}
