/*
 * Reading the rules.
 */
#include "spool/rule.h"

#include <stdlib.h>

#include "base/mem.h"
#include "spool/query.h"

bool
spool_rule_any(struct spool *spool, bool *any_r, struct error *err)
{
	int64_t any;

	if (!spool_ask(spool, SQL_RULE_ANY, NULL, &any, err))
		return false;
	*any_r = any > 0;
	return true;
}

bool
spool_rule_find(struct spool *spool, const char *kind, const char *domain,
    int64_t now, struct spool_rule *r, struct error *err)
{
	struct spool_query q;

	*r = (struct spool_rule){ .id = -1, .until = -1 };
	spool_query_start_with(&q, spool, SQL_RULE_FIND, SPOOL_VALUES(
	    SPOOL_TEXT(":kind", kind), SPOOL_TEXT(":domain", domain),
	    SPOOL_INT(":now", now)));
	if (spool_query_next(&q)) {
		r->id = spool_query_int(&q, 0);
		if (!spool_query_is_null(&q, 1))
			r->strategy = mem_strdup(spool_query_text(&q, 1));
		r->until = spool_query_time(&q, 2);
		r->words = mem_strdup(spool_query_text(&q, 3));
	}
	return spool_query_end(&q, err);
}

void
spool_rule_clear(struct spool_rule *r)
{
	free(r->strategy);
	free(r->words);
	*r = (struct spool_rule){ .id = -1, .until = -1 };
}
