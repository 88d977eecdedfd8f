/*
 * Between cli.c and the files of the subcommands.
 */
#ifndef TLSQ_CLI_COMMAND_IMPL_H
#define TLSQ_CLI_COMMAND_IMPL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

/* What every subcommand is given on the command line. */
struct cli {
	const char *database;	/* never NULL */
	int verbosity;
	bool help, version;	/* asked for: print that and nothing else */
};

/*
 * A subcommand.  argv[0] is its name.  False with err filled: the program says
 * so and exits with err->code; an empty text says nothing more (the command has
 * told the user already, or cli->help is set).
 */
struct cli_command {
	const char *name;
	const char *synopsis;	/* what follows the name, lines of it */
	const char *purpose;
	bool (*run)(struct cli *cli, int argc, char **argv,
	    struct error *err);
};

bool cli_submit(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_lmtp(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_load(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_config(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_explain(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_list(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_show(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_cat(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_retry(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_hold(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_release(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_delete(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_bounce(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_stats(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_check(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;

/* The options of all subcommands, to stand in each option table. */
#define CLI_COMMON_SHORT "d:vhV"
#define CLI_COMMON_OPTIONS \
	{ "database", required_argument, NULL, 'd' }, \
	{ "verbose", no_argument, NULL, 'v' }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }

enum { CLI_OPTION_END = -1, CLI_OPTION_STOP = '?' };
/*
 * The next option that is the subcommand's own.  CLI_OPTION_STOP: give up and
 * return false (err is filled, or help was asked for).  shorts begins with ':'
 * and holds CLI_COMMON_SHORT.  optind is where the arguments begin afterwards.
 */
int cli_option_next(struct cli *cli, int argc, char **argv, const char *shorts,
    const struct option *longs, struct error *err);
/* Starts anew with argv: before the first cli_option_next. */
void cli_option_start(void);

/*
 * Becomes the user of the spool and opens it for a command that reads or
 * changes what is there.  A missing one is EX_NOINPUT: a typing error in -d must
 * not look like an empty queue.  An older one is upgraded, as by every program;
 * one that may not be written is read all the same.
 */
bool cli_spool_open(struct spool **spool_r, const struct cli *cli,
    struct error *err) MUST_CHECK;

/* "12" -> 12; EX_USAGE for what is no message id. */
bool cli_message_id(int64_t *id_r, const char *text, struct error *err)
    MUST_CHECK;

#endif
