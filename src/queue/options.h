/*
 * The command line of tlsq-runner: parsed and checked, nothing is opened yet.
 * Main thread.
 */
#ifndef TLSQ_QUEUE_OPTIONS_H
#define TLSQ_QUEUE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum queue_mode {
	RUNNER_MODE_UNSET,
	RUNNER_ONCE,		/* passes until nothing more is due */
	RUNNER_DAEMON,		/* until SIGTERM */
	RUNNER_HELP,
	RUNNER_VERSION
};

struct queue_options {
	enum queue_mode mode;
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
 * queue_options_free() gives back the lists.
 */
bool queue_options_parse(struct queue_options *o_r, int argc, char **argv,
    struct error *err) MUST_CHECK;
void queue_options_free(struct queue_options *o);
extern const char queue_usage[];

#endif
