/*
 * tlsq explain: what the spool has on record about a domain.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
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
explain_record_read(struct explain_record *r, struct spool *spool,
    const char *domain, struct error *err)
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
	return spool_query_end(&q, err);
}

static void
put_time(struct buf *out, const char *what, int64_t at)
{
	char iso[CLOCK_ISO_LEN];

	clock_iso(iso, at);
	(void)buf_printf(out, "%s %s", what, iso);
}

void
explain_record_text(struct buf *out, const struct explain_record *r)
{
	char safe[4 * sizeof(r->reply)];

	(void)buf_printf(out, "%-14s ", "on record");
	if (r->last_attempt_at < 0) {
		(void)buf_puts(out, "no attempt");
	} else {
		put_time(out, "last attempt", r->last_attempt_at);
		(void)buf_puts(out, r->failing_since >= 0 ? ": failed" : "");
		if (r->error[0] != '\0')
			(void)buf_printf(out, ", error %s", r->error);
		text_escape(safe, sizeof(safe), r->reply, strlen(r->reply));
		(void)buf_printf(out, ", %s: %s", r->status, safe);
		(void)buf_printf(out, "\n%-14s ", "");
		if (r->failing_since >= 0) {
			put_time(out, "failing since", r->failing_since);
			(void)buf_puts(out, "; ");
		}
		if (r->last_delivered_at >= 0)
			put_time(out, "last delivered", r->last_delivered_at);
		else
			(void)buf_puts(out, "never delivered");
	}
	(void)buf_printf(out, "\n%-14s %" PRId64 " waiting", "", r->waiting);
	if (r->waiting > 0)
		put_time(out, ", the oldest since", r->oldest_at);
	(void)buf_puts(out, "\n");
}

static void
put_json_time(struct json *j, const char *key, int64_t at)
{
	if (at < 0)
		json_text(j, key, NULL);
	else
		json_int(j, key, at);
}

void
explain_record_json(struct json *j, const struct explain_record *r)
{
	json_open_object(j, "record");
	put_json_time(j, "last_attempt_at", r->last_attempt_at);
	put_json_time(j, "last_delivered_at", r->last_delivered_at);
	put_json_time(j, "failing_since", r->failing_since);
	json_text(j, "last_error", r->error[0] != '\0' ? r->error : NULL);
	json_text(j, "last_status", r->status[0] != '\0' ? r->status : NULL);
	json_text(j, "last_reply", r->reply[0] != '\0' ? r->reply : NULL);
	json_int(j, "waiting", r->waiting);
	put_json_time(j, "oldest_at", r->oldest_at);
	json_close_object(j);
}
