/*
 * A spool in a directory of its own, for tests.
 */
#ifndef TLSQ_TESTS_SPOOL_TESTING_H
#define TLSQ_TESTS_SPOOL_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

struct scratch {
	char dir[64];
	char path[256];		/* dir/spool.db, not there at first */
	struct spool *spool;	/* NULL until scratch_open */
	struct error err;
};

/* cmocka's setup and teardown: *state is a struct scratch. */
int scratch_setup(void **state);
int scratch_open_setup(void **state);
int scratch_teardown(void **state);

/* Runs SQL on the file as a foreign program would; "" or SQLite's words. */
const char *scratch_sql(struct scratch *s, const char *sql);
/* The first column of the first row as a number, or -1 where it is none. */
/* Is message 1 finished? */
bool scratch_finished(struct scratch *s);
int64_t scratch_number(struct scratch *s, const char *sql);
/* The first column of the first row as text (static buffer); "" for none. */
const char *scratch_text(struct scratch *s, const char *sql);

/* Fails the test with the error's text. */
#define assert_done(s, expr) \
	do { if (!(expr)) fail_msg("%s: %s", #expr, (s)->err.text); } while (0)

/* Puts a message with these recipients (NULL-terminated) in; its id. */
int64_t scratch_message(struct scratch *s, int64_t received_at,
    const char *const *addresses);

#endif
