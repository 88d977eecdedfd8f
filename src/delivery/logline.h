/*
 * The log line of a delivery attempt (tlsq-runner(8) names its fields).  PURE:
 * facts in, text out; result.c logs it.
 */
#ifndef TLSQ_DELIVERY_LOGLINE_H
#define TLSQ_DELIVERY_LOGLINE_H

#include <stddef.h>

#include "spool/message.h"
#include "spool/record.h"

struct delivery_log_line {
	const struct spool_message *message;
	const char *to;
	const struct spool_attempt *attempt;	/* that decided */
	const struct spool_session *session;	/* its; NULL: none */
	const struct spool_result *result;
};

/* Sendmail's field order; remote text is cut, and escaped by the log itself.
 * Nothing before stat= can look like another field; the reply is the last one. */
void delivery_log_format(char *dst, size_t room,
    const struct delivery_log_line *l);

#endif
