/*
 * The command line of `tlsq retry`, hold, release, delete and bounce: which
 * recipients are meant.  Parsed and checked, nothing done yet.
 */
#ifndef TLSQ_CLI_ADMIN_IMPL_H
#define TLSQ_CLI_ADMIN_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "mail/address.h"
#include "spool/admin.h"

struct cli;

struct cli_admin_options {
	bool dry_run;
	bool all;		/* said so: no selector is no mistake */
	bool has_domain, has_sender;
	char domain[MAIL_DOMAIN_MAX + 1];
	struct mail_address sender;
	char **texts;		/* the ids as given; borrowed */
	size_t text_count;
	/* Once they were found: each once; ours. */
	int64_t *messages;
	size_t message_count;
};

/*
 * EX_USAGE for what the command line may not say, no selector and no --all
 * included; EX_DATAERR for a bad domain or address.  Pure but for getopt's state.
 */
bool cli_admin_options_parse(struct cli_admin_options *o_r, struct cli *cli,
    int argc, char **argv, struct error *err) MUST_CHECK;
/* Finds the messages that the ids name; errors are cli_find_messages()'s. */
bool cli_admin_options_find(struct cli_admin_options *o, struct spool *spool,
    struct error *err) MUST_CHECK;
void cli_admin_options_free(struct cli_admin_options *o);
/* Borrows from the options. */
struct spool_selector cli_admin_options_selector(
    const struct cli_admin_options *o);

#endif
