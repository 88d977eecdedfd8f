/*
 * Reading stored messages.
 *
 * Content goes with the message's last undelivered recipient, and somebody may
 * be reading it then: a runner that lost its lease, or from which the message was
 * taken (tlsq delete).  A reader that took this for the end would send a message
 * cut short, with the final dot after it.
 */
#include "spool/message.h"

#include "base/text.h"
#include "spool/query.h"

bool
spool_message_read(struct spool *spool, struct arena *a,
    struct spool_message *m, struct error *err)
{
	struct spool_query q;

	spool_query_start_with(&q, spool, SQL_MESSAGE_READ, SPOOL_VALUES(
	    SPOOL_INT(":id", m->id)));
	if (spool_query_next(&q))
		*m = (struct spool_message){
			.id = m->id,
			.mta_id = spool_query_copy(&q, 0, a),
			.sender = spool_query_copy(&q, 1, a),
			.source = spool_query_copy(&q, 2, a),
			.received_at = spool_query_int(&q, 3),
			.wait_until = spool_query_time(&q, 4),
			.size = spool_query_int(&q, 5),
			.body_type = spool_query_copy(&q, 6, a),
			.ret = spool_query_copy(&q, 7, a),
			.envid = spool_query_copy(&q, 8, a),
			.smtputf8 = spool_query_int(&q, 9) != 0,
			.require_tls = spool_query_int(&q, 10) != 0,
			.tls_optional = spool_query_int(&q, 11) != 0,
			.client_ip = spool_query_copy(&q, 12, a),
			.client_name = spool_query_copy(&q, 13, a),
			.auth_user = spool_query_copy(&q, 14, a),
			.tls_strategy = spool_query_copy(&q, 15, a),
			.tls_report = spool_query_copy(&q, 16, a),
		};
	return spool_query_end(&q, err);
}

/* No piece seq: is it the end, or is the whole content gone meanwhile? */
static bool
check_end(struct spool *spool, int64_t message_id, int64_t seq,
    struct error *err)
{
	int64_t found;

	if (seq == 0)
		return true;
	if (!spool_ask(spool, SQL_CONTENT_EXISTS, SPOOL_VALUES(
	    SPOOL_INT(":message_id", message_id), SPOOL_INT(":seq", seq - 1)),
	    &found, err))
		return false;
	return found > 0 || error_set(err, EX_NOINPUT, "message %lld: its content "
	    "was deleted while it was read", (long long)message_id);
}

bool
spool_content_read(struct spool *spool, int64_t message_id, int64_t seq,
    struct buf *piece, bool *found_r, bool *last_r, struct error *err)
{
	struct spool_query q;
	bool fits = true, last = false;
	size_t len;

	*found_r = false;
	buf_clear(piece);
	spool_query_start_with(&q, spool, SQL_CONTENT_READ, SPOOL_VALUES(
	    SPOOL_INT(":message_id", message_id), SPOOL_INT(":seq", seq)));
	if (spool_query_next(&q)) {
		const void *data = spool_query_blob(&q, 0, &len);

		*found_r = fits = buf_append(piece, data, len);
		last = spool_query_int(&q, 1) != 0;
	}
	if (last_r != NULL)
		*last_r = last;
	if (!spool_query_run(&q, err))
		return false;
	if (!fits)
		return error_set(err, EX_SOFTWARE,
		    "content of message %lld: piece too big",
		    (long long)message_id);
	return *found_r || check_end(spool, message_id, seq, err);
}

bool
spool_content_scan(struct spool *spool, int64_t message_id,
    bool *eight_bit_r, struct error *err)
{
	bool found = true, last = false, ok = true;
	struct buf piece = BUF_INIT;

	*eight_bit_r = false;
	for (int64_t seq = 0; ok && found && !last && !*eight_bit_r; seq++) {
		ok = spool_content_read(spool, message_id, seq, &piece, &found,
		    &last, err);
		*eight_bit_r = ok && text_has_8bit(buf_str(&piece), piece.len);
	}
	buf_free(&piece);
	return ok;
}
