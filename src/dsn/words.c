/*
 * The part of a DSN for people: what happened, in words that do not need a
 * postmaster to read them, with the host and the server's own words for those
 * who have one.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dsn/dsn_impl.h"
#include "policy/level.h"

static const char indent[] = "    ";

/* What the subject speaks of. */
static enum dsn_action
gravest_action(const struct dsn *d)
{
	enum dsn_action gravest = dsn_action_find(d->about->rcpts[0].owed);

	/* The enum is in that order. */
	for (size_t i = 1; i < d->about->rcpt_count; i++) {
		enum dsn_action a = dsn_action_find(d->about->rcpts[i].owed);

		if (a < gravest)
			gravest = a;
	}
	return gravest;
}

/* Sendmail's subjects, where it has one: readers and filters know them. */
static const struct {
	const char *subject, *opening, *heading;
} words[DSN_ACTION_COUNT] = {
	[DSN_ACTION_FAILED] = {
		"Returned mail: see transcript for details",
		"Your message could not be delivered to one or more of its "
		"recipients. No further attempts will be made for them.",
		"could not be delivered" },
	[DSN_ACTION_DELAYED] = {
		"Warning: could not send message yet, will keep trying",
		"This is a warning only. You do not need to send your message "
		"again: delivery will be retried automatically.",
		"not delivered yet" },
	[DSN_ACTION_DELIVERED] = {
		"Return receipt",
		"This is the delivery receipt that was requested.",
		"delivered" },
	[DSN_ACTION_RELAYED] = {
		"Return receipt",
		"This is the delivery receipt that was requested.",
		"relayed to a host that does not send delivery receipts" },
};

const char *
dsn_subject(const struct dsn *d)
{
	return words[gravest_action(d)].subject;
}

/* --- one recipient ---------------------------------------------------- */

static void
put_labelled(struct buf *out, const char *label, const char *text)
{
	char first[16];

	(void)snprintf(first, sizeof(first), "%s%s", indent, label);
	dsn_put_lines(out, first, "            ", text, false);
}

static void
put_sentence(struct buf *out, const char *text)
{
	dsn_put_lines(out, indent, indent, text, false);
}

/* The host that decided: "mx.example.test [192.0.2.1]". */
static void
put_deciding_host(struct buf *out, const struct spool_owed_rcpt *r)
{
	struct buf text = BUF_INIT;

	if (r->mx == NULL)
		return;
	(void)buf_puts(&text, r->mx);
	if (r->mx_address != NULL)
		(void)buf_printf(&text, " [%s]", r->mx_address);
	put_labelled(out, "Host:   ", buf_str(&text));
	buf_free(&text);
}

/* What the TLS policy in force asks for, by the first row that fits. */
static const struct policy {
	const char *result_type, *error; /* NULL: any */
	enum policy_level level;	/* UNSET: any */
	const char *words;
} policies[] = {
	{ "dane-required", NULL, LEVEL_UNSET,
	  "DANE (RFC 7672) is required for this mail: the domain's DNS must be "
	  "signed with DNSSEC and must pin the certificates of its mail "
	  "servers" },
	{ NULL, "dane", LEVEL_MANDATORY,
	  "DANE (RFC 7672): the domain's DNS, signed with DNSSEC, requires TLS "
	  "to this host" },
	{ NULL, "dane", LEVEL_UNSET,
	  "DANE (RFC 7672): the domain's DNS, signed with DNSSEC, pins the "
	  "certificate of this host" },
	{ NULL, "mta-sts", LEVEL_UNSET,
	  "MTA-STS (RFC 8461): the domain publishes which hosts accept its "
	  "mail, and requires TLS with a valid certificate" },
	{ NULL, NULL, LEVEL_DANE,
	  "DANE (RFC 7672): the domain's DNS, signed with DNSSEC, requires TLS "
	  "with the certificate that it pins" },
	{ NULL, NULL, LEVEL_MTA_STS,
	  "MTA-STS (RFC 8461): the domain requires that its mail is sent over "
	  "TLS with a valid certificate" },
	{ NULL, NULL, LEVEL_MANDATORY,
	  "TLS is required for this mail" },
	{ NULL, NULL, LEVEL_UNSET,
	  "a host that offers TLS must have a valid certificate, and TLS must "
	  "work" },
};

static const struct policy *
policy_of(const struct spool_owed_rcpt *r)
{
	const struct policy *p = policies;

	while ((p->result_type != NULL && (r->result_type == NULL ||
	    strcmp(p->result_type, r->result_type) != 0)) ||
	    (p->error != NULL && strcmp(p->error, r->last_error) != 0) ||
	    (p->level != LEVEL_UNSET && (r->level == NULL ||
	    strcmp(policy_level_name(p->level), r->level) != 0)))
		p++;
	return p;
}

static void
put_policy_words(struct buf *out, const struct spool_owed_rcpt *r)
{
	struct buf text = BUF_INIT;

	put_sentence(out, "The message was not sent, because the connection "
	    "would not have been secure: it did not meet the TLS policy.");
	(void)buf_printf(&text, "%s", policy_of(r)->words);
	if (r->strategy != NULL)
		(void)buf_printf(&text, " (strategy \"%s\" of this site)",
		    r->strategy);
	put_labelled(out, "Policy: ", buf_str(&text));
	put_deciding_host(out, r);
	buf_clear(&text);
	(void)buf_printf(&text, "%s%s%s",
	    r->result_type != NULL ? r->result_type : "",
	    r->result_type != NULL ? ": " : "",
	    r->reply != NULL ? r->reply : "no details are known");
	if (r->verify_error != NULL && (r->reply == NULL ||
	    strstr(r->reply, r->verify_error) == NULL))
		(void)buf_printf(&text, " (certificate: %s)", r->verify_error);
	put_labelled(out, "Found:  ", buf_str(&text));
	buf_free(&text);
}

/* What lies behind the words of recipient.last_error, but for policy. */
static const struct {
	const char *error, *words;
} causes[] = {
	{ "dns", "The mail servers of its domain could not be found:" },
	{ "connection", "The mail server could not be reached, or the "
	  "connection to it was lost:" },
	{ "io", "A local error prevented delivery:" },
	{ "rate", "Too many messages were being sent to that server:" },
	{ "concurrency", "Too many connections to that server were open:" },
};

static const char *
cause_of(const struct spool_owed_rcpt *r)
{
	if (dsn_is_reply(r->reply))
		return r->reply[0] == '2' ? "The mail server answered:" :
		    "The mail server refused it:";
	for (size_t i = 0; r->last_error != NULL && i < ARRAY_LEN(causes); i++)
		if (strcmp(causes[i].error, r->last_error) == 0)
			return causes[i].words;
	return "The reason:";
}

static bool
is_policy(const struct spool_owed_rcpt *r)
{
	return r->last_error != NULL && !dsn_is_reply(r->reply) &&
	    (strcmp(r->last_error, "tls") == 0 || strcmp(r->last_error,
	    "dane") == 0 || strcmp(r->last_error, "mta-sts") == 0);
}

static void
put_reason(struct buf *out, const struct spool_owed_rcpt *r)
{
	if (r->expired)
		put_sentence(out, "Delivery was retried until the message "
		    "expired. The last error was:");
	if (is_policy(r)) {
		put_policy_words(out, r);
		return;
	}
	if (r->reply == NULL)
		return;
	put_sentence(out, cause_of(r));
	put_deciding_host(out, r);
	put_labelled(out, "Found:  ", r->reply);
}

static void
put_recipient_words(struct buf *out, const struct spool_owed_rcpt *r)
{
	struct buf text = BUF_INIT;
	char date[CLOCK_RFC5322_LEN];

	(void)buf_printf(&text, "<%s>: %s", r->address,
	    words[dsn_action_find(r->owed)].heading);
	(void)buf_puts(out, "\r\n");
	dsn_put_lines(out, "", indent, buf_str(&text), false);
	put_reason(out, r);
	if (dsn_action_find(r->owed) == DSN_ACTION_DELAYED &&
	    r->expires_at >= 0) {
		clock_rfc5322(date, r->expires_at);
		buf_clear(&text);
		(void)buf_printf(&text, "Delivery will be retried until %s.",
		    date);
		put_sentence(out, buf_str(&text));
	}
	buf_free(&text);
}

/* --- the whole -------------------------------------------------------- */

static const char *
what_follows(const struct dsn *d)
{
	switch (d->returned) {
	case DSN_RETURN_NOTHING:
		return "Your message is not included.";
	case DSN_RETURN_HEADERS:
		return "The header of your message is included below.";
	case DSN_RETURN_FULL:
		break;
	}
	return "Your message is included below.";
}

void
dsn_put_words(struct buf *out, const struct dsn *d)
{
	const struct spool_message *m = &d->about->message;
	struct buf text = BUF_INIT;
	char date[CLOCK_RFC5322_LEN];

	(void)buf_printf(&text, "This is the mail system at host %s.",
	    d->host);
	dsn_put_lines(out, "", "", buf_str(&text), false);
	(void)buf_puts(out, "\r\n");
	dsn_put_lines(out, "", "", words[gravest_action(d)].opening, false);
	for (size_t i = 0; i < d->about->rcpt_count; i++)
		put_recipient_words(out, &d->about->rcpts[i]);
	clock_rfc5322(date, m->received_at);
	buf_clear(&text);
	(void)buf_printf(&text, "The message was received on %s; its number "
	    "in the log is %lld%s%s. %s", date, (long long)m->id,
	    m->mta_id != NULL ? ", and its Sendmail queue id is " : "",
	    m->mta_id != NULL ? m->mta_id : "", what_follows(d));
	(void)buf_puts(out, "\r\n");
	dsn_put_lines(out, "", "", buf_str(&text), false);
	buf_free(&text);
}
