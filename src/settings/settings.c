/*
 * Loading, counting and following the configuration.
 */
#include "settings/settings.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "spool/config.h"

bool
settings_load(struct settings **settings_r, struct spool *spool,
    const struct settings_maker *maker, const struct settings *before,
    struct error *err)
{
	struct settings *s = mem_zalloc(sizeof(*s));
	struct conf_rows *rows;
	bool ok;

	atomic_init(&s->refs, 1);
	ok = spool_config_load(spool, &rows, &s->generation, err) &&
	    conf_build(&s->conf, rows, err);
	conf_rows_free(&rows);
	if (ok && maker != NULL) {
		s->free = maker->free;
		ok = maker->make(&s->made, s->conf,
		    before != NULL ? before->made : NULL, maker->ctx, err);
	}
	if (!ok)
		settings_unref(&s);
	*settings_r = s;
	return ok;
}

struct settings *
settings_ref(struct settings *settings)
{
	(void)atomic_fetch_add(&settings->refs, 1);
	return settings;
}

void
settings_unref(struct settings **settings)
{
	struct settings *s = *settings;

	*settings = NULL;
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	if (s->made != NULL)
		s->free(s->made);
	conf_free(&s->conf);
	free(s);
}

bool
settings_start(struct settings_follower *f, struct spool *spool,
    struct error *err)
{
	f->generation = f->refused = -1;
	if (!settings_load(&f->current, spool, &f->maker, NULL, err))
		return false;
	f->generation = f->current->generation;
	return true;
}

bool
settings_follow(struct settings_follower *f, struct spool *spool, bool anew)
{
	struct settings *fresh = NULL;
	struct error err;
	int64_t generation;

	if (!spool_config_generation(spool, &generation, &err)) {
		log_warning("configuration: %s", err.text);
		return false;
	}
	if (generation == f->generation && !anew)
		return true;
	if (!settings_load(&fresh, spool, &f->maker, anew ? NULL : f->current,
	    &err)) {
		if (generation != f->refused)
			log_error("configuration: %s; keeping the previous "
			    "configuration", err.text);
		f->refused = generation;
		return err.code == EX_CONFIG;
	}
	if (generation != f->generation)
		log_info("configuration %lld is in force",
		    (long long)generation);
	settings_unref(&f->current);
	f->current = fresh;
	f->generation = fresh->generation;
	return true;
}
