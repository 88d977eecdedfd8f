/*
 * Leases, the next due time, retention.
 */
#include "spool/queue.h"

#include <stdlib.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/query.h"

bool
spool_next_due(struct spool *spool, int64_t *due_at_r, struct error *err)
{
	struct spool_query q;

	*due_at_r = -1;
	spool_query_start(&q, spool, SQL_NEXT_DUE);
	if (spool_query_next(&q))
		*due_at_r = spool_query_time(&q, 0);
	return spool_query_end(&q, err);
}

bool
spool_claim_sharers(struct spool *spool, int *count_r, struct error *err)
{
	struct spool_query q;

	*count_r = 0;
	spool_query_start(&q, spool, SQL_CLAIM_SHARERS);
	if (spool_query_next(&q))
		*count_r = (int)spool_query_int(&q, 0);
	return spool_query_end(&q, err);
}

bool
spool_claims_renew(struct spool *spool, const char *token, int64_t until,
    struct error *err)
{
	struct spool_query q;

	FAILPOINT_ROW("claim-renew");
	spool_query_start(&q, spool, SQL_CLAIM_RENEW);
	spool_query_put_text(&q, ":token", token);
	spool_query_put_int(&q, ":until", until);
	return spool_query_run(&q, err);
}

bool
spool_claim_holds(struct spool *spool, int64_t recipient_id,
    const char *token, bool *holds_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLAIM_HOLDS);
	spool_query_put_int(&q, ":id", recipient_id);
	spool_query_put_text(&q, ":token", token);
	*holds_r = spool_query_next(&q);
	return spool_query_end(&q, err);
}

bool
spool_claim_release(struct spool *spool, int64_t recipient_id,
    const char *token, int64_t due_at, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLAIM_RELEASE);
	spool_query_put_int(&q, ":id", recipient_id);
	spool_query_put_text(&q, ":token", token);
	spool_query_put_int(&q, ":due_at", due_at);
	FAILPOINT_ROW("claim-release");
	return spool_query_run(&q, err);
}

static bool
make_due(struct spool *spool, int64_t now, const char *domain,
    int64_t message_id, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLAIM_MAKE_DUE);
	spool_query_put_int(&q, ":now", now);
	spool_query_put_text(&q, ":domain", domain);
	spool_query_put_time(&q, ":message_id", message_id);
	return spool_query_run(&q, err);
}

bool
spool_make_due(struct spool *spool, const struct spool_claim *c,
    struct error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < c->message_count; i++)
		ok = make_due(spool, c->now, NULL, c->message_ids[i], err);
	if (c->message_count > 0)
		return ok;
	for (size_t i = 0; ok && i < c->domain_count; i++)
		ok = make_due(spool, c->now, c->domains[i], -1, err);
	return c->domain_count > 0 ? ok : make_due(spool, c->now, NULL, -1, err);
}

bool
spool_claims_release(struct spool *spool, const char *token, int64_t *count_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLAIM_RELEASE_ALL);
	spool_query_put_text(&q, ":token", token);
	if (!spool_query_run(&q, err))
		return false;
	*count_r = spool_changes(spool);
	FAILPOINT_ROW_IF(*count_r > 0, "claim-release");
	return true;
}

bool
spool_purge(struct spool *spool, int64_t before, int max, int64_t *count_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_PURGE_MESSAGES);
	spool_query_put_int(&q, ":before", before);
	spool_query_put_int(&q, ":max", max);
	if (!spool_query_run(&q, err))
		return false;
	*count_r = spool_changes(spool);
	FAILPOINT_ROW_IF(*count_r > 0, "purge");
	spool_query_start(&q, spool, SQL_PURGE_SESSIONS);
	spool_query_put_int(&q, ":before", before);
	spool_query_put_int(&q, ":max", max);
	return spool_query_run(&q, err);
}

bool
spool_purge_domains(struct spool *spool, int64_t before, int max,
    char **cursor, struct error *err)
{
	const char *after = *cursor != NULL ? *cursor : "";
	char *last = NULL;
	struct spool_query q;
	bool more = false, ok;

	spool_query_start(&q, spool, SQL_PURGE_DOMAINS_SLICE);
	spool_query_put_text(&q, ":after", after);
	spool_query_put_int(&q, ":max", max);
	if (spool_query_next(&q)) {
		last = mem_strdup(spool_query_text(&q, 0));
		more = spool_query_int(&q, 1) == max;
	}
	ok = spool_query_end(&q, err);
	if (ok) {
		spool_query_start(&q, spool, SQL_PURGE_DOMAINS);
		spool_query_put_text(&q, ":after", after);
		spool_query_put_text(&q, ":last", last);
		spool_query_put_int(&q, ":before", before);
		ok = spool_query_run(&q, err);
	}
	if (ok) {
		free(*cursor);
		*cursor = more ? last : NULL;
	}
	if (!ok || !more)
		free(last);
	return ok;
}

bool
spool_free_pages(struct spool *spool, int64_t *pages_r, struct error *err)
{
	struct spool_query q;

	*pages_r = 0;
	spool_query_start(&q, spool, SQL_FREE_PAGES);
	if (spool_query_next(&q))
		*pages_r = spool_query_int(&q, 0);
	return spool_query_end(&q, err);
}

bool
spool_shrink(struct spool *spool, int pages, struct error *err)
{
	FAILPOINT_ROW("shrink");
	/* A pragma takes no parameters: a page at a time. */
	for (int i = 0; i < pages; i++) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_SHRINK);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}
