/*
 * Pieces of stored messages.
 */
#include "spool/content.h"

#include "spool/query.h"

bool
spool_content_read(struct spool *spool, int64_t message_id, int64_t seq,
    struct buf *piece, bool *found_r, struct error *err)
{
	struct spool_query q;
	size_t len;

	*found_r = false;
	buf_clear(piece);
	spool_query_start(&q, spool, SQL_CONTENT_READ);
	spool_query_put_int(&q, ":message_id", message_id);
	spool_query_put_int(&q, ":seq", seq);
	if (spool_query_next(&q)) {
		const void *data = spool_query_blob(&q, 0, &len);

		*found_r = buf_append(piece, data, len);
		if (!*found_r) {
			(void)!spool_query_end(&q, NULL);
			return error_set(err, EX_SOFTWARE,
			    "content of message %lld: piece too big",
			    (long long)message_id);
		}
	}
	return spool_query_run(&q, err);
}
