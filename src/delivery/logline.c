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
add(struct buf *b, const char *key, const char *value)
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
	add(b, key, word);
}

static const char *
stat_word(const struct logline *l)
{
	switch (l->stat) {
	case STAT_SENT:
		return "Sent";
	case STAT_DEFERRED:
		return "Deferred: ";
	case STAT_FAILED:
		break;
	}
	return l->result_type != NULL ? "Policy failure: " : "User failure: ";
}

static void
add_relay(struct buf *b, const struct logline *l)
{
	if (l->mx == NULL || l->mx[0] == '\0')
		return;
	(void)buf_printf(b, ", relay=%s", l->mx);
	if (l->address != NULL && l->address[0] != '\0')
		(void)buf_printf(b, " [%s]", l->address);
}

void
logline_format(char *dst, size_t room, const struct logline *l)
{
	char delay[CLOCK_DELAY_LEN], xdelay[CLOCK_DELAY_LEN];
	char shown[REPLY_SHOWN + 1], to[MAIL_ADDRESS_LOG_LEN];
	struct buf b = BUF_INIT;

	clock_delay(delay, l->delay_s);
	clock_delay(xdelay, l->xdelay_ms / 1000);
	(void)text_copy(shown, sizeof(shown), l->reply != NULL ? l->reply : "");
	/* Who counts "stat=Sent" is not to count what a server wrote. */
	for (char *p = shown; (p = strstr(p, "stat=")) != NULL;)
		p[strlen("stat")] = '?';
	mail_address_log(to, l->to);
	(void)buf_printf(&b, "%lld: to=<%s>", (long long)l->message_id, to);
	add_word(&b, "mta_id", l->mta_id);
	(void)buf_printf(&b, ", delay=%s, xdelay=%s, mailer=tlsq", delay,
	    xdelay);
	add_relay(&b, l);
	add(&b, "strategy", l->strategy);
	add(&b, "level", l->level);
	add(&b, "tls", l->tls);
	add(&b, "protocol", l->protocol);
	add(&b, "cipher", l->cipher);
	add(&b, "dane", l->dane);
	add(&b, "mta-sts", l->mta_sts);
	add(&b, "dsn", l->status);
	if (l->stat == STAT_SENT)
		(void)buf_printf(&b, ", stat=%s (%s)", stat_word(l), shown);
	else
		/* The RFC 8460 word, as in attempt.result_type. */
		(void)buf_printf(&b, ", stat=%s%s%s%s", stat_word(l),
		    l->result_type != NULL ? l->result_type : "",
		    l->result_type != NULL ? ": " : "", shown);
	(void)text_copy(dst, room, buf_str(&b));
	buf_free(&b);
}
