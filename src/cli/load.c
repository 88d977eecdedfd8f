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
#include "base/text.h"
#include "base/user.h"
#include "cli/command_impl.h"
#include "conf/check.h"
#include "spool/checkpoint.h"
#include "spool/config.h"
#include "strategy/rules.h"

enum { FILE_MAX = 4 << 20 };

static const char default_file[] = SYSCONFDIR "/tlsq/tlsq.toml";

/* --- reading and checking --------------------------------------------- */

/* Before the change of user: the file may be root's alone. */
static bool
load_read_file(struct buf *text, const char *path, struct error *err)
{
	char piece[16384];
	ssize_t n = 0;
	bool fits = true;
	int fd;

	if (path[0] == '\0')
		return error_set(err, EX_USAGE, "load: the file name is empty");
	fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) :
	    open(path, O_RDONLY | O_CLOEXEC);
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

static void
add_problem(void *arg, const struct conf_expression *e, const char *problem)
{
	toml_problems_add(arg, e != NULL ? e->line : 0,
	    e != NULL ? e->key : "lookup", "%s", problem);
}

static bool
check(struct conf_rows **rows_r, const struct buf *text, const char *path,
    struct error *err)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct conf *conf;
	bool ok;

	ok = conf_check_text(rows_r, buf_str(text), text->len, &conf,
	    &problems);
	ok = strategy_rules_check_all(conf, add_problem, &problems) && ok;
	conf_free(&conf);
	toml_problems_sort(&problems);
	for (size_t i = 0; i < problems.count; i++) {
		char *line = toml_problem_text(&problems.item[i], path);

		text_clean(line, "");
		(void)fprintf(stderr, "%s\n", line);
		free(line);
	}
	if (problems.dropped > 0)
		(void)fprintf(stderr, "%s: and %zu more\n", path,
		    problems.dropped);
	toml_problems_clear(&problems);
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

static bool
is_set(const struct conf_rows *rows, const char *key)
{
	for (size_t i = 0; i < rows->setting_count; i++)
		if (strcmp(rows->setting[i].key, key) == 0)
			return true;
	return false;
}

/* Mail is delivered without; so it is no error. */
static void
warn_reports(const char *path, const struct conf_rows *rows)
{
	static const char *const needed[] = { "report.tls.org-name",
		"report.tls.contact-info", "report.tls.from" };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!is_set(rows, needed[i]))
			(void)fprintf(stderr, "%s: report.tls.enable: "
			    "warning: %s is not set; no TLS reports are sent "
			    "until it is\n", path, needed[i]);
}

static void
warn_settings(const char *path, const struct conf_rows *rows)
{
	for (size_t i = 0; i < rows->setting_count; i++) {
		const struct conf_setting_row *s = &rows->setting[i];

		warn_file(path, s);
		if (strcmp(s->key, "report.tls.enable") == 0 &&
		    strcmp(s->value, "true") == 0)
			warn_reports(path, rows);
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

bool
cli_load(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct buf text = { .limit = FILE_MAX };
	struct conf_rows *rows = NULL;
	struct spool *spool = NULL;
	const char *path = default_file;
	bool only_check = false, ok;
	const struct option_row options[] = {
		{ "check", .flag = &only_check },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, options, 0, 1, err))
		return false;
	if (cli->arg_count > 0)
		path = cli->args[0];
	ok = load_read_file(&text, path, err) && check(&rows, &text, path, err);
	if (ok)
		warn_settings(path, rows);
	if (ok && !only_check)
		ok = user_become(err) &&
		    spool_open(&spool, cli->database, SPOOL_CREATE, err) &&
		    spool_config_store(spool, rows, err);
	if (ok && spool != NULL) {
		spool_checkpoint_if_no_runner(spool);
		ok = spool_config_missing_pins(spool, warn_pin,
		    (void *)(uintptr_t)path, err) || error_prefix(err, "the "
		    "configuration is stored, but pinned messages could not "
		    "be checked");
	}
	spool_close(&spool);
	conf_rows_free(&rows);
	buf_free(&text);
	return ok;
}

/* --- printing --------------------------------------------------------- */

bool
cli_config(struct cli *cli, int argc, char **argv, struct error *err)
{
	const struct option_row options[] = { CLI_COMMON_OPTIONS(cli) };
	struct conf_rows *rows = NULL;
	struct buf out = BUF_INIT;
	struct spool *spool = NULL;
	int64_t generation;
	bool ok;

	ok = cli_parse(cli, argc, argv, options, 0, 0, err) &&
	    cli_spool_open(&spool, cli, err) &&
	    spool_config_load(spool, &rows, &generation, err) &&
	    conf_rows_print(&out, rows, err);
	if (ok)
		(void)fwrite(buf_str(&out), 1, out.len, stdout);
	spool_close(&spool);
	conf_rows_free(&rows);
	buf_free(&out);
	return ok;
}
