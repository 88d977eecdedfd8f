/*
 * Command lines: getopt_long, driven by a table.
 */
#include "base/option.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 32, FIRST_ROW = 256 };

static bool
option_refuse(int argc, char **argv, int what, struct error *err)
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

static bool
option_take(const struct option_row *row, const char *value,
    struct error *err)
{
	if (row->flag != NULL)
		*row->flag = true;
	else if (row->stop != NULL)
		*row->stop = true;
	else if (row->count != NULL)
		++*row->count;
	else if (row->text != NULL)
		*row->text = value;
	else
		return row->take(row->ctx, value, err);
	return true;
}

bool
option_parse(const struct option_row *rows, int argc, char **argv,
    bool first_ends, int *rest_r, struct error *err)
{
	struct option longs[OPTIONS_MAX + 1] = { { .name = NULL } };
	char letters[2 * OPTIONS_MAX + 3], *end = letters;
	const struct option_row *row = rows;
	int c;

	if (first_ends)
		*end++ = '+';
	*end++ = ':';
	for (int i = 0; rows[i].name != NULL; i++) {
		const bool value = rows[i].text != NULL || rows[i].take != NULL;

		assert(i < OPTIONS_MAX);
		longs[i] = (struct option){ .name = rows[i].name,
		    .has_arg = value ? required_argument : no_argument,
		    .val = FIRST_ROW + i };
		if (rows[i].letter != '\0')
			*end++ = rows[i].letter;
		if (rows[i].letter != '\0' && value)
			*end++ = ':';
	}
	*end = '\0';
	opterr = 0;
	optind = 0;	/* glibc: also forget what was permuted */
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == ':' || c == '?')
			return option_refuse(argc, argv, c, err);
		for (row = rows; c < FIRST_ROW && row->letter != c; row++)
			;
		if (c >= FIRST_ROW)
			row = rows + (c - FIRST_ROW);
		if (!option_take(row, optarg, err))
			return false;
		if (row->stop != NULL)
			break;
	}
	*rest_r = optind;
	return true;
}

bool
option_message_id(int64_t *id_r, const char *text, struct error *err)
{
	char *end;
	long long id;

	errno = 0;
	id = strtoll(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' ||
	    id == 0)
		return error_set(err, EX_USAGE, "\"%s\" is not a message id; "
		    "\"tlsq list\" shows them", text);
	*id_r = id;
	return true;
}
