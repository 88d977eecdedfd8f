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
#include "settings/stored.h"
#include "spool/checkpoint.h"
#include "spool/query.h"
#include "strategy/rules.h"

static void
say_problem(void *arg, const char *key, int position, const char *problem)
{
	(void)arg;
	(void)position;
	(void)fprintf(stderr, "tlsq: configuration: %s: %s\n", key, problem);
}

/* As tlsq load would judge it: the tables can be written by hand. */
static bool
check_expressions(const struct conf_rows *rows, const struct conf *conf,
    struct error *err)
{
	return rules_check_all(rows, conf, say_problem, NULL) ||
	    error_set(err, EX_CONFIG, "has expressions or maps that are wrong");
}

/* The stored one; *conf_r is the caller's. */
static bool
check_configuration(struct spool *spool, struct conf **conf_r,
    struct error *err)
{
	struct arena *arena = arena_new();
	struct conf_rows *rows = NULL;
	struct spool_config stored;
	int64_t generation = 0;
	bool ok;

	ok = spool_config_load(spool, arena, &stored, &generation, err) &&
	    stored_rows(&rows, &stored, err) &&
	    conf_build(conf_r, rows, err) &&
	    check_expressions(rows, *conf_r, err);
	if (ok && generation == 0)
		(void)puts("configuration: none loaded, the defaults serve");
	else if (ok)
		(void)printf("configuration: number %" PRId64 ", sound\n",
		    generation);
	conf_rows_free(&rows);
	arena_free(&arena);
	return ok || error_prefix(err, "configuration");
}

/* Not damage, and mail is what suffers: said, no failure. */
static bool
check_clock(struct spool *spool, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLI_CHECK_CLOCK);
	spool_query_put_int(&q, ":now", clock_now_s());
	if (spool_query_next(&q) && spool_query_int(&q, 0) > 0)
		(void)fprintf(stderr, "tlsq: clock: %" PRId64 " recipients are "
		    "not due before %s, by a clock that was ahead: tlsq retry "
		    "makes them due\n", spool_query_int(&q, 0),
		    spool_query_text(&q, 1));
	if (q.stmt != NULL && spool_query_int(&q, 2) +
	    spool_query_int(&q, 3) > 0)
		(void)fprintf(stderr, "tlsq: clock: %" PRId64 " leases and %"
		    PRId64 " cached answers have times from a clock that was "
		    "ahead: the runner corrects them\n", spool_query_int(&q, 2),
		    spool_query_int(&q, 3));
	return spool_query_end(&q, err);
}

static void
say_sqlite(void)
{
	(void)printf("sqlite: %s%s\n", spool_sqlite_version(),
	    spool_sqlite_has_wal_reset_defect() ? ", with the WAL-reset "
	    "defect: checkpoints are made under the write lock, by one "
	    "process at a time" : "");
}

/* What one finds says nothing of the other. */
static bool
check_outside(const struct conf *conf, struct error *err)
{
	bool sendmail = check_sendmail(conf);

	return check_services(conf, err) &&
	    (sendmail || error_set(err, EX_CONFIG, "Sendmail's configuration: "
	    "see above, and doc/sendmail.md"));
}

bool
cli_check(struct cli *cli, int argc, char **argv, struct error *err)
{
	static const struct option longs[] = {
		CLI_COMMON_OPTIONS, { NULL, 0, NULL, 0 },
	};
	struct spool *spool = NULL;
	struct conf *conf = NULL;
	bool ok;

	if (cli_option_next(cli, argc, argv, ":" CLI_COMMON_SHORT, longs,
	    err) != CLI_OPTION_END)
		return false;
	if (optind < argc)
		return error_set(err, EX_USAGE, "check: takes no arguments");
	if (!cli_spool_open(&spool, cli, err))
		return false;
	(void)printf("database: %s, schema version %d\n", spool_path(spool),
	    SPOOL_SCHEMA_VERSION);
	say_sqlite();
	ok = spool_verify(spool, err);
	if (ok) {
		(void)puts("integrity: sound");
		ok = check_clock(spool, err) &&
		    check_configuration(spool, &conf, err) &&
		    check_outside(conf, err);
	}
	conf_free(&conf);
	spool_close(&spool);
	return ok;
}
