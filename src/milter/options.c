/*
 * tlsq-milter's command line: getopt_long, then what is missing.
 */
#include "milter/options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "spool/spool.h"

const char milter_usage[] =
"usage: tlsq-milter -s SOCKET [--background] [--pid-file FILE] [-d FILE] [-v]\n"
"\n"
"  -s, --socket SOCKET   where Sendmail connects: unix:/path (or local:/path),\n"
"                    inet:port@host or inet6:port@host\n"
"  --background      leave the terminal\n"
"  --pid-file FILE   write the process id there and lock it\n"
"  -d, --database FILE   the spool (else $TLSQ_DATABASE, else the built-in)\n"
"  -v, --verbose     log more\n"
"  -h, --help        this text\n"
"  -V, --version     the version\n";

enum option_value { OPT_BACKGROUND = 256, OPT_PID_FILE };

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "background", no_argument, NULL, OPT_BACKGROUND },
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "database", required_argument, NULL, 'd' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool
take(struct milter_options *o, int option, const char *value,
    struct error *err)
{
	switch (option) {
	case 's':
		o->socket = value;
		return true;
	case OPT_BACKGROUND:
		o->background = true;
		return true;
	case OPT_PID_FILE:
		o->pid_file = value;
		return true;
	case 'd':
		o->database = value;
		return true;
	case 'v':
		o->verbosity++;
		return true;
	case 'h':
		o->mode = MILTER_HELP;
		return true;
	case 'V':
		o->mode = MILTER_VERSION;
		return true;
	default:
		return error_set(err, EX_USAGE,
		    "unknown option or missing value; see --help");
	}
}

/* libmilter keeps the low 16 bits of any number.  A name is a service's. */
static bool
port_is_good(const char *port)
{
	char *end;
	unsigned long n;

	if (*port < '0' || *port > '9')
		return true;
	n = strtoul(port, &end, 10);
	return n >= 1 && n <= UINT16_MAX && (*end == '@' || *end == '\0');
}

static bool
check_socket(const char *socket, struct error *err)
{
	static const char *const kinds[] = { "unix:/", "local:/", "inet:",
		"inet6:" };

	if (socket == NULL)
		return error_set(err, EX_USAGE, "needs -s SOCKET; see --help");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_starts_nocase(socket, kinds[i]))
			return port_is_good(strchr(socket, ':') + 1) ||
			    error_set(err, EX_USAGE, "-s %s: the port must be "
			    "from 1 to 65535", socket);
	return error_set(err, EX_USAGE, "-s %s: neither unix:/path nor "
	    "local:/path nor inet:port@host nor inet6:port@host", socket);
}

bool
milter_options_parse(struct milter_options *o_r, int argc, char **argv,
    struct error *err)
{
	int c;

	*o_r = (struct milter_options){ .database = spool_default_path() };
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, "s:d:vhV", long_options,
	    NULL)) != -1) {
		if (!take(o_r, c, optarg, err))
			return false;
		if (o_r->mode != MILTER_SERVE)
			return true;
	}
	if (optind < argc)
		return error_set(err, EX_USAGE,
		    "takes no arguments beside options; see --help");
	return check_socket(o_r->socket, err);
}
