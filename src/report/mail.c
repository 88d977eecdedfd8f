/*
 * The message, from its first header to its last boundary.
 */
#include "report/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	DAY_S = 86400,
	LINE_CHARS = 76		/* RFC 2045 6.8 */
};

/* "submitter!domain!begin!end!unique.json.gz" (RFC 8460 5.1) */
static void
put_file_name(struct buf *out, const struct report_mail *m)
{
	(void)buf_printf(out, "%s!%s!%lld!%lld!%.*s.json.gz", m->submitter,
	    m->domain, (long long)m->day_start,
	    (long long)(m->day_start + DAY_S - 1),
	    (int)strcspn(m->report_id, "@"), m->report_id);
}

static void
put_base64(struct buf *out, const void *data, size_t len)
{
	char *text = mem_alloc(TEXT_BASE64_LEN(len));
	size_t n;

	text_base64(text, data, len);
	for (const char *p = text; *p != '\0'; p += n) {
		n = strnlen(p, LINE_CHARS);
		(void)buf_append(out, p, n);
		(void)buf_puts(out, "\r\n");
	}
	free(text);
}

static void
put_header(struct buf *out, const struct report_mail *m, const char *boundary)
{
	char date[CLOCK_RFC5322_LEN];

	clock_rfc5322(date, m->now);
	(void)buf_printf(out,
	    "From: <%s>\r\n"
	    "To: <%s>\r\n"
	    "Date: %s\r\n"
	    "Subject: Report Domain: %s\r\n"
	    " Submitter: %s\r\n"
	    " Report-ID: <%s>\r\n"
	    "Message-ID: <%s>\r\n"
	    "TLS-Report-Domain: %s\r\n"
	    "TLS-Report-Submitter: %s\r\n"
	    "TLS-Required: No\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
	    "\tboundary=\"%s\"\r\n"
	    "\r\n", m->from, m->to, date, m->domain, m->submitter,
	    m->report_id, m->report_id, m->domain, m->submitter, boundary);
}

void
report_mail_write(struct buf *out, const struct report_mail *m)
{
	struct buf name = BUF_INIT;
	char boundary[64];

	(void)snprintf(boundary, sizeof(boundary), "=_%.*s",
	    (int)strcspn(m->report_id, "@"), m->report_id);
	put_file_name(&name, m);
	put_header(out, m, boundary);
	(void)buf_printf(out,
	    "--%s\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "\r\n"
	    "This is a report on TLS sessions for mail that was sent to\r\n"
	    "%s on %s (UTC); RFC 8460 describes it.\r\n"
	    "%s sends it because of the TXT record at\r\n"
	    "_smtp._tls.%s.\r\n"
	    "\r\n"
	    "--%s\r\n"
	    "Content-Type: application/tlsrpt+gzip\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment;\r\n"
	    "\tfilename=\"%s\"\r\n"
	    "\r\n", boundary, m->domain, m->day, m->submitter, m->domain,
	    boundary, buf_str(&name));
	put_base64(out, m->gzip, m->gzip_len);
	(void)buf_printf(out, "\r\n--%s--\r\n", boundary);
	buf_free(&name);
}
