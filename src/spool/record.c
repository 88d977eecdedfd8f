/*
 * Recording results.
 */
#include "spool/record.h"

#include <assert.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/query.h"

bool
spool_session_add(struct spool *spool, const struct spool_session *s,
    int64_t *id_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_SESSION_ADD);
	spool_query_put_int(&q, ":started_at", s->started_at);
	spool_query_put_text(&q, ":mx", s->mx);
	spool_query_put_text(&q, ":address", s->address);
	spool_query_put_text(&q, ":tls", s->tls);
	spool_query_put_text(&q, ":protocol", s->protocol);
	spool_query_put_text(&q, ":cipher", s->cipher);
	spool_query_put_text(&q, ":key_exchange", s->key_exchange);
	spool_query_put_text(&q, ":signature", s->signature);
	spool_query_put_text(&q, ":cert_sha256", s->cert_sha256);
	spool_query_put_foreign(&q, ":cert_subject", s->cert_subject, "");
	spool_query_put_foreign(&q, ":cert_issuer", s->cert_issuer, "");
	spool_query_put_time(&q, ":cert_not_after", s->cert_not_after);
	spool_query_put_text(&q, ":spki_sha256", s->spki_sha256);
	spool_query_put_text(&q, ":tlsa", s->tlsa);
	spool_query_put_text(&q, ":dane", s->dane);
	spool_query_put_text(&q, ":mta_sts", s->mta_sts);
	spool_query_put_int(&q, ":resumed", s->resumed);
	spool_query_put_foreign(&q, ":verify_error", s->verify_error, "");
	if (!spool_query_run(&q, err))
		return false;
	*id_r = spool_inserted(spool);
	return true;
}

bool
spool_attempt_add(struct spool *spool, const struct spool_attempt *a,
    int64_t *id_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_ATTEMPT_ADD);
	spool_query_put_int(&q, ":message_id", a->message_id);
	spool_query_put_int(&q, ":recipient_id", a->recipient_id);
	spool_query_put_text(&q, ":domain", a->domain);
	spool_query_put_int(&q, ":started_at", a->started_at);
	spool_query_put_int(&q, ":duration_ms", a->duration_ms);
	spool_query_put_text(&q, ":strategy", a->strategy);
	spool_query_put_text(&q, ":rule", a->rule);
	spool_query_put_text(&q, ":mx", a->mx);
	spool_query_put_text(&q, ":address", a->address);
	spool_query_put_text(&q, ":level", a->level);
	spool_query_put_text(&q, ":facts", a->facts);
	spool_query_put_time(&q, ":session_id", a->session_id);
	spool_query_put_text(&q, ":outcome", a->outcome);
	spool_query_put_text(&q, ":error", a->error);
	spool_query_put_text(&q, ":result_type", a->result_type);
	spool_query_put_text(&q, ":status", a->status);
	spool_query_put_foreign(&q, ":reply", a->reply, "");
	if (!spool_query_run(&q, err))
		return false;
	*id_r = spool_inserted(spool);
	return true;
}

static const char *const outcome_states[] = {
	[SPOOL_DEFERRED] = "deferred",
	[SPOOL_FAILED] = "failed",
	[SPOOL_EXPIRED] = "expired",
	[SPOOL_DELIVERED] = "delivered",
};
static_assert(ARRAY_LEN(outcome_states) == SPOOL_DELIVERED + 1, "");

static bool
result_late(struct spool *spool, const struct spool_result *r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_RESULT_LATE);
	spool_query_put_int(&q, ":id", r->recipient_id);
	spool_query_put_int(&q, ":now", r->now);
	spool_query_put_text(&q, ":status", r->status);
	spool_query_put_foreign(&q, ":reply", r->reply, "");
	spool_query_put_time(&q, ":last_attempt_id", r->last_attempt_id);
	return spool_query_run(&q, err);
}

bool
spool_result_set(struct spool *spool, const struct spool_result *r,
    enum spool_effect *effect_r, struct error *err)
{
	bool deferred = r->outcome == SPOOL_DEFERRED;
	struct spool_query q;

	*effect_r = SPOOL_LOST;
	spool_query_start(&q, spool, SQL_RESULT_SET);
	spool_query_put_int(&q, ":id", r->recipient_id);
	spool_query_put_text(&q, ":token", r->token);
	spool_query_put_text(&q, ":state", outcome_states[r->outcome]);
	spool_query_put_int(&q, ":now", r->now);
	spool_query_put_time(&q, ":next_attempt_at",
	    deferred ? r->next_attempt_at : -1);
	spool_query_put_text(&q, ":fallback", deferred ? r->fallback : NULL);
	spool_query_put_time(&q, ":expires_at", r->expires_at);
	spool_query_put_int(&q, ":notified", r->notified);
	spool_query_put_text(&q, ":last_error", r->last_error);
	spool_query_put_text(&q, ":status", r->status);
	spool_query_put_foreign(&q, ":reply", r->reply, "");
	spool_query_put_time(&q, ":last_attempt_id", r->last_attempt_id);
	spool_query_put_text(&q, ":dsn_owed", r->dsn_owed);
	if (!spool_query_run(&q, err))
		return false;
	if (spool_changes(spool) > 0) {
		*effect_r = SPOOL_RECORDED;
		FAILPOINT_ROW_IF(deferred, "result-deferred");
		FAILPOINT_ROW_IF(r->outcome == SPOOL_FAILED, "result-failed");
		FAILPOINT_ROW_IF(r->outcome == SPOOL_EXPIRED, "result-expired");
		FAILPOINT_ROW_IF(r->outcome == SPOOL_DELIVERED,
		    "result-delivered");
		return true;
	}
	if (r->outcome != SPOOL_DELIVERED)
		return true;
	if (!result_late(spool, r, err))
		return false;
	if (spool_changes(spool) > 0) {
		*effect_r = SPOOL_RECORDED_LATE;
		FAILPOINT_ROW("result-late");
	}
	return true;
}

bool
spool_message_finish(struct spool *spool, int64_t message_id, int64_t now,
    bool *finished_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_MESSAGE_FINISH);
	spool_query_put_int(&q, ":id", message_id);
	spool_query_put_int(&q, ":now", now);
	if (!spool_query_run(&q, err))
		return false;
	*finished_r = spool_changes(spool) > 0;
	if (!*finished_r)
		return true;
	FAILPOINT_ROW("message-finish");
	spool_query_start(&q, spool, SQL_CONTENT_DELETE);
	spool_query_put_int(&q, ":message_id", message_id);
	return spool_query_run(&q, err);
}

bool
spool_wait_over(struct spool *spool, int64_t now, int64_t *message_id_r,
    struct error *err)
{
	struct spool_query q;

	*message_id_r = -1;
	spool_query_start(&q, spool, SQL_WAIT_OVER);
	spool_query_put_int(&q, ":now", now);
	if (spool_query_next(&q))
		*message_id_r = spool_query_int(&q, 0);
	return spool_query_end(&q, err);
}

bool
spool_wait_clear(struct spool *spool, int64_t message_id, struct error *err)
{
	struct spool_query q;

	FAILPOINT_ROW("wait-over");
	spool_query_start(&q, spool, SQL_WAIT_CLEAR);
	spool_query_put_int(&q, ":id", message_id);
	return spool_query_run(&q, err);
}

bool
spool_finish_strays(struct spool *spool, int64_t now, int max,
    int64_t *cursor, struct error *err)
{
	struct spool_query q;
	int64_t after = *cursor;
	int count = 0;
	bool ok = true, finished;

	spool_query_start(&q, spool, SQL_STRAYS);
	spool_query_put_int(&q, ":after", after);
	spool_query_put_int(&q, ":max", max);
	while (ok && spool_query_next(&q)) {
		count++;
		after = spool_query_int(&q, 0);
		if (spool_query_int(&q, 1) != 0)
			ok = spool_message_finish(spool, after, now,
			    &finished, err);
	}
	if (!spool_query_end(&q, ok ? err : NULL))
		ok = false;
	*cursor = count < max ? 0 : after;
	return ok;
}

enum { WAKE_MAX = 1000 };

/* Costs a look at domain_status where the domain was well. */
static bool
wake(struct spool *spool, const char *domain, int64_t now, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_DOMAIN_WAKE);
	spool_query_put_text(&q, ":domain", domain);
	spool_query_put_int(&q, ":now", now);
	spool_query_put_int(&q, ":max", WAKE_MAX);
	if (!spool_query_run(&q, err))
		return false;
	FAILPOINT_ROW_IF(spool_changes(spool) > 0, "domain-wake");
	return true;
}

bool
spool_domain_status_set(struct spool *spool,
    const struct spool_domain_status *d, struct error *err)
{
	struct spool_query q;

	if (d->delivered && !wake(spool, d->domain, d->at, err))
		return false;
	spool_query_start(&q, spool, SQL_DOMAIN_STATUS_SET);
	spool_query_put_text(&q, ":domain", d->domain);
	spool_query_put_int(&q, ":at", d->at);
	spool_query_put_int(&q, ":delivered", d->delivered);
	spool_query_put_text(&q, ":error", d->error);
	spool_query_put_text(&q, ":result_type", d->result_type);
	spool_query_put_text(&q, ":status", d->status);
	spool_query_put_foreign(&q, ":reply", d->reply, "");
	spool_query_put_text(&q, ":tls", d->tls);
	spool_query_put_text(&q, ":dane", d->dane);
	spool_query_put_text(&q, ":mta_sts", d->mta_sts);
	return spool_query_run(&q, err);
}
