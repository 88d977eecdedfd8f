/*
 * tlsq: common options, the table of subcommands, messages and exit codes.
 */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/command_impl.h"

#define SELECTORS \
	"[--domain D] [--sender S] [--dry-run] [--all | ID...]"

static const struct cli_command commands[] = {
	{ .name = "load", .run = cli_load,
	  .purpose = "check a configuration and store it",
	  .synopsis = "[--check] [FILE]" },
	{ .name = "config", .run = cli_config,
	  .purpose = "print the stored configuration as TOML",
	  .synopsis = "" },
	{ .name = "submit", .run = cli_submit,
	  .purpose = "queue a message from standard input",
	  .synopsis =
	    "[-f SENDER] [--strategy ID] [--hold]\n"
	    "    [--notify never|success,failure,delay] [--ret full|hdrs]\n"
	    "    [--envid ID] [--orcpt ADDR] [--body 7bit|8bitmime]\n"
	    "    [--smtputf8] [--require-tls] [--tls-optional] [--quiet]\n"
	    "    RCPT..." },
	{ .name = "lmtp", .run = cli_lmtp,
	  .purpose = "accept mail by LMTP on standard input, as a Sendmail mailer",
	  .synopsis = "[--mta-id ID]" },
	{ .name = "list", .run = cli_list,
	  .purpose = "show the queue: undelivered recipients",
	  .synopsis = "[--json] [--domain D] [--sender S] [--state S]" },
	{ .name = "show", .run = cli_show,
	  .purpose = "show a message, its recipients and every attempt",
	  .synopsis = "[--json] ID" },
	{ .name = "cat", .run = cli_cat,
	  .purpose = "print a stored message",
	  .synopsis = "ID" },
	{ .name = "explain", .run = cli_explain,
	  .purpose = "show how mail to a domain would be delivered, and why",
	  .synopsis = "[--json] [--strategy ID] [--sender S] [--connect]\n"
	    "    DOMAIN|ADDRESS" },
	{ .name = "retry", .run = cli_act,
	  .purpose = "retry deferred recipients immediately",
	  .synopsis = SELECTORS },
	{ .name = "hold", .run = cli_act,
	  .purpose = "stop trying recipients until they are released",
	  .synopsis = SELECTORS },
	{ .name = "release", .run = cli_act,
	  .purpose = "release held recipients",
	  .synopsis = SELECTORS },
	{ .name = "delete", .run = cli_act,
	  .purpose = "delete without a bounce",
	  .synopsis = SELECTORS },
	{ .name = "bounce", .run = cli_act,
	  .purpose = "return messages to their senders",
	  .synopsis = SELECTORS },
	{ .name = "set", .run = cli_set,
	  .purpose = "pin waiting messages to a TLS strategy, or unpin them",
	  .synopsis = "--strategy ID|none ID..." },
	{ .name = "suspend", .run = cli_rule,
	  .purpose = "try nothing for a domain for a time",
	  .synopsis = "DOMAIN [--for 6h | --until T] --reason TEXT" },
	{ .name = "except", .run = cli_rule,
	  .purpose = "use another TLS strategy for a domain for a time",
	  .synopsis = "DOMAIN --strategy ID (--for 6h | --until T)\n"
	    "    --reason TEXT" },
	{ .name = "rules", .run = cli_rules,
	  .purpose = "list the rules of suspend and except, or remove one",
	  .synopsis = "[--json] [--all] [--remove N]" },
	{ .name = "stats", .run = cli_stats,
	  .purpose = "count recipients by state, domain and age, and cached lookups",
	  .synopsis = "[--json]" },
	{ .name = "whatif", .run = cli_whatif,
	  .purpose = "show what another TLS strategy would have changed",
	  .synopsis = "[--json] [--since 30d] --strategy ID [--probe]\n"
	    "    | [--json] [--since 30d] --shadow" },
	{ .name = "report", .run = cli_report,
	  .purpose = "print TLS reports (RFC 8460) as JSON, or send those due",
	  .synopsis = "[--day YYYY-MM-DD] [--domain D] [--send]" },
	{ .name = "check", .run = cli_check,
	  .purpose = "check the database, the configuration and the resolver",
	  .synopsis = "" },
};

static const char common_help[] =
    "  -d, --database FILE   the spool database (default: $TLSQ_DATABASE, or "
    LOCALSTATEDIR "/spool/tlsq/spool.db)\n"
    "  -v, --verbose         show more detail\n"
    "  -h, --help            print this text\n"
    "  -V, --version         print the version\n";

static void
print_usage(const struct cli_command *command)
{
	if (command != NULL) {
		(void)printf("usage: tlsq [-d FILE] [-v] %s %s\n\n%s\n\n%s",
		    command->name, command->synopsis, command->purpose,
		    common_help);
		return;
	}
	(void)printf("usage: tlsq [-d FILE] [-v] COMMAND ...\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		(void)printf("  %-8s %s\n", commands[i].name,
		    commands[i].purpose);
	(void)printf("\n%s\nFor details run \"tlsq COMMAND --help\", or see tlsq(8).\n",
	    common_help);
}

static int
command_fail(struct error *err)
{
	text_clean(err->text, "");
	if (err->text[0] != '\0')
		(void)fprintf(stderr, "tlsq: %s\n", err->text);
	return err->code;
}

static const struct cli_command *
find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* One that was perhaps meant; NULL: none is near. */
static const char *
nearest_command(const char *name)
{
	const char *nearest = NULL;
	size_t best = 3, far;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		far = text_distance(name, commands[i].name,
		    strlen(commands[i].name));
		if (far < best && far < strlen(name)) {
			best = far;
			nearest = commands[i].name;
		}
	}
	return nearest;
}

static bool
unknown_command(const char *name, struct error *err)
{
	const char *nearest = nearest_command(name);

	return nearest == NULL ? error_set(err, EX_USAGE, "\"%s\" is not a "
	    "command; see --help", name) : error_set(err, EX_USAGE, "\"%s\" "
	    "is not a command; did you mean %s?", name, nearest);
}

/* Options before the subcommand, then the subcommand. */
static bool
command_run(struct cli *cli, int argc, char **argv,
    const struct cli_command **command_r, struct error *err)
{
	const struct option_row rows[] = { CLI_COMMON_OPTIONS(cli) };
	int first;

	*command_r = NULL;
	if (!option_parse(rows, argc, argv, true, &first, err))
		return false;
	if (cli->help || cli->version)
		return true;
	if (first == argc)
		return error_set(err, EX_USAGE, "no command; see --help");
	*command_r = find_command(argv[first]);
	if (*command_r == NULL)
		return unknown_command(argv[first], err);
	return (*command_r)->run(cli, argc - first, argv + first, err);
}

/* "tlsq list | head": whoever read it has seen enough. */
static bool
reader_has_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

/* A change stays made where the report of it cannot be written. */
static int
finish_output(const struct cli *cli)
{
	struct error err;

	if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_has_gone())
		return EX_OK;
	(void)error_set(&err, EX_IOERR, "standard output: %s%s%s",
	    strerror(errno), cli->changed[0] != '\0' ? "; the change was "
	    "made, but its result could not be printed: " : "", cli->changed);
	return command_fail(&err);
}

int
cli_main(int argc, char **argv)
{
	struct cli cli = { .database = spool_default_path() };
	const struct cli_command *command;
	struct error err = { .code = EX_OK };
	int failed = EX_OK, lost;

	process_standard_files();
	/* what was begun is finished, also where nobody reads of it */
	(void)signal(SIGPIPE, SIG_IGN);
	log_open("tlsq", true, 0);
	if (!command_run(&cli, argc, argv, &command, &err) && !cli.version &&
	    !cli.help)
		failed = command_fail(&err);
	if (cli.version)
		(void)printf("%s\n", PACKAGE_STRING);
	else if (cli.help)
		print_usage(command);
	lost = finish_output(&cli);
	return failed != EX_OK ? failed : lost;
}
