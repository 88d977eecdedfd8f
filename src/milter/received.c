/*
 * The Received field, clause by clause, each on a line of its own.
 */
#include "milter/received.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

/* So that no line passes RFC 5322's 998. */
enum { WORD_MAX_LEN = 200 };

static bool
given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* The text with every octet that is not harmless replaced. */
static void
put_safe(struct buf *out, const char *text, const char *harmful)
{
	for (size_t i = 0; i < WORD_MAX_LEN && text[i] != '\0'; i++) {
		bool good = text[i] >= ' ' && text[i] <= '~' &&
		    strchr(harmful, text[i]) == NULL;

		(void)buf_append(out, good ? &text[i] : "?", 1);
	}
}

/* A value of a clause: a host name, a literal, a word. */
static void
put_word(struct buf *out, const char *before, const char *text)
{
	(void)buf_puts(out, before);
	put_safe(out, text, " \"(),;<>\\");
}

/* Parentheses stay where they are a comment's own: "(may be forged)". */
static bool
balanced(const char *text)
{
	size_t i;
	int depth = 0;

	for (i = 0; i < WORD_MAX_LEN && text[i] != '\0' && depth >= 0; i++)
		depth += (text[i] == '(') - (text[i] == ')');
	return depth == 0 && text[i] == '\0';
}

static void
put_comment(struct buf *out, const char *text)
{
	put_safe(out, text, balanced(text) ? "\\" : "()\\");
}

static void
put_from(struct buf *out, const struct milter_hop *hop)
{
	bool helo = given(hop->helo), peer = given(hop->peer);

	(void)buf_puts(out, "Received:");
	if (!helo && !peer)
		return;
	put_word(out, " from ", helo ? hop->helo : "unknown");
	if (peer) {
		(void)buf_puts(out, " (");
		put_comment(out, hop->peer);
		(void)buf_puts(out, ")");
	}
	(void)buf_puts(out, "\r\n\t");
	if (given(hop->auth_type)) {
		/* Which mechanism helps nobody but who attacks it. */
		put_word(out, "(authenticated bits=",
		    given(hop->auth_ssf) ? hop->auth_ssf : "0");
		(void)buf_puts(out, ")\r\n\t");
	}
}

static void
put_by(struct buf *out, const struct milter_hop *hop)
{
	bool first = out->data[out->len - 1] == ':';

	put_word(out, first ? " by " : "by ",
	    given(hop->own_name) ? hop->own_name : "localhost");
	(void)buf_puts(out, " (tlsq)");
	if (given(hop->protocol))
		put_word(out, " with ", hop->protocol);
	if (given(hop->queue_id))
		put_word(out, " id ", hop->queue_id);
}

static void
put_tls(struct buf *out, const struct milter_hop *hop)
{
	if (!given(hop->tls_version))
		return;
	put_word(out, "\r\n\t(version=", hop->tls_version);
	put_word(out, " cipher=", given(hop->cipher) ? hop->cipher : "?");
	put_word(out, " bits=",
	    given(hop->cipher_bits) ? hop->cipher_bits : "?");
	put_word(out, " verify=", given(hop->verify) ? hop->verify : "?");
	(void)buf_puts(out, ")");
}

void
milter_received_print(struct buf *out, const struct milter_hop *hop)
{
	char date[CLOCK_RFC5322_LEN];

	put_from(out, hop);
	put_by(out, hop);
	put_tls(out, hop);
	if (given(hop->recipient)) {
		(void)buf_puts(out, "\r\n\tfor <");
		/* A quoted local part may hold what is harmful elsewhere. */
		put_safe(out, hop->recipient, "");
		(void)buf_puts(out, ">");
	}
	clock_rfc5322(date, hop->now);
	(void)buf_printf(out, ";\r\n\t%s\r\n", date);
}
