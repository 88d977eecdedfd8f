/*
 * The DSN parameters NOTIFY, RET, ENVID and ORCPT (RFC 3461 4; RFC 6533 3).
 *
 * Words are read in any case and written in upper case, lists in the order
 * SUCCESS,FAILURE,DELAY: one spelling in the spool and on the wire.
 *
 * The spool holds ENVID and ORCPT decoded, as people write them and as DSNs show
 * them: ENVID plain text, ORCPT "type;address" ("rfc822;a+b@c.example",
 * "utf-8;\xc3\xa4@c.example").  The wire holds them encoded in xtext.  Decoding
 * what encoding made gives the same text back.
 *
 * Pure; any thread.  Errors are EX_DATAERR and name the value.
 */
#ifndef TLSQ_MAIL_DSN_PARAMS_H
#define TLSQ_MAIL_DSN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A set; MAIL_NOTIFY_NEVER stands alone.  0: not asked for, so failure (and delay, if
 * the schedule notifies) is reported. */
enum {
	MAIL_NOTIFY_UNSET = 0,
	MAIL_NOTIFY_NEVER = 1, MAIL_NOTIFY_SUCCESS = 2, MAIL_NOTIFY_FAILURE = 4,
	    MAIL_NOTIFY_DELAY = 8,
};
enum mail_ret { MAIL_RET_UNSET, MAIL_RET_FULL, MAIL_RET_HDRS, MAIL_RET_COUNT };

/* "never", or a list of the other three. */
MUST_CHECK bool mail_notify_parse(unsigned *notify_r, const char *text,
    struct error *err);
/* "SUCCESS,FAILURE,DELAY" at the longest; "" for MAIL_NOTIFY_UNSET. */
enum { MAIL_NOTIFY_LEN = 24 };
void mail_notify_print(char dst[static MAIL_NOTIFY_LEN], unsigned notify);

MUST_CHECK bool mail_ret_parse(enum mail_ret *ret_r, const char *text,
    struct error *err);
/* "FULL", "HDRS"; "" for MAIL_RET_UNSET.  Static. */
const char *mail_ret_name(enum mail_ret ret);

/* Octets, of the encoded and so of the decoded value too. */
enum { MAIL_ENVID_MAX = 100, MAIL_ORCPT_MAX = 500 };

/* The forms for the next hop: with SMTPUTF8 a utf-8 ORCPT goes as UTF-8. */
enum mail_orcpt_form { MAIL_ORCPT_ASCII, MAIL_ORCPT_SMTPUTF8 };

/* From the wire.  Refused: bad hex, what decodes to anything but printable
 * ASCII, more than 100 octets, nothing at all.  Lower-case hex passes: others
 * send it. */
MUST_CHECK bool mail_envid_decode(char plain_r[static MAIL_ENVID_MAX + 1],
    const char *wire, size_t len, struct error *err);
/* Checks plain the same way, the length in its encoded form. */
MUST_CHECK bool mail_envid_encode(char wire_r[static MAIL_ENVID_MAX + 1],
    const char *plain, size_t len, struct error *err);

/* For a person's "--envid ID": plain, proved to encode. */
MUST_CHECK bool mail_envid_normalise(char plain_r[static MAIL_ENVID_MAX + 1],
    const char *plain, size_t len, struct error *err);

/* The type must be an atom; it becomes lower case.  Types other than utf-8 are
 * xtext over printable ASCII. */
MUST_CHECK bool mail_orcpt_decode(char plain_r[static MAIL_ORCPT_MAX + 1],
    const char *wire, size_t len, struct error *err);
MUST_CHECK bool mail_orcpt_encode(char wire_r[static MAIL_ORCPT_MAX + 1],
    const char *plain, size_t len, enum mail_orcpt_form form,
    struct error *err);

/* For a person's "--orcpt ADDR": plain is "type;address" or only an address,
 * which gets the type rfc822 or, where it is not ASCII, utf-8.  The result is
 * the decoded form, proved to encode. */
MUST_CHECK bool mail_orcpt_normalise(char plain_r[static MAIL_ORCPT_MAX + 1],
    const char *plain, size_t len, struct error *err);

#endif
