/*
 * The command line of tlsq-runner.
 */
#ifndef TLSQ_QUEUE_OPTIONS_H
#define TLSQ_QUEUE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum runner_mode {
	RUNNER_MODE_UNSET,
	RUNNER_ONCE,		/* passes until nothing more is due */
	RUNNER_DAEMON,		/* until SIGTERM */
	RUNNER_HELP,
	RUNNER_VERSION
};

struct runner_options {
	enum runner_mode mode;
	const char *database;	/* never NULL */
	bool background, now;
	const char *pid_file;	/* or NULL */
	int verbosity;
	const char **domains;	/* A-labels, lower case */
	size_t n_domains;
	int64_t *messages;
	size_t n_messages;
};

/*
 * Reads argv; texts are borrowed from it.  EX_USAGE with what is wrong.
 * runner_options_free() gives back the lists.
 */
bool runner_options_parse(struct runner_options *o_r, int argc, char **argv,
    struct error *err) MUST_CHECK;
void runner_options_free(struct runner_options *o);
extern const char runner_usage[];

#endif
