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
	if (!spool_run(spool, SQL_SESSION_ADD, SPOOL_VALUES(
	    SPOOL_INT(":started_at", s->started_at), SPOOL_TEXT(":mx", s->mx),
	    SPOOL_TEXT(":address", s->address), SPOOL_TEXT(":tls", s->tls),
	    SPOOL_TEXT(":protocol", s->protocol),
	    SPOOL_TEXT(":cipher", s->cipher),
	    SPOOL_TEXT(":key_exchange", s->key_exchange),
	    SPOOL_TEXT(":signature", s->signature),
	    SPOOL_TEXT(":cert_sha256", s->cert_sha256),
	    SPOOL_FOREIGN(":cert_subject", s->cert_subject),
	    SPOOL_FOREIGN(":cert_issuer", s->cert_issuer),
	    SPOOL_TIME(":cert_not_after", s->cert_not_after),
	    SPOOL_TEXT(":spki_sha256", s->spki_sha256),
	    SPOOL_TEXT(":tlsa", s->tlsa), SPOOL_TEXT(":dane", s->dane),
	    SPOOL_TEXT(":mta_sts", s->mta_sts),
	    SPOOL_INT(":resumed", s->resumed),
	    SPOOL_FOREIGN(":verify_error", s->verify_error)), err))
		return false;
	*id_r = spool_inserted(spool);
	return true;
}

bool
spool_attempt_add(struct spool *spool, const struct spool_attempt *a,
    int64_t *id_r, struct error *err)
{
	if (!spool_run(spool, SQL_ATTEMPT_ADD, SPOOL_VALUES(
	    SPOOL_INT(":message_id", a->message_id),
	    SPOOL_INT(":recipient_id", a->recipient_id),
	    SPOOL_TEXT(":domain", a->domain),
	    SPOOL_INT(":started_at", a->started_at),
	    SPOOL_INT(":duration_ms", a->duration_ms),
	    SPOOL_TEXT(":strategy", a->strategy), SPOOL_TEXT(":rule", a->rule),
	    SPOOL_TEXT(":mx", a->mx), SPOOL_TEXT(":address", a->address),
	    SPOOL_TEXT(":level", a->level), SPOOL_TEXT(":facts", a->facts),
	    SPOOL_TIME(":session_id", a->session_id),
	    SPOOL_TEXT(":outcome", a->outcome), SPOOL_TEXT(":error", a->error),
	    SPOOL_TEXT(":result_type", a->result_type),
	    SPOOL_TEXT(":status", a->status),
	    SPOOL_FOREIGN(":reply", a->reply),
	    SPOOL_TEXT(":shadow_strategy", a->shadow_strategy),
	    SPOOL_TEXT(":shadow_outcome", a->shadow_outcome)), err))
		return false;
	*id_r = spool_inserted(spool);
	return true;
}

bool
spool_tls_count_add(struct spool *spool, const struct spool_tls_count *c,
    int64_t now, struct error *err)
{
	return spool_run(spool, SQL_REPORT_COUNT, SPOOL_VALUES(
	    SPOOL_INT(":now", now), SPOOL_TEXT(":domain", c->domain),
	    SPOOL_TEXT(":policy_type", c->policy_type),
	    SPOOL_TEXT(":policy", c->policy),
	    SPOOL_TEXT(":result_type", c->result_type),
	    SPOOL_TEXT(":mx", c->mx), SPOOL_TEXT(":sending_ip", c->sending_ip),
	    SPOOL_TEXT(":receiving_ip", c->receiving_ip),
	    SPOOL_FOREIGN(":reason", c->reason),
	    SPOOL_INT(":sessions", c->sessions)), err);
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
	return spool_run(spool, SQL_RESULT_LATE, SPOOL_VALUES(
	    SPOOL_INT(":id", r->recipient_id), SPOOL_INT(":now", r->now),
	    SPOOL_TEXT(":status", r->status), SPOOL_FOREIGN(":reply", r->reply),
	    SPOOL_TIME(":last_attempt_id", r->last_attempt_id)), err);
}

bool
spool_result_set(struct spool *spool, const struct spool_result *r,
    enum spool_effect *effect_r, struct error *err)
{
	bool deferred = r->outcome == SPOOL_DEFERRED;

	*effect_r = SPOOL_LOST;
	if (!spool_run(spool, SQL_RESULT_SET, SPOOL_VALUES(
	    SPOOL_INT(":id", r->recipient_id), SPOOL_TEXT(":token", r->token),
	    SPOOL_TEXT(":state", outcome_states[r->outcome]),
	    SPOOL_INT(":now", r->now),
	    SPOOL_TIME(":next_attempt_at", deferred ? r->next_attempt_at : -1),
	    SPOOL_TEXT(":fallback", deferred ? r->fallback : NULL),
	    SPOOL_TIME(":expires_at", r->expires_at),
	    SPOOL_INT(":notified", r->notified),
	    SPOOL_TEXT(":last_error", r->last_error),
	    SPOOL_TEXT(":status", r->status), SPOOL_FOREIGN(":reply", r->reply),
	    SPOOL_TIME(":last_attempt_id", r->last_attempt_id),
	    SPOOL_TEXT(":dsn_owed", r->dsn_owed)), err))
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
spool_report_result(struct spool *spool, int64_t recipient_id, int64_t now,
    struct error *err)
{
	const struct spool_value values[] = { SPOOL_INT(":id", recipient_id),
		SPOOL_INT(":now", now), { .name = NULL } };

	FAILPOINT_ROW("report-result");
	return spool_run(spool, SQL_REPORT_RESULT, values, err) &&
	    spool_run(spool, SQL_REPORT_REFUSE, values, err);
}

bool
spool_message_finish(struct spool *spool, int64_t message_id, int64_t now,
    struct error *err)
{
	if (!spool_run(spool, SQL_MESSAGE_FINISH, SPOOL_VALUES(
	    SPOOL_INT(":id", message_id), SPOOL_INT(":now", now)), err))
		return false;
	if (spool_changes(spool) == 0)
		return true;
	FAILPOINT_ROW("message-finish");
	return spool_run(spool, SQL_CONTENT_DELETE, SPOOL_VALUES(
	    SPOOL_INT(":message_id", message_id)), err);
}

bool
spool_wait_over(struct spool *spool, int64_t now, int64_t *message_id_r,
    struct error *err)
{
	return spool_ask(spool, SQL_WAIT_OVER, SPOOL_VALUES(
	    SPOOL_INT(":now", now)), message_id_r, err);
}

bool
spool_wait_clear(struct spool *spool, int64_t message_id, struct error *err)
{
	FAILPOINT_ROW("wait-over");
	return spool_run(spool, SQL_WAIT_CLEAR, SPOOL_VALUES(
	    SPOOL_INT(":id", message_id)), err);
}

bool
spool_finish_strays(struct spool *spool, int64_t now, int max,
    int64_t *cursor, struct error *err)
{
	struct spool_query q;
	int64_t after = *cursor;
	int count = 0;
	bool ok = true;

	spool_query_start_with(&q, spool, SQL_STRAYS, SPOOL_VALUES(
	    SPOOL_INT(":after", after), SPOOL_INT(":max", max)));
	while (ok && spool_query_next(&q)) {
		count++;
		after = spool_query_int(&q, 0);
		if (spool_query_int(&q, 1) != 0)
			ok = spool_message_finish(spool, after, now, err);
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
	if (!spool_run(spool, SQL_DOMAIN_WAKE, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", domain), SPOOL_INT(":now", now),
	    SPOOL_INT(":max", WAKE_MAX)), err))
		return false;
	FAILPOINT_ROW_IF(spool_changes(spool) > 0, "domain-wake");
	return true;
}

bool
spool_domain_status_set(struct spool *spool,
    const struct spool_domain_status *d, struct error *err)
{
	if (d->delivered && !wake(spool, d->domain, d->at, err))
		return false;
	return spool_run(spool, SQL_DOMAIN_STATUS_SET, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", d->domain), SPOOL_INT(":at", d->at),
	    SPOOL_INT(":delivered", d->delivered),
	    SPOOL_TEXT(":error", d->error),
	    SPOOL_TEXT(":result_type", d->result_type),
	    SPOOL_TEXT(":status", d->status), SPOOL_FOREIGN(":reply", d->reply),
	    SPOOL_TEXT(":tls", d->tls), SPOOL_TEXT(":dane", d->dane),
	    SPOOL_TEXT(":mta_sts", d->mta_sts)), err);
}
