/*
 * domain_status, and when each failing domain was last given a chance.
 */
#include "milter/status.h"

#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/query.h"

/* In memory: a restart gives each domain one chance more. */
struct probe {
	UT_hash_handle hh;
	int64_t at;
	char domain[];
};

struct milter_status {
	pthread_mutex_t lock;	/* of all that follows */
	struct spool *spool;
	struct probe *probes;
};

bool
milter_status_open(struct milter_status **status_r, const char *database,
    struct error *err)
{
	struct milter_status *s = mem_zalloc(sizeof(*s));

	(void)pthread_mutex_init(&s->lock, NULL);
	*status_r = s;
	if (spool_open(&s->spool, database, SPOOL_READ_WRITE, err))
		return true;
	milter_status_close(status_r);
	return false;
}

void
milter_status_close(struct milter_status **status)
{
	struct milter_status *s = *status;
	struct probe *p, *next;

	*status = NULL;
	if (s == NULL)
		return;
	HASH_ITER(hh, s->probes, p, next) {
		HASH_DEL(s->probes, p);
		free(p);
	}
	spool_close(&s->spool);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Whether the domain's turn has come; then the next is an interval away. */
static bool
take_turn(struct milter_status *s, const char *domain, int64_t now,
    int64_t interval_s)
{
	size_t len = strlen(domain);
	struct probe *p;

	HASH_FIND(hh, s->probes, domain, len, p);
	if (p != NULL && now - p->at < interval_s)
		return false;
	if (p == NULL) {
		p = mem_zalloc(sizeof(*p) + len + 1);
		memcpy(p->domain, domain, len + 1);
		HASH_ADD_KEYPTR(hh, s->probes, p->domain, len, p);
	}
	p->at = now;
	return true;
}

static void
status_explain(struct milter_reply *reply, bool for_good, const char *domain,
    struct spool_query *q)
{
	const char *since = spool_query_text(q, 0);
	const char *type = spool_query_text(q, 1);
	const char *why = spool_query_text(q, 2);

	(void)milter_reply_set(reply, for_good ? "550" : "451",
	    for_good ? "5.7.5" : "4.7.5", "mail for %s has failed since %s: "
	    "%s%s%s", domain, since, type != NULL ? type : "",
	    type != NULL ? ": " : "", why);
}

/* Under the lock. */
static bool
admits(struct milter_status *s, const struct conf_milter_settings *settings,
    const char *domain, int64_t now, struct milter_reply *reply)
{
	bool for_good = settings->failing_domains == CONF_FAILING_REJECT;
	struct spool_query q;
	struct error err;
	bool good = true;

	spool_query_start(&q, s->spool, SQL_MILTER_FAILING);
	spool_query_put_text(&q, ":domain", domain);
	spool_query_put_int(&q, ":after", now - settings->failing_max_age_s);
	if (spool_query_next(&q) &&
	    !take_turn(s, domain, now, settings->failing_probe_s)) {
		status_explain(reply, for_good, domain, &q);
		good = false;
	}
	if (!spool_query_end(&q, &err))
		log_warning("domain_status: %s", err.text);
	return good;
}

bool
milter_status_admits(struct milter_status *s,
    const struct conf_milter_settings *settings, const char *domain,
    int64_t now, struct milter_reply *reply_r)
{
	bool good;

	if (settings->failing_domains == CONF_FAILING_ACCEPT)
		return true;
	(void)pthread_mutex_lock(&s->lock);
	good = admits(s, settings, domain, now, reply_r);
	(void)pthread_mutex_unlock(&s->lock);
	return good;
}
