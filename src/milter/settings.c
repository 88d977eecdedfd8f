/*
 * Snapshots of the stored configuration, with its expressions compiled.
 */
#include "milter/settings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "settings/stored.h"
#include "spool/config.h"

enum { LOOK_MS = 500 };

struct milter_snapshot {
	atomic_int refs;
	int64_t generation;
	struct conf *conf;
	pthread_mutex_t lock;	/* of what follows */
	struct expr_engine *engine;
	struct expr *take, *strategy;
};

struct milter_settings {
	pthread_mutex_t lock;	/* of all that follows */
	struct spool *spool;
	struct milter_snapshot *current;
	int64_t data_version, looked_at_ms;
	int64_t generation;	/* of current; -1: of another file */
};

/* --- one snapshot ------------------------------------------------------- */

static bool
compile(struct milter_snapshot *s, const struct conf_rows *rows,
    struct error *err)
{
	const struct conf_milter_settings *m = &s->conf->milter;

	if (!expr_engine_open(&s->engine, err) ||
	    !expr_engine_set_lookup(s->engine, rows->lookup,
	    rows->lookup_count, err))
		return false;
	if (!expr_compile(&s->take, s->engine, EXPR_MILTER, m->take, err))
		return error_prefix(err, "milter.take");
	if (!expr_compile(&s->strategy, s->engine, EXPR_MILTER,
	    m->tls_strategy, err))
		return error_prefix(err, "milter.tls-strategy");
	return true;
}

static bool
build(struct milter_snapshot *s, const struct spool_config *stored,
    struct error *err)
{
	struct conf_rows *rows;
	bool ok = stored_rows(&rows, stored, err) &&
	    conf_build(&s->conf, rows, err) && compile(s, rows, err);

	conf_rows_free(&rows);
	return ok;
}

static bool
snapshot_load(struct milter_snapshot **s_r, struct spool *spool,
    struct error *err)
{
	struct milter_snapshot *s = mem_zalloc(sizeof(*s));
	struct arena *arena = arena_new();
	struct spool_config stored;
	bool ok;

	atomic_init(&s->refs, 1);
	(void)pthread_mutex_init(&s->lock, NULL);
	ok = spool_config_load(spool, arena, &stored, &s->generation, err) &&
	    build(s, &stored, err);
	arena_free(&arena);
	if (!ok)
		milter_snapshot_unref(&s);
	*s_r = s;
	return ok;
}

void
milter_snapshot_unref(struct milter_snapshot **s_p)
{
	struct milter_snapshot *s = *s_p;

	*s_p = NULL;
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	expr_free(&s->take);
	expr_free(&s->strategy);
	expr_engine_close(&s->engine);
	conf_free(&s->conf);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct conf *
milter_snapshot_conf(const struct milter_snapshot *s)
{
	return s->conf;
}

bool
milter_snapshot_take(struct milter_snapshot *s,
    const struct expr_values *values, bool *take_r, struct error *err)
{
	bool ok;

	(void)pthread_mutex_lock(&s->lock);
	ok = expr_evaluate_condition(s->take, values, take_r, err);
	(void)pthread_mutex_unlock(&s->lock);
	return ok || error_prefix(err, "milter.take");
}

/* The expression's text lives until the next evaluation, the strategy's id as
 * long as the snapshot. */
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
milter_snapshot_strategy(struct milter_snapshot *s,
    const struct expr_values *values, const char **id_r, struct error *err)
{
	const char *id;
	bool ok;

	(void)pthread_mutex_lock(&s->lock);
	ok = expr_evaluate_text_or_null(s->strategy, values, &id, err) &&
	    find_strategy(s->conf, id, id_r, err);
	(void)pthread_mutex_unlock(&s->lock);
	return ok || error_prefix(err, "milter.tls-strategy");
}

/* --- the one in force --------------------------------------------------- */

bool
milter_settings_open(struct milter_settings **settings_r,
    const char *database, struct error *err)
{
	struct milter_settings *m = mem_zalloc(sizeof(*m));

	(void)pthread_mutex_init(&m->lock, NULL);
	*settings_r = m;
	if (spool_open(&m->spool, database, SPOOL_CREATE, err) &&
	    spool_data_version(m->spool, &m->data_version, err) &&
	    snapshot_load(&m->current, m->spool, err)) {
		m->generation = m->current->generation;
		return true;
	}
	milter_settings_close(settings_r);
	return false;
}

void
milter_settings_close(struct milter_settings **m_p)
{
	struct milter_settings *m = *m_p;

	*m_p = NULL;
	if (m == NULL)
		return;
	milter_snapshot_unref(&m->current);
	spool_close(&m->spool);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

/* The file may have been replaced: see spool/writer.h. */
static bool
follow_path(struct milter_settings *m, struct error *err)
{
	struct spool *fresh;

	if (spool_check_place(m->spool, err))
		return true;
	if (!spool_open(&fresh, spool_path(m->spool), SPOOL_READ_WRITE, err))
		return false;
	spool_close(&m->spool);
	m->spool = fresh;
	m->data_version = m->generation = -1;
	return true;
}

/* Under the lock.  False with err where the one before stays in force. */
static bool
look(struct milter_settings *m, struct error *err)
{
	struct milter_snapshot *fresh;
	int64_t version, generation;

	if (!follow_path(m, err))
		return false;
	if (!spool_data_version(m->spool, &version, err))
		return false;
	if (version == m->data_version)
		return true;
	if (!spool_config_generation(m->spool, &generation, err))
		return false;
	m->data_version = version;
	if (generation == m->generation)
		return true;
	if (!snapshot_load(&fresh, m->spool, err)) {
		/* Once said is enough, until there is another one. */
		if (err->code == EX_CONFIG)
			m->generation = generation;
		return false;
	}
	log_info("configuration %lld is in force", (long long)generation);
	milter_snapshot_unref(&m->current);
	m->current = fresh;
	m->generation = fresh->generation;
	return true;
}

struct milter_snapshot *
milter_settings_current(struct milter_settings *m)
{
	struct milter_snapshot *s;
	struct error err;
	int64_t now_ms = clock_mono_ms();

	(void)pthread_mutex_lock(&m->lock);
	if (now_ms - m->looked_at_ms >= LOOK_MS) {
		m->looked_at_ms = now_ms;
		if (!look(m, &err))
			log_error("configuration: %s; keeping the "
			    "previous configuration", err.text);
	}
	s = m->current;
	(void)atomic_fetch_add(&s->refs, 1);
	(void)pthread_mutex_unlock(&m->lock);
	return s;
}
