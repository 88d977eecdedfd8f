/*
 * Rules of the administrator: for a time nothing is tried for a domain, or it gets
 * another TLS strategy.  Rows of the table rule, which sqlite3 may write as well;
 * read at each claim, on the thread of the handle.
 */
#ifndef TLSQ_SPOOL_RULE_H
#define TLSQ_SPOOL_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

struct spool_rule {
	int64_t id;		/* -1: there is none */
	int64_t until;		/* -1: until it is removed */
	char *strategy;		/* of except; owned, as is: */
	char *words;		/* "rule 7: reason" */
};

/* Is there any rule at all? */
bool spool_rule_any(struct spool *spool, bool *any_r, struct error *err)
    MUST_CHECK;
/* The rule of a kind ("suspend", "except") in force for a domain; to be cleared. */
bool spool_rule_find(struct spool *spool, const char *kind, const char *domain,
    int64_t now, struct spool_rule *rule_r, struct error *err) MUST_CHECK;
void spool_rule_clear(struct spool_rule *rule);

#endif
