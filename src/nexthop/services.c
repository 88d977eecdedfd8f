/*
 * TLS context and lookups of a configuration.
 */
#include "nexthop/services.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

struct services {
	atomic_int refs;
	char *settings;			/* what they were made from */
	struct stls_context *tls;
	struct lookups *lookups;
	struct spool *spool;		/* the resolver thread's */
	struct spool_writer *writer;
};

struct cache_write {
	struct spool_write_task task;
	struct lookup_row *row;
};

static bool
cache_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	(void)token;
	return lookup_row_put(spool, ((struct cache_write *)t)->row, err);
}

static void
cache_done(struct spool_write_task *t, const struct error *err)
{
	struct cache_write *c = (struct cache_write *)t;

	/* A cache that is not written costs a lookup, no more. */
	if (err != NULL)
		log_debug("cache: %s", err->text);
	lookup_row_free(&c->row);
	free(c);
}

static void
store_row(void *ctx, struct lookup_row *row)
{
	struct services *s = ctx;
	struct cache_write *c = mem_zalloc(sizeof(*c));

	c->task.when = SPOOL_WRITE_LATER;
	c->task.run = cache_run;
	c->task.done = cache_done;
	c->row = row;
	spool_writer_post(s->writer, &c->task);
}

static const char *
or_none(const char *text)
{
	return text != NULL ? text : "";
}

static bool
open_all(struct services *s, const struct conf *conf, const char *database,
    struct error *err)
{
	struct lookups_config lc = {
		.dns = { .unbound_config = conf->dns.unbound_config,
		    .trust_anchor = conf->dns.trust_anchor,
		    .timeout_ms = conf->dns.timeout_s * 1000 },
		.sts = { .ca_file = conf->mta_sts.ca_file,
		    .port = (uint16_t)conf->mta_sts.port },
		.store = s->writer != NULL ? store_row : NULL, .store_ctx = s
	};

	if (!stls_context_open(&s->tls, conf->tls.ca_file, err))
		return error_prefix(err, "tls.ca-file");
	if (!spool_open(&s->spool, database, SPOOL_READ_WRITE, err))
		return false;
	lc.spool = s->spool;
	return lookup_open(&s->lookups, &lc, err);
}

static void
services_free(struct services *s)
{
	lookup_close(&s->lookups);
	spool_close(&s->spool);
	stls_context_close(&s->tls);
	free(s->settings);
	free(s);
}

/* The last one waits for the resolver's thread. */
static void
services_drop(void *made)
{
	struct services *s = made;

	if (atomic_fetch_sub(&s->refs, 1) == 1)
		services_free(s);
}

static bool
services_make(void **made_r, const struct conf *conf, void *made_before,
    void *ctx, struct error *err)
{
	const struct nexthop_services_source *source = ctx;
	char *settings = mem_printf("%s\n%s\n%s\n%lld\n%s\n%d",
	    or_none(conf->tls.ca_file), or_none(conf->dns.unbound_config),
	    or_none(conf->dns.trust_anchor), (long long)conf->dns.timeout_s,
	    or_none(conf->mta_sts.ca_file), conf->mta_sts.port);
	struct services *s, *before = made_before;

	if (before != NULL && strcmp(before->settings, settings) == 0) {
		free(settings);
		(void)atomic_fetch_add(&before->refs, 1);
		*made_r = before;
		return true;
	}
	s = mem_zalloc(sizeof(*s));
	*made_r = s;
	atomic_init(&s->refs, 1);
	s->settings = settings;
	s->writer = source->writer;
	return open_all(s, conf, source->database, err);
}

struct settings_maker
nexthop_services_maker(struct nexthop_services_source *source)
{
	return (struct settings_maker){ .make = services_make,
		.free = services_drop, .ctx = source };
}

struct lookups *
nexthop_services_lookups(const struct settings *settings)
{
	return ((const struct services *)settings->made)->lookups;
}

const struct stls_context *
nexthop_services_tls(const struct settings *settings)
{
	return ((const struct services *)settings->made)->tls;
}
