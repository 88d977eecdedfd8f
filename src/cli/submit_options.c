/*
 * The command line of `tlsq submit`.
 */
#include "cli/submit_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/command_impl.h"

enum option_value {
	OPT_STRATEGY = 256, OPT_HOLD, OPT_NOTIFY, OPT_RET, OPT_ENVID,
	OPT_ORCPT, OPT_BODY, OPT_SMTPUTF8, OPT_REQUIRE_TLS, OPT_TLS_OPTIONAL,
	OPT_QUIET,
};

static const struct option longs[] = {
	{ "sender", required_argument, NULL, 'f' },
	{ "strategy", required_argument, NULL, OPT_STRATEGY },
	{ "hold", no_argument, NULL, OPT_HOLD },
	{ "notify", required_argument, NULL, OPT_NOTIFY },
	{ "ret", required_argument, NULL, OPT_RET },
	{ "envid", required_argument, NULL, OPT_ENVID },
	{ "orcpt", required_argument, NULL, OPT_ORCPT },
	{ "body", required_argument, NULL, OPT_BODY },
	{ "smtputf8", no_argument, NULL, OPT_SMTPUTF8 },
	{ "require-tls", no_argument, NULL, OPT_REQUIRE_TLS },
	{ "tls-optional", no_argument, NULL, OPT_TLS_OPTIONAL },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	CLI_COMMON_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

/* What can only be checked once all options are known. */
struct raw {
	const char *sender, *envid, *orcpt;
};

static bool
take_body(struct submit_options *o, const char *word, struct error *err)
{
	if (text_equal_nocase(word, "7bit"))
		o->body = SUBMIT_BODY_7BIT;
	else if (text_equal_nocase(word, "8bitmime"))
		o->body = SUBMIT_BODY_8BITMIME;
	else
		return error_set(err, EX_USAGE,
		    "--body %s: the words are 7bit and 8bitmime", word);
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
take(struct submit_options *o, struct raw *raw, int option, char *value,
    struct error *err)
{
	switch (option) {
	case 'f':
		raw->sender = value;
		return true;
	case OPT_STRATEGY:
		o->strategy = value;
		return true;
	case OPT_HOLD:
		o->hold = true;
		return true;
	case OPT_NOTIFY:
		return as_usage(dsn_notify_parse(&o->notify, value, err), err);
	case OPT_RET:
		return as_usage(dsn_ret_parse(&o->ret, value, err), err);
	case OPT_ENVID:
		raw->envid = value;
		return true;
	case OPT_ORCPT:
		raw->orcpt = value;
		return true;
	case OPT_BODY:
		return take_body(o, value, err);
	case OPT_SMTPUTF8:
		o->smtputf8 = true;
		return true;
	case OPT_REQUIRE_TLS:
		o->require_tls = true;
		return true;
	case OPT_TLS_OPTIONAL:
		o->tls_optional = true;
		return true;
	default:
		o->quiet = true;
		return true;
	}
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
    unsigned flags, struct error *err)
{
	struct mail_address a;

	if (count <= 0)
		return error_set(err, EX_USAGE, "no recipient; see --help");
	o->rcpts = mem_alloc((size_t)count * sizeof(*o->rcpts));
	for (int i = 0; i < count; i++) {
		if (!mail_address_parse(&a, args[i], strlen(args[i]), flags,
		    err))
			return error_prefix(err, "recipient");
		o->smtputf8 |= a.utf8;
		add_recipient(o, &a);
	}
	return true;
}

static bool
take_dsn(struct submit_options *o, const struct raw *raw, struct error *err)
{
	if (raw->envid != NULL && !mail_envid_normalise(o->envid, raw->envid,
	    strlen(raw->envid), err))
		return error_prefix(err, "--envid");
	if (raw->orcpt == NULL)
		return true;
	if (o->rcpt_count > 1)
		return error_set(err, EX_USAGE, "--orcpt belongs to one "
		    "recipient, and there are %zu", o->rcpt_count);
	if (!mail_orcpt_normalise(o->orcpt, raw->orcpt, strlen(raw->orcpt),
	    err))
		return error_prefix(err, "--orcpt");
	return true;
}

static bool
parse(struct submit_options *o, struct cli *cli, int argc, char **argv,
    struct error *err)
{
	struct raw raw = { NULL, NULL, NULL };
	unsigned flags;
	int c;

	while ((c = cli_option_next(cli, argc, argv, ":f:" CLI_COMMON_SHORT,
	    longs, err)) != CLI_OPTION_END)
		if (c == CLI_OPTION_STOP || !take(o, &raw, c, optarg, err))
			return false;
	if (o->require_tls && o->tls_optional)
		return error_set(err, EX_USAGE,
		    "--require-tls and --tls-optional exclude each other");
	/* As the view `submission` does: an address in UTF-8 says it itself. */
	flags = MAIL_ADDRESS_UTF8;
	o->has_sender = raw.sender != NULL;
	if (o->has_sender && !mail_address_parse(&o->sender, raw.sender,
	    strlen(raw.sender), flags | MAIL_ADDRESS_NULL, err))
		return error_prefix(err, "sender");
	o->smtputf8 |= o->sender.utf8;
	return take_recipients(o, argc - optind, argv + optind, flags, err) &&
	    take_dsn(o, &raw, err);
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
