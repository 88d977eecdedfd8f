/*
 * tlsq suspend, except, rules, set: what the administrator decides for a domain, or
 * for messages, beside the configuration.
 */
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/text.h"
#include "cli/command_impl.h"
#include "conf/config.h"
#include "spool/query.h"

struct new_rule {
	const char *kind, *strategy, *reason;
	char domain[MAIL_DOMAIN_MAX + 3];	/* with "*." */
	int64_t until;				/* -1: none */
};

/* --- the command line ------------------------------------------------------ */

static bool
parse_rule_domain(struct new_rule *r, const char *text, struct error *err)
{
	char domain[MAIL_DOMAIN_MAX + 1];
	bool below = strncmp(text, "*.", 2) == 0;

	text += below ? 2 : 0;
	if (!mail_domain_parse(domain, text, strlen(text), err))
		return false;
	(void)snprintf(r->domain, sizeof(r->domain), "%s%s",
	    below ? "*." : "", domain);
	return true;
}

/* ISO 8601; without Z it is local time. */
static bool
parse_time(int64_t *at_r, const char *text)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0))
		return false;
	*at_r = *end == 'Z' ? timegm(&tm) : mktime(&tm);
	return *at_r > 0;
}

static bool
parse_end(struct new_rule *r, const char *span, const char *until,
    struct error *err)
{
	int64_t now = clock_now_s(), seconds;

	r->until = -1;
	if (span != NULL && until != NULL)
		return error_set(err, EX_USAGE, "--for and --until cannot be "
		    "combined");
	if (span != NULL) {
		if (!conf_syntax_duration(span, &seconds) || seconds <= 0)
			return error_set(err, EX_USAGE, "--for: \"%s\" is no "
			    "duration: write it as 6h or 2d", span);
		r->until = now + seconds;
	} else if (until != NULL) {
		if (!parse_time(&r->until, until))
			return error_set(err, EX_USAGE, "--until: \"%s\" is no "
			    "time: write it as 2026-12-31T10:00:00Z, or "
			    "without Z for local time", until);
		if (r->until <= now)
			return error_set(err, EX_USAGE, "--until: %s has "
			    "passed", until);
	}
	return true;
}

static const char *
who_am_i(void)
{
	const char *name = getenv("SUDO_USER");
	const struct passwd *user;

	if (name != NULL && *name != '\0')
		return name;
	user = getpwuid(getuid());
	return user != NULL ? user->pw_name : "unknown";
}

/* --- suspend, except ------------------------------------------------------- */

static bool
check_rule(struct spool *spool, const struct new_rule *r, struct error *err)
{
	int64_t found;

	if (r->strategy == NULL)
		return true;
	if (!spool_ask(spool, SQL_CLI_STRATEGY_EXISTS, SPOOL_VALUES(
	    SPOOL_TEXT(":id", r->strategy)), &found, err))
		return false;
	return found == 1 || error_set(err, EX_DATAERR, "--strategy: there is "
	    "no queue.tls.%s: load a configuration that has it", r->strategy);
}

static bool
add_rule(struct cli *cli, struct spool *spool, const struct new_rule *r,
    const char *who, struct error *err)
{
	char until[CLOCK_ISO_LEN] = "it is removed", text[400];

	if (!spool_run(spool, SQL_RULE_ADD, SPOOL_VALUES(
	    SPOOL_TEXT(":kind", r->kind), SPOOL_TEXT(":domain", r->domain),
	    SPOOL_TEXT(":strategy", r->strategy),
	    SPOOL_TIME(":until", r->until),
	    SPOOL_FOREIGN(":reason", r->reason),
	    SPOOL_FOREIGN(":made_by", who),
	    SPOOL_INT(":now", clock_now_s())), err))
		return false;
	if (r->until >= 0)
		clock_iso(until, r->until);
	(void)snprintf(text, sizeof(text), "rule %" PRId64 ": %s %s%s%s until "
	    "%s", spool_inserted(spool), r->kind, r->domain,
	    r->strategy != NULL ? " with strategy " : "",
	    r->strategy != NULL ? r->strategy : "", until);
	(void)puts(text);
	(void)text_copy(cli->changed, sizeof(cli->changed), text);
	return true;
}

bool
cli_rule(struct cli *cli, int argc, char **argv, struct error *err)
{
	bool except = strcmp(argv[0], "except") == 0, ok;
	const char *span = NULL, *until = NULL, *who = who_am_i();
	struct new_rule r = { .kind = argv[0] };
	struct spool *spool = NULL;
	const struct option_row rows[] = {
		{ "for", .text = &span },
		{ "until", .text = &until },
		{ "reason", .text = &r.reason },
		{ "strategy", .text = &r.strategy },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 1, 1, err) ||
	    !parse_rule_domain(&r, cli->args[0], err) ||
	    !parse_end(&r, span, until, err))
		return false;
	if (r.reason == NULL || r.reason[strspn(r.reason, " \t")] == '\0')
		return error_set(err, EX_USAGE, "%s: --reason is missing: who "
		    "finds the rule next month wants to know why", r.kind);
	if (except && (r.strategy == NULL || r.until < 0))
		return error_set(err, EX_USAGE, "except: --strategy, and --for "
		    "or --until, are needed: an exception has an end");
	if (!except && r.strategy != NULL)
		return error_set(err, EX_USAGE, "suspend: --strategy makes no "
		    "sense where nothing is tried");
	ok = cli_spool_open(&spool, cli, err) && check_rule(spool, &r, err) &&
	    add_rule(cli, spool, &r, who, err);
	spool_close(&spool);
	return ok;
}

/* --- rules ----------------------------------------------------------------- */

static void
print_rule(struct spool_query *q)
{
	char made[CLOCK_ISO_LEN], until[CLOCK_ISO_LEN] = "it is removed";

	clock_iso(made, spool_query_int(q, 4));
	if (!spool_query_is_null(q, 5))
		clock_iso(until, spool_query_int(q, 5));
	(void)printf("%-5" PRId64 " %-8s ", spool_query_int(q, 0),
	    spool_query_text(q, 1));
	cli_print_text(spool_query_text(q, 2));
	if (strcmp(spool_query_text(q, 3), "-") != 0)
		(void)printf(" with strategy %s", spool_query_text(q, 3));
	(void)printf("\n      until %s; by ", until);
	cli_print_text(spool_query_text(q, 6));
	(void)printf(" at %s; recipients: %" PRId64 "\n      ", made,
	    spool_query_int(q, 7));
	cli_print_text(spool_query_text(q, 8));
	(void)putchar('\n');
}

static bool
list_rules(struct spool *spool, bool all, bool json, struct error *err)
{
	struct spool_query q;
	size_t n = 0;

	if (json)
		(void)putchar('[');
	spool_query_start_with(&q, spool, SQL_RULE_LIST, SPOOL_VALUES(
	    SPOOL_INT(":now", clock_now_s()), SPOOL_INT(":all", all)));
	for (; spool_query_next(&q); n++)
		if (json) {
			(void)fputs(n > 0 ? ",\n" : "", stdout);
			cli_print_json(spool_query_text(&q, 9));
		} else
			print_rule(&q);
	if (json)
		(void)puts("]");
	else if (n == 0)
		(void)puts(all ? "no rules" : "no rules are in force");
	return spool_query_end(&q, err);
}

static bool
remove_rule(struct cli *cli, struct spool *spool, const char *text,
    struct error *err)
{
	int64_t id;

	if (!option_message_id(&id, text, err))
		return error_prefix(err, "--remove");
	if (!spool_run(spool, SQL_RULE_REMOVE, SPOOL_VALUES(
	    SPOOL_INT(":id", id)), err))
		return false;
	if (spool_changes(spool) == 0)
		return error_set(err, EX_NOINPUT, "there is no rule %" PRId64,
		    id);
	(void)snprintf(cli->changed, sizeof(cli->changed), "removed rule %"
	    PRId64, id);
	(void)puts(cli->changed);
	return true;
}

bool
cli_rules(struct cli *cli, int argc, char **argv, struct error *err)
{
	const char *removed = NULL;
	bool all = false, json = false, ok;
	struct spool *spool = NULL;
	const struct option_row rows[] = {
		{ "json", .flag = &json },
		{ "all", .flag = &all },
		{ "remove", .text = &removed },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 0, 0, err) ||
	    !cli_spool_open(&spool, cli, err))
		return false;
	ok = removed != NULL ? remove_rule(cli, spool, removed, err) :
	    list_rules(spool, all, json, err);
	spool_close(&spool);
	return ok;
}

/* --- set ------------------------------------------------------------------- */

static bool
set_all(struct cli *cli, struct spool *spool, const char *strategy,
    struct cli_ids *ids, struct error *err)
{
	for (int i = 0; i < cli->arg_count; i++)
		if (!cli_find_messages(spool, cli->args[i], ids, err))
			return false;
	for (size_t i = 0; i < ids->n; i++) {
		if (!spool_run(spool, SQL_SET_STRATEGY, SPOOL_VALUES(
		    SPOOL_INT(":id", ids->id[i]),
		    SPOOL_TEXT(":strategy", strategy)), err))
			return false;
		if (spool_changes(spool) == 0)
			return error_set(err, EX_NOINPUT, "no message %" PRId64
			    " is waiting; nothing was changed", ids->id[i]);
	}
	return spool_commit(spool, err);
}

bool
cli_set(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct new_rule r = { .kind = argv[0] };
	struct cli_ids ids = { .n = 0 };
	struct spool *spool = NULL;
	const struct option_row rows[] = {
		{ "strategy", .text = &r.strategy },
		CLI_COMMON_OPTIONS(cli)
	};
	bool ok;

	if (!cli_parse(cli, argc, argv, rows, 1, INT_MAX, err))
		return false;
	if (r.strategy == NULL)
		return error_set(err, EX_USAGE, "set: --strategy is missing: "
		    "give an id, or none");
	if (strcmp(r.strategy, "none") == 0)
		r.strategy = NULL;
	ok = cli_spool_open(&spool, cli, err) && check_rule(spool, &r, err) &&
	    spool_begin(spool, err) &&
	    set_all(cli, spool, r.strategy, &ids, err);
	spool_close(&spool);
	if (ok) {
		(void)snprintf(cli->changed, sizeof(cli->changed), "set: %zu "
		    "message%s", ids.n, ids.n == 1 ? "" : "s");
		(void)puts(cli->changed);
	}
	free(ids.id);
	return ok;
}
