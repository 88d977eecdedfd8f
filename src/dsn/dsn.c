/*
 * Which DSN is owed; the frame of a DSN and its part for programs.  words.c has the
 * part for people.
 */
#include "dsn/dsn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "dsn/dsn_impl.h"
#include "mail/dsn_params.h"

/* Expired is 4.4.7 in the spool; action failed takes class 5 (RFC 3464 2.3.4). */
static const char expired_status[] = "5.4.7";

/* Of the status, RFC 3464 2.3.4. */
static const char status_classes[] = {
	[DSN_ACTION_NONE] = '5', [DSN_ACTION_FAILED] = '5',
	[DSN_ACTION_DELAYED] = '4', [DSN_ACTION_DELIVERED] = '2',
	[DSN_ACTION_RELAYED] = '2',
};
static_assert(ARRAY_LEN(status_classes) == DSN_ACTION_COUNT, "");

/* --- what is owed ----------------------------------------------------- */

static const struct {
	enum dsn_action action;
	unsigned asked;		/* by which word of NOTIFY */
	bool unasked;		/* also where NOTIFY was not given */
} owed_rows[] = {
	[DSN_OWED_FAILED] = { DSN_ACTION_FAILED, MAIL_NOTIFY_FAILURE, true },
	[DSN_OWED_DELAYED] = { DSN_ACTION_DELAYED, MAIL_NOTIFY_DELAY, true },
	/* RFC 3461 5.2.1: the next host took that duty with the message. */
	[DSN_OWED_HANDED_ON] = { DSN_ACTION_NONE, 0, false },
	/* RFC 3461 5.2.2 */
	[DSN_OWED_HANDED_OVER] = { DSN_ACTION_RELAYED, MAIL_NOTIFY_SUCCESS,
	    false },
};
static_assert(ARRAY_LEN(owed_rows) == DSN_OWED_EVENT_COUNT, "");

enum dsn_action
dsn_owed_decide(enum dsn_event event, const char *sender, const char *notify)
{
	unsigned asked = MAIL_NOTIFY_UNSET;

	/* RFC 3461 6.1 (and RFC 5321 4.5.5): there is nobody to tell. */
	if (sender[0] == '\0')
		return DSN_ACTION_NONE;
	if (notify != NULL && !mail_notify_parse(&asked, notify, NULL))
		asked = MAIL_NOTIFY_UNSET;
	if (asked == MAIL_NOTIFY_UNSET ? owed_rows[event].unasked :
	    (asked & owed_rows[event].asked) != 0)
		return owed_rows[event].action;
	return DSN_ACTION_NONE;
}

int
dsn_owed_notices(const int64_t *notify_s, size_t n, int64_t age_s)
{
	int due = 0;

	for (size_t i = 0; i < n; i++)
		if (notify_s[i] <= age_s)
			due++;
	return due;
}

/* --- what it needs ---------------------------------------------------- */

bool
dsn_needs_smtputf8(const char *to)
{
	return !dsn_is_ascii(to);
}

/* Only message/global-* may hold UTF-8 as it is (RFC 6533 3). */
static bool
is_global(const struct dsn *d)
{
	if (d->about->message.smtputf8)
		return true;
	for (size_t i = 0; i < d->about->rcpt_count; i++) {
		const struct spool_owed_rcpt *r = &d->about->rcpts[i];

		if (!dsn_is_ascii(r->address) ||
		    (r->orcpt != NULL && !dsn_is_ascii(r->orcpt)))
			return true;
	}
	return false;
}

/* --- message/delivery-status ------------------------------------------ */

struct fields {
	struct buf *out;
	bool ascii;
};

/* "Name: type; value", left out where there is no value. */
static void
put_field(const struct fields *f, const char *name, const char *type,
    const char *value)
{
	char first[64];

	if (value == NULL || value[0] == '\0')
		return;
	(void)snprintf(first, sizeof(first), "%s: %s%s", name, type,
	    type[0] != '\0' ? "; " : "");
	dsn_put_lines(f->out, first, " ", value, f->ascii);
}

static void
put_date(const struct fields *f, const char *name, int64_t at)
{
	char text[CLOCK_RFC5322_LEN];

	if (at < 0)
		return;
	clock_rfc5322(text, at);
	put_field(f, name, "", text);
}

static void
put_status(const struct fields *f, const struct spool_owed_rcpt *r)
{
	char text[16];

	if (r->expired)
		(void)text_copy(text, sizeof(text), expired_status);
	else if (r->status == NULL || r->status[0] == '\0' ||
	    !text_copy(text, sizeof(text), r->status))
		(void)text_copy(text, sizeof(text), "5.0.0");
	text[0] = status_classes[dsn_action_find(r->owed)];
	put_field(f, "Status", "", text);
}

/* "type;address" of RFC 3461 as RFC 3464 2.3.1 writes it. */
static void
put_original(const struct fields *f, const char *orcpt)
{
	const char *sep = orcpt != NULL ? strchr(orcpt, ';') : NULL;
	struct buf text = BUF_INIT;

	if (sep == NULL)
		return;
	(void)buf_append(&text, orcpt, (size_t)(sep + 1 - orcpt));
	(void)buf_printf(&text, " %s", sep + 1);
	put_field(f, "Original-Recipient", "", buf_str(&text));
	buf_free(&text);
}

static void
put_diagnostic(const struct fields *f, const struct spool_owed_rcpt *r)
{
	struct buf text = BUF_INIT;

	if (dsn_is_reply(r->reply)) {
		put_field(f, "Remote-MTA", "dns", r->mx);
		put_field(f, "Diagnostic-Code", "smtp", r->reply);
		return;
	}
	/* No server said this: Remote-MTA would blame it for our policy. */
	if (r->reply == NULL)
		return;
	(void)buf_printf(&text, "%s%s%s",
	    r->result_type != NULL ? r->result_type : "",
	    r->result_type != NULL ? ": " : "", r->reply);
	put_field(f, "Diagnostic-Code", "x-tlsq", buf_str(&text));
	buf_free(&text);
}

/* RFC 3464 2.3 */
static void
put_recipient_fields(const struct fields *f, const struct dsn *d,
    const struct spool_owed_rcpt *r)
{
	char log_id[24];

	(void)buf_puts(f->out, "\r\n");
	put_original(f, r->orcpt);
	put_field(f, "Final-Recipient", dsn_is_ascii(r->address) ?
	    "rfc822" : "utf-8", r->address);
	put_field(f, "Action", "", r->owed);
	put_status(f, r);
	put_diagnostic(f, r);
	put_date(f, "Last-Attempt-Date", r->last_attempt_at);
	(void)snprintf(log_id, sizeof(log_id), "%lld",
	    (long long)d->about->message.id);
	put_field(f, "Final-Log-Id", "", log_id);
	if (dsn_action_find(r->owed) == DSN_ACTION_DELAYED)
		put_date(f, "Will-Retry-Until", r->expires_at);
}

/* RFC 3464 2.2, then a group of fields for each recipient. */
static void
put_status_part(struct buf *out, const struct dsn *d)
{
	const struct fields f = { out, !is_global(d) };

	put_field(&f, "Original-Envelope-Id", "", d->about->message.envid);
	put_field(&f, "Reporting-MTA", "dns", d->host);
	put_field(&f, "Received-From-MTA", "dns",
	    d->about->message.client_name);
	put_date(&f, "Arrival-Date", d->about->message.received_at);
	for (size_t i = 0; i < d->about->rcpt_count; i++)
		put_recipient_fields(&f, d, &d->about->rcpts[i]);
}

/* --- the frame -------------------------------------------------------- */

/* RFC 2045 6.8: lines of 76. */
static void
put_base64(struct buf *out, const uint8_t *data, size_t len)
{
	char line[TEXT_BASE64_LEN(57)];

	for (size_t n; len > 0; data += n, len -= n) {
		n = len < 57 ? len : 57;
		text_base64(line, data, n);
		(void)buf_printf(out, "%s\r\n", line);
	}
}

static void
put_body(struct buf *out, const struct buf *body)
{
	if (dsn_is_ascii(buf_str(body)))
		(void)buf_append(out, body->data, body->len);
	else
		put_base64(out, (const uint8_t *)body->data, body->len);
	(void)buf_puts(out, "\r\n");
}

static void
put_part(struct buf *out, const struct dsn *d, const char *description,
    const char *type, bool eight_bit)
{
	(void)buf_printf(out, "--%s\r\nContent-Description: %s\r\n"
	    "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
	    d->boundary, description, type, eight_bit ? "base64" : "7bit");
}

static void
put_header(struct buf *out, const struct dsn *d)
{
	char date[CLOCK_RFC5322_LEN];

	clock_rfc5322(date, d->now);
	(void)buf_printf(out, "Date: %s\r\nFrom: ", date);
	dsn_put_phrase(out, d->from_name);
	(void)buf_printf(out, " <%s>\r\nTo: <", d->from_address);
	dsn_put_clean(out, d->about->message.sender, false);
	(void)buf_printf(out, ">\r\nSubject: %s\r\nMessage-ID: <%s>\r\n",
	    dsn_subject(d), d->message_id);
	/* RFC 3834 5: so that nothing answers it. */
	(void)buf_printf(out, "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"%s\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
	    "This is a report in MIME format.\r\n\r\n", d->boundary);
}

/* RFC 6522 3 and 4, RFC 6533 3 and 5. */
static const char *
returned_type(const struct dsn *d)
{
	bool full = d->returned == DSN_RETURN_FULL;

	if (d->about->message.smtputf8 || (full && d->returned_8bit))
		return full ? "message/global" : "message/global-headers";
	return full ? "message/rfc822" : "text/rfc822-headers";
}

void
dsn_write_head(struct buf *out, const struct dsn *d)
{
	struct buf words = BUF_INIT, status = BUF_INIT;

	assert(d->about->rcpt_count > 0);
	dsn_put_words(&words, d);
	put_status_part(&status, d);
	put_header(out, d);
	put_part(out, d, "Notification", "text/plain; charset=utf-8",
	    !dsn_is_ascii(buf_str(&words)));
	put_body(out, &words);
	put_part(out, d, "Delivery report", is_global(d) ?
	    "message/global-delivery-status" : "message/delivery-status",
	    !dsn_is_ascii(buf_str(&status)));
	put_body(out, &status);
	if (d->returned != DSN_RETURN_NOTHING)
		put_part(out, d, d->returned == DSN_RETURN_FULL ?
		    "Undelivered message" : "Header of the message",
		    returned_type(d), d->returned_8bit);
	buf_free(&words);
	buf_free(&status);
}

void
dsn_write_returned(struct buf *out, const struct dsn *d,
    struct dsn_encoder *e, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\0')
			continue;
		if (!d->returned_8bit) {
			(void)buf_append(out, data + i, 1);
			continue;
		}
		e->rest[e->n++] = (uint8_t)data[i];
		if (e->n < sizeof(e->rest))
			continue;
		put_base64(out, e->rest, e->n);
		e->n = 0;
	}
}

void
dsn_write_tail(struct buf *out, const struct dsn *d, struct dsn_encoder *e)
{
	put_base64(out, e->rest, e->n);
	e->n = 0;
	(void)buf_printf(out, "%s--%s--\r\n",
	    d->returned != DSN_RETURN_NOTHING ? "\r\n" : "", d->boundary);
}

size_t
dsn_header_len(const char *data, size_t len)
{
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n')
			continue;
		/* External producers may have written bare LF. */
		if (i == start || (i == start + 1 && data[start] == '\r'))
			return start;
		start = i + 1;
	}
	return start;
}
