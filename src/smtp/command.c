/*
 * The commands of the envelope and their parameters.
 */
#include <string.h>

#include "mail/xtext.h"
#include "smtp/dialogue_impl.h"

/* An ENVID or ORCPT that cannot be encoded is left out: it only serves DSNs. */
static void
mail_dsn(struct buf *line, const struct smtp_transaction *tx)
{
	char xtext[MAIL_ENVID_MAX + 1];

	if (tx->ret != DSN_RET_UNSET)
		(void)buf_printf(line, " RET=%s", dsn_ret_name(tx->ret));
	if (tx->envid != NULL &&
	    mail_envid_encode(xtext, tx->envid, strlen(tx->envid), NULL))
		(void)buf_printf(line, " ENVID=%s", xtext);
}

void
command_mail(struct buf *line, const struct smtp_session *s,
    const struct exchange *ex)
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
	if (tx->require_tls)		/* RFC 8689 2 */
		(void)buf_puts(line, " REQUIRETLS");
	if ((can & SMTP_CAN_DSN) != 0)	/* RFC 3461 4.3, 4.4 */
		mail_dsn(line, tx);
}

void
command_rcpt(struct buf *line, const struct smtp_session *s,
    const struct exchange *ex, const struct smtp_recipient *r)
{
	char notify[DSN_NOTIFY_LEN], orcpt[MAIL_ORCPT_MAX + 1];

	(void)buf_printf(line, "RCPT TO:<%s>", r->address);
	if ((s->caps.can & SMTP_CAN_DSN) == 0)	/* RFC 3461 4.1, 4.2 */
		return;
	dsn_notify_print(notify, r->notify);
	if (notify[0] != '\0')
		(void)buf_printf(line, " NOTIFY=%s", notify);
	if (r->orcpt != NULL && mail_orcpt_encode(orcpt, r->orcpt,
	    strlen(r->orcpt), ex->utf8 ? MAIL_ORCPT_SMTPUTF8 :
	    MAIL_ORCPT_ASCII, NULL))
		(void)buf_printf(line, " ORCPT=%s", orcpt);
}
