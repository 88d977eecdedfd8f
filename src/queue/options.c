/*
 * tlsq-runner's command line: the options, then what contradicts.
 */
#include "queue/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "mail/address.h"
#include "spool/spool.h"

const char queue_usage[] =
"usage: tlsq-runner --once | --daemon [--background] [--pid-file FILE]\n"
"       [-d FILE] [-v] [--domain D]... [--message ID]... [--now]\n"
"\n"
"Delivers the mail in the tlsq spool over verified TLS.\n"
"\n"
"  --once                deliver until nothing more is due, then exit (for cron)\n"
"  --daemon              run until SIGTERM\n"
"  --background          run in the background and log to syslog (with --daemon)\n"
"  --pid-file FILE       write the process id to FILE and lock it\n"
"  --domain D            deliver only to recipients of this domain\n"
"  --message ID          deliver only this message\n"
"  --now                 also deliver to recipients that are not due yet\n"
"                        (with --once)\n"
"  -d, --database FILE   use this spool (default: $TLSQ_DATABASE, or the one\n"
"                        that the program was built for)\n"
"  -v, --verbose         log more\n"
"  -h, --help            print this help and exit\n"
"  -V, --version         print the version and exit\n";

static bool
add_message(void *ctx, const char *text, struct error *err)
{
	struct queue_options *o = ctx;
	int64_t id;

	if (!option_message_id(&id, text, err))
		return error_prefix(err, "--message");
	o->messages = mem_realloc(o->messages,
	    (o->n_messages + 1) * sizeof(*o->messages));
	o->messages[o->n_messages++] = id;
	return true;
}

/* As mail has its domains in the spool, however this one is spelled. */
static bool
add_domain(void *ctx, const char *text, struct error *err)
{
	struct queue_options *o = ctx;
	char domain[MAIL_DOMAIN_MAX + 1];

	if (!mail_domain_parse(domain, text, strlen(text), err)) {
		err->code = EX_USAGE;
		return error_prefix(err, "--domain");
	}
	o->domains = mem_realloc(o->domains,
	    (o->n_domains + 1) * sizeof(*o->domains));
	o->domains[o->n_domains++] = mem_strdup(domain);
	return true;
}

static bool
check_options(const struct queue_options *o, int rest, struct error *err)
{
	if (rest > 0)
		return error_set(err, EX_USAGE,
		    "unexpected argument; see --help");
	if (o->mode == RUNNER_MODE_UNSET)
		return error_set(err, EX_USAGE,
		    "--once or --daemon is missing; see --help");
	if (o->background && o->mode != RUNNER_DAEMON)
		return error_set(err, EX_USAGE,
		    "--background can only be used with --daemon");
	if (o->now && o->mode == RUNNER_DAEMON)
		return error_set(err, EX_USAGE,
		    "--now can only be used with --once: a daemon would retry "
		    "without end");
	return true;
}

bool
queue_options_parse(struct queue_options *o_r, int argc, char **argv,
    struct error *err)
{
	bool once = false, daemon = false, help = false, version = false;
	const struct option_row rows[] = {
		{ "once", .flag = &once },
		{ "daemon", .flag = &daemon },
		{ "background", .flag = &o_r->background },
		{ "pid-file", .text = &o_r->pid_file },
		{ "domain", .take = add_domain, .ctx = o_r },
		{ "message", .take = add_message, .ctx = o_r },
		{ "now", .flag = &o_r->now },
		{ "database", 'd', .text = &o_r->database },
		{ "verbose", 'v', .count = &o_r->verbosity },
		{ "help", 'h', .stop = &help },
		{ "version", 'V', .stop = &version },
		{ .name = NULL }
	};
	int rest;

	*o_r = (struct queue_options){ .database = spool_default_path() };
	if (!option_parse(rows, argc, argv, false, &rest, err))
		return false;
	o_r->mode = help ? RUNNER_HELP : version ? RUNNER_VERSION :
	    daemon ? RUNNER_DAEMON : once ? RUNNER_ONCE : RUNNER_MODE_UNSET;
	if (help || version)
		return true;
	if (once && daemon)
		return error_set(err, EX_USAGE,
		    "--once and --daemon cannot be combined");
	return check_options(o_r, argc - rest, err);
}

void
queue_options_free(struct queue_options *o)
{
	for (size_t i = 0; i < o->n_domains; i++)
		free((void *)o->domains[i]);
	free(o->domains);
	free(o->messages);
	o->domains = NULL;
	o->messages = NULL;
	o->n_domains = o->n_messages = 0;
}
