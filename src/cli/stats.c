/*
 * tlsq stats: how much is in which state, which domains wait and for how long,
 * what is cached.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/command_impl.h"
#include "spool/query.h"

enum {
	DOMAINS_SHOWN = 20,	/* with -v all */
	SHOWN_LEN = 4 * MAIL_DOMAIN_MAX + 1,
};

/* Minutes: the columns of stats_domains from AGES on, less the last one. */
static const char *const ages[] = {
	"5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+",
};

enum { DOMAIN_NAME, DOMAIN_TOTAL, DOMAIN_OLDEST, DOMAIN_AGES };

/* The columns of stats_totals. */
enum {
	UNFINISHED, FINISHED, OLDEST, MX, HOST, DANE, MTA_STS, RUNNERS, SIZE,
	FREE,
};

static bool
print_states(struct spool *spool, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_STATS_STATES);
	if (spool_query_next(&q))
		for (size_t i = 0; i < CLI_STATES; i++)
			(void)printf("%-12s %" PRId64 "\n", cli_states[i],
			    spool_query_int(&q, (int)i));
	return spool_query_end(&q, err);
}

static void
print_totals_row(struct spool_query *q)
{
	char oldest[CLOCK_DELAY_LEN] = "none";

	if (!spool_query_is_null(q, OLDEST))
		clock_delay(oldest, spool_query_int(q, OLDEST));
	(void)printf("messages     %" PRId64 " unfinished, %" PRId64
	    " finished\n"
	    "oldest       %s\n"
	    "cached       mx %" PRId64 ", host %" PRId64 ", dane %" PRId64
	    ", mta-sts %" PRId64 "\n"
	    "runners      %" PRId64 "\n"
	    "database     %" PRId64 " KiB, %" PRId64 " of them free\n",
	    spool_query_int(q, UNFINISHED), spool_query_int(q, FINISHED),
	    oldest, spool_query_int(q, MX), spool_query_int(q, HOST),
	    spool_query_int(q, DANE), spool_query_int(q, MTA_STS),
	    spool_query_int(q, RUNNERS), spool_query_int(q, SIZE) / 1024,
	    spool_query_int(q, FREE) / 1024);
}

static bool
print_totals(struct spool *spool, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_STATS_TOTALS);
	if (spool_query_next(&q))
		print_totals_row(&q);
	return spool_query_end(&q, err);
}

static void
print_heading(void)
{
	(void)printf("\n%30s %6s", "waiting, by minutes", "T");
	for (size_t i = 0; i < ARRAY_LEN(ages); i++)
		(void)printf(" %5s", ages[i]);
	(void)puts("  failing with");
}

static void
print_domain(struct spool_query *q)
{
	const char *name = spool_query_text(q, DOMAIN_NAME);
	const char *error = spool_query_text(q, DOMAIN_AGES +
	    (int)ARRAY_LEN(ages));
	char shown[SHOWN_LEN];

	mail_address_display(shown, sizeof(shown), name != NULL ? name :
	    "TOTAL");
	(void)printf("%30s %6" PRId64, shown,
	    spool_query_int(q, DOMAIN_TOTAL));
	for (size_t i = 0; i < ARRAY_LEN(ages); i++)
		(void)printf(" %5" PRId64,
		    spool_query_int(q, DOMAIN_AGES + (int)i));
	(void)printf("%s%s\n", error != NULL ? "  " : "",
	    error != NULL ? error : "");
}

static bool
print_domains(struct spool *spool, bool all, struct error *err)
{
	struct spool_query q;
	int64_t rows = 0;	/* the first one is the sum */

	spool_query_start(&q, spool, SQL_STATS_DOMAINS);
	for (; spool_query_next(&q); rows++) {
		if (rows == 0)
			print_heading();
		if (all || rows <= DOMAINS_SHOWN)
			print_domain(&q);
	}
	if (!all && rows > DOMAINS_SHOWN + 1)
		(void)printf("%30s (-v shows %" PRId64 " more)\n", "...",
		    rows - 1 - DOMAINS_SHOWN);
	return spool_query_end(&q, err);
}

/* Only where some were sent; those that failed, and with -v all. */
static bool
print_reports(struct spool *spool, bool all, struct error *err)
{
	struct spool_query q;
	bool any = false;

	spool_query_start(&q, spool, SQL_STATS_REPORT_STATES);
	if (spool_query_next(&q) && spool_query_int(&q, 0) > 0) {
		any = true;
		(void)printf("\nTLS reports in 7 days: %" PRId64 " sent, %"
		    PRId64 " waiting, %" PRId64 " failed, %" PRId64
		    " not wanted; %" PRId64 " addresses refused one\n",
		    spool_query_int(&q, 1), spool_query_int(&q, 2),
		    spool_query_int(&q, 3), spool_query_int(&q, 4),
		    spool_query_int(&q, 5));
	}
	if (!spool_query_end(&q, err))
		return false;
	if (!any)
		return true;
	spool_query_start_with(&q, spool, SQL_STATS_REPORTS, SPOOL_VALUES(
	    SPOOL_INT(":all", all)));
	while (spool_query_next(&q)) {
		(void)printf("%s %s %s ", spool_query_text(&q, 0),
		    spool_query_text(&q, 1), spool_query_text(&q, 2));
		cli_print_text(spool_query_text(&q, 3));
		(void)fputs("  ", stdout);
		cli_print_text(spool_query_text(&q, 4));
		(void)putchar('\n');
	}
	return spool_query_end(&q, err);
}

static bool
print_json(struct spool *spool, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_STATS_JSON);
	if (spool_query_next(&q)) {
		cli_print_json(spool_query_text(&q, 0));
		(void)putchar('\n');
	}
	return spool_query_end(&q, err);
}

bool
cli_stats(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct spool *spool = NULL;
	bool json = false, ok;
	const struct option_row rows[] = {
		{ "json", .flag = &json },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 0, 0, err) ||
	    !cli_spool_open(&spool, cli, err))
		return false;
	if (json)
		ok = print_json(spool, err);
	else
		ok = print_states(spool, err) && print_totals(spool, err) &&
		    print_domains(spool, cli->verbosity > 0, err) &&
		    print_reports(spool, cli->verbosity > 0, err);
	spool_close(&spool);
	return ok;
}
