/*
 * What is owed, and that it is no more.
 */
#include "spool/owed.h"

#include "base/failpoint.h"
#include "spool/query.h"

bool
spool_owed_next(struct spool *spool, int64_t after, int64_t now,
    int64_t *message_id_r, struct error *err)
{
	return spool_ask(spool, SQL_OWED_SCAN, SPOOL_VALUES(
	    SPOOL_INT(":after", after), SPOOL_INT(":now", now)),
	    message_id_r, err);
}

static void
read_recipient(struct spool_query *q, struct arena *arena,
    struct spool_owed_rcpt *r)
{
	r->id = spool_query_int(q, 0);
	r->owed = spool_query_copy(q, 1, arena);
	r->address = spool_query_copy(q, 2, arena);
	r->orcpt = spool_query_copy(q, 3, arena);
	r->status = spool_query_copy(q, 4, arena);
	r->expired = spool_query_int(q, 5) != 0;
	r->last_error = spool_query_copy(q, 6, arena);
	r->result_type = spool_query_copy(q, 7, arena);
	r->reply = spool_query_copy(q, 8, arena);
	r->mx = spool_query_copy(q, 9, arena);
	r->mx_address = spool_query_copy(q, 10, arena);
	r->level = spool_query_copy(q, 11, arena);
	r->strategy = spool_query_copy(q, 12, arena);
	r->verify_error = spool_query_copy(q, 13, arena);
	r->last_attempt_at = spool_query_time(q, 14);
	r->expires_at = spool_query_time(q, 15);
}

bool
spool_owed_read(struct spool *spool, int64_t message_id, size_t max,
    struct arena *arena, struct spool_owed *o, struct error *err)
{
	struct spool_query q;

	*o = (struct spool_owed){ .message.id = message_id };
	if (!spool_message_read(spool, arena, &o->message, err))
		return false;
	o->rcpts = arena_alloc(arena, max * sizeof(*o->rcpts));
	spool_query_start_with(&q, spool, SQL_OWED_RECIPIENTS, SPOOL_VALUES(
	    SPOOL_INT(":message_id", message_id),
	    SPOOL_INT(":max", (int64_t)max)));
	while (o->rcpt_count < max && spool_query_next(&q))
		read_recipient(&q, arena, &o->rcpts[o->rcpt_count++]);
	return spool_query_end(&q, err);
}

bool
spool_owed_clear(struct spool *spool, const struct spool_owed *o,
    struct error *err)
{
	FAILPOINT_ROW_IF(o->rcpt_count > 0, "dsn");
	for (size_t i = 0; i < o->rcpt_count; i++) {
		if (!spool_run(spool, SQL_OWED_CLEAR, SPOOL_VALUES(
		    SPOOL_INT(":id", o->rcpts[i].id)), err))
			return false;
	}
	return true;
}
