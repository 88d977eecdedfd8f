/*
 * tlsq-milter's command line: the options, then what is missing.
 */
#include "milter/options.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/text.h"
#include "spool/spool.h"

const char milter_usage[] =
"usage: tlsq-milter -s SOCKET [--background] [--pid-file FILE] [-d FILE] [-v]\n"
"\n"
"Takes remote mail from Sendmail and stores it in the tlsq spool.\n"
"\n"
"  -s, --socket SOCKET   where Sendmail connects: unix:/path (or local:/path),\n"
"                        inet:port@host or inet6:port@host\n"
"  --background          run in the background and log to syslog\n"
"  --pid-file FILE       write the process id to FILE and lock it\n"
"  -d, --database FILE   use this spool (default: $TLSQ_DATABASE, or the one\n"
"                        that the program was built for)\n"
"  -v, --verbose         log more\n"
"  -h, --help            print this help and exit\n"
"  -V, --version         print the version and exit\n";

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
		return error_set(err, EX_USAGE, "-s SOCKET is missing; see "
		    "--help");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_starts_nocase(socket, kinds[i]))
			return port_is_good(strchr(socket, ':') + 1) ||
			    error_set(err, EX_USAGE, "-s %s: the port must be "
			    "from 1 to 65535", socket);
	return error_set(err, EX_USAGE, "-s %s: not a socket; give unix:/path, "
	    "local:/path, inet:port@host or inet6:port@host", socket);
}

bool
milter_options_parse(struct milter_options *o_r, int argc, char **argv,
    struct error *err)
{
	bool help = false, version = false;
	const struct option_row rows[] = {
		{ "socket", 's', .text = &o_r->socket },
		{ "background", .flag = &o_r->background },
		{ "pid-file", .text = &o_r->pid_file },
		{ "database", 'd', .text = &o_r->database },
		{ "verbose", 'v', .count = &o_r->verbosity },
		{ "help", 'h', .stop = &help },
		{ "version", 'V', .stop = &version },
		{ .name = NULL }
	};
	int rest;

	*o_r = (struct milter_options){ .database = spool_default_path() };
	if (!option_parse(rows, argc, argv, false, &rest, err))
		return false;
	o_r->mode = help ? MILTER_HELP : version ? MILTER_VERSION :
	    MILTER_SERVE;
	if (o_r->mode != MILTER_SERVE)
		return true;
	if (rest < argc)
		return error_set(err, EX_USAGE,
		    "unexpected argument; see --help");
	return check_socket(o_r->socket, err);
}
