/*
 * Messages by what the administrator holds: the id, or Sendmail's queue id.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "cli/command_impl.h"
#include "spool/query.h"

enum { QUEUE_ID_MIN = 8, QUEUE_ID_MAX = 64 };

/* Letters and digits, and not so short that a typing error could be one. */
static bool
is_queue_id(const char *text)
{
	size_t len = 0, letters = 0;

	for (; isalnum((unsigned char)text[len]); len++)
		letters += isalpha((unsigned char)text[len]) != 0;
	return text[len] == '\0' && letters > 0 && len >= QUEUE_ID_MIN &&
	    len <= QUEUE_ID_MAX;
}

bool
cli_check_id(const char *text, struct error *err)
{
	int64_t id;

	return is_queue_id(text) || option_message_id(&id, text, err);
}

static void
add_id(struct cli_ids *ids, int64_t id)
{
	ids->id = mem_realloc(ids->id, (ids->n + 1) * sizeof(*ids->id));
	ids->id[ids->n++] = id;
}

bool
cli_find_messages(struct spool *spool, const char *text, struct cli_ids *ids,
    struct error *err)
{
	size_t before = ids->n;
	struct spool_query q;
	int64_t id;

	if (!is_queue_id(text)) {
		if (!option_message_id(&id, text, err))
			return false;
		add_id(ids, id);
		return true;
	}
	spool_query_start_with(&q, spool, SQL_CLI_MTA_ID, SPOOL_VALUES(
	    SPOOL_TEXT(":mta_id", text)));
	while (spool_query_next(&q))
		add_id(ids, spool_query_int(&q, 0));
	return spool_query_end(&q, err) && (ids->n > before ||
	    error_set(err, EX_NOINPUT, "no message here has the queue id %s; "
	    "it may still be in Sendmail's queue (mailq), or was removed after "
	    "queue.retention", text));
}

bool
cli_find_message(struct spool *spool, const char *text, int64_t *id_r,
    struct error *err)
{
	struct cli_ids ids = { .n = 0 };
	bool ok = cli_find_messages(spool, text, &ids, err);

	if (ok && ids.n > 1)
		ok = error_set(err, EX_DATAERR, "the queue id %s is that of %zu "
		    "messages: give the id of one, the first is %" PRId64,
		    text, ids.n, ids.id[0]);
	if (ok)
		*id_r = ids.id[0];
	free(ids.id);
	return ok;
}
