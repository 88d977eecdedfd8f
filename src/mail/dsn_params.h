/*
 * The DSN parameters NOTIFY and RET (RFC 3461 4.1, 4.3): their words.
 *
 * Words are read in any case and written in upper case, lists in the order
 * SUCCESS,FAILURE,DELAY: one spelling in the spool and on the wire.
 * Pure; any thread.  Errors are EX_DATAERR.
 */
#ifndef TLSQ_MAIL_DSN_PARAMS_H
#define TLSQ_MAIL_DSN_PARAMS_H

#include <stdbool.h>

#include "base/error.h"

/* A set; DSN_NEVER stands alone.  0: not asked for, so failure (and delay, if
 * the schedule notifies) is reported. */
enum {
	DSN_NOTIFY_UNSET = 0,
	DSN_NEVER = 1, DSN_SUCCESS = 2, DSN_FAILURE = 4, DSN_DELAY = 8,
};
enum dsn_ret { DSN_RET_UNSET, DSN_RET_FULL, DSN_RET_HDRS, DSN_RET_COUNT };

/* "never", or a list of the other three. */
MUST_CHECK bool dsn_notify_parse(unsigned *notify_r, const char *text,
    struct error *err);
/* "SUCCESS,FAILURE,DELAY" at the longest; "" for DSN_NOTIFY_UNSET. */
enum { DSN_NOTIFY_LEN = 24 };
void dsn_notify_print(char dst[static DSN_NOTIFY_LEN], unsigned notify);

MUST_CHECK bool dsn_ret_parse(enum dsn_ret *ret_r, const char *text,
    struct error *err);
/* "FULL", "HDRS"; "" for DSN_RET_UNSET.  Static. */
const char *dsn_ret_name(enum dsn_ret ret);

#endif
