/*
 * The TLS report of a day to a domain (RFC 8460 4), made of what was counted in
 * tls_report.  Reads the spool and nothing else; on the thread of its handle.
 */
#ifndef TLSQ_REPORT_REPORT_H
#define TLSQ_REPORT_REPORT_H

#include "base/buf.h"
#include "base/error.h"
#include "conf/config.h"
#include "mail/address.h"
#include "spool/spool.h"

/* Who reports.  Borrows from the configuration. */
struct report_author {
	const char *organization, *contact;
	const char *from;		/* sender of the mail; NULL: not set */
	/* domain of contact: TLS-Report-Submitter */
	char submitter[MAIL_DOMAIN_MAX + 1];
};

/*
 * What report.tls.* says.  What is missing is made of own_name for a report that
 * is only shown; EX_CONFIG where one is to be sent.
 */
bool report_author_of(struct report_author *author_r, const struct conf *conf,
    const char *own_name, bool to_send, struct error *err) MUST_CHECK;

/* As JSON, one document.  report_id NULL: it was not sent yet. */
bool report_json(struct buf *out, struct spool *spool,
    const struct report_author *author, const char *day, const char *domain,
    const char *report_id, struct error *err) MUST_CHECK;
/* RFC 1952. */
void report_gzip(struct buf *out, const void *data, size_t len);

#endif
