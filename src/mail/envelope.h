/*
 * The arguments of MAIL and RCPT: the path in its <>, then the parameters as
 * they stand on the wire.  Parameters that are not known here pass: Sendmail has
 * checked them.
 *
 * Pure; any thread.  Errors are EX_DATAERR.
 */
#ifndef TLSQ_MAIL_ENVELOPE_H
#define TLSQ_MAIL_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "mail/address.h"
#include "mail/dsn_params.h"

struct mail_sender {
	struct mail_address address;
	int64_t size;		/* SIZE=; 0: not declared */
	bool body_8bitmime, smtputf8;
	enum mail_ret ret;
	char envid[MAIL_ENVID_MAX + 1];	/* decoded; "" where not given */
};

/*
 * argv ends with NULL.  A sender without a domain (a local user) gets own_name
 * for one.  An ENVID that does not decode is dropped: lost with it is a word in
 * a DSN, not mail.
 */
bool mail_sender_parse(struct mail_sender *s_r, const char *const *argv,
    const char *own_name, struct error *err) MUST_CHECK;

struct mail_recipient {
	struct mail_address address;
	unsigned notify;
	char orcpt[MAIL_ORCPT_MAX + 1];	/* decoded; "" where not given */
};

/*
 * resolved is {rcpt_addr}, the address after Sendmail's rewriting, which may be
 * another one than the client gave (virtusertable): mail goes there, and ORCPT
 * remembers the first where the client gave none.  NULL, or text without a
 * domain: the client's.
 */
bool mail_recipient_parse(struct mail_recipient *r_r,
    const char *const *argv, const char *resolved, bool smtputf8,
    struct error *err) MUST_CHECK;

#endif
