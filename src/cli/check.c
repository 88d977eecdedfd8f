/*
 * tlsq check: is the spool sound, does its configuration make sense, and does
 * what that names work?
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/check_impl.h"
#include "cli/command_impl.h"
#include "settings/settings.h"
#include "spool/checkpoint.h"
#include "spool/query.h"
#include "spool/room.h"
#include "spool/queue.h"
#include "strategy/rules.h"

static void
say_problem(void *arg, const struct conf_expression *e, const char *problem)
{
	(void)arg;
	(void)fprintf(stderr, "tlsq: configuration: %s%s%s: %s\n",
	    e != NULL ? e->key : "lookup", e != NULL ? ": " : "",
	    e != NULL ? e->text : "", problem);
}

/* As tlsq load would judge it: the tables can be written by hand. */
static bool
check_expressions(const struct conf *conf, struct error *err)
{
	return strategy_rules_check_all(conf, say_problem, NULL) ||
	    error_set(err, EX_CONFIG, "has invalid expressions or maps");
}

/* The stored one; *settings_r is the caller's. */
static bool
check_configuration(struct spool *spool, struct settings **settings_r,
    struct error *err)
{
	if (!settings_load(settings_r, spool, NULL, NULL, err) ||
	    !check_expressions((*settings_r)->conf, err))
		return error_prefix(err, "configuration");
	if ((*settings_r)->generation == 0)
		(void)puts("configuration: none loaded, using the defaults");
	else
		(void)printf("configuration: number %" PRId64 ", sound\n",
		    (*settings_r)->generation);
	return true;
}

/* By the first column of cli_check_clock; a time stands between the two. */
static const struct {
	const char *what, *remedy;
} clock_findings[] = {
	{ "recipients wait until", "longer than any schedule allows: the runner "
	    "makes them due" },
	{ "recipients wait until", "as set while the clock was ahead: tlsq "
	    "retry makes them due" },
	{ "recipients that were never tried wait until", "longer than any "
	    "schedule allows: if that is not intended, tlsq retry makes them "
	    "due" },
	{ "recipients are claimed until", "longer than a runner claims them: "
	    "the runner corrects it" },
	{ "messages wait for the milter until", "longer than milter.wait can "
	    "be: the runner corrects it" },
	{ "recipients arrived or expire at", "as set while the clock was "
	    "ahead: they expire late; tlsq bounce returns them now" },
	{ "cached answers are dated", "in the future: the runner looks them "
	    "up again" },
	{ "finished messages are dated", "in the future: they are kept that "
	    "much longer than queue.retention" },
	{ "domains have a last attempt of", "in the future: the next attempt "
	    "corrects it" },
};

/* Times in the future are no damage, but mail may wait for them. */
static bool
check_clock(struct spool *spool, const struct conf *conf, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLI_CHECK_CLOCK);
	spool_query_put_int(&q, ":now", clock_now_s());
	spool_query_put_int(&q, ":longest_retry", conf_longest_retry_s(conf) +
	    SPOOL_LEASE_S);
	spool_query_put_int(&q, ":longest_expire",
	    conf_longest_expire_s(conf));
	while (spool_query_next(&q)) {
		const int64_t kind = spool_query_int(&q, 0);

		(void)fprintf(stderr, "tlsq: clock: %" PRId64 " %s %s or "
		    "later, %s\n", spool_query_int(&q, 1),
		    clock_findings[kind].what, spool_query_text(&q, 2),
		    clock_findings[kind].remedy);
	}
	return spool_query_end(&q, err);
}

static void
say_runner(struct spool_query *q)
{
	char last[CLOCK_ISO_LEN] = "never";
	int64_t due = spool_query_int(q, 3);

	if (spool_query_int(q, 0) > 0) {
		(void)printf("runner: running, last seen %" PRId64 " s ago\n",
		    spool_query_int(q, 1));
		return;
	}
	if (!spool_query_is_null(q, 2))
		clock_iso(last, spool_query_int(q, 2));
	(void)printf("runner: none is running; last attempt: %s\n", last);
	if (due > 0)
		(void)fprintf(stderr, "tlsq: runner: mail is due for %" PRId64
		    "%s recipients and no runner is running: start "
		    "tlsq-runner.service, or run tlsq-runner --once from "
		    "cron\n", due, due == 1000 ? " or more" : "");
}

/* Neither is damage, but mail may wait for it. */
static bool
check_delivery(struct spool *spool, struct error *err)
{
	struct spool_query q;

	spool_query_start_with(&q, spool, SQL_CLI_CHECK_RUNNER, SPOOL_VALUES(
	    SPOOL_INT(":now", clock_now_s())));
	if (spool_query_next(&q))
		say_runner(&q);
	if (!spool_query_end(&q, err) || !spool_room_check(spool, 0, err))
		return false;
	(void)puts("disk: room for new mail");
	return true;
}

/* What became of the last week's. */
static bool
check_reports(struct spool *spool, struct error *err)
{
	struct spool_query q;
	bool is_unsigned = false;

	spool_query_start_with(&q, spool, SQL_CLI_CHECK_REPORTS, SPOOL_VALUES(
	    SPOOL_INT(":now", clock_now_s())));
	if (spool_query_next(&q) && spool_query_int(&q, 0) > 0) {
		(void)printf("TLS reports: %" PRId64 " sent, %" PRId64
		    " waiting, %" PRId64 " failed in the last 7 days\n",
		    spool_query_int(&q, 1), spool_query_int(&q, 2),
		    spool_query_int(&q, 3));
		is_unsigned = spool_query_int(&q, 4) > 0;
	}
	return spool_query_end(&q, err) && (!is_unsigned || error_set(err,
	    EX_CONFIG, "a TLS report was not signed by OpenDKIM, and so not "
	    "sent; see doc/sendmail.md, TLS reports"));
}

static void
say_sqlite(void)
{
	(void)printf("sqlite: %s%s\n", spool_sqlite_version(),
	    spool_sqlite_has_wal_reset_defect() ? ", with the WAL-reset "
	    "bug: checkpoints are made under the write lock, by one process "
	    "at a time" : "");
}

/* What one finds says nothing of the other. */
static bool
check_outside(const struct conf *conf, struct error *err)
{
	bool sendmail = cli_check_sendmail(conf);

	return cli_check_services(conf, err) &&
	    (sendmail || error_set(err, EX_CONFIG, "Sendmail's configuration "
	    "has the problems listed above; see doc/sendmail.md"));
}

bool
cli_check(struct cli *cli, int argc, char **argv, struct error *err)
{
	const struct option_row rows[] = { CLI_COMMON_OPTIONS(cli) };
	struct spool *spool = NULL;
	struct settings *settings = NULL;
	bool ok;

	if (!cli_parse(cli, argc, argv, rows, 0, 0, err) ||
	    !cli_spool_open(&spool, cli, err))
		return false;
	(void)printf("database: %s, schema version %d\n", spool_path(spool),
	    SPOOL_SCHEMA_VERSION);
	say_sqlite();
	ok = spool_verify(spool, err);
	if (ok) {
		(void)puts("integrity: sound");
		ok = check_configuration(spool, &settings, err) &&
		    check_clock(spool, settings->conf, err) &&
		    check_delivery(spool, err) && check_reports(spool, err) &&
		    check_outside(settings->conf, err);
	}
	settings_unref(&settings);
	spool_close(&spool);
	return ok;
}
