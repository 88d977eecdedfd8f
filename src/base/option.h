/*
 * Command lines: a table says which options there are and where their values
 * go.  Called by the programs when they start; it prints nothing and opens
 * nothing.
 */
#ifndef TLSQ_BASE_OPTION_H
#define TLSQ_BASE_OPTION_H

#include <stdint.h>

#include "base/error.h"

/* Exactly one of the five pointers is set. */
struct option_row {
	const char *name;	/* of --name; NULL ends the table */
	char letter;		/* of -x; 0: none */
	bool *flag;
	bool *stop;		/* a flag that ends the reading: --help */
	int *count;		/* one more each time */
	const char **text;	/* the last value; borrowed from argv */
	bool (*take)(void *ctx, const char *value, struct error *err);
	void *ctx;		/* of take */
};

/*
 * Reads the options of argv[1...]; argv[*rest_r] is the first argument, to which
 * all arguments are moved.  first_ends: options after an argument are not ours.
 * EX_USAGE for an option that is not in the table, lacks its value or takes none;
 * else what a row's take() says.
 */
bool option_parse(const struct option_row *rows, int argc, char **argv,
    bool first_ends, int *rest_r, struct error *err) MUST_CHECK;

/* "12" -> 12; EX_USAGE for what is not a message id. */
bool option_message_id(int64_t *id_r, const char *text, struct error *err)
    MUST_CHECK;

#endif
