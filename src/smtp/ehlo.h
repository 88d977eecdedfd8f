/*
 * What a server said it can do in its reply to EHLO (RFC 5321 4.1.1.1).  PURE.
 *
 * Keywords and mechanisms in any case, "AUTH=LOGIN" as "AUTH LOGIN"; unknown
 * keywords and parameters are passed over.
 */
#ifndef TLSQ_SMTP_EHLO_H
#define TLSQ_SMTP_EHLO_H

#include <stdint.h>

#include "smtp/reply.h"

enum {
	SMTP_CAN_STARTTLS = 1 << 0,		/* RFC 3207 */
	SMTP_CAN_PIPELINING = 1 << 1,		/* RFC 2920 */
	SMTP_CAN_SIZE = 1 << 2,			/* RFC 1870 */
	SMTP_CAN_8BITMIME = 1 << 3,		/* RFC 6152 */
	SMTP_CAN_SMTPUTF8 = 1 << 4,		/* RFC 6531 */
	SMTP_CAN_DSN = 1 << 5,			/* RFC 3461 */
	SMTP_CAN_CHUNKING = 1 << 6,		/* RFC 3030 */
	SMTP_CAN_ENHANCEDSTATUSCODES = 1 << 7,	/* RFC 2034 */
	SMTP_CAN_REQUIRETLS = 1 << 8,		/* RFC 8689 */
	SMTP_CAN_AUTH_PLAIN = 1 << 9,		/* RFC 4954 */
	SMTP_CAN_AUTH_LOGIN = 1 << 10,
};

struct smtp_capabilities {
	unsigned can;		/* a set of SMTP_CAN_* */
	uint64_t size_max;	/* 0: no limit is known (RFC 1870 4) */
	char name[256];		/* the server's name for itself, printable;
				 * "" where the reply has none */
};

/* From a reply of class 2. */
void smtp_ehlo_parse(struct smtp_capabilities *caps_r,
    const struct smtp_reply *reply);

#endif
