/*
 * From the stored rows to the typed, shared configuration.
 */
#include "nexthop/config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "settings/stored.h"
#include "spool/config.h"

static bool
build(struct snapshot *s, const struct spool_config *c, struct error *err)
{
	return stored_rows(&s->rows, c, err) &&
	    conf_build(&s->conf, s->rows, err);
}

bool
snapshot_load(struct snapshot **s_r, struct spool *spool,
    const struct snapshot *before, struct writer *writer, struct error *err)
{
	struct snapshot *s = mem_zalloc(sizeof(*s));
	struct arena *arena = arena_new();
	struct spool_config config;
	bool ok;

	*s_r = NULL;
	atomic_init(&s->refs, 1);
	ok = spool_config_load(spool, arena, &config, &s->generation, err) &&
	    build(s, &config, err) &&
	    services_make(&s->services, s->conf,
	    before != NULL ? before->services : NULL, spool_path(spool),
	    writer, err);
	arena_free(&arena);
	if (ok)
		*s_r = s;
	else
		snapshot_unref(&s);
	return ok;
}

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	(void)atomic_fetch_add(&s->refs, 1);
	return s;
}

void
snapshot_unref(struct snapshot **s)
{
	if (*s != NULL && atomic_fetch_sub(&(*s)->refs, 1) == 1) {
		services_unref(&(*s)->services);
		conf_free(&(*s)->conf);
		conf_rows_free(&(*s)->rows);
		free(*s);
	}
	*s = NULL;
}
