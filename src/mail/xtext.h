/*
 * xtext and the values of ENVID and ORCPT (RFC 3461 4, 4.2, 4.4; RFC 6533 3).
 *
 * The spool holds both decoded, as people write them and as DSNs show them:
 * ENVID plain text, ORCPT "type;address" ("rfc822;a+b@c.example",
 * "utf-8;\xc3\xa4@c.example").  The wire holds them encoded.  Decoding what
 * encoding made gives the same text back.
 *
 * Pure; any thread.  Errors are EX_DATAERR and name the value.
 */
#ifndef TLSQ_MAIL_XTEXT_H
#define TLSQ_MAIL_XTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

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
