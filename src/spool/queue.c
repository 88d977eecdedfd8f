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
	return spool_ask(spool, SQL_NEXT_DUE, NULL, due_at_r, err);
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
	FAILPOINT_ROW("claim-renew");
	return spool_run(spool, SQL_CLAIM_RENEW, SPOOL_VALUES(
	    SPOOL_TEXT(":token", token), SPOOL_INT(":until", until)), err);
}

bool
spool_claim_holds(struct spool *spool, int64_t recipient_id,
    const char *token, bool *holds_r, struct error *err)
{
	int64_t found;
	bool ok = spool_ask(spool, SQL_CLAIM_HOLDS, SPOOL_VALUES(
	    SPOOL_INT(":id", recipient_id), SPOOL_TEXT(":token", token)),
	    &found, err);

	*holds_r = found > 0;
	return ok;
}

bool
spool_claim_release(struct spool *spool, int64_t recipient_id,
    const char *token, int64_t due_at, struct error *err)
{
	FAILPOINT_ROW("claim-release");
	return spool_run(spool, SQL_CLAIM_RELEASE, SPOOL_VALUES(
	    SPOOL_INT(":id", recipient_id), SPOOL_TEXT(":token", token),
	    SPOOL_INT(":due_at", due_at)), err);
}

static bool
make_due(struct spool *spool, int64_t now, const char *domain,
    int64_t message_id, struct error *err)
{
	return spool_run(spool, SQL_CLAIM_MAKE_DUE, SPOOL_VALUES(
	    SPOOL_INT(":now", now), SPOOL_TEXT(":domain", domain),
	    SPOOL_TIME(":message_id", message_id)), err);
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
	if (!spool_run(spool, SQL_CLAIM_RELEASE_ALL, SPOOL_VALUES(
	    SPOOL_TEXT(":token", token)), err))
		return false;
	*count_r = spool_changes(spool);
	FAILPOINT_ROW_IF(*count_r > 0, "claim-release");
	return true;
}

bool
spool_purge(struct spool *spool, int64_t before, int max, int64_t *count_r,
    struct error *err)
{
	if (!spool_run(spool, SQL_PURGE_MESSAGES, SPOOL_VALUES(
	    SPOOL_INT(":before", before), SPOOL_INT(":max", max)), err))
		return false;
	*count_r = spool_changes(spool);
	FAILPOINT_ROW_IF(*count_r > 0, "purge");
	return spool_run(spool, SQL_PURGE_SESSIONS, SPOOL_VALUES(
	    SPOOL_INT(":before", before), SPOOL_INT(":max", max)), err) &&
	    spool_run(spool, SQL_PURGE_REPORTS, SPOOL_VALUES(
	    SPOOL_INT(":before", before)), err) &&
	    spool_run(spool, SQL_PURGE_REPORTS_SENT, SPOOL_VALUES(
	    SPOOL_INT(":before", before)), err) &&
	    spool_run(spool, SQL_PURGE_REPORTS_REFUSED, NULL, err);
}

bool
spool_purge_domains(struct spool *spool, int64_t before, int max,
    char **cursor, struct error *err)
{
	const char *after = *cursor != NULL ? *cursor : "";
	char *last = NULL;
	struct spool_query q;
	bool more = false, ok;

	spool_query_start_with(&q, spool, SQL_PURGE_DOMAINS_SLICE, SPOOL_VALUES(
	    SPOOL_TEXT(":after", after), SPOOL_INT(":max", max)));
	if (spool_query_next(&q)) {
		last = mem_strdup(spool_query_text(&q, 0));
		more = spool_query_int(&q, 1) == max;
	}
	ok = spool_query_end(&q, err);
	ok = ok && spool_run(spool, SQL_PURGE_DOMAINS, SPOOL_VALUES(
	    SPOOL_TEXT(":after", after), SPOOL_TEXT(":last", last),
	    SPOOL_INT(":before", before)), err);
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
	return spool_ask(spool, SQL_FREE_PAGES, NULL, pages_r, err);
}

bool
spool_shrink(struct spool *spool, int pages, struct error *err)
{
	FAILPOINT_ROW("shrink");
	/* A pragma takes no parameters: a page at a time. */
	for (int i = 0; i < pages; i++)
		if (!spool_run(spool, SQL_SHRINK, NULL, err))
			return false;
	return true;
}
