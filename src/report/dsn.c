/*
 * The frame of a DSN and its part for programs; dsn_words.c has the part for
 * people.
 */
#include "report/dsn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/dsn_impl.h"

/* INTERFACE.md 6: expired is 4.4.7 on the recipient and this here. */
static const char expired_status[] = "5.4.7";

static const struct {
	const char *name;
	char class;		/* of the status, RFC 3464 2.3.4 */
} actions[] = {
	[DSN_ACTION_NONE] = { NULL, '5' },
	[DSN_ACTION_FAILED] = { "failed", '5' },
	[DSN_ACTION_DELAYED] = { "delayed", '4' },
	[DSN_ACTION_DELIVERED] = { "delivered", '2' },
	[DSN_ACTION_RELAYED] = { "relayed", '2' },
};
static_assert(ARRAY_LEN(actions) == DSN_ACTION_COUNT, "");

const char *
dsn_action_name(enum dsn_action action)
{
	return actions[action].name;
}

enum dsn_action
dsn_action_find(const char *name)
{
	for (size_t i = 1; name != NULL && i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return (enum dsn_action)i;
	return DSN_ACTION_NONE;
}

bool
dsn_needs_smtputf8(const char *to)
{
	return !dsn_is_ascii(to);
}

/* RFC 5321 4.2: a code, then a blank, a hyphen or nothing. */
bool
dsn_is_reply(const char *reply)
{
	return reply != NULL && strspn(reply, "2345") >= 1 &&
	    strspn(reply, "0123456789") == 3 &&
	    (reply[3] == ' ' || reply[3] == '-' || reply[3] == '\0');
}

/* Only message/global-* may hold UTF-8 as it is (RFC 6533 3). */
static bool
is_global(const struct dsn *d)
{
	if (d->smtputf8)
		return true;
	for (size_t i = 0; i < d->n_rcpts; i++)
		if (!dsn_is_ascii(d->rcpts[i].address) ||
		    (d->rcpts[i].orcpt != NULL &&
		    !dsn_is_ascii(d->rcpts[i].orcpt)))
			return true;
	return false;
}

/* --- message/delivery-status ------------------------------------------ */

struct fields {
	struct buf *out;
	bool ascii;
};

/* "Name: type; value", left out where there is no value. */
static void
put(const struct fields *f, const char *name, const char *type,
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
	put(f, name, "", text);
}

static void
put_status(const struct fields *f, const struct dsn_recipient *r)
{
	char text[16];

	if (r->expired)
		(void)text_copy(text, sizeof(text), expired_status);
	else if (r->status == NULL || r->status[0] == '\0' ||
	    !text_copy(text, sizeof(text), r->status))
		(void)text_copy(text, sizeof(text), "5.0.0");
	text[0] = actions[r->action].class;
	put(f, "Status", "", text);
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
	put(f, "Original-Recipient", "", buf_str(&text));
	buf_free(&text);
}

static void
put_diagnostic(const struct fields *f, const struct dsn_recipient *r)
{
	struct buf text = BUF_INIT;

	if (dsn_is_reply(r->reply)) {
		put(f, "Remote-MTA", "dns", r->mx);
		put(f, "Diagnostic-Code", "smtp", r->reply);
		return;
	}
	/* No server said this: Remote-MTA would blame it for our policy. */
	if (r->reply == NULL)
		return;
	(void)buf_printf(&text, "%s%s%s",
	    r->result_type != NULL ? r->result_type : "",
	    r->result_type != NULL ? ": " : "", r->reply);
	put(f, "Diagnostic-Code", "x-tlsq", buf_str(&text));
	buf_free(&text);
}

/* RFC 3464 2.3 */
static void
put_recipient(const struct fields *f, const struct dsn *d,
    const struct dsn_recipient *r)
{
	char log_id[24];

	(void)buf_puts(f->out, "\r\n");
	put_original(f, r->orcpt);
	put(f, "Final-Recipient", dsn_is_ascii(r->address) ? "rfc822" : "utf-8",
	    r->address);
	put(f, "Action", "", dsn_action_name(r->action));
	put_status(f, r);
	put_diagnostic(f, r);
	put_date(f, "Last-Attempt-Date", r->last_attempt_at);
	(void)snprintf(log_id, sizeof(log_id), "%lld", (long long)d->log_id);
	put(f, "Final-Log-Id", "", log_id);
	if (r->action == DSN_ACTION_DELAYED)
		put_date(f, "Will-Retry-Until", r->retry_until_at);
}

/* RFC 3464 2.2, then a group of fields for each recipient. */
static void
put_status_part(struct buf *out, const struct dsn *d)
{
	const struct fields f = { out, !is_global(d) };

	put(&f, "Original-Envelope-Id", "", d->envid);
	put(&f, "Reporting-MTA", "dns", d->host);
	put(&f, "Received-From-MTA", "dns", d->received_from);
	put_date(&f, "Arrival-Date", d->arrived_at);
	for (size_t i = 0; i < d->n_rcpts; i++)
		put_recipient(&f, d, &d->rcpts[i]);
}

/* --- the frame -------------------------------------------------------- */

static const char *
encoding(bool eight_bit)
{
	return eight_bit ? "8bit" : "7bit";
}

static void
put_part(struct buf *out, const struct dsn *d, const char *description,
    const char *type, bool eight_bit)
{
	(void)buf_printf(out, "--%s\r\nContent-Description: %s\r\n"
	    "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
	    d->boundary, description, type, encoding(eight_bit));
}

static void
put_header(struct buf *out, const struct dsn *d, bool eight_bit)
{
	char date[CLOCK_RFC5322_LEN];

	clock_rfc5322(date, d->now);
	(void)buf_printf(out, "Date: %s\r\nFrom: ", date);
	dsn_put_phrase(out, d->from_name);
	(void)buf_printf(out, " <%s>\r\nTo: <", d->from_address);
	dsn_put_clean(out, d->to, false);
	(void)buf_printf(out, ">\r\nSubject: %s\r\nMessage-ID: <%s>\r\n",
	    dsn_subject(d), d->message_id);
	/* RFC 3834 5: so that nothing answers it. */
	(void)buf_printf(out, "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n"
	    "This is a report in MIME format.\r\n\r\n", d->boundary,
	    encoding(eight_bit));
}

/* RFC 6522 3 and 4, RFC 6533 3 and 5. */
static const char *
returned_type(const struct dsn *d)
{
	bool full = d->returned == DSN_RETURN_FULL;

	if (d->smtputf8)
		return full ? "message/global" : "message/global-headers";
	return full ? "message/rfc822" : "text/rfc822-headers";
}

void
dsn_write_head(struct buf *out, const struct dsn *d)
{
	struct buf words = BUF_INIT, status = BUF_INIT;
	bool words_8bit, status_8bit, returns;

	assert(d->n_rcpts > 0);
	returns = d->returned != DSN_RETURN_NOTHING;
	dsn_put_words(&words, d);
	put_status_part(&status, d);
	words_8bit = !dsn_is_ascii(buf_str(&words));
	status_8bit = !dsn_is_ascii(buf_str(&status));
	put_header(out, d, words_8bit || status_8bit ||
	    (returns && d->returned_8bit));
	put_part(out, d, "Notification", "text/plain; charset=utf-8",
	    words_8bit);
	(void)buf_append(out, words.data, words.len);
	(void)buf_puts(out, "\r\n");
	put_part(out, d, "Delivery report", is_global(d) ?
	    "message/global-delivery-status" : "message/delivery-status",
	    status_8bit);
	(void)buf_append(out, status.data, status.len);
	(void)buf_puts(out, "\r\n");
	if (returns)
		put_part(out, d, d->returned == DSN_RETURN_FULL ?
		    "Undelivered message" : "Header of the message",
		    returned_type(d), d->returned_8bit);
	buf_free(&words);
	buf_free(&status);
}

void
dsn_write_tail(struct buf *out, const struct dsn *d)
{
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
