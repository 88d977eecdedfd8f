/*
 * The command line of `tlsq submit`.
 */
#include "cli/submit_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/command_impl.h"

static bool
take_body(void *ctx, const char *word, struct error *err)
{
	struct submit_options *o = ctx;

	if (text_equal_nocase(word, "7bit"))
		o->body = SUBMIT_BODY_7BIT;
	else if (text_equal_nocase(word, "8bitmime"))
		o->body = SUBMIT_BODY_8BITMIME;
	else
		return error_set(err, EX_USAGE,
		    "--body \"%s\": the words are 7bit and 8bitmime", word);
	return true;
}

/* A wrong word on the command line is no bad data. */
static bool
as_usage(bool ok, struct error *err)
{
	if (!ok)
		err->code = EX_USAGE;
	return ok;
}

static bool
take_notify(void *ctx, const char *words, struct error *err)
{
	struct submit_options *o = ctx;

	return as_usage(dsn_notify_parse(&o->notify, words, err), err);
}

static bool
take_ret(void *ctx, const char *word, struct error *err)
{
	struct submit_options *o = ctx;

	return as_usage(dsn_ret_parse(&o->ret, word, err), err);
}

static void
add_recipient(struct submit_options *o, const struct mail_address *a)
{
	for (size_t i = 0; i < o->rcpt_count; i++)
		if (strcmp(o->rcpts[i].text, a->text) == 0)
			return;
	o->rcpts[o->rcpt_count++] = *a;
}

static bool
take_recipients(struct submit_options *o, int count, char **args,
    struct error *err)
{
	struct mail_address a;

	if (count <= 0)
		return error_set(err, EX_USAGE, "no recipient given; see --help");
	o->rcpts = mem_alloc((size_t)count * sizeof(*o->rcpts));
	for (int i = 0; i < count; i++) {
		if (!mail_address_parse(&a, args[i], strlen(args[i]),
		    MAIL_ADDRESS_UTF8, err))
			return error_prefix(err, "recipient");
		o->smtputf8 |= a.utf8;
		add_recipient(o, &a);
	}
	return true;
}

static bool
take_dsn(struct submit_options *o, const char *envid, const char *orcpt,
    struct error *err)
{
	if (envid != NULL && !mail_envid_normalise(o->envid, envid,
	    strlen(envid), err))
		return error_prefix(err, "--envid");
	if (orcpt == NULL)
		return true;
	if (o->rcpt_count > 1)
		return error_set(err, EX_USAGE, "--orcpt is for exactly one "
		    "recipient, not for %zu", o->rcpt_count);
	return mail_orcpt_normalise(o->orcpt, orcpt, strlen(orcpt), err) ||
	    error_prefix(err, "--orcpt");
}

static bool
parse(struct submit_options *o, struct cli *cli, int argc, char **argv,
    struct error *err)
{
	const char *sender = NULL, *envid = NULL, *orcpt = NULL;
	const struct option_row rows[] = {
		{ "sender", 'f', .text = &sender },
		{ "strategy", .text = &o->strategy },
		{ "hold", .flag = &o->hold },
		{ "notify", .take = take_notify, .ctx = o },
		{ "ret", .take = take_ret, .ctx = o },
		{ "envid", .text = &envid },
		{ "orcpt", .text = &orcpt },
		{ "body", .take = take_body, .ctx = o },
		{ "smtputf8", .flag = &o->smtputf8 },
		{ "require-tls", .flag = &o->require_tls },
		{ "tls-optional", .flag = &o->tls_optional },
		{ "quiet", .flag = &o->quiet },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 0, INT_MAX, err))
		return false;
	if (o->require_tls && o->tls_optional)
		return error_set(err, EX_USAGE,
		    "--require-tls and --tls-optional exclude each other");
	/* As the view `submission` does: an address in UTF-8 says it itself. */
	o->has_sender = sender != NULL;
	if (!cli_sender_parse(&o->sender, sender, err))
		return false;
	o->smtputf8 |= o->sender.utf8;
	return take_recipients(o, cli->arg_count, cli->args, err) &&
	    take_dsn(o, envid, orcpt, err);
}

bool
submit_options_parse(struct submit_options *o_r, struct cli *cli, int argc,
    char **argv, struct error *err)
{
	memset(o_r, 0, sizeof(*o_r));
	if (parse(o_r, cli, argc, argv, err))
		return true;
	submit_options_free(o_r);
	return false;
}

void
submit_options_free(struct submit_options *o)
{
	free(o->rcpts);
	o->rcpts = NULL;
	o->rcpt_count = 0;
}
