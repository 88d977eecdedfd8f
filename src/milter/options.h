/*
 * The command line of tlsq-milter: parsed and checked, nothing is opened yet.
 * Main thread.
 */
#ifndef TLSQ_MILTER_OPTIONS_H
#define TLSQ_MILTER_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"

enum milter_mode { MILTER_SERVE, MILTER_HELP, MILTER_VERSION };

struct milter_options {
	enum milter_mode mode;
	const char *database;	/* never NULL */
	const char *socket;	/* never NULL with MILTER_SERVE */
	const char *pid_file;	/* or NULL */
	bool background;
	int verbosity;
};

/* Reads argv; texts are borrowed from it.  EX_USAGE with what is wrong. */
bool milter_options_parse(struct milter_options *o_r, int argc, char **argv,
    struct error *err) MUST_CHECK;
extern const char milter_usage[];

#endif
