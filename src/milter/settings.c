/*
 * Following the stored configuration, with its expressions compiled;
 * domain_status, and when each failing domain was last given a chance.
 */
#include "milter/settings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/query.h"

enum { LOOK_MS = 500 };

/* What is made of each configuration. */
struct milter_expressions {
	pthread_mutex_t lock;	/* of all that follows */
	struct strategy_engine *engine;
	struct strategy_expr *take, *strategy;
};

/* In memory: a restart gives each domain one chance more. */
struct probe {
	UT_hash_handle hh;
	int64_t at;
	char domain[];
};

struct milter_settings {
	pthread_mutex_t lock;	/* of all that follows */
	struct spool *spool;
	struct probe *probes;
	struct settings_follower in_force;
	int64_t data_version, looked_at_ms;
};

/* --- expressions -------------------------------------------------------- */

static void
expressions_free(void *made)
{
	struct milter_expressions *x = made;

	strategy_expr_free(&x->take);
	strategy_expr_free(&x->strategy);
	strategy_engine_close(&x->engine);
	(void)pthread_mutex_destroy(&x->lock);
	free(x);
}

static bool
expressions_make(void **made_r, const struct conf *conf, void *before,
    void *ctx, struct error *err)
{
	struct milter_expressions *x = mem_zalloc(sizeof(*x));

	(void)before;
	(void)ctx;
	*made_r = x;
	(void)pthread_mutex_init(&x->lock, NULL);
	if (!strategy_engine_open(&x->engine, err) ||
	    !strategy_engine_set_lookup(x->engine, conf->lookup,
	    conf->lookup_count, err))
		return false;
	if (!strategy_expr_compile(&x->take, x->engine, EXPR_MILTER,
	    conf->milter.take, err))
		return error_prefix(err, "milter.take");
	if (!strategy_expr_compile(&x->strategy, x->engine, EXPR_MILTER,
	    conf->milter.tls_strategy, err))
		return error_prefix(err, "milter.tls-strategy");
	return true;
}

bool
milter_settings_take(const struct settings *s,
    const struct strategy_values *values, bool *take_r, struct error *err)
{
	struct milter_expressions *x = s->made;
	bool ok;

	(void)pthread_mutex_lock(&x->lock);
	ok = strategy_expr_evaluate_condition(x->take, values, take_r, err);
	(void)pthread_mutex_unlock(&x->lock);
	return ok || error_prefix(err, "milter.take");
}

/* The expression's text lives until the next evaluation, the strategy's id as
 * long as the settings. */
static bool
find_strategy(const struct conf *conf, const char *id, const char **id_r,
    struct error *err)
{
	const struct conf_tls_strategy *tls;

	*id_r = NULL;
	if (id == NULL)
		return true;
	if ((tls = conf_tls_strategy(conf, id)) == NULL)
		return error_set(err, EX_CONFIG,
		    "there is no TLS strategy \"%s\"", id);
	*id_r = tls->id;
	return true;
}

bool
milter_settings_strategy(const struct settings *s,
    const struct strategy_values *values, const char **id_r, struct error *err)
{
	struct milter_expressions *x = s->made;
	const char *id;
	bool ok;

	(void)pthread_mutex_lock(&x->lock);
	ok = strategy_expr_evaluate_text_or_null(x->strategy, values, &id,
	    err) && find_strategy(s->conf, id, id_r, err);
	(void)pthread_mutex_unlock(&x->lock);
	return ok || error_prefix(err, "milter.tls-strategy");
}

/* --- the one in force --------------------------------------------------- */

bool
milter_settings_open(struct milter_settings **settings_r,
    const char *database, struct error *err)
{
	struct milter_settings *m = mem_zalloc(sizeof(*m));

	(void)pthread_mutex_init(&m->lock, NULL);
	m->in_force.maker = (struct settings_maker){
		.make = expressions_make, .free = expressions_free };
	*settings_r = m;
	if (spool_open(&m->spool, database, SPOOL_CREATE, err) &&
	    spool_data_version(m->spool, &m->data_version, err) &&
	    settings_start(&m->in_force, m->spool, err))
		return true;
	milter_settings_close(settings_r);
	return false;
}

void
milter_settings_close(struct milter_settings **m_p)
{
	struct milter_settings *m = *m_p;
	struct probe *p, *next;

	*m_p = NULL;
	if (m == NULL)
		return;
	HASH_ITER(hh, m->probes, p, next) {
		HASH_DEL(m->probes, p);
		free(p);
	}
	settings_unref(&m->in_force.current);
	spool_close(&m->spool);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Under the lock.  The file may have been replaced: see spool/writer.h. */
static bool
look(struct milter_settings *m, struct error *err)
{
	struct spool *fresh;
	int64_t version;

	if (!spool_check_place(m->spool, err)) {
		if (!spool_open(&fresh, spool_path(m->spool), SPOOL_READ_WRITE,
		    err))
			return false;
		spool_close(&m->spool);
		m->spool = fresh;
		m->data_version = m->in_force.generation = -1;
	}
	if (!spool_data_version(m->spool, &version, err))
		return false;
	if (version != m->data_version &&
	    settings_follow(&m->in_force, m->spool, false))
		m->data_version = version;
	return true;
}

struct settings *
milter_settings_current(struct milter_settings *m)
{
	struct settings *s;
	struct error err;
	int64_t now_ms = clock_mono_ms();

	(void)pthread_mutex_lock(&m->lock);
	if (now_ms - m->looked_at_ms >= LOOK_MS) {
		m->looked_at_ms = now_ms;
		if (!look(m, &err))
			log_error("configuration: %s; keeping the "
			    "previous configuration", err.text);
	}
	s = settings_ref(m->in_force.current);
	(void)pthread_mutex_unlock(&m->lock);
	return s;
}

/* --- failing domains --------------------------------------------------- */

/* Whether the domain's turn has come; then the next is an interval away. */
static bool
take_turn(struct milter_settings *m, const char *domain, int64_t now,
    int64_t interval_s)
{
	size_t len = strlen(domain);
	struct probe *p;

	HASH_FIND(hh, m->probes, domain, len, p);
	if (p != NULL && now - p->at < interval_s)
		return false;
	if (p == NULL) {
		p = mem_zalloc(sizeof(*p) + len + 1);
		memcpy(p->domain, domain, len + 1);
		HASH_ADD_KEYPTR(hh, m->probes, p->domain, len, p);
	}
	p->at = now;
	return true;
}

static void
failing_explain(struct milter_reply *reply, bool for_good, const char *domain,
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

bool
milter_settings_admits(struct milter_settings *m,
    const struct conf_milter_settings *conf, const char *domain, int64_t now,
    struct milter_reply *reply_r)
{
	bool good = true;
	struct spool_query q;
	struct error err;

	if (conf->failing_domains == CONF_FAILING_ACCEPT)
		return true;
	(void)pthread_mutex_lock(&m->lock);
	spool_query_start(&q, m->spool, SQL_MILTER_FAILING);
	spool_query_put_text(&q, ":domain", domain);
	spool_query_put_int(&q, ":after", now - conf->failing_max_age_s);
	if (spool_query_next(&q) &&
	    !take_turn(m, domain, now, conf->failing_probe_s)) {
		failing_explain(reply_r, conf->failing_domains ==
		    CONF_FAILING_REJECT, domain, &q);
		good = false;
	}
	if (!spool_query_end(&q, &err))
		log_warning("domain_status: %s", err.text);
	(void)pthread_mutex_unlock(&m->lock);
	return good;
}
