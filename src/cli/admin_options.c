/*
 * The command line of the commands that change the queue.
 */
#include "cli/admin_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command_impl.h"

static const struct option longs[] = {
	{ "domain", required_argument, NULL, 'D' },
	{ "sender", required_argument, NULL, 'S' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "all", no_argument, NULL, 'a' },
	CLI_COMMON_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static bool
take(struct admin_options *o, int option, const char *value,
    struct error *err)
{
	switch (option) {
	case 'D':
		o->has_domain = true;
		return mail_domain_parse(o->domain, value, strlen(value),
		    err) || error_prefix(err, "--domain");
	case 'S':
		o->has_sender = true;
		return mail_address_parse(&o->sender, value, strlen(value),
		    MAIL_ADDRESS_NULL | MAIL_ADDRESS_UTF8, err) ||
		    error_prefix(err, "--sender");
	case 'n':
		o->dry_run = true;
		return true;
	default:
		o->all = true;
		return true;
	}
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
take_messages(struct admin_options *o, int count, char **args,
    struct error *err)
{
	size_t kept = 0;

	o->messages = mem_alloc(((size_t)count + 1) * sizeof(*o->messages));
	for (int i = 0; i < count; i++)
		if (!cli_message_id(&o->messages[i], args[i], err))
			return false;
	qsort(o->messages, (size_t)count, sizeof(*o->messages), by_value);
	for (int i = 0; i < count; i++)
		if (kept == 0 || o->messages[i] != o->messages[kept - 1])
			o->messages[kept++] = o->messages[i];
	o->message_count = kept;
	return true;
}

/* The whole queue is never meant by leaving something out. */
static bool
check(const struct admin_options *o, const char *name, struct error *err)
{
	bool narrowed = o->has_domain || o->has_sender || o->message_count > 0;

	if (o->all && narrowed)
		return error_set(err, EX_USAGE, "--all goes with no message "
		    "id, --domain or --sender");
	return o->all || narrowed || error_set(err, EX_USAGE, "%s: no "
	    "recipients selected; give message ids, --domain or --sender, or "
	    "--all", name);
}

static bool
parse(struct admin_options *o, struct cli *cli, int argc, char **argv,
    struct error *err)
{
	int c;

	while ((c = cli_option_next(cli, argc, argv, ":" CLI_COMMON_SHORT,
	    longs, err)) != CLI_OPTION_END)
		if (c == CLI_OPTION_STOP || !take(o, c, optarg, err))
			return false;
	return take_messages(o, argc - optind, argv + optind, err) &&
	    check(o, argv[0], err);
}

bool
admin_options_parse(struct admin_options *o_r, struct cli *cli, int argc,
    char **argv, struct error *err)
{
	memset(o_r, 0, sizeof(*o_r));
	if (parse(o_r, cli, argc, argv, err))
		return true;
	admin_options_free(o_r);
	return false;
}

void
admin_options_free(struct admin_options *o)
{
	free(o->messages);
	o->messages = NULL;
	o->message_count = 0;
}

struct spool_selector
admin_options_selector(const struct admin_options *o)
{
	return (struct spool_selector){
	    .domain = o->has_domain ? o->domain : NULL,
	    .sender = o->has_sender ? o->sender.text : NULL,
	    .messages = o->messages, .message_count = o->message_count };
}
