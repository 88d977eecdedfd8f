/*
 * One line per recipient and attempt, in the order Sendmail's log readers know.
 */
#include "delivery/logline.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "mail/address.h"

/* Sendmail cuts stat= at 203 characters; log readers rely on a bound. */
enum { REPLY_SHOWN = 200, WORD_SHOWN = 100 };

static void
add_field(struct buf *b, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		(void)buf_printf(b, ", %s=%s", key, value);
}

/* A producer may call its mail what it likes. */
static void
add_word(struct buf *b, const char *key, const char *value)
{
	char word[WORD_SHOWN + 1];

	(void)text_copy(word, sizeof(word), value != NULL ? value : "");
	for (char *c = word; *c != '\0'; c++)
		if (*c == ' ' || *c == ',' || *c == '=')
			*c = '?';
	add_field(b, key, word);
}

static void
add_relay(struct buf *b, const struct spool_attempt *a)
{
	if (a->mx == NULL || a->mx[0] == '\0')
		return;
	(void)buf_printf(b, ", relay=%s", a->mx);
	if (a->address != NULL && a->address[0] != '\0')
		(void)buf_printf(b, " [%s]", a->address);
}

static void
add_stat(struct buf *b, const struct delivery_log_line *l)
{
	const char *type = l->attempt->result_type;
	char shown[REPLY_SHOWN + 1];

	(void)text_copy(shown, sizeof(shown), l->attempt->reply != NULL ?
	    l->attempt->reply : "");
	/* Who counts "stat=Sent" is not to count what a server wrote. */
	for (char *p = shown; (p = strstr(p, "stat=")) != NULL;)
		p[strlen("stat")] = '?';
	if (l->result->outcome == SPOOL_DELIVERED)
		(void)buf_printf(b, ", stat=Sent (%s)", shown);
	else
		/* The RFC 8460 word, as in attempt.result_type. */
		(void)buf_printf(b, ", stat=%s%s%s%s",
		    l->result->outcome == SPOOL_DEFERRED ? "Deferred: " :
		    type != NULL ? "Policy failure: " : "User failure: ",
		    type != NULL ? type : "", type != NULL ? ": " : "", shown);
}

void
delivery_log_format(char *dst, size_t room, const struct delivery_log_line *l)
{
	static const struct spool_session none;
	const struct spool_session *s = l->session != NULL ? l->session : &none;
	char delay[CLOCK_DELAY_LEN], xdelay[CLOCK_DELAY_LEN];
	char to[MAIL_ADDRESS_LOG_LEN];
	struct buf b = BUF_INIT;

	clock_delay(delay, l->result->now - l->message->received_at);
	clock_delay(xdelay, l->attempt->duration_ms / 1000);
	mail_address_log(to, l->to);
	(void)buf_printf(&b, "%lld: to=<%s>", (long long)l->message->id, to);
	add_word(&b, "mta_id", l->message->mta_id);
	(void)buf_printf(&b, ", delay=%s, xdelay=%s, mailer=tlsq", delay,
	    xdelay);
	add_relay(&b, l->attempt);
	add_field(&b, "strategy", l->attempt->strategy);
	add_field(&b, "level", l->attempt->level);
	add_field(&b, "tls", s->tls);
	add_field(&b, "protocol", s->protocol);
	add_field(&b, "cipher", s->cipher);
	add_field(&b, "dane", s->dane);
	add_field(&b, "mta-sts", s->mta_sts);
	add_field(&b, "dsn", l->result->status);
	add_stat(&b, l);
	(void)text_copy(dst, room, buf_str(&b));
	buf_free(&b);
}
