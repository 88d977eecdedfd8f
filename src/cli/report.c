/*
 * tlsq report: TLS reports (RFC 8460) as JSON, and sending them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/host.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/command_impl.h"
#include "nexthop/services.h"
#include "report/report.h"
#include "report/send.h"
#include "spool/query.h"

struct reporting {
	const char *day;		/* NULL: all on record */
	char domain[MAIL_DOMAIN_MAX + 1]; /* "": all */
	char own_name[HOST_NAME_LEN];
	struct spool *spool;
	struct settings *settings;
};

static bool
check_day(const char *day, struct error *err)
{
	struct tm tm = { .tm_sec = 0 };
	const char *end;
	char again[16];

	if (day == NULL)
		return true;
	end = strptime(day, "%Y-%m-%d", &tm);
	if (end != NULL && *end == '\0' &&
	    timegm(&tm) != -1 &&
	    strftime(again, sizeof(again), "%Y-%m-%d", &tm) > 0 &&
	    strcmp(day, again) == 0)
		return true;
	return error_set(err, EX_USAGE, "--day: \"%s\" is no date: write it as "
	    "2026-12-31", day);
}

/* The reports of days and domains, one JSON document in a line. */
static bool
print_reports(struct reporting *r, struct error *err)
{
	struct report_author author;
	struct spool_query q;
	struct buf json = BUF_INIT;
	bool ok;

	if (!report_author_of(&author, r->settings->conf, r->own_name, false,
	    err))
		return false;
	spool_query_start_with(&q, r->spool, SQL_REPORT_LIST, SPOOL_VALUES(
	    SPOOL_TEXT(":day", r->day), SPOOL_TEXT(":domain",
	    r->domain[0] != '\0' ? r->domain : NULL)));
	for (ok = true; ok && spool_query_next(&q); buf_clear(&json)) {
		ok = report_json(&json, r->spool, &author,
		    spool_query_text(&q, 0), spool_query_text(&q, 1),
		    spool_query_text(&q, 2), err);
		if (ok) {
			cli_print_json(buf_str(&json));
			(void)putchar('\n');
		}
	}
	buf_free(&json);
	return spool_query_end(&q, ok ? err : NULL) && ok;
}

static bool
send_reports(struct reporting *r, struct cli *cli, struct error *err)
{
	struct nexthop_services_source source = { .database = cli->database };
	const struct settings_maker maker = nexthop_services_maker(&source);
	struct report_send send = { .database = cli->database,
		.own_name = r->own_name, .at_once = true, .day = r->day,
		.domain = r->domain[0] != '\0' ? r->domain : NULL };
	struct settings *settings = NULL;
	bool ok;

	ok = stls_global_init(err) &&
	    settings_load(&settings, r->spool, &maker, NULL, err);
	if (ok) {
		send.settings = settings;
		send.lookups = nexthop_services_lookups(settings);
		ok = report_send_due(&send, err);
		(void)snprintf(cli->changed, sizeof(cli->changed), "%zu sent, "
		    "%zu queued as mail, %zu to be tried again, %zu not wanted",
		    send.sent, send.queued, send.deferred, send.skipped);
		(void)puts(cli->changed);
		if (send.sent + send.queued + send.deferred + send.skipped == 0)
			cli->changed[0] = '\0';
	}
	settings_unref(&settings);
	stls_global_cleanup();
	return ok;
}

bool
cli_report(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct reporting r = { .day = NULL };
	const char *domain = NULL;
	bool send = false, ok;
	const struct option_row rows[] = {
		{ "day", .text = &r.day },
		{ "domain", .text = &domain },
		{ "send", .flag = &send },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 0, 0, err) ||
	    !check_day(r.day, err) || !cli_domain_parse(r.domain, domain, err))
		return false;
	host_name(r.own_name);
	ok = cli_spool_open(&r.spool, cli, err);
	if (ok && send)
		ok = send_reports(&r, cli, err);
	else if (ok)
		ok = settings_load(&r.settings, r.spool, NULL, NULL, err) &&
		    print_reports(&r, err);
	settings_unref(&r.settings);
	spool_close(&r.spool);
	return ok;
}
