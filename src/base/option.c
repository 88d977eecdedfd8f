/*
 * The words for an option that is not understood.
 */
#include "base/option.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

bool
option_refused(int argc, char **argv, int what, struct error *err)
{
	const char *last = optind > 0 && optind <= argc ? argv[optind - 1] :
	    "";
	char shown[16];

	/* of a cluster of letters only the letter is known */
	(void)snprintf(shown, sizeof(shown), "-%c", optopt);
	if (strncmp(last, "--", 2) != 0 && optopt != 0)
		last = shown;
	return error_set(err, EX_USAGE, what == ':' ?
	    "option %s needs a value; see --help" :
	    "%s: unknown option or unexpected value; see --help",
	    last);
}
