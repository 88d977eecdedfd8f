/*
 * Looking whether a claim still holds.
 *
 * Much time may pass between a claim and its session.  Without this, tlsq hold,
 * delete and bounce would change a row while the runner goes on with what it has
 * read.
 */
#include "delivery/taken.h"

#include "base/log.h"
#include "mail/address.h"

static bool
holds(const struct spool_recipient *r, const char *token, struct spool *spool)
{
	struct error err;
	bool held;

	/* What cannot be read now is sent: the claim was good. */
	return !spool_claim_holds(spool, r->id, token, &held, &err) || held;
}

bool
taken_check(struct job *job, const struct worker_config *config,
    struct spool *spool)
{
	const char *token = writer_token(config->writer);
	char to[MAIL_ADDRESS_LOG_LEN];

	for (size_t i = 0; i < job->count; i++) {
		const struct spool_recipient *r = job_rcpt(job, i);

		if (job->progress[i].settled || holds(r, token, spool))
			continue;
		mail_address_log(to, r->address);
		log_info("%lld: to=<%s>: not tried: no longer claimed by this "
		    "runner",
		    (long long)job->claimed->message.id, to);
		job_settled(job, i);
		config->listener.dropped(config->listener.ctx,
		    job_domain(job), &r->id, 1);
	}
	return job->open > 0;
}
