/*
 * The log line of a delivery attempt (tlsq-runner(8) names its fields).
 * PURE: facts in, text out.
 */
#ifndef TLSQ_DELIVERY_LOGLINE_H
#define TLSQ_DELIVERY_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum logline_stat { STAT_SENT, STAT_DEFERRED, STAT_FAILED };

struct logline {
	int64_t message_id;
	const char *to;
	const char *mta_id;	/* NULL: left out */
	int64_t delay_s, xdelay_ms;
	const char *mx, *address; /* NULL: no host was reached */
	const char *strategy;
	const char *level;	/* that was required; NULL: nothing was */
	const char *tls, *protocol, *cipher; /* NULL: no session */
	const char *dane, *mta_sts;
	const char *status;	/* enhanced code */
	const char *result_type; /* RFC 8460 word or NULL */
	enum logline_stat stat;
	const char *reply;
};

/* Sendmail's field order; remote text is cut, and escaped by the log itself.
 * Nothing before stat= can look like another field; the reply is the last one. */
void logline_format(char *dst, size_t room, const struct logline *l);

#endif
