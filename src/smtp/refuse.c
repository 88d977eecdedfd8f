/*
 * What is refused on our side, before MAIL: what the host said it cannot take,
 * and addresses that must not reach the wire.
 */
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/dialogue_impl.h"

/* No octet in it can end the path or the command (RFC 5321 4.1.2).  The spool
 * holds what its doors took; this holds where somebody wrote past them. */
static bool
is_wire_safe(const char *address)
{
	bool quoted = false;
	const char *p = address;

	for (; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		else if (!quoted && (*p == ' ' || *p == '<' || *p == '>'))
			return false;
	}
	return !quoted && p - address <= MAIL_ADDRESS_MAX;
}

static bool
refuse_size(const struct smtp_session *s, const struct exchange *ex)
{
	return s->caps.size_max > 0 && ex->tx->size > s->caps.size_max;
}

static bool
refuse_8bit(const struct smtp_session *s, const struct exchange *ex)
{
	return ex->tx->eight_bit && (s->caps.can & SMTP_CAN_8BITMIME) == 0;
}

static bool
refuse_utf8(const struct smtp_session *s, const struct exchange *ex)
{
	return ex->utf8 && (s->caps.can & SMTP_CAN_SMTPUTF8) == 0;
}

static bool
refuse_unproved(const struct smtp_session *s, const struct exchange *ex)
{
	return ex->tx->require_tls && !s->authenticated;
}

static bool
refuse_no_requiretls(const struct smtp_session *s, const struct exchange *ex)
{
	return ex->tx->require_tls && (s->caps.can & SMTP_CAN_REQUIRETLS) == 0;
}

static bool
refuse_sender(const struct smtp_session *s, const struct exchange *ex)
{
	(void)s;
	return !is_wire_safe(ex->tx->sender);
}

static const struct refusal {
	bool (*applies)(const struct smtp_session *s, const struct exchange *ex);
	bool host_cannot;
	const char *status, *error, *why;
} refusals[] = {
	{ .applies = refuse_sender,
	  .status = "5.1.7", .error = "io",
	  .why = "the sender's address cannot be sent" },
	/* RFC 8689 4.2.1 */
	{ .applies = refuse_unproved, .host_cannot = true,
	  .status = "5.7.10", .error = "tls",
	  .why = "REQUIRETLS needs TLS with an authenticated host" },
	{ .applies = refuse_no_requiretls, .host_cannot = true,
	  .status = "5.7.30", .error = "tls",
	  .why = "REQUIRETLS is not offered" },
	/* RFC 1870 6.1 */
	{ .applies = refuse_size, .host_cannot = true,
	  .status = "5.3.4", .error = "unexpected-reply",
	  .why = "the message is larger than its SIZE limit" },
	/* RFC 6531 3.5 */
	{ .applies = refuse_utf8, .host_cannot = true,
	  .status = "5.6.7", .error = "unexpected-reply",
	  .why = "SMTPUTF8 is not offered and the message needs it" },
	/* RFC 6152 3 */
	{ .applies = refuse_8bit, .host_cannot = true,
	  .status = "5.6.3", .error = "unexpected-reply",
	  .why = "8BITMIME is not offered and the message needs it" },
};

static struct smtp_recipient_result
refusal_verdict(const struct refusal *rule, const char *text)
{
	struct smtp_recipient_result v = {
		.outcome = SMTP_PERMANENT, .error = rule->error,
		.host_cannot = rule->host_cannot,
		.next_host = rule->host_cannot, .reply = text,
	};

	(void)text_copy(v.status, sizeof(v.status), rule->status);
	return v;
}

void
exchange_refuse(const struct smtp_session *s, struct exchange *ex)
{
	static const struct refusal bad_recipient = {
		.status = "5.1.3", .error = "io",
		.why = "the recipient's address cannot be sent",
	};
	struct smtp_recipient_result v;
	char text[400];

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		if (!refusals[i].applies(s, ex))
			continue;
		(void)snprintf(text, sizeof(text), "%.300s: %s",
		    s->config.host, refusals[i].why);
		v = refusal_verdict(&refusals[i], text);
		exchange_settle_all(ex, &v);
		return;
	}
	v = refusal_verdict(&bad_recipient, bad_recipient.why);
	for (size_t i = 0; i < ex->tx->n_recipients; i++) {
		const char *address = ex->tx->recipients[i].address;

		if (address[0] == '\0' || !is_wire_safe(address))
			exchange_settle(ex, i, &v);
	}
}
