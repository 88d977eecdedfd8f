/*
 * tlsq load, tlsq config: the configuration into the spool and out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/user.h"
#include "cli/command_impl.h"
#include "conf/check.h"
#include "settings/stored.h"
#include "spool/checkpoint.h"
#include "spool/config.h"
#include "strategy/rules.h"

enum { FILE_MAX = 4 << 20 };

static const char default_file[] = SYSCONFDIR "/tlsq/tlsq.toml";

/* --- reading and checking --------------------------------------------- */

/* Before the change of user: the file may be root's alone. */
static bool
read_file(struct buf *text, const char *path, struct error *err)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) :
	    open(path, O_RDONLY | O_CLOEXEC);
	char piece[16384];
	ssize_t n = 0;
	bool fits = true;

	if (fd < 0)
		return error_set(err, EX_NOINPUT, "%s: %s", path,
		    strerror(errno));
	while (fits && (n = read(fd, piece, sizeof(piece))) > 0)
		fits = buf_append(text, piece, (size_t)n);
	if (n < 0)
		error_set(err, EX_NOINPUT, "%s: %s", path, strerror(errno));
	else if (!fits)
		error_set(err, EX_DATAERR, "%s: larger than %d MiB, not a "
		    "configuration", path, FILE_MAX >> 20);
	close(fd);
	return n == 0 && fits;
}

static bool
set_lookup(void *ctx, const struct conf_lookup_row *row, size_t count,
    struct error *err)
{
	return expr_engine_set_lookup(ctx, row, count, err);
}

static bool
check_expression(void *ctx, const char *key, enum conf_expression kind,
    const char *text, struct error *err)
{
	static const struct {
		enum expr_class class;
		enum rules_want want;
	} kinds[] = {
		[CONF_EXPRESSION_QUEUE_CONDITION] =
		    { EXPR_QUEUE, RULES_CONDITION },
		[CONF_EXPRESSION_QUEUE_ID] = { EXPR_QUEUE, RULES_TEXT },
		[CONF_EXPRESSION_MILTER_CONDITION] =
		    { EXPR_MILTER, RULES_CONDITION },
		[CONF_EXPRESSION_MILTER_ID_OR_NULL] =
		    { EXPR_MILTER, RULES_TEXT_OR_NULL },
	};
	const char *constant;

	(void)key;
	return rules_check_expression(ctx, kinds[kind].class, kinds[kind].want,
	    text, &constant, err);
}

static void
add_problem(void *arg, const char *key, int position, const char *problem)
{
	(void)position;
	conf_problems_add(arg, 0, key, "%s", problem);
}

/* Expressions that compile but always give an id that is not configured. */
static bool
check_ids(const struct conf_rows *rows, struct conf_problems *problems)
{
	struct conf *conf;
	struct error err;
	bool ok;

	if (!conf_build(&conf, rows, &err)) {
		conf_problems_add(problems, 0, NULL, "%s", err.text);
		return false;
	}
	ok = rules_check_all(rows, conf, add_problem, problems);
	conf_free(&conf);
	return ok;
}

static bool
check(struct conf_rows **rows_r, const struct buf *text, const char *path,
    struct error *err)
{
	struct conf_problems problems = CONF_PROBLEMS_INIT;
	struct conf_checker checker = { set_lookup, check_expression, NULL };
	struct expr_engine *engine;
	bool ok;

	if (!expr_engine_open(&engine, err))
		return false;
	checker.ctx = engine;
	ok = conf_check_text(rows_r, buf_str(text), text->len, &checker,
	    &problems) && check_ids(*rows_r, &problems);
	expr_engine_close(&engine);
	for (size_t i = 0; i < problems.count; i++) {
		char *line = conf_problem_text(&problems.item[i], path);

		(void)fprintf(stderr, "%s\n", line);
		free(line);
	}
	if (problems.dropped > 0)
		(void)fprintf(stderr, "%s: and %zu more\n", path,
		    problems.dropped);
	conf_problems_clear(&problems);
	/* Said already, line by line. */
	return ok || error_set(err, EX_CONFIG, "%s", "");
}

/* --- warnings: what is stored all the same -------------------------------- */

/* The file that a setting names, or NULL. */
static const char *
setting_file(const struct conf_setting_row *s)
{
	static const char *const keys[] = {
		"dns.unbound-config", "dns.trust-anchor", "mta-sts.ca-file",
		"tls.ca-file",
	};
	static const char secret[] = ".auth.secret", file[] = "file:";
	const size_t len = strlen(s->key);

	if (len > strlen(secret) &&
	    strcmp(s->key + len - strlen(secret), secret) == 0 &&
	    strncmp(s->value, file, strlen(file)) == 0)
		return s->value + strlen(file);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(s->key, keys[i]) == 0)
			return s->value;
	return NULL;
}

/* A runner may be on another host: no error, but most likely a mistake. */
static void
warn_file(const char *path, const struct conf_setting_row *s)
{
	const char *file = setting_file(s), *why = NULL;
	struct stat st;

	if (file == NULL)
		return;
	if (stat(file, &st) != 0)
		why = errno == EACCES ? NULL : strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	if (why != NULL)
		(void)fprintf(stderr, "%s: %s: warning: %s: %s; a runner that "
		    "cannot read it refuses this configuration\n", path,
		    s->key, file, why);
}

static void
warn_settings(const char *path, const struct conf_rows *rows)
{
	for (size_t i = 0; i < rows->setting_count; i++) {
		const struct conf_setting_row *s = &rows->setting[i];

		warn_file(path, s);
		if (strcmp(s->key, "report.tls.enable") == 0 &&
		    strcmp(s->value, "true") == 0)
			(void)fprintf(stderr, "%s: %s: warning: this version "
			    "sends no TLS reports; the key has no effect\n",
			    path, s->key);
	}
}

static void
warn_pin(void *path, const char *id, int64_t messages)
{
	(void)fprintf(stderr, "%s: queue.tls.%s: warning: %" PRId64 " waiting "
	    "message%s pinned to this strategy, which is not configured; "
	    "delivery is deferred until it is\n", (const char *)path, id,
	    messages, messages == 1 ? " is" : "s are");
}

/* --- storing ---------------------------------------------------------- */

static void
fill_strategies(struct spool_tls_strategy *to, const struct conf_rows *rows)
{
	for (size_t i = 0; i < rows->tls_count; i++) {
		const struct conf_tls_row *t = &rows->tls[i];

		to[i] = (struct spool_tls_strategy){
		    .id = t->id, .dane = t->dane, .mta_sts = t->mta_sts,
		    .starttls = t->starttls,
		    .allow_invalid_certs = t->allow_invalid_certs,
		    .timeout_tls = t->timeout_tls,
		    .timeout_mta_sts = t->timeout_mta_sts,
		    .on_policy_failure = t->on_policy_failure,
		    .min_version = t->min_version };
	}
}

static void
fill_rules(struct spool_strategy_rule *to, const struct conf_rows *rows)
{
	for (size_t i = 0; i < rows->rule_count; i++)
		to[i] = (struct spool_strategy_rule){
		    .kind = conf_rule_kind_name(rows->rule[i].kind),
		    .position = rows->rule[i].position,
		    .condition = rows->rule[i].condition,
		    .result = rows->rule[i].result };
}

static bool
store(struct spool *spool, const struct conf_rows *rows, struct error *err)
{
	struct spool_tls_strategy *tls =
	    mem_zalloc(rows->tls_count * sizeof(*tls));
	struct spool_strategy_rule *rules =
	    mem_zalloc(rows->rule_count * sizeof(*rules));
	struct spool_setting *settings =
	    mem_zalloc(rows->setting_count * sizeof(*settings));
	struct spool_lookup *lookups =
	    mem_zalloc(rows->lookup_count * sizeof(*lookups));
	bool ok;

	fill_strategies(tls, rows);
	fill_rules(rules, rows);
	for (size_t i = 0; i < rows->setting_count; i++)
		settings[i] = (struct spool_setting){ rows->setting[i].key,
		    rows->setting[i].value };
	for (size_t i = 0; i < rows->lookup_count; i++)
		lookups[i] = (struct spool_lookup){ rows->lookup[i].map,
		    rows->lookup[i].key, rows->lookup[i].value };
	ok = spool_config_store(spool, &(struct spool_config){
	    .settings = settings, .setting_count = rows->setting_count,
	    .tls_strategies = tls, .tls_strategy_count = rows->tls_count,
	    .rules = rules, .rule_count = rows->rule_count,
	    .lookups = lookups, .lookup_count = rows->lookup_count }, err);
	free(tls);
	free(rules);
	free(settings);
	free(lookups);
	return ok;
}

static bool
load_options(struct cli *cli, int argc, char **argv, bool *check_r,
    const char **path_r, struct error *err)
{
	static const struct option longs[] = {
		{ "check", no_argument, NULL, 'c' },
		CLI_COMMON_OPTIONS, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cli_option_next(cli, argc, argv, ":" CLI_COMMON_SHORT,
	    longs, err)) != CLI_OPTION_END) {
		if (c == CLI_OPTION_STOP)
			return false;
		*check_r = true;
	}
	if (argc - optind > 1)
		return error_set(err, EX_USAGE, "load: one file at a time");
	*path_r = optind < argc ? argv[optind] : default_file;
	return true;
}

bool
cli_load(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct buf text = { .limit = FILE_MAX };
	struct conf_rows *rows = NULL;
	struct spool *spool = NULL;
	bool only_check = false, ok;
	const char *path = NULL;

	if (!load_options(cli, argc, argv, &only_check, &path, err))
		return false;
	ok = read_file(&text, path, err) && check(&rows, &text, path, err);
	if (ok)
		warn_settings(path, rows);
	if (ok && !only_check)
		ok = user_become(err) &&
		    spool_open(&spool, cli->database, SPOOL_CREATE, err) &&
		    store(spool, rows, err) && spool_config_missing_pins(spool,
		    warn_pin, (void *)(uintptr_t)path, err);
	if (ok && spool != NULL)
		spool_checkpoint_if_no_runner(spool);
	spool_close(&spool);
	conf_rows_free(&rows);
	buf_free(&text);
	return ok;
}

/* --- printing --------------------------------------------------------- */

bool
cli_config(struct cli *cli, int argc, char **argv, struct error *err)
{
	static const struct option longs[] = {
		CLI_COMMON_OPTIONS, { NULL, 0, NULL, 0 },
	};
	struct arena *arena = arena_new();
	struct spool_config stored;
	struct conf_rows *rows = NULL;
	struct buf out = BUF_INIT;
	struct spool *spool = NULL;
	int64_t generation;
	bool ok = false;

	if (cli_option_next(cli, argc, argv, ":" CLI_COMMON_SHORT, longs,
	    err) != CLI_OPTION_END)
		goto out;
	if (optind < argc) {
		error_set(err, EX_USAGE, "config: takes no arguments");
		goto out;
	}
	ok = cli_spool_open(&spool, cli, err) &&
	    spool_config_load(spool, arena, &stored, &generation, err) &&
	    stored_rows(&rows, &stored, err) &&
	    conf_rows_print(&out, rows, err);
	if (ok)
		(void)fwrite(buf_str(&out), 1, out.len, stdout);
out:
	spool_close(&spool);
	conf_rows_free(&rows);
	arena_free(&arena);
	buf_free(&out);
	return ok;
}
