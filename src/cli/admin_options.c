/*
 * The command line of the commands that change the queue.
 */
#include "cli/admin_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command_impl.h"

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
		if (!option_message_id(&o->messages[i], args[i], err))
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
		return error_set(err, EX_USAGE, "--all cannot be combined "
		    "with message ids, --domain or --sender");
	return o->all || narrowed || error_set(err, EX_USAGE, "%s: no "
	    "recipients selected; give message ids, --domain or --sender, or "
	    "--all", name);
}

bool
admin_options_parse(struct admin_options *o_r, struct cli *cli, int argc,
    char **argv, struct error *err)
{
	const char *domain = NULL, *sender = NULL;
	const struct option_row rows[] = {
		{ "domain", .text = &domain },
		{ "sender", .text = &sender },
		{ "dry-run", .flag = &o_r->dry_run },
		{ "all", .flag = &o_r->all },
		CLI_COMMON_OPTIONS(cli)
	};

	memset(o_r, 0, sizeof(*o_r));
	if (!cli_parse(cli, argc, argv, rows, 0, INT_MAX, err) ||
	    !cli_domain_parse(o_r->domain, domain, err) ||
	    !cli_sender_parse(&o_r->sender, sender, err))
		return false;
	o_r->has_domain = domain != NULL;
	o_r->has_sender = sender != NULL;
	if (take_messages(o_r, cli->arg_count, cli->args, err) &&
	    check(o_r, argv[0], err))
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
