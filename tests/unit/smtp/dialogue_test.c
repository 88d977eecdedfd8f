/*
 * smtp/session: scripted dialogues (smtp_dialogues.txt), each with its packets
 * cut at every octet too, and the rules that no server can break.
 *
 * With DIALOGUES_PRINT set the test prints what happened instead of comparing:
 * to be read line by line before it becomes the expectation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "peer.h"

/* How the octets of each packet arrive. */
struct cutting {
	bool burst;		/* read at once, then acted on */
	size_t at;		/* first cut, in the dialogue's whole input; 0: none */
	size_t step;		/* length of all parts, 0: whole packets */
	size_t content;		/* length of the content's pieces */
};

struct dialogue {
	char name[100];
	char letters[16];
	struct smtp_session_config config;
	bool one_packet;	/* what it is about hangs on the packet */
	const char *text;	/* after the head */
	size_t len;
};

/* --- reading the file --- */

static char *
read_file(void)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	struct buf all = BUF_INIT;
	char data[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/smtp/dialogues.txt",
	    top != NULL ? top : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	while ((n = fread(data, 1, sizeof(data), f)) > 0)
		(void)buf_append(&all, data, n);
	fclose(f);
	return all.data;
}

static enum policy_level
level_named(const char *name)
{
	for (int l = LEVEL_NONE; l < LEVEL_COUNT; l++)
		if (strcmp(policy_level_name((enum policy_level)l), name) == 0)
			return (enum policy_level)l;
	fail_msg("no level %s", name);
	return LEVEL_UNSET;
}

/* "@ LEVEL LETTERS [implicit] [allow-invalid] [by-dane] [auth]
 * [mx] [one-packet]"; mx: no relay, so that our own name is none of a host's */
static void
read_head(struct dialogue *d, const char *line, size_t len)
{
	char copy[200], *save, *word;
	size_t i = 0;

	assert_true(len < sizeof(copy));
	memcpy(copy, line, len);
	copy[len] = '\0';
	for (word = strtok_r(copy, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save), i++) {
		if (i == 1)
			d->config.demand.level = level_named(word);
		else if (i == 2)
			(void)snprintf(d->letters, sizeof(d->letters), "%s",
			    word);
		else if (strcmp(word, "implicit") == 0)
			d->config.implicit_tls = true;
		else if (strcmp(word, "allow-invalid") == 0)
			d->config.demand.allow_invalid = true;
		else if (strcmp(word, "by-dane") == 0)
			d->config.demand.by_dane = true;
		else if (strcmp(word, "auth") == 0)
			d->config.username = "relay", d->config.secret = "s3cret";
		else if (strcmp(word, "mx") == 0)
			d->config.own_name = "system.example";
		else if (strcmp(word, "one-packet") == 0)
			d->one_packet = true;
		else
			assert_string_equal(word, "@");
	}
}

/* The next dialogue from *text on: lines "# name", more "#" lines with the
 * reason, the head, the script, an empty line. */
static bool
next_dialogue(const char **text, struct dialogue *d)
{
	const char *s = *text, *end;
	bool named = false;

	memset(d, 0, sizeof(*d));
	d->config.helo = "me.example";
	d->config.host = "mx.example";
	s += strspn(s, "\n");
	for (; *s == '#' && (end = strchr(s, '\n')) != NULL; s = end + 1) {
		if (!named)
			(void)snprintf(d->name, sizeof(d->name), "%.*s",
			    (int)(end - s), s);
		named = true;
	}
	if (*s != '@')
		return false;
	end = strchr(s, '\n');
	read_head(d, s, (size_t)(end - s));
	d->text = end + 1;
	end = strstr(d->text, "\n\n");
	d->len = end != NULL ? (size_t)(end + 1 - d->text) : strlen(d->text);
	*text = d->text + d->len;
	return true;
}

/* --- playing one --- */

struct play {
	struct peer peer;
	const struct dialogue *d;
	const struct cutting *cut;
	size_t received;	/* of the whole input */
	struct buf packet;
};

/* "\r", "\n", "\0", "\xHH" of an X: line. */
static void
append_escaped(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = s[i];
		unsigned hex;

		if (c == '\\' && i + 1 < len) {
			i++;
			c = s[i] == 'r' ? '\r' : s[i] == 'n' ? '\n' : '\0';
			if (s[i] == 'x' && sscanf(s + i + 1, "%2x", &hex) == 1) {
				c = (char)hex;
				i += 2;
			}
		}
		(void)buf_append(b, &c, 1);
	}
}

static void
send_packet(struct play *p)
{
	size_t len = p->packet.len, first = 0;

	if (len == 0)
		return;
	if (p->cut->at > p->received && p->cut->at < p->received + len)
		first = p->cut->at - p->received;
	p->peer.burst = p->cut->burst;
	peer_receive(&p->peer, p->packet.data, len, first, p->cut->step);
	p->received += len;
	buf_clear(&p->packet);
}

static void
tls_event(struct play *p, const char *what)
{
	struct smtp_verdict v = { .verified = true, .named_by_domain = true,
		.proof = p->d->config.demand.level == LEVEL_MTA_STS ?
		    SMTP_PROOF_MTA_STS : SMTP_PROOF_PKIX };
	static const struct { const char *word; enum policy_event event; } bad[] = {
		{ "expired", EVENT_CERT_EXPIRED },
		{ "mismatch", EVENT_CERT_HOST_MISMATCH },
		{ "untrusted", EVENT_CERT_NOT_TRUSTED },
		{ "no-tlsa", EVENT_TLSA_MISMATCH },
		{ "forgotten", EVENT_STARTTLS_MISSING },
	};

	if (strcmp(what, "fail") == 0) {
		smtp_session_tls_failed(p->peer.s, "alert 40");
		return;
	}
	if (strcmp(what, "early") == 0) {
		smtp_session_tls_early_octets(p->peer.s);
		return;
	}
	if (strcmp(what, "dane") == 0)
		v.proof = SMTP_PROOF_DANE;
	if (strcmp(what, "pkix") == 0)
		v.proof = SMTP_PROOF_PKIX;
	if (strcmp(what, "insecure-mx") == 0)
		v.named_by_domain = false;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (strcmp(bad[i].word, what) != 0)
			continue;
		v.verified = false;
		v.event = bad[i].event;
		(void)snprintf(v.text, sizeof(v.text), "certificate %s", what);
	}
	peer_tls(&p->peer, &p->d->config, &v);
}

static void
event(struct play *p, const char *what)
{
	struct smtp_session *s = p->peer.s;

	if (strcmp(what, "eof") == 0)
		smtp_session_lost(s, NULL);
	else if (strcmp(what, "reset") == 0)
		smtp_session_lost(s, "Connection reset by peer");
	else if (strcmp(what, "timeout") == 0)
		smtp_session_timeout(s);
	else if (strcmp(what, "wake") == 0)
		smtp_session_wake(s);
	else if (strcmp(what, "quit") == 0)
		smtp_session_quit(s);
	else if (strcmp(what, "connected") == 0)
		smtp_session_connected(s);
	else if (strcmp(what, "hold") == 0)
		p->peer.hold = true;
	else if (strcmp(what, "write") == 0)
		p->peer.hold = false;
	else
		fail_msg("%s: no event %s", p->d->name, what);
}

static void
input_line(struct play *p, const char *line, size_t len)
{
	char what[100];

	if (line[0] == 'S' || line[0] == 'X') {
		if (line[0] == 'S')
			(void)buf_append(&p->packet, line + 3, len - 3);
		else
			append_escaped(&p->packet, line + 3, len - 3);
		if (line[0] == 'S')
			(void)buf_puts(&p->packet, "\r\n");
		return;
	}
	(void)snprintf(what, sizeof(what), "%.*s", (int)(len - 3), line + 3);
	if (line[0] == 'T')
		tls_event(p, what);
	else if (what[0] == '+')
		peer_write(&p->peer, strtoul(what, NULL, 10));
	else
		event(p, what);
	peer_run(&p->peer);
}

/* Plays the inputs; the log holds them and what they led to. */
static void
play(struct play *p, const struct dialogue *d, const struct cutting *cut)
{
	const char *s, *end;

	memset(p, 0, sizeof(*p));
	p->d = d;
	p->cut = cut;
	peer_open(&p->peer, &d->config, d->letters);
	p->peer.cut = cut->content;
	for (s = d->text; s < d->text + d->len; s = end + 1) {
		bool server = *s == 'S' || *s == 'X';

		end = strchr(s, '\n');
		if (!server)
			send_packet(p);
		if (server || strncmp(s, "T:", 2) == 0 || *s == 'E') {
			(void)buf_append(&p->peer.log, s,
			    (size_t)(end + 1 - s));
			input_line(p, s, (size_t)(end - s));
		}
	}
	send_packet(p);
}

static void
end_play(struct play *p)
{
	peer_close(&p->peer);
	buf_free(&p->packet);
}

/* --- the tests --- */

static void
each_dialogue_goes_as_written(void **state)
{
	static const struct cutting whole = { .burst = true };
	char *file = read_file();
	const char *text = file;
	struct dialogue d;
	struct play p;
	int n = 0, bad = 0;

	(void)state;
	for (; next_dialogue(&text, &d); n++) {
		play(&p, &d, &whole);
		if (getenv("DIALOGUES_PRINT") != NULL)
			printf("%s\n%s\n", d.name, buf_str(&p.peer.log));
		else if (strlen(buf_str(&p.peer.log)) != d.len ||
		    memcmp(p.peer.log.data, d.text, d.len) != 0) {
			bad++;
			print_error("%s\n--- got\n%s--- expected\n%.*s", d.name,
			    buf_str(&p.peer.log), (int)d.len, d.text);
		}
		end_play(&p);
	}
	free(file);
	assert_int_equal(bad, 0);
	assert_true(n > 60);
}

/* Same commands and same results, in whichever order the two came. */
static int
differs(const struct dialogue *d, const struct play *whole,
    const struct cutting *cut)
{
	struct play p;
	int bad;

	play(&p, d, cut);
	bad = strcmp(buf_str(&p.peer.commands),
	    buf_str(&whole->peer.commands)) != 0 ||
	    strcmp(buf_str(&p.peer.results),
	    buf_str(&whole->peer.results)) != 0;
	if (bad)
		print_error("%s: cut at %zu, steps of %zu%s, content by %zu\n"
		    "--- got\n%s--- whole\n%s", d->name, cut->at, cut->step,
		    cut->burst ? ", burst" : "", cut->content,
		    buf_str(&p.peer.log), buf_str(&whole->peer.log));
	end_play(&p);
	return bad;
}

static void
where_octets_are_cut_changes_nothing(void **state)
{
	static const struct cutting whole = { .burst = true };
	static const struct cutting variants[] = {
		{ .burst = true, .step = 1 }, { .burst = true, .step = 3 },
		{ .burst = true, .content = 1 }, { .burst = true, .content = 2 },
	};
	char *file = read_file();
	const char *text = file;
	struct dialogue d;
	struct play p;
	int bad = 0;

	(void)state;
	while (next_dialogue(&text, &d)) {
		struct cutting cut = { .step = 1 };

		play(&p, &d, &whole);
		for (size_t i = 0; i < ARRAY_LEN(variants); i++)
			bad += differs(&d, &p, &variants[i]);
		/* The same with the dialogue acting between the parts. */
		if (!d.one_packet)
			bad += differs(&d, &p, &cut);
		cut.step = 0;
		for (cut.at = 1; cut.at < p.received; cut.at++) {
			cut.burst = true;
			bad += differs(&d, &p, &cut);
			cut.burst = false;
			bad += d.one_packet ? 0 : differs(&d, &p, &cut);
		}
		end_play(&p);
	}
	free(file);
	assert_int_equal(bad, 0);
}

/* xorshift: the same octets in every run. */
static void
fill_random(uint8_t *data, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		data[i] = (uint8_t)(x >> 11);
	}
}

static void
no_server_makes_it_break_a_rule(void **state)
{
	uint8_t data[120];

	(void)state;
	for (uint32_t seed = 1; seed <= 20000; seed++) {
		fill_random(data, sizeof(data), seed);
		peer_chaos(data, 20 + seed % 100);
	}
}

/* --- many recipients, long contents, time limits --- */

static const struct smtp_session_config plain = {
	.demand.level = LEVEL_NONE, .helo = "me.example", .host = "mx.example",
};

static void
say(struct peer *p, const char *reply)
{
	peer_receive(p, reply, strlen(reply), 0, 0);
}

static void
to_ready(struct peer *p, const char *letters, const char *ehlo)
{
	peer_open(p, &plain, letters);
	smtp_session_connected(p->s);
	say(p, "220 hi\r\n");
	say(p, ehlo);
}

static size_t
count_lines(const struct buf *b, const char *start)
{
	size_t n = 0;

	for (const char *s = buf_str(b); (s = strstr(s, start)) != NULL; s++)
		n++;
	return n;
}

/* Groups of 4 KiB are written, whatever the number of recipients. */
static void
unanswered_commands_are_bounded(void **state)
{
	enum { RECIPIENTS = 1000 };
	static struct smtp_recipient many[RECIPIENTS];
	static char addresses[RECIPIENTS][40];
	struct smtp_transaction tx = {
		.sender = "s@a.example", .recipients = many,
		.n_recipients = RECIPIENTS,
	};
	struct peer p;
	size_t unanswered;

	(void)state;
	for (size_t i = 0; i < RECIPIENTS; i++) {
		(void)snprintf(addresses[i], sizeof(addresses[i]),
		    "recipient-%zu@b.example", i);
		many[i].address = addresses[i];
	}
	to_ready(&p, "-", "250-mx\r\n250 PIPELINING\r\n");
	p.hold = true;
	smtp_session_offer(p.s, &tx);
	peer_run(&p);
	(void)smtp_session_output(p.s, &unanswered);
	assert_in_range(unanswered, 4000, 4096);
	p.hold = false;
	peer_run(&p);
	/* One answer makes room for one command. */
	say(&p, "250 ok\r\n");
	for (size_t i = 0; i < RECIPIENTS / 2; i++)
		say(&p, "250 ok\r\n");
	assert_int_equal(count_lines(&p.commands, "C: DATA"), 0);
	for (size_t i = RECIPIENTS / 2; i < RECIPIENTS; i++)
		say(&p, "250 ok\r\n");
	assert_int_equal(count_lines(&p.commands, "C: RCPT"), RECIPIENTS);
	assert_int_equal(count_lines(&p.commands, "C: DATA"), 1);
	/* Its result is nobody's. */
	smtp_session_free(&p.s);
	p.s = smtp_session_new(&plain);
	peer_close(&p);
}

/* Content is asked for only as fast as it is written. */
static void
output_is_bounded_while_nothing_is_written(void **state)
{
	static char piece[16384];
	struct smtp_action a;
	struct peer p;
	size_t len;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	to_ready(&p, "a", "250-mx\r\n250 PIPELINING\r\n");
	p.hold = true;
	smtp_session_received(p.s, "250 ok\r\n250 ok\r\n354 go\r\n", 24);
	for (int i = 0; i < 100 && smtp_session_action(p.s, &a); i++) {
		assert_int_equal(a.kind, SMTP_ACTION_CONTENT);
		smtp_session_content(p.s, piece, sizeof(piece), false);
	}
	(void)smtp_session_output(p.s, &len);
	assert_in_range(len, 32768, 32768 + sizeof(piece));
	peer_close(&p);
}

static void
expect_step(const struct peer *p, enum smtp_step step)
{
	unsigned mark;

	assert_string_equal(
	    smtp_step_name(smtp_session_deadline(p->s, &mark)),
	    smtp_step_name(step));
}

static void
each_step_has_its_time_limit(void **state)
{
	struct peer p;

	(void)state;
	peer_open(&p, &plain, "a");
	expect_step(&p, SMTP_STEP_CONNECT);
	smtp_session_connected(p.s);
	expect_step(&p, SMTP_STEP_GREETING);
	say(&p, "220 hi\r\n");
	expect_step(&p, SMTP_STEP_EHLO);
	say(&p, "502 no\r\n");
	expect_step(&p, SMTP_STEP_HELO);
	say(&p, "250 mx\r\n");
	expect_step(&p, SMTP_STEP_MAIL);
	say(&p, "250 ok\r\n");
	expect_step(&p, SMTP_STEP_RCPT);
	say(&p, "250 ok\r\n");
	expect_step(&p, SMTP_STEP_DATA);
	p.hold = true;
	say(&p, "354 go\r\n");
	expect_step(&p, SMTP_STEP_BLOCK);
	p.hold = false;
	peer_run(&p);
	expect_step(&p, SMTP_STEP_END);
	say(&p, "250 ok\r\n");
	expect_step(&p, SMTP_STEP_NONE);
	smtp_session_quit(p.s);
	expect_step(&p, SMTP_STEP_QUIT);
	peer_close(&p);
}

/* The mark is what the shell's timer hangs on. */
static void
time_starts_anew_by_progress_only(void **state)
{
	struct peer p;
	unsigned mark, later;

	(void)state;
	peer_open(&p, &plain, "a");
	smtp_session_connected(p.s);
	(void)smtp_session_deadline(p.s, &mark);
	/* Lines of an unfinished reply, octets of one: no progress. */
	say(&p, "220-a\r\n220-b\r\n220");
	(void)smtp_session_deadline(p.s, &later);
	assert_int_equal(mark, later);
	say(&p, " c\r\n");
	(void)smtp_session_deadline(p.s, &later);
	assert_int_not_equal(mark, later);
	peer_close(&p);
}

static void
starttls_and_handshake_share_one_limit(void **state)
{
	struct smtp_session_config config = plain;
	struct peer p;
	unsigned mark, later;

	(void)state;
	config.demand.level = LEVEL_MANDATORY;
	peer_open(&p, &config, "");
	smtp_session_connected(p.s);
	say(&p, "220 hi\r\n");
	say(&p, "250-mx\r\n250 STARTTLS\r\n");
	assert_int_equal(smtp_session_deadline(p.s, &mark), SMTP_STEP_TLS);
	say(&p, "220 go\r\n");
	assert_int_equal(smtp_session_deadline(p.s, &later), SMTP_STEP_TLS);
	assert_int_equal(mark, later);
	peer_close(&p);
}

static void
content_that_is_late_is_waited_for(void **state)
{
	struct smtp_action a;
	struct peer p;

	(void)state;
	to_ready(&p, "a", "250-mx\r\n250 PIPELINING\r\n");
	smtp_session_received(p.s, "250 ok\r\n250 ok\r\n354 go\r\n", 24);
	assert_true(smtp_session_action(p.s, &a));
	assert_int_equal(a.kind, SMTP_ACTION_CONTENT);
	smtp_session_content(p.s, NULL, 0, false);
	assert_false(smtp_session_action(p.s, &a));
	/* Our own slowness has no limit here. */
	expect_step(&p, SMTP_STEP_NONE);
	smtp_session_wake(p.s);
	assert_true(smtp_session_action(p.s, &a));
	assert_int_equal(a.kind, SMTP_ACTION_CONTENT);
	peer_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_dialogue_goes_as_written),
		cmocka_unit_test(where_octets_are_cut_changes_nothing),
		cmocka_unit_test(no_server_makes_it_break_a_rule),
		cmocka_unit_test(unanswered_commands_are_bounded),
		cmocka_unit_test(output_is_bounded_while_nothing_is_written),
		cmocka_unit_test(each_step_has_its_time_limit),
		cmocka_unit_test(time_starts_anew_by_progress_only),
		cmocka_unit_test(starttls_and_handshake_share_one_limit),
		cmocka_unit_test(content_that_is_late_is_waited_for),
	};

	return cmocka_run_group_tests_name("smtp_session", tests, NULL, NULL);
}
