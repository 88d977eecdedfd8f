/*
 * The command line of `tlsq submit`: parsed and checked, nothing done yet.
 */
#ifndef TLSQ_CLI_SUBMIT_IMPL_H
#define TLSQ_CLI_SUBMIT_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "mail/address.h"
#include "mail/dsn_params.h"

enum cli_submit_body { CLI_SUBMIT_BODY_BY_CONTENT, CLI_SUBMIT_BODY_7BIT,
    CLI_SUBMIT_BODY_8BITMIME };

struct cli;

struct cli_submit_options {
	bool has_sender;	/* -f was given */
	struct mail_address sender;
	struct mail_address *rcpts;	/* each once, at least one */
	size_t rcpt_count;
	const char *strategy;	/* NULL: none pinned */
	bool hold, quiet, smtputf8, require_tls, tls_optional;
	unsigned notify;
	enum mail_ret ret;
	enum cli_submit_body body;
	char envid[MAIL_ENVID_MAX + 1];	/* "": none; as stored */
	char orcpt[MAIL_ORCPT_MAX + 1];	/* "": none; as stored */
};

/*
 * EX_USAGE for what the command line may not say, EX_DATAERR for a bad address,
 * ENVID or ORCPT.  Pure but for getopt's state.  argv's texts are borrowed.
 */
bool cli_submit_options_parse(struct cli_submit_options *o_r, struct cli *cli,
    int argc, char **argv, struct error *err) MUST_CHECK;
void cli_submit_options_free(struct cli_submit_options *o);

#endif
