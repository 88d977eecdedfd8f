/*
 * tlsq-runner's command line: getopt_long, then what contradicts.
 */
#include "queue/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/text.h"
#include "mail/address.h"

const char runner_usage[] =
"usage: tlsq-runner --once | --daemon [--background] [--pid-file FILE]\n"
"       [-d FILE] [-v] [--domain D]... [--message ID]... [--now]\n"
"\n"
"  --once            deliver until nothing more is due, then end (for cron)\n"
"  --daemon          stay until SIGTERM\n"
"  --background      leave the terminal (with --daemon)\n"
"  --pid-file FILE   write the process id there and lock it\n"
"  --domain D        only recipients of this domain\n"
"  --message ID      only this message\n"
"  --now             also what is not due yet\n"
"  -d, --database FILE   the spool (else $TLSQ_DATABASE, else the built-in)\n"
"  -v, --verbose     log more\n"
"  -h, --help        this text\n"
"  -V, --version     the version\n";

enum option_value {
	OPT_ONCE = 256, OPT_DAEMON, OPT_BACKGROUND, OPT_PID_FILE, OPT_DOMAIN,
	OPT_MESSAGE, OPT_NOW
};

static const struct option long_options[] = {
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "daemon", no_argument, NULL, OPT_DAEMON },
	{ "background", no_argument, NULL, OPT_BACKGROUND },
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "message", required_argument, NULL, OPT_MESSAGE },
	{ "now", no_argument, NULL, OPT_NOW },
	{ "database", required_argument, NULL, 'd' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool
add_message(struct runner_options *o, const char *text, struct error *err)
{
	char *end;
	long long id;

	errno = 0;
	id = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || id <= 0)
		return error_set(err, EX_USAGE,
		    "--message %s: not a message id", text);
	o->messages = mem_realloc(o->messages,
	    (o->n_messages + 1) * sizeof(*o->messages));
	o->messages[o->n_messages++] = id;
	return true;
}

/* As mail has its domains in the spool, however this one is spelled. */
static bool
add_domain(struct runner_options *o, const char *text, struct error *err)
{
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
set_mode(struct runner_options *o, enum runner_mode mode, struct error *err)
{
	if (o->mode != RUNNER_MODE_UNSET && o->mode != mode)
		return error_set(err, EX_USAGE,
		    "--once and --daemon exclude each other");
	o->mode = mode;
	return true;
}

static bool
take(struct runner_options *o, int option, const char *value,
    struct error *err)
{
	switch (option) {
	case OPT_ONCE:
		return set_mode(o, RUNNER_ONCE, err);
	case OPT_DAEMON:
		return set_mode(o, RUNNER_DAEMON, err);
	case OPT_BACKGROUND:
		o->background = true;
		return true;
	case OPT_PID_FILE:
		o->pid_file = value;
		return true;
	case OPT_DOMAIN:
		return add_domain(o, value, err);
	case OPT_MESSAGE:
		return add_message(o, value, err);
	case OPT_NOW:
		o->now = true;
		return true;
	case 'd':
		o->database = value;
		return true;
	case 'v':
		o->verbosity++;
		return true;
	default:
		return false;
	}
}

static bool
check(const struct runner_options *o, int rest, struct error *err)
{
	if (rest > 0)
		return error_set(err, EX_USAGE,
		    "takes no arguments beside options; see --help");
	if (o->mode == RUNNER_MODE_UNSET)
		return error_set(err, EX_USAGE,
		    "needs --once or --daemon; see --help");
	if (o->background && o->mode != RUNNER_DAEMON)
		return error_set(err, EX_USAGE, "--background needs --daemon");
	if (o->now && o->mode == RUNNER_DAEMON)
		return error_set(err, EX_USAGE,
		    "--now needs --once: a daemon would try without end");
	return true;
}

bool
runner_options_parse(struct runner_options *o_r, int argc, char **argv,
    struct error *err)
{
	const char *env = getenv("TLSQ_DATABASE");
	int c;

	memset(o_r, 0, sizeof(*o_r));
	o_r->database = env != NULL && env[0] != '\0' ? env :
	    LOCALSTATEDIR "/spool/tlsq/spool.db";
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, ":d:vhV", long_options, NULL)) != -1) {
		if (c == 'h' || c == 'V') {
			o_r->mode = c == 'h' ? RUNNER_HELP : RUNNER_VERSION;
			return true;
		}
		if (c == ':' || c == '?')
			return option_refused(argc, argv, c, err);
		if (!take(o_r, c, optarg, err))
			return false;
	}
	return check(o_r, argc - optind, err);
}

void
runner_options_free(struct runner_options *o)
{
	for (size_t i = 0; i < o->n_domains; i++)
		free((void *)o->domains[i]);
	free(o->domains);
	free(o->messages);
	o->domains = NULL;
	o->messages = NULL;
	o->n_domains = o->n_messages = 0;
}
