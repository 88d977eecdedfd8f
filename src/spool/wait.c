/*
 * The milter's side of wait_until; the runner's is in record.c.
 */
#include "spool/wait.h"

#include "base/failpoint.h"
#include "spool/query.h"

static void
wait_start(struct spool_query *q, struct spool *spool, enum sql_id id,
    const char *messages)
{
	spool_query_start(q, spool, id);
	spool_query_put_text(q, ":messages", messages);
}

bool
spool_wait_count(struct spool *spool, const char *messages, int64_t now,
    struct spool_wait_counts *counts_r, struct error *err)
{
	struct spool_query q;

	*counts_r = (struct spool_wait_counts){ .others = 0 };
	wait_start(&q, spool, SQL_MILTER_OUTCOME, messages);
	spool_query_put_int(&q, ":now", now);
	if (spool_query_next(&q))
		*counts_r = (struct spool_wait_counts){
			.untried = spool_query_int(&q, 0),
			.failed = spool_query_int(&q, 1),
			.others = spool_query_int(&q, 2) };
	return spool_query_end(&q, err);
}

bool
spool_wait_failure(struct spool *spool, const char *messages,
    struct arena *arena, struct spool_wait_failure *failure_r,
    struct error *err)
{
	struct spool_query q;

	*failure_r = (struct spool_wait_failure){ .address = NULL };
	wait_start(&q, spool, SQL_MILTER_FAILURE, messages);
	if (spool_query_next(&q))
		*failure_r = (struct spool_wait_failure){
			.address = spool_query_copy(&q, 0, arena),
			.status = spool_query_copy(&q, 1, arena),
			.reply = spool_query_copy(&q, 2, arena) };
	return spool_query_end(&q, err);
}

bool
spool_wait_withdraw(struct spool *spool, const char *messages, int64_t now,
    bool *withdrawn_r, struct error *err)
{
	struct spool_query q;

	*withdrawn_r = false;
	wait_start(&q, spool, SQL_MILTER_WITHDRAW, messages);
	spool_query_put_int(&q, ":now", now);
	if (!spool_query_run(&q, err))
		return false;
	*withdrawn_r = spool_changes(spool) > 0;
	FAILPOINT_ROW_IF(*withdrawn_r, "withdraw");
	return true;
}

bool
spool_wait_answered(struct spool *spool, const char *messages,
    struct error *err)
{
	struct spool_query q;

	wait_start(&q, spool, SQL_MILTER_ANSWERED, messages);
	return spool_query_run(&q, err);
}
