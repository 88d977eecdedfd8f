/*
 * The envelope of a transaction: what the host cannot take, or nobody should,
 * and the commands with their parameters.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/dsn_params.h"
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

bool
smtp_envelope_refused(const struct smtp_session *s,
    const struct smtp_exchange *ex, struct smtp_recipient_result *v_r,
    char text_r[static SESSION_REPLY_LEN])
{
	const struct smtp_transaction *tx = ex->tx;
	unsigned can = s->caps.can;
	const struct {
		bool applies, host_cannot;
		const char *status, *error, *why;
	} rules[] = {
		{ !is_wire_safe(tx->sender), false, "5.1.7", "io",
		  "the sender's address cannot be sent" },
		/* RFC 8689 4.2.1 */
		{ tx->require_tls && !s->authenticated, true, "5.7.10", "tls",
		  "REQUIRETLS needs TLS with an authenticated host" },
		{ tx->require_tls && (can & SMTP_CAN_REQUIRETLS) == 0, true,
		  "5.7.30", "tls", "REQUIRETLS is not offered" },
		/* RFC 1870 6.1 */
		{ s->caps.size_max > 0 && tx->size > s->caps.size_max, true,
		  "5.3.4", "unexpected-reply",
		  "the message is larger than its SIZE limit" },
		/* RFC 6531 3.5 */
		{ ex->utf8 && (can & SMTP_CAN_SMTPUTF8) == 0, true, "5.6.7",
		  "unexpected-reply",
		  "SMTPUTF8 is not offered and the message needs it" },
		/* RFC 6152 3 */
		{ tx->eight_bit && (can & SMTP_CAN_8BITMIME) == 0, true,
		  "5.6.3", "unexpected-reply",
		  "8BITMIME is not offered and the message needs it" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!rules[i].applies)
			continue;
		(void)snprintf(text_r, SESSION_REPLY_LEN, "%.300s: %s",
		    s->config.host, rules[i].why);
		*v_r = (struct smtp_recipient_result){
			.outcome = SMTP_PERMANENT, .error = rules[i].error,
			.host_cannot = rules[i].host_cannot,
			.next_host = rules[i].host_cannot, .reply = text_r };
		(void)text_copy(v_r->status, sizeof(v_r->status),
		    rules[i].status);
		return true;
	}
	return false;
}

bool
smtp_envelope_can_name(const char *recipient)
{
	return recipient[0] != '\0' && is_wire_safe(recipient);
}

/* An ENVID or ORCPT that cannot be encoded is left out: it only serves DSNs. */
static void
mail_dsn(struct buf *line, const struct smtp_transaction *tx)
{
	char xtext[MAIL_ENVID_MAX + 1];

	/* RFC 8689 5: its content does not come back. */
	enum mail_ret ret = tx->require_tls || tx->pass_require_tls ?
	    MAIL_RET_HDRS : tx->ret;

	if (ret != MAIL_RET_UNSET)
		(void)buf_printf(line, " RET=%s", mail_ret_name(ret));
	if (tx->envid != NULL &&
	    mail_envid_encode(xtext, tx->envid, strlen(tx->envid), NULL))
		(void)buf_printf(line, " ENVID=%s", xtext);
}

void
smtp_envelope_mail(struct buf *line, const struct smtp_session *s,
    const struct smtp_exchange *ex)
{
	const struct smtp_transaction *tx = ex->tx;
	unsigned can = s->caps.can;

	(void)buf_printf(line, "MAIL FROM:<%s>", tx->sender);
	if ((can & SMTP_CAN_SIZE) != 0)	/* RFC 1870 5 */
		(void)buf_printf(line, " SIZE=%llu",
		    (unsigned long long)tx->size);
	if (tx->eight_bit)		/* RFC 6152 2 */
		(void)buf_puts(line, " BODY=8BITMIME");
	if (ex->utf8)			/* RFC 6531 3.4 */
		(void)buf_puts(line, " SMTPUTF8");
	if (tx->require_tls || (tx->pass_require_tls &&
	    (can & SMTP_CAN_REQUIRETLS) != 0))		/* RFC 8689 2 */
		(void)buf_puts(line, " REQUIRETLS");
	if ((can & SMTP_CAN_DSN) != 0)	/* RFC 3461 4.3, 4.4 */
		mail_dsn(line, tx);
}

void
smtp_envelope_rcpt(struct buf *line, const struct smtp_session *s,
    const struct smtp_exchange *ex, const struct smtp_recipient *r)
{
	char notify[MAIL_NOTIFY_LEN], orcpt[MAIL_ORCPT_MAX + 1];

	(void)buf_printf(line, "RCPT TO:<%s>", r->address);
	if ((s->caps.can & SMTP_CAN_DSN) == 0)	/* RFC 3461 4.1, 4.2 */
		return;
	mail_notify_print(notify, r->notify);
	if (notify[0] != '\0')
		(void)buf_printf(line, " NOTIFY=%s", notify);
	if (r->orcpt != NULL && mail_orcpt_encode(orcpt, r->orcpt,
	    strlen(r->orcpt), ex->utf8 ? MAIL_ORCPT_SMTPUTF8 :
	    MAIL_ORCPT_ASCII, NULL))
		(void)buf_printf(line, " ORCPT=%s", orcpt);
}
