/*
 * SQLite writes the JSON (sql/report.sql); zlib packs it.
 */
#include "report/report.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "spool/query.h"

enum {
	FAILURES_MAX = 1000,	/* of a policy; the others are one entry */
	GZIP_BITS = 15 + 16	/* zlib.h: the largest window, gzip's header */
};

static bool
missing(const char *key, struct error *err)
{
	return error_set(err, EX_CONFIG, "%s is not set, and a TLS report "
	    "must have it: set it and load the configuration", key);
}

bool
report_author_of(struct report_author *a, const struct conf *conf,
    const char *own_name, bool to_send, struct error *err)
{
	const struct conf_report_settings *r = &conf->report;
	const char *at;

	*a = (struct report_author){ .organization = r->tls_org_name,
		.contact = r->tls_contact_info, .from = r->tls_from };
	if (to_send && a->organization == NULL)
		return missing("report.tls.org-name", err);
	if (to_send && a->contact == NULL)
		return missing("report.tls.contact-info", err);
	if (a->organization == NULL)
		a->organization = own_name;
	if (a->contact == NULL)
		a->contact = own_name;
	at = strrchr(a->contact, '@');
	at = at != NULL ? at + 1 : a->contact;
	return mail_domain_parse(a->submitter, at, strlen(at), err) ||
	    error_prefix(err, "report.tls.contact-info");
}

bool
report_json(struct buf *out, struct spool *spool,
    const struct report_author *author, const char *day, const char *domain,
    const char *report_id, struct error *err)
{
	char preview[MAIL_DOMAIN_MAX * 2 + 16];
	struct spool_query q;

	(void)snprintf(preview, sizeof(preview), "%s.preview@%s", day,
	    author->submitter);
	spool_query_start_with(&q, spool, SQL_REPORT_JSON, SPOOL_VALUES(
	    SPOOL_TEXT(":day", day), SPOOL_TEXT(":domain", domain),
	    SPOOL_TEXT(":organization", author->organization),
	    SPOOL_TEXT(":contact", author->contact),
	    SPOOL_TEXT(":report_id", report_id != NULL ? report_id : preview),
	    SPOOL_INT(":most", FAILURES_MAX)));
	if (spool_query_next(&q))
		(void)buf_puts(out, spool_query_text(&q, 0));
	return spool_query_end(&q, err);
}

void
report_gzip(struct buf *out, const void *data, size_t len)
{
	uint8_t piece[16384];
	z_stream z;
	int rc;

	memset(&z, 0, sizeof(z));
	rc = deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_BITS, 8,
	    Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK);
	z.next_in = (uint8_t *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	do {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		rc = deflate(&z, Z_FINISH);
		assert(rc == Z_OK || rc == Z_STREAM_END);
		(void)buf_append(out, piece, sizeof(piece) - z.avail_out);
	} while (rc != Z_STREAM_END);
	(void)deflateEnd(&z);
}
