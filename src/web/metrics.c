/*
 * Which metrics there are: three tables, by how a value is found.
 */
#include "web/metrics.h"

#include <stddef.h>

#include "base/mem.h"
#include "web/expose.h"

/* Counted by one or two words, since the start or over all that is kept. */
static const struct counted {
	struct web_family family;
	size_t offset;			/* of its tally in the snapshot */
	const char *labels[WEB_WORDS];
} counted[] = {
	{ .family = { .name = "tlsq_recipients", .type = WEB_GAUGE,
	    .help = "Recipients in the spool, by state." },
	  .offset = offsetof(struct web_snapshot, kept.recipients),
	  .labels = { "state" } },
	{ .family = { .name = "tlsq_failing_domains", .type = WEB_GAUGE,
	    .help = "Domains whose last attempt failed, by what failed." },
	  .offset = offsetof(struct web_snapshot, failing),
	  .labels = { "error" } },
	{ .family = { .name = "tlsq_cache_lookups", .type = WEB_GAUGE,
	    .help = "Lookups since the spool was created, by cache and by "
	    "whether the answer was cached." },
	  .offset = offsetof(struct web_snapshot, cache_use),
	  .labels = { "cache", "result" } },
	{ .family = { .name = "tlsq_attempts", .type = WEB_COUNTER,
	    .help = "Delivery attempts since the start, by outcome and by "
	    "what failed." },
	  .offset = offsetof(struct web_snapshot, since.attempts),
	  .labels = { "outcome", "error" } },
	{ .family = { .name = "tlsq_results", .type = WEB_COUNTER,
	    .help = "Attempts since the start that failed on TLS, by RFC 8460 "
	    "result type." },
	  .offset = offsetof(struct web_snapshot, since.results),
	  .labels = { "result_type" } },
	{ .family = { .name = "tlsq_sessions", .type = WEB_COUNTER,
	    .help = "SMTP sessions since the start, by what TLS proved." },
	  .offset = offsetof(struct web_snapshot, since.sessions),
	  .labels = { "tls" } },
	{ .family = { .name = "tlsq_session_dane", .type = WEB_COUNTER,
	    .help = "SMTP sessions since the start, by DANE result." },
	  .offset = offsetof(struct web_snapshot, since.dane),
	  .labels = { "result" } },
	{ .family = { .name = "tlsq_session_mta_sts", .type = WEB_COUNTER,
	    .help = "SMTP sessions since the start, by MTA-STS result." },
	  .offset = offsetof(struct web_snapshot, since.mta_sts),
	  .labels = { "result" } },
	{ .family = { .name = "tlsq_kept_attempts", .type = WEB_GAUGE,
	    .help = "Delivery attempts in the spool, by outcome and by what "
	    "failed." },
	  .offset = offsetof(struct web_snapshot, kept.attempts),
	  .labels = { "outcome", "error" } },
	{ .family = { .name = "tlsq_kept_results", .type = WEB_GAUGE,
	    .help = "Attempts in the spool that failed on TLS, by RFC 8460 "
	    "result type." },
	  .offset = offsetof(struct web_snapshot, kept.results),
	  .labels = { "result_type" } },
	{ .family = { .name = "tlsq_kept_sessions", .type = WEB_GAUGE,
	    .help = "SMTP sessions in the spool, by what TLS proved." },
	  .offset = offsetof(struct web_snapshot, kept.sessions),
	  .labels = { "tls" } },
	{ .family = { .name = "tlsq_kept_session_dane", .type = WEB_GAUGE,
	    .help = "SMTP sessions in the spool, by DANE result." },
	  .offset = offsetof(struct web_snapshot, kept.dane),
	  .labels = { "result" } },
	{ .family = { .name = "tlsq_kept_session_mta_sts", .type = WEB_GAUGE,
	    .help = "SMTP sessions in the spool, by MTA-STS result." },
	  .offset = offsetof(struct web_snapshot, kept.mta_sts),
	  .labels = { "result" } },
};

/* One number each; a negative one is not known and left out. */
static const struct single {
	struct web_family family;
	size_t offset;
} singles[] = {
	{ { .name = "tlsq_unfinished_messages", .type = WEB_GAUGE,
	    .help = "Messages with an undelivered recipient." },
	  offsetof(struct web_snapshot, unfinished) },
	{ { .name = "tlsq_domains", .type = WEB_GAUGE,
	    .help = "Domains with a recorded status." },
	  offsetof(struct web_snapshot, domains) },
	{ { .name = "tlsq_runners", .type = WEB_GAUGE,
	    .help = "Runners that are alive on this host." },
	  offsetof(struct web_snapshot, runners) },
	{ { .name = "tlsq_runner_seen_timestamp_seconds", .type = WEB_GAUGE,
	    .unit = "seconds", .help = "When a runner last renewed its entry "
	    "in the spool; 0 if none ever did." },
	  offsetof(struct web_snapshot, runner_seen_at) },
	{ { .name = "tlsq_database_size_bytes", .type = WEB_GAUGE,
	    .unit = "bytes", .help = "Size of the database." },
	  offsetof(struct web_snapshot, size) },
	{ { .name = "tlsq_database_free_bytes", .type = WEB_GAUGE,
	    .unit = "bytes", .help = "Unused part of the database." },
	  offsetof(struct web_snapshot, free) },
	{ { .name = "tlsq_counted_timestamp_seconds", .type = WEB_GAUGE,
	    .unit = "seconds", .help = "When everything in the spool was last "
	    "counted." },
	  offsetof(struct web_snapshot, counted_at) },
};

static const struct {
	const char *name;
	size_t offset;
} caches[] = {
	{ "mx", offsetof(struct web_snapshot, mx) },
	{ "host", offsetof(struct web_snapshot, host) },
	{ "dane", offsetof(struct web_snapshot, dane) },
	{ "mta_sts", offsetof(struct web_snapshot, mta_sts) },
};

static int64_t
number_at(const struct web_snapshot *s, size_t offset)
{
	return *(const int64_t *)(const void *)((const char *)s + offset);
}

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
write_oldest(struct web_expose *x, const struct web_snapshot *s, int64_t now)
{
	static const struct web_family family = {
		.name = "tlsq_oldest_message_age_seconds", .type = WEB_GAUGE,
		.unit = "seconds",
		.help = "Age of the oldest message with an undelivered "
		"recipient; 0 if there is none.",
	};
	int64_t age = s->oldest_at < 0 ? 0 : now - s->oldest_at;

	web_family(x, &family);
	web_sample(x, NULL, 0, age > 0 ? age : 0);
}

static void
write_caches(struct web_expose *x, const struct web_snapshot *s)
{
	static const struct web_family family = {
		.name = "tlsq_cache_entries", .type = WEB_GAUGE,
		.help = "Cached answers and policies, by cache.",
	};

	web_family(x, &family);
	for (size_t i = 0; i < ARRAY_LEN(caches); i++)
		web_sample(x, &(struct web_label){ "cache", caches[i].name },
		    1, number_at(s, caches[i].offset));
}

static void
write_durations(struct web_expose *x, const struct web_durations *d)
{
	static const struct web_family family = {
		.name = "tlsq_attempt_duration_seconds",
		.type = WEB_HISTOGRAM, .unit = "seconds",
		.help = "Duration of the delivery attempts since the start.",
	};

	web_family(x, &family);
	web_histogram(x, web_bounds_ms, d->counts, WEB_BOUNDS, d->sum_ms);
}

static void
write_build(struct web_expose *x)
{
	static const struct web_family family = {
		.name = "tlsq_build_info", .type = WEB_GAUGE,
		.help = "The version of tlsq.",
	};

	web_family(x, &family);
	web_sample(x, &(struct web_label){ "version", PACKAGE_VERSION }, 1, 1);
}

void
web_metrics_write(struct buf *out, const struct web_snapshot *s,
    bool openmetrics, int64_t now)
{
	struct web_expose x = { .out = out, .openmetrics = openmetrics,
		.since_s = s->started_at };

	write_build(&x);
	for (size_t i = 0; i < ARRAY_LEN(counted); i++)
		write_counted(&x, s, &counted[i]);
	write_durations(&x, &s->since.durations);
	write_oldest(&x, s, now);
	for (size_t i = 0; i < ARRAY_LEN(singles); i++) {
		if (number_at(s, singles[i].offset) < 0)
			continue;
		web_family(&x, &singles[i].family);
		web_sample(&x, NULL, 0, number_at(s, singles[i].offset));
	}
	write_caches(&x, s);
	web_expose_end(&x);
}
