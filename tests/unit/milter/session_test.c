/*
 * milter: sessions against a mail server that is a table of macros, into a real
 * spool.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "milter/session.h"
#include "../spool/testing.h"

/* --- the mail server ---------------------------------------------------- */

struct fake {
	const char *mailer, *host, *addr, *auth, *queue_id, *quarantine;
	const char *own_name, *msg_id;
	char dropped[512];	/* recipients, each with a blank after it */
	int progressed;
	bool deaf;		/* it went away */
};

static const char *
fake_macro(void *ctx, const char *name)
{
	const struct fake *f = ctx;

	if (strcmp(name, "i") == 0)
		return f->queue_id != NULL ? f->queue_id : "Q1";
	if (strcmp(name, "j") == 0)
		return f->own_name != NULL ? f->own_name : "mail.test";
	if (strcmp(name, "{msg_id}") == 0)
		return f->msg_id;
	if (strcmp(name, "{auth_authen}") == 0)
		return f->auth;
	if (strcmp(name, "{rcpt_mailer}") == 0)
		return f->mailer;
	if (strcmp(name, "{rcpt_host}") == 0)
		return f->host;
	if (strcmp(name, "{rcpt_addr}") == 0)
		return f->addr;
	if (strcmp(name, "{quarantine}") == 0)
		return f->quarantine;
	return NULL;
}

static bool
fake_progress(void *ctx)
{
	struct fake *f = ctx;

	f->progressed++;
	return !f->deaf;
}

static bool
fake_drop(void *ctx, const char *recipient)
{
	struct fake *f = ctx;
	size_t len = strlen(f->dropped);

	(void)snprintf(f->dropped + len, sizeof(f->dropped) - len, "%s ",
	    recipient);
	return !f->deaf;
}

/* --- a world with one session ------------------------------------------- */

struct world {
	struct scratch *scratch;
	struct milter_services services;
	struct milter_session *session;
	struct fake fake;
};

static struct milter_session *
session_new(const struct milter_services *services, struct fake *fake,
    const char *client_name, const char *client_ip)
{
	const struct milter_mta mta = { fake_macro, fake_progress, fake_drop,
		fake };
	struct milter_session *s = milter_session_new(services, &mta, true);

	milter_session_connect(s, client_name, client_ip);
	return s;
}

static void
world_open(struct world *w, void **state, const char *sql,
    const char *client_ip)
{
	memset(w, 0, sizeof(*w));
	w->scratch = *state;
	if (sql != NULL)
		assert_string_equal(scratch_sql(w->scratch, sql), "");
	w->services.database = w->scratch->path;
	assert_done(w->scratch, milter_settings_open(&w->services.settings,
	    w->scratch->path, &w->scratch->err));
	assert_done(w->scratch, spool_writer_start(&w->services.writer,
	    &(struct spool_writer_options){ .path = w->scratch->path },
	    &w->scratch->err));
	assert_done(w->scratch, milter_waits_open(&w->services.waits,
	    w->scratch->path, &w->scratch->err));
	w->fake = (struct fake){ .mailer = "esmtp" };
	w->session = session_new(&w->services, &w->fake, "client.test",
	    client_ip);
}

static void
world_close(struct world *w)
{
	milter_session_free(&w->session);
	milter_waits_close(&w->services.waits);
	spool_writer_stop(&w->services.writer);
	milter_settings_close(&w->services.settings);
}

static enum milter_answer
mail(struct world *w, const char *sender)
{
	const char *args[] = { sender, NULL };

	return milter_session_mail(w->session, args);
}

/* mailer NULL: as at first; host NULL: the address's domain */
static enum milter_answer
rcpt(struct world *w, const char *address, const char *mailer,
    const char *host)
{
	const char *args[] = { address, NULL };
	const char *at = strrchr(address, '@');
	char domain[256] = "", bare[256];
	enum milter_answer answer;

	(void)snprintf(bare, sizeof(bare), "%s", address + 1);
	bare[strcspn(bare, ">")] = '\0';
	if (at != NULL)
		(void)snprintf(domain, sizeof(domain), "%.*s.",
		    (int)strcspn(at + 1, ">"), at + 1);
	w->fake.mailer = mailer != NULL ? mailer : "esmtp";
	w->fake.host = host != NULL ? host : domain;
	w->fake.addr = bare;
	answer = milter_session_rcpt(w->session, args);
	w->fake.host = w->fake.addr = NULL;
	return answer;
}

static enum milter_answer
content(struct world *w, const char *name, const char *value)
{
	enum milter_answer a = milter_session_data(w->session);

	if (a == MILTER_CONTINUE)
		a = milter_session_header(w->session, "From", " <a@b.test>");
	if (a == MILTER_CONTINUE && name != NULL)
		a = milter_session_header(w->session, name, value);
	if (a == MILTER_CONTINUE)
		a = milter_session_end_header(w->session);
	if (a == MILTER_CONTINUE)
		a = milter_session_body(w->session, "text\r\n", 6);
	return a;
}

static enum milter_answer
end(struct world *w)
{
	return milter_session_end(w->session);
}

/* --- who is taken ------------------------------------------------------- */

static void
the_default_takes_what_goes_to_its_own_domain(void **state)
{
	static const struct {
		const char *what, *address, *mailer, *host;
		enum milter_answer answer;
		bool taken;
	} cases[] = {
		{ "direct", "<a@r.test>", "esmtp", NULL, MILTER_CONTINUE, true },
		{ "without the dot", "<b@r.test>", "smtp", "r.test",
		  MILTER_CONTINUE, true },
		{ "other mailers", "<c@r.test>", "dsmtp", NULL,
		  MILTER_CONTINUE, true },
		{ "ours, whatever the host", "<d@r.test>", "tlsq", "x",
		  MILTER_CONTINUE, true },
		{ "a smart host", "<e@r.test>", "relay", "smart.test",
		  MILTER_CONTINUE, false },
		{ "a mailertable entry", "<f@r.test>", "esmtp", "[hub.test]",
		  MILTER_CONTINUE, false },
		{ "a local user", "<g@l.test>", "local", "", MILTER_CONTINUE,
		  false },
		{ "what cannot be sent, where it is ours",
		  "<a b@r.test>", "esmtp", NULL, MILTER_REFUSE, false },
		{ "and where it is not", "<a b@l.test>", "local", "",
		  MILTER_CONTINUE, false },
		{ "no domain at all", "<root>", "local", "", MILTER_CONTINUE,
		  false },
	};
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum milter_answer a;

		w.fake.dropped[0] = '\0';
		assert_int_equal(mail(&w, "<s@t.test>"), MILTER_CONTINUE);
		a = rcpt(&w, cases[i].address, cases[i].mailer, cases[i].host);
		if (a != cases[i].answer)
			fail_msg("%s: answer %d", cases[i].what, a);
		if (a == MILTER_REFUSE)
			assert_string_equal(milter_session_reply(w.session)->code, "553");
		a = content(&w, NULL, NULL);
		if (a != (cases[i].taken ? MILTER_CONTINUE : MILTER_NOT_OURS))
			fail_msg("%s: content %d", cases[i].what, a);
		if (a == MILTER_CONTINUE)
			assert_int_equal(end(&w), MILTER_CONTINUE);
		if (cases[i].taken != (w.fake.dropped[0] != '\0'))
			fail_msg("%s: dropped %s", cases[i].what,
			    w.fake.dropped);
	}
	world_close(&w);
}

static void
duplicates_are_stored_once_and_dropped_each(void **state)
{
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	(void)mail(&w, "<>");
	(void)rcpt(&w, "<a@R.test>", NULL, NULL);
	(void)rcpt(&w, "<l@l.test>", "local", "");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	(void)rcpt(&w, "<A@r.test>", NULL, NULL);
	assert_int_equal(content(&w, NULL, NULL), MILTER_CONTINUE);
	assert_int_equal(end(&w), MILTER_CONTINUE);
	assert_string_equal(w.fake.dropped,
	    "<a@R.test> <a@r.test> <A@r.test> ");
	world_close(&w);
	assert_string_equal(scratch_text(w.scratch,
	    "SELECT group_concat(address) FROM recipient"),
	    "a@r.test,A@r.test");
}

/* --- who may ask for what ----------------------------------------------- */

static void
strangers_pin_nothing(void **state)
{
	static const struct {
		const char *what, *ip, *auth, *name, *value, *wanted;
	} cases[] = {
		{ "a stranger", "192.0.2.1", NULL, "Require-TLS-ESMTP", " yes",
		  "0|0|-" },
		{ "who is authenticated", "192.0.2.1", "u",
		  "Require-TLS-ESMTP", " yes", "1|0|-" },
		{ "of this host", "127.0.0.1", NULL, "require-tls-esmtp",
		  "yes", "1|0|-" },
		{ "by IPv6", "::1", NULL, "Require-TLS-ESMTP", " yes",
		  "1|0|-" },
		{ "not by the network", NULL, NULL, "TLS-Required", " No",
		  "0|1|-" },
		{ "a stranger's No", "192.0.2.1", NULL, "TLS-Required", " No",
		  "0|0|-" },
		{ "the strategy", NULL, NULL, "X-Strategy", "\r\n default\t",
		  "0|0|default" },
		{ "a stranger's", "192.0.2.1", NULL, "X-Strategy",
		  " default", "0|0|-" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		const char *got;

		world_open(&w, state, "INSERT OR REPLACE INTO setting VALUES "
		    "('milter.strategy-header', 'X-Strategy')", cases[i].ip);
		w.fake.auth = cases[i].auth;
		(void)mail(&w, "<s@t.test>");
		(void)rcpt(&w, "<a@r.test>", NULL, NULL);
		assert_int_equal(content(&w, cases[i].name, cases[i].value),
		    MILTER_CONTINUE);
		assert_int_equal(end(&w), MILTER_CONTINUE);
		world_close(&w);
		got = scratch_text(w.scratch, "SELECT require_tls || '|' || "
		    "tls_optional || '|' || coalesce(tls_strategy, '-') "
		    "FROM message ORDER BY id DESC LIMIT 1");
		if (strcmp(got, cases[i].wanted) != 0)
			fail_msg("%s: %s", cases[i].what, got);
	}
}

/* --- failing domains ---------------------------------------------------- */

static void
a_failing_domain_is_refused_between_probes(void **state)
{
	static const struct {
		const char *what, *setting, *status;
		const char *code;	/* of the second recipient; or NULL */
	} cases[] = {
		{ "a failure of dane", "tempfail", "unixepoch(), 'dane'",
		  "451" },
		{ "for good", "reject", "unixepoch(), 'mta-sts'", "550" },
		{ "not asked for", "accept", "unixepoch(), 'dane'", NULL },
		{ "no matter of policy", "reject", "unixepoch(), 'dns'", NULL },
		{ "an old one", "reject", "unixepoch() - 3700, 'tls'", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char sql[512];
		struct world w;

		(void)snprintf(sql, sizeof(sql), "DELETE FROM domain_status; "
		    "INSERT OR REPLACE INTO setting VALUES "
		    "('milter.failing-domains', '%s'); "
		    "INSERT INTO domain_status (domain, failing_since, "
		    "last_attempt_at, last_error) VALUES ('r.test', 1, %s)",
		    cases[i].setting, cases[i].status);
		world_open(&w, state, sql, "192.0.2.1");
		(void)mail(&w, "<s@t.test>");
		if (rcpt(&w, "<a@r.test>", NULL, NULL) != MILTER_CONTINUE)
			fail_msg("%s: no probe", cases[i].what);
		if ((rcpt(&w, "<b@r.test>", NULL, NULL) == MILTER_REFUSE) !=
		    (cases[i].code != NULL))
			fail_msg("%s", cases[i].what);
		if (cases[i].code != NULL) {
			assert_string_equal(milter_session_reply(w.session)->code, cases[i].code);
			assert_non_null(strstr(milter_session_reply(w.session)->text,
			    "r.test has failed since 1970-01-01T00:00:01Z"));
		}
		assert_int_equal(rcpt(&w, "<c@other.test>", NULL, NULL),
		    MILTER_CONTINUE);
		world_close(&w);
	}
}

/* Moves the spool away; the path then names a new one. */
static void
spool_replace(struct world *w, const char *sql)
{
	char away[300], from[300];
	static const char *const ends[] = { "", "-wal", "-shm" };
	struct spool *fresh;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		(void)snprintf(from, sizeof(from), "%s%s", w->scratch->path,
		    ends[i]);
		(void)snprintf(away, sizeof(away), "%s.away%s",
		    w->scratch->path, ends[i]);
		(void)rename(from, away);
	}
	assert_done(w->scratch, spool_open(&fresh, w->scratch->path,
	    SPOOL_CREATE, &w->scratch->err));
	spool_close(&fresh);
	assert_string_equal(scratch_sql(w->scratch, sql), "");
}

#define REJECTS "INSERT OR REPLACE INTO setting VALUES " \
	"('milter.failing-domains', 'reject'); "
#define FAILS "INSERT INTO domain_status (domain, failing_since, " \
	"last_attempt_at, last_error) " \
	"VALUES ('r.test', 1, unixepoch(), 'dane')"

static void
domains_fail_in_the_spool_of_now(void **state)
{
	const struct timespec look = { .tv_nsec = 600000000 };
	struct world w;

	world_open(&w, state, REJECTS, "192.0.2.1");
	spool_replace(&w, REJECTS FAILS);
	(void)nanosleep(&look, NULL);
	(void)mail(&w, "<s@t.test>");
	assert_int_equal(rcpt(&w, "<a@r.test>", NULL, NULL), MILTER_CONTINUE);
	assert_int_equal(rcpt(&w, "<b@r.test>", NULL, NULL), MILTER_REFUSE);
	spool_replace(&w, REJECTS);
	(void)nanosleep(&look, NULL);
	(void)mail(&w, "<s@t.test>");
	assert_int_equal(rcpt(&w, "<b@r.test>", NULL, NULL), MILTER_CONTINUE);
	world_close(&w);
}

/* --- what goes wrong ---------------------------------------------------- */

static void
half_a_message_is_never_stored(void **state)
{
	struct world w;

	world_open(&w, state, "INSERT INTO setting VALUES "
	    "('milter.max-message-size', '100')", "192.0.2.1");
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	assert_int_equal(content(&w, NULL, NULL), MILTER_CONTINUE);
	assert_int_equal(milter_session_body(w.session, &w, 200),
	    MILTER_REFUSE);
	assert_string_equal(milter_session_reply(w.session)->status, "5.3.4");
	assert_int_equal(milter_session_body(w.session, "x", 1),
	    MILTER_REFUSE);
	assert_int_equal(end(&w), MILTER_REFUSE);
	assert_string_equal(milter_session_reply(w.session)->status, "5.3.4");
	assert_string_equal(w.fake.dropped, "");
	/* and the connection goes on */
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	(void)content(&w, NULL, NULL);
	assert_int_equal(end(&w), MILTER_CONTINUE);
	world_close(&w);
	assert_int_equal(scratch_number(w.scratch,
	    "SELECT count(*) FROM message"), 1);
}

static void
out_of_order_fails_closed(void **state)
{
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	assert_int_equal(rcpt(&w, "<a@r.test>", NULL, NULL), MILTER_REFUSE);
	assert_string_equal(milter_session_reply(w.session)->code, "451");
	assert_int_equal(content(&w, NULL, NULL), MILTER_REFUSE);
	assert_int_equal(end(&w), MILTER_REFUSE);
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	milter_session_abort(w.session);
	assert_int_equal(end(&w), MILTER_REFUSE);
	/* Who has not connected is nobody; not one of this host. */
	milter_session_free(&w.session);
	w.session = milter_session_new(&w.services,
	    &(struct milter_mta){ fake_macro, fake_progress, fake_drop,
	    &w.fake }, true);
	assert_int_equal(mail(&w, "<s@t.test>"), MILTER_REFUSE);
	assert_int_equal(rcpt(&w, "<a@r.test>", NULL, NULL), MILTER_REFUSE);
	milter_session_connect(w.session, "client.test", "192.0.2.1");
	assert_int_equal(mail(&w, "<s@t.test>"), MILTER_CONTINUE);
	assert_int_equal(rcpt(&w, "<a@r.test>", NULL, NULL), MILTER_CONTINUE);
	world_close(&w);
	assert_int_equal(scratch_number(w.scratch,
	    "SELECT count(*) FROM message"), 0);
}

static void
a_bad_sender_is_no_matter_for_local_mail(void **state)
{
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	assert_int_equal(mail(&w, "<a b@c>"), MILTER_CONTINUE);
	assert_int_equal(rcpt(&w, "<l@l.test>", "local", ""), MILTER_CONTINUE);
	assert_int_equal(rcpt(&w, "<a@r.test>", NULL, NULL), MILTER_REFUSE);
	assert_string_equal(milter_session_reply(w.session)->status, "5.1.7");
	world_close(&w);
}

static void
a_server_that_left_is_told_nothing(void **state)
{
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	(void)content(&w, NULL, NULL);
	w.fake.deaf = true;
	assert_int_equal(end(&w), MILTER_CONTINUE);
	world_close(&w);
	assert_int_equal(scratch_number(w.scratch,
	    "SELECT count(*) FROM message"), 1);
}

static void
what_is_quarantined_stays_with_the_server(void **state)
{
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	(void)content(&w, NULL, NULL);
	w.fake.quarantine = "somebody should look at this";
	assert_int_equal(end(&w), MILTER_CONTINUE);
	assert_string_equal(w.fake.dropped, "");
	world_close(&w);
	assert_int_equal(scratch_number(w.scratch,
	    "SELECT count(*) FROM message"), 0);
}

static void
a_header_value_stays_one_field(void **state)
{
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	assert_int_equal(content(&w, "X-Trick",
	    " a\n\n\r\nBcc: x@y.test\n\tfold\r\n"), MILTER_CONTINUE);
	assert_int_equal(end(&w), MILTER_CONTINUE);
	world_close(&w);
	assert_int_equal(scratch_number(w.scratch, "SELECT instr(data, "
	    "CAST('X-Trick: a' || x'0d0a09' || 'Bcc: x@y.test' || x'0d0a09' "
	    "|| 'fold' || x'0d0a' || 'Date: ' AS BLOB)) > 0 FROM content"), 1);
}

#define WORD_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WORD_255 WORD_64 WORD_64 WORD_64 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

/* What follows the time in the Message-ID that is added; mta_id. */
static void
what_the_server_says_stays_one_identifier(void **state)
{
	static const struct {
		const char *why, *queue_id, *own_name, *msg_id, *added, *mta_id;
	} rows[] = {
		{ "as Sendmail has them", "6B12GhsF000217", "mail.test", NULL,
		  "6B12GhsF000217@mail.test>", "6B12GhsF000217" },
		{ "Sendmail's own", "Q1", "mail.test", "<1.2@x.test>",
		  "2@x.test>", "Q1" },
		{ "a line end in the queue id", "Q1\r\nBcc: x@y.test", NULL,
		  NULL, "tlsq@mail.test>", "" },
		{ "a blank", "Q 1", NULL, NULL, "tlsq@mail.test>", "" },
		{ "an octet above 127", "Q\xc3\xbc", NULL, NULL,
		  "tlsq@mail.test>", "" },
		{ "brackets", "Q1>", NULL, NULL, "tlsq@mail.test>", "" },
		{ "the longest", WORD_255, NULL, NULL, WORD_255 "@mail.test>",
		  WORD_255 },
		{ "one more", WORD_255 "x", NULL, NULL, "tlsq@mail.test>", "" },
		{ "a line end in the name", "Q1", "m.test\r\nBcc: x", NULL,
		  "Q1@localhost>", "Q1" },
		{ "a literal for a name", "Q1", "[192.0.2.1]", NULL,
		  "Q1@[192.0.2.1]>", "Q1" },
		{ "a line end in Sendmail's own", "Q1", NULL,
		  "<1.2@x>\r\nBcc: <x>", "Q1@mail.test>", "Q1" },
		{ "no bracket at its end", "Q1", NULL, "<1.2@x", "Q1@mail.test>",
		  "Q1" },
		{ "too long", "Q1", NULL, "<1." WORD_255 "@x>",
		  "Q1@mail.test>", "Q1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w;

		world_open(&w, state, "PRAGMA foreign_keys = ON; "
		    "DELETE FROM message", "192.0.2.1");
		w.fake.queue_id = rows[i].queue_id;
		w.fake.own_name = rows[i].own_name;
		w.fake.msg_id = rows[i].msg_id;
		(void)mail(&w, "<s@t.test>");
		(void)rcpt(&w, "<a@r.test>", NULL, NULL);
		(void)content(&w, NULL, NULL);
		assert_int_equal(end(&w), MILTER_CONTINUE);
		world_close(&w);
		if (strcmp(scratch_text(w.scratch, "WITH id AS (SELECT "
		    "substr(CAST(data AS TEXT), instr(data, 'Message-ID: <')) AS t "
		    "FROM content) SELECT substr(t, instr(t, '.') + 1, "
		    "instr(t, x'0d0a') - instr(t, '.') - 1) FROM id"),
		    rows[i].added) != 0)
			fail_msg("%s: %s", rows[i].why,
			    scratch_text(w.scratch, "SELECT CAST(data AS TEXT) "
			    "FROM content"));
		if (strcmp(scratch_text(w.scratch, "SELECT coalesce(mta_id, '') "
		    "FROM message"), rows[i].mta_id) != 0)
			fail_msg("%s: mta_id", rows[i].why);
	}
}

static void
a_spool_that_was_moved_is_not_written(void **state)
{
	char away[300];
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	spool_close(&w.scratch->spool);
	(void)snprintf(away, sizeof(away), "%s.away", w.scratch->path);
	assert_int_equal(rename(w.scratch->path, away), 0);
	(void)mail(&w, "<s@t.test>");
	(void)rcpt(&w, "<a@r.test>", NULL, NULL);
	(void)content(&w, NULL, NULL);
	assert_int_equal(end(&w), MILTER_CONTINUE);
	assert_int_equal(scratch_number(w.scratch,
	    "SELECT count(*) FROM message"), 1);
	world_close(&w);
}

/* --- milter.wait -------------------------------------------------------- */

/* A runner that does one thing once there is mail. */
struct runner {
	pthread_t thread;
	struct scratch *scratch;
	const char *sql;
};

static void *
run(void *arg)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	struct runner *r = arg;

	while (scratch_number(r->scratch, "SELECT count(*) FROM recipient") <
	    1)
		(void)nanosleep(&pause, NULL);
	assert_string_equal(scratch_sql(r->scratch, r->sql), "");
	return NULL;
}

#define FAILED "UPDATE recipient SET state = 'failed', finished_at = 1, " \
	"dsn_owed = 'failed', status = '5.2.1', reply = '553 5.2.1 100% full'"

static void
the_answer_is_the_result(void **state)
{
	static const struct {
		const char *what, *sender, *mailer, *sql, *code, *state;
		int64_t wait_until;	/* -1: NULL */
	} cases[] = {
		{ "all fail", "<s@t.test>", "esmtp", FAILED, "553",
		  "withdrawn", 0 },
		{ "one fails", "<s@t.test>", "esmtp",
		  FAILED " WHERE id = 1; UPDATE recipient SET state = "
		  "'deferred', attempts = 1 WHERE id <> 1", NULL, "failed", 0 },
		{ "all expire", "<s@t.test>", "esmtp",
		  "UPDATE recipient SET state = 'expired', finished_at = 1",
		  NULL, "expired", 0 },
		{ "the null sender", "<>", "esmtp", FAILED, NULL, NULL, -1 },
		{ "somebody is local", "<s@t.test>", "local", FAILED, NULL,
		  NULL, -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct runner r = { .scratch = *state, .sql = cases[i].sql };
		enum milter_answer answer;
		struct world w;

		world_open(&w, state, "PRAGMA foreign_keys = ON; "
		    "DELETE FROM message; DELETE FROM sqlite_sequence; "
		    "INSERT OR REPLACE INTO setting VALUES "
		    "('milter.wait', '30s')", "192.0.2.1");
		(void)mail(&w, cases[i].sender);
		(void)rcpt(&w, "<a@r.test>", NULL, NULL);
		(void)rcpt(&w, "<b@r.test>", NULL, NULL);
		(void)rcpt(&w, "<l@l.test>", cases[i].mailer, NULL);
		(void)content(&w, NULL, NULL);
		(void)pthread_create(&r.thread, NULL, run, &r);
		answer = end(&w);
		(void)pthread_join(r.thread, NULL);
		if ((answer == MILTER_REFUSE) != (cases[i].code != NULL))
			fail_msg("%s", cases[i].what);
		if (cases[i].code != NULL) {
			assert_string_equal(milter_session_reply(w.session)->code, cases[i].code);
			assert_string_equal(milter_session_reply(w.session)->status, "5.2.1");
			assert_string_equal(milter_session_reply(w.session)->text, "100% full");
		}
		assert_true((w.fake.dropped[0] == '\0') ==
		    (cases[i].code != NULL));
		if (cases[i].state != NULL)
			assert_string_equal(scratch_text(w.scratch, "SELECT "
			    "state FROM recipient WHERE id = 1"),
			    cases[i].state);
		assert_int_equal(scratch_number(w.scratch, "SELECT "
		    "wait_until FROM message"), cases[i].wait_until);
		world_close(&w);
	}
}

static void
a_wait_ends_with_time_and_with_the_milter(void **state)
{
	struct world w;

	for (int i = 0; i < 3; i++) {
		world_open(&w, state, "INSERT OR REPLACE INTO setting VALUES "
		    "('milter.wait', '1s')", NULL);
		if (i == 1)
			milter_waits_end(w.services.waits);
		(void)mail(&w, "<s@t.test>");
		(void)rcpt(&w, "<a@r.test>", NULL, NULL);
		(void)content(&w, NULL, NULL);
		w.fake.deaf = i == 2;
		assert_int_equal(end(&w), MILTER_CONTINUE);
		assert_string_equal(w.fake.dropped, "<a@r.test> ");
		world_close(&w);
	}
	assert_int_equal(scratch_number(w.scratch, "SELECT count(*) FROM "
	    "message JOIN recipient AS r ON r.message_id = message.id "
	    "WHERE wait_until = 0 AND state = 'queued'"), 3);
}

/* --- many at once ------------------------------------------------------- */

enum { THREADS = 16, EACH = 25 };

struct sender {
	pthread_t thread;
	struct world *world;
	char queue_id[16];
	int accepted;
};

static void *
send_many(void *arg)
{
	struct sender *s = arg;
	struct world own = *s->world;

	own.fake.queue_id = s->queue_id;
	own.session = session_new(&s->world->services, &own.fake, NULL, NULL);
	for (int i = 0; i < EACH; i++) {
		own.fake.dropped[0] = '\0';
		(void)mail(&own, "<s@t.test>");
		(void)rcpt(&own, "<a@r.test>", NULL, NULL);
		(void)content(&own, NULL, NULL);
		s->accepted += end(&own) == MILTER_CONTINUE;
	}
	milter_session_free(&own.session);
	return NULL;
}

static void
what_was_accepted_is_stored_once(void **state)
{
	struct sender senders[THREADS] = { 0 };
	struct world w;

	world_open(&w, state, NULL, "192.0.2.1");
	for (int i = 0; i < THREADS; i++) {
		senders[i].world = &w;
		(void)snprintf(senders[i].queue_id,
		    sizeof(senders[i].queue_id), "Q%d", i);
		assert_int_equal(pthread_create(&senders[i].thread, NULL,
		    send_many, &senders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].accepted, EACH);
	}
	world_close(&w);
	assert_int_equal(scratch_number(w.scratch, "SELECT count(*) FROM "
	    "(SELECT mta_id FROM message GROUP BY mta_id HAVING count(*) = 25)"),
	    THREADS);
}

int
main(void)
{
#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(the_default_takes_what_goes_to_its_own_domain),
		SPOOL_TEST(duplicates_are_stored_once_and_dropped_each),
		SPOOL_TEST(strangers_pin_nothing),
		SPOOL_TEST(a_failing_domain_is_refused_between_probes),
		SPOOL_TEST(domains_fail_in_the_spool_of_now),
		SPOOL_TEST(half_a_message_is_never_stored),
		SPOOL_TEST(out_of_order_fails_closed),
		SPOOL_TEST(a_bad_sender_is_no_matter_for_local_mail),
		SPOOL_TEST(a_server_that_left_is_told_nothing),
		SPOOL_TEST(what_is_quarantined_stays_with_the_server),
		SPOOL_TEST(a_header_value_stays_one_field),
		SPOOL_TEST(what_the_server_says_stays_one_identifier),
		SPOOL_TEST(a_spool_that_was_moved_is_not_written),
		SPOOL_TEST(the_answer_is_the_result),
		SPOOL_TEST(a_wait_ends_with_time_and_with_the_milter),
		SPOOL_TEST(what_was_accepted_is_stored_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
