/*
 * Which metrics there are: three tables, by how a value is found.
 */
#include "web/metrics.h"

#include <stddef.h>

#include "base/mem.h"
#include "web/expose.h"

#define AT(member) offsetof(struct web_snapshot, member)

/* Counted by one or two words, since the start or over all that is kept. */
static const struct counted {
	struct web_family family;
	size_t offset;			/* of its tally in the snapshot */
	const char *labels[WEB_WORDS];
} counted[] = {
	{ { .name = "tlsq_recipients",
	    .help = "Recipients in the spool, by state." },
	  AT(kept.recipients), { "state" } },
	{ { .name = "tlsq_failing_domains",
	    .help = "Domains whose last attempt failed, by what failed." },
	  AT(failing), { "error" } },
	{ { .name = "tlsq_rules",
	    .help = "Rules of the administrator in force, by kind." },
	  AT(rules), { "kind" } },
	{ { .name = "tlsq_cache_entries",
	    .help = "Cached answers and policies, by cache." },
	  AT(cached), { "cache" } },
	{ { .name = "tlsq_cache_lookups",
	    .help = "Lookups since the spool was created, by cache and by "
	    "whether the answer was cached." },
	  AT(cache_use), { "cache", "result" } },
	{ { .name = "tlsq_attempts", .type = WEB_COUNTER,
	    .help = "Delivery attempts since the start, by outcome and by "
	    "what failed." },
	  AT(since.attempts), { "outcome", "error" } },
	{ { .name = "tlsq_results", .type = WEB_COUNTER,
	    .help = "Attempts since the start that failed on TLS, by RFC 8460 "
	    "result type." },
	  AT(since.results), { "result_type" } },
	{ { .name = "tlsq_sessions", .type = WEB_COUNTER,
	    .help = "SMTP sessions since the start, by what TLS proved." },
	  AT(since.sessions), { "tls" } },
	{ { .name = "tlsq_session_dane", .type = WEB_COUNTER,
	    .help = "SMTP sessions since the start, by DANE result." },
	  AT(since.dane), { "result" } },
	{ { .name = "tlsq_session_mta_sts", .type = WEB_COUNTER,
	    .help = "SMTP sessions since the start, by MTA-STS result." },
	  AT(since.mta_sts), { "result" } },
	{ { .name = "tlsq_kept_attempts",
	    .help = "Delivery attempts in the spool, by outcome and by what "
	    "failed." },
	  AT(kept.attempts), { "outcome", "error" } },
	{ { .name = "tlsq_kept_results",
	    .help = "Attempts in the spool that failed on TLS, by RFC 8460 "
	    "result type." },
	  AT(kept.results), { "result_type" } },
	{ { .name = "tlsq_kept_sessions",
	    .help = "SMTP sessions in the spool, by what TLS proved." },
	  AT(kept.sessions), { "tls" } },
	{ { .name = "tlsq_kept_session_dane",
	    .help = "SMTP sessions in the spool, by DANE result." },
	  AT(kept.dane), { "result" } },
	{ { .name = "tlsq_kept_session_mta_sts",
	    .help = "SMTP sessions in the spool, by MTA-STS result." },
	  AT(kept.mta_sts), { "result" } },
};

/* One number each; a negative one is not known and left out. */
static const struct {
	struct web_family family;
	size_t offset;
} singles[] = {
	{ { .name = "tlsq_unfinished_messages",
	    .help = "Messages with an undelivered recipient." },
	  AT(unfinished) },
	{ { .name = "tlsq_domains",
	    .help = "Domains with a recorded status." },
	  AT(domains) },
	{ { .name = "tlsq_runners",
	    .help = "Runners that are alive on this host." },
	  AT(runners) },
	{ { .name = "tlsq_runner_seen_timestamp_seconds", .unit = "seconds",
	    .help = "When a runner last renewed its entry in the spool; 0 if "
	    "none ever did." },
	  AT(runner_seen_at) },
	{ { .name = "tlsq_database_size_bytes", .unit = "bytes",
	    .help = "Size of the database." },
	  AT(size) },
	{ { .name = "tlsq_database_free_bytes", .unit = "bytes",
	    .help = "Unused part of the database." },
	  AT(free) },
	{ { .name = "tlsq_counted_timestamp_seconds", .unit = "seconds",
	    .help = "When everything in the spool was last counted." },
	  AT(counted_at) },
};

static const struct web_family oldest = {
	.name = "tlsq_oldest_message_age_seconds", .unit = "seconds",
	.help = "Age of the oldest message with an undelivered recipient; 0 "
	    "if there is none.",
};
static const struct web_family durations = {
	.name = "tlsq_attempt_duration_seconds", .unit = "seconds",
	.type = WEB_HISTOGRAM,
	.help = "Duration of the delivery attempts since the start.",
};
static const struct web_family build = {
	.name = "tlsq_build_info", .help = "The version of tlsq.",
};

static void
write_counted(struct web_expose *x, const struct web_snapshot *s,
    const struct counted *row)
{
	const struct web_tally *t = (const void *)((const char *)s +
	    row->offset);
	size_t count = row->labels[1] != NULL ? 2 : 1;

	web_family(x, &row->family);
	for (size_t i = 0; i < t->used; i++) {
		const struct web_label labels[WEB_WORDS] = {
			{ row->labels[0], t->entries[i].words[0] },
			{ row->labels[1], t->entries[i].words[1] },
		};

		web_sample(x, labels, count, t->entries[i].count);
	}
}

static void
write_number(struct web_expose *x, const struct web_family *family, int64_t n)
{
	if (n < 0)
		return;
	web_family(x, family);
	web_sample(x, NULL, 0, n);
}

void
web_metrics_write(struct buf *out, const struct web_snapshot *s,
    bool openmetrics, int64_t now)
{
	struct web_expose x = { .out = out, .openmetrics = openmetrics,
		.since_s = s->started_at };
	int64_t age = s->oldest_at < 0 ? 0 : now - s->oldest_at;

	web_family(&x, &build);
	web_sample(&x, &(struct web_label){ "version", PACKAGE_VERSION }, 1, 1);
	for (size_t i = 0; i < ARRAY_LEN(counted); i++)
		write_counted(&x, s, &counted[i]);
	web_family(&x, &durations);
	web_histogram(&x, web_bounds_ms, s->since.durations.counts, WEB_BOUNDS,
	    s->since.durations.sum_ms);
	write_number(&x, &oldest, age > 0 ? age : 0);
	for (size_t i = 0; i < ARRAY_LEN(singles); i++)
		write_number(&x, &singles[i].family, *(const int64_t *)
		    (const void *)((const char *)s + singles[i].offset));
	web_expose_end(&x);
}
