/*
 * A server out of data, for the property test and the fuzzer: it answers as a
 * server should, or in any other way, and things go wrong at any time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "peer.h"

static const char *const replies[] = {
	"220 mx.example\r\n", "250 ok\r\n", "250 2.0.0 ok\r\n", "354 go\r\n",
	"221 bye\r\n", "421 4.3.2 down\r\n", "450 4.7.1 later\r\n",
	"550 5.1.1 no\r\n", "503 5.5.1 order\r\n", "552 too many\r\n",
	"250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n",
	"250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n",
	"250-mx\r\n250-PIPELINING\r\n250-REQUIRETLS\r\n250 SIZE 5000\r\n",
	"250-mx\r\n550 mixed\r\n", "2500 x\r\n", "250-", "\r\n",
};

struct chaos {
	struct peer p;
	struct smtp_session_config config;
	const uint8_t *data;
	size_t left;
	size_t answered;	/* of p.commands */
	bool content;		/* the server reads content */
	size_t n_positive;	/* replies that could mean "delivered" */
	char letters[8];
};

static uint8_t
take(struct chaos *c)
{
	if (c->left == 0)
		return 0;
	c->left--;
	return *c->data++;
}

static void
server_says(struct chaos *c, const char *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (data[i] == '2' && (i == 0 || data[i - 1] == '\n'))
			c->n_positive++;
	peer_receive(&c->p, data, len, 0, 0);
}

/* What a server should say to one line. */
static const char *
good_reply(struct chaos *c, const char *line)
{
	static const struct { const char *start, *reply; } known[] = {
		{ "MAIL", "250 ok\r\n" }, { "RCPT", "250 ok\r\n" },
		{ "RSET", "250 ok\r\n" }, { "HELO", "250 ok\r\n" },
		{ "BDAT", "250 ok\r\n" }, { "QUIT", "221 bye\r\n" },
		{ "STARTTLS", "220 go\r\n" }, { "DATA", "354 go\r\n" },
	};

	if (c->content) {
		c->content = strcmp(line, ".") != 0;
		return c->content ? NULL : "250 queued\r\n";
	}
	if (strncmp(line, "EHLO", 4) == 0)
		return replies[10 + take(c) % 3];
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strncmp(line, known[i].start, strlen(known[i].start)) != 0)
			continue;
		c->content = strcmp(line, "DATA") == 0;
		return known[i].reply;
	}
	return NULL;
}

/* Answers up to n lines of the client. */
static void
behave(struct chaos *c, unsigned n)
{
	char line[600];
	const char *s, *end, *reply;

	while (n-- > 0 && c->answered < c->p.commands.len) {
		s = c->p.commands.data + c->answered;
		end = strchr(s, '\n');
		(void)snprintf(line, sizeof(line), "%.*s", (int)(end - s - 3),
		    s + 3);
		c->answered = (size_t)(end + 1 - c->p.commands.data);
		if ((reply = good_reply(c, line)) != NULL)
			server_says(c, reply, strlen(reply));
	}
}

static void
some_octets(struct chaos *c)
{
	char data[32];
	size_t n = take(c) % sizeof(data);

	for (size_t i = 0; i < n; i++)
		data[i] = (char)take(c);
	server_says(c, data, n);
}

static void
some_tls(struct chaos *c)
{
	struct smtp_verdict v = { .verified = true };
	uint8_t what = take(c);

	if (!c->p.tls_asked)
		return;
	c->p.tls_asked = false;
	if (what % 8 == 0) {
		smtp_session_tls_failed(c->p.s, "no");
		return;
	}
	v.verified = what % 8 != 1;
	v.proof = (enum smtp_proof)(SMTP_PROOF_PKIX + what % 3);
	v.event = (enum policy_event)(what / 8 % (EVENT_COUNT + 1));
	peer_tls(&c->p, &c->config, &v);
}

static void
write_some(struct chaos *c)
{
	size_t len;

	(void)smtp_session_output(c->p.s, &len);
	peer_write(&c->p, take(c));
	c->p.broke_rule |= len > (1 << 20);
}

static void
one_event(struct chaos *c)
{
	struct smtp_session *s = c->p.s;
	uint8_t what = take(c);

	if (what < 120)
		behave(c, 1 + what % 8);
	else if (what < 170)
		server_says(c, replies[what % ARRAY_LEN(replies)],
		    strlen(replies[what % ARRAY_LEN(replies)]));
	else if (what < 215)
		some_tls(c);
	else if (what < 225)
		some_octets(c);
	else if (what < 230)
		smtp_session_wake(s);
	else if (what < 234)
		smtp_session_quit(s);
	else if (what < 242)
		c->p.hold = !c->p.hold;
	else if (what < 248)
		write_some(c);
	else if (what < 250)
		smtp_session_timeout(s);
	else if (what < 252)
		smtp_session_lost(s, NULL);
	else if (what < 254)
		smtp_session_content_failed(s, "io");
	else
		smtp_session_tls_early_octets(s);
	peer_run(&c->p);
}

void
peer_chaos(const uint8_t *data, size_t size)
{
	static const char all[] = "abcdefgnopuvxyz-";
	struct chaos c = { .data = data, .left = size };

	c.config.demand.level = (enum policy_level)(1 + take(&c) % (LEVEL_COUNT - 1));
	c.config.demand.allow_invalid = take(&c) % 2 == 0;
	c.config.implicit_tls = take(&c) % 8 == 0;
	c.config.helo = "me.example";
	c.config.host = "mx.example";
	for (size_t i = 0; i + 1 < sizeof(c.letters); i++)
		c.letters[i] = all[take(&c) % (sizeof(all) - 1)];
	peer_open(&c.p, &c.config, c.letters);
	c.p.cut = take(&c) % 4;
	smtp_session_connected(c.p.s);
	peer_run(&c.p);
	if (!c.config.implicit_tls)
		server_says(&c, replies[0], strlen(replies[0]));
	while (c.left > 0)
		one_event(&c);
	c.p.hold = false;
	smtp_session_lost(c.p.s, NULL);
	c.p.verdict_asked = false;
	peer_run(&c.p);
	if (c.p.broke_rule || !c.p.closed || c.p.n_results != c.p.n_offered ||
	    c.p.n_delivered > c.n_positive * 3) {
		fprintf(stderr, "a rule was broken:\n%s", buf_str(&c.p.log));
		abort();
	}
	peer_close(&c.p);
}
