/*
 * What the files of the subcommands share, and the subcommands themselves.
 */
#ifndef TLSQ_CLI_COMMAND_IMPL_H
#define TLSQ_CLI_COMMAND_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "mail/address.h"
#include "spool/spool.h"

/* What every subcommand is given on the command line. */
struct cli {
	const char *database;	/* never NULL */
	int verbosity;
	bool help, version;	/* asked for: print that and nothing else */
	char **args;		/* beside options */
	int arg_count;
	/* The change that the command has made, to name if the report fails. */
	char changed[128];
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
/* retry, hold, release, delete, bounce: argv[0] says which */
bool cli_act(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_stats(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
/* suspend, except: argv[0] says which */
bool cli_rule(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_rules(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_set(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_whatif(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_report(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;
bool cli_check(struct cli *cli, int argc, char **argv, struct error *err)
    MUST_CHECK;

/*
 * Reads the command line of a subcommand, least to most arguments; then they are
 * in cli.  False with an empty text: --help or --version was asked for.
 */
bool cli_parse(struct cli *cli, int argc, char **argv,
    const struct option_row *rows, int least, int most, struct error *err)
    MUST_CHECK;
/* The options of all subcommands: at the end of each table. */
#define CLI_COMMON_OPTIONS(cli) \
	{ "database", 'd', .text = &(cli)->database }, \
	{ "verbose", 'v', .count = &(cli)->verbosity }, \
	{ "help", 'h', .stop = &(cli)->help }, \
	{ "version", 'V', .stop = &(cli)->version }, \
	{ .name = NULL }

/* The values of --domain and --sender, or none (NULL): "". */
bool cli_domain_parse(char domain[static MAIL_DOMAIN_MAX + 1],
    const char *text, struct error *err) MUST_CHECK;
bool cli_sender_parse(struct mail_address *sender_r, const char *text,
    struct error *err) MUST_CHECK;

/*
 * Becomes the user of the spool and opens it for a command that reads or
 * changes what is there.  A missing one is EX_NOINPUT: a typing error in -d must
 * not look like an empty queue.  An older one is upgraded, as by every program;
 * one that may not be written is read all the same.
 */
bool cli_spool_open(struct spool **spool_r, const struct cli *cli,
    struct error *err) MUST_CHECK;

/*
 * An ID on the command line: a message id, or Sendmail's queue id, which several
 * messages may have.  EX_USAGE where it can be neither; EX_NOINPUT where no message
 * has the queue id; of one message also EX_DATAERR where several have.
 */
struct cli_ids {
	int64_t *id;		/* to be freed */
	size_t n;
};
bool cli_check_id(const char *text, struct error *err) MUST_CHECK;
bool cli_find_messages(struct spool *spool, const char *text,
    struct cli_ids *ids, struct error *err) MUST_CHECK;
bool cli_find_message(struct spool *spool, const char *text, int64_t *id_r,
    struct error *err) MUST_CHECK;

/* recipient.state, as it is listed and counted. */
enum { CLI_STATES = 9 };
extern const char *const cli_states[CLI_STATES];

/* Control characters escaped, whatever the length.  NULL prints nothing. */
void cli_print_text(const char *text);
/*
 * JSON that SQLite made: it has escaped all but octets that are no UTF-8, which
 * become U+FFFD here.
 */
void cli_print_json(const char *json);
/* As cli_print_text, in <>, A-labels as Unicode. */
void cli_print_address(const char *address);

#endif
