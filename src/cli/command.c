/*
 * What the subcommands share: their command line, the spool, and texts of foreign
 * origin on a terminal.
 */
#include "cli/command_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/text.h"
#include "base/user.h"
#include "spool/room.h"

const char *const cli_states[CLI_STATES] = {
	"queued", "active", "deferred", "held", "delivered", "failed",
	"expired", "withdrawn", "deleted",
};

bool
cli_parse(struct cli *cli, int argc, char **argv,
    const struct option_row *rows, int least, int most, struct error *err)
{
	int rest;

	if (!option_parse(rows, argc, argv, false, &rest, err))
		return false;
	if (cli->help || cli->version)
		return error_set(err, EX_OK, "%s", "");
	cli->args = argv + rest;
	cli->arg_count = argc - rest;
	if (cli->arg_count < least)
		return error_set(err, EX_USAGE, "%s: missing argument; see "
		    "--help", argv[0]);
	return cli->arg_count <= most || error_set(err, EX_USAGE, "%s: "
	    "unexpected argument \"%s\"; see --help", argv[0],
	    cli->args[most]);
}

bool
cli_domain_parse(char domain[static MAIL_DOMAIN_MAX + 1], const char *text,
    struct error *err)
{
	domain[0] = '\0';
	return text == NULL || mail_domain_parse(domain, text, strlen(text),
	    err) || error_prefix(err, "--domain");
}

bool
cli_sender_parse(struct mail_address *sender_r, const char *text,
    struct error *err)
{
	*sender_r = (struct mail_address){ .utf8 = false };
	return text == NULL || mail_address_parse(sender_r, text, strlen(text),
	    MAIL_ADDRESS_NULL | MAIL_ADDRESS_UTF8, err) ||
	    error_prefix(err, "--sender");
}

bool
cli_spool_open(struct spool **spool_r, const struct cli *cli,
    struct error *err)
{
	if (!user_become(err))
		return false;
	if (spool_open_in_need(spool_r, cli->database, SPOOL_READ_WRITE, err))
		return true;
	return err->code == EX_NOPERM &&
	    spool_open(spool_r, cli->database, SPOOL_READ_ONLY, err);
}

void
cli_print_text(const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;
	size_t room = 4 * len + 1;	/* all of it as \xHH */
	char *shown = mem_alloc(room);

	if (text != NULL) {
		text_escape(shown, room, text, len);
		(void)fputs(shown, stdout);
	}
	free(shown);
}

void
cli_print_json(const char *json)
{
	size_t left = strlen(json), n;

	for (; left > 0; json += n, left -= n) {
		n = text_utf8_len(json, left);
		if (n == 2 && text_printable_len(json, n) == 0)
			(void)printf("\\u%04x", (unsigned char)json[1]);
		else if (n > 0)
			(void)fwrite(json, 1, n, stdout);
		else {
			(void)fputs("\\ufffd", stdout);
			n = 1;
		}
	}
}

void
cli_print_address(const char *address)
{
	char shown[4 * MAIL_ADDRESS_MAX + 1];

	mail_address_display(shown, sizeof(shown), address);
	(void)printf("<%s>", shown);
}
