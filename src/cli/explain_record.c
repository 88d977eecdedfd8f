/*
 * What the spool says of the domain that is explained: its last attempt, what
 * waits, and the administrator's rules.
 */
#include "base/text.h"
#include "cli/explain_impl.h"
#include "spool/query.h"

static void
copy_text(char *dst, size_t room, struct spool_query *q, int column)
{
	const char *text = spool_query_text(q, column);

	(void)text_copy(dst, room, text != NULL ? text : "");
}

bool
cli_explain_record_read(struct cli_explain_record *r, struct spool *spool,
    const char *domain, int64_t now, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLI_EXPLAIN_RECORD);
	spool_query_put_text(&q, ":domain", domain);
	if (spool_query_next(&q)) {
		r->last_attempt_at = spool_query_time(&q, 0);
		r->last_delivered_at = spool_query_time(&q, 1);
		r->failing_since = spool_query_time(&q, 2);
		copy_text(r->error, sizeof(r->error), &q, 3);
		copy_text(r->status, sizeof(r->status), &q, 4);
		copy_text(r->reply, sizeof(r->reply), &q, 5);
		r->waiting = spool_query_int(&q, 6);
		r->oldest_at = spool_query_time(&q, 7);
	}
	return spool_query_end(&q, err) &&
	    spool_rule_find(spool, "suspend", domain, now, &r->suspend, err) &&
	    spool_rule_find(spool, "except", domain, now, &r->except, err);
}
