/*
 * From marks to DSNs.
 *
 * Commit instant: a DSN is stored, the marks it stands for are cleared, and its
 * message is finished in one transaction (doc/spool-states.md).  Before it the
 * marks are there and any runner makes the DSN; after it the DSN is mail.
 */
#include "queue/dsn_sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "dsn/dsn.h"
#include "spool/message.h"
#include "spool/insert.h"
#include "spool/owed.h"
#include "spool/record.h"

enum {
	/* In one transaction: DSNs, and their octets but for the last one. */
	MADE_MAX = 100,
	OCTETS_MAX = 8 * 1024 * 1024,
	RCPTS_MAX = 500,	/* in one DSN; the next one has the rest */
	/* Without RET, what is larger than this is returned as its header. */
	FULL_UNASKED_MAX = 64 * 1024,
	RANDOM_LEN = 16
};

/* What was made, for the log. */
struct made {
	int64_t of, id;		/* id 0: it could not be */
	char *to, *why;
	const char *action;
};

struct dsn_task {
	struct spool_write_task task;	/* first: the writer gives it back */
	struct settings *settings;
	const char *host;
	struct made made[MADE_MAX];
	size_t n_made;
	uint64_t octets;
};

/* A DSN in the making. */
struct making {
	struct dsn_task *task;
	struct spool *spool;
	struct arena *arena;
	struct spool_owed owed;
	struct dsn dsn;
	struct spool_insert *insert;
	struct buf piece;	/* of the content: the first one */
};

/* --- facts ------------------------------------------------------------ */

static bool
any_failed(const struct spool_owed *o)
{
	for (size_t i = 0; i < o->rcpt_count; i++)
		if (dsn_action_find(o->rcpts[i].owed) == DSN_ACTION_FAILED)
			return true;
	return false;
}

static enum dsn_return
choose_return(const struct making *m)
{
	const struct spool_message *o = &m->owed.message;

	if (m->piece.len == 0)
		return DSN_RETURN_NOTHING;
	/* RFC 8689 5: as if RET=HDRS were there. */
	if (o->require_tls)
		return DSN_RETURN_HEADERS;
	/* RFC 3461 4.3: RET=FULL speaks of failures only. */
	if (!any_failed(&m->owed))
		return DSN_RETURN_HEADERS;
	if (o->ret == NULL ? o->size <= FULL_UNASKED_MAX :
	    strcmp(o->ret, "FULL") == 0)
		return DSN_RETURN_FULL;
	return DSN_RETURN_HEADERS;
}

static bool
random_hex(char hex[static 2 * RANDOM_LEN + 1], struct error *err)
{
	uint8_t octets[RANDOM_LEN];

	if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
		return error_set(err, EX_TEMPFAIL, "cannot get random octets: "
		    "%s",
		    strerror(errno));
	text_hex(hex, octets, sizeof(octets));
	return true;
}

static const char *
print(struct arena *arena, char *text)
{
	const char *copy = arena_strdup(arena, text);

	free(text);
	return copy;
}

static bool
fill_dsn(struct making *m, struct error *err)
{
	const struct spool_message *o = &m->owed.message;
	const struct conf_report_settings *conf =
	    &m->task->settings->conf->report;
	const char *host = m->task->host;
	char hex[2 * RANDOM_LEN + 1];
	struct dsn *d = &m->dsn;

	if (!random_hex(hex, err))
		return false;
	*d = (struct dsn){
		.host = host, .from_name = conf->dsn_from_name,
		.from_address = conf->dsn_from_address,
		.boundary = arena_strdup(m->arena, hex),
		.now = clock_now_s(), .about = &m->owed
	};
	d->message_id = print(m->arena, mem_printf("dsn.%lld.%s@%s",
	    (long long)o->id, hex, host));
	if (d->from_address == NULL)
		d->from_address = print(m->arena,
		    mem_printf("MAILER-DAEMON@%s", host));
	d->returned = choose_return(m);
	if (d->returned == DSN_RETURN_FULL)
		return spool_content_scan(m->spool, o->id,
		    &d->returned_8bit, err);
	d->returned_8bit = text_has_8bit(buf_str(&m->piece),
	    dsn_header_len(buf_str(&m->piece), m->piece.len));
	return true;
}

/* --- the message ------------------------------------------------------ */

/* Stores text, and empties it. */
static bool
put_content(struct making *m, struct buf *text, struct error *err)
{
	bool ok = spool_insert_content(m->insert, buf_str(text), text->len,
	    err);

	buf_clear(text);
	return ok;
}

static bool
put_returned(struct making *m, struct buf *text, struct dsn_encoder *e,
    struct error *err)
{
	bool found = true;
	int64_t seq = 1;

	switch (m->dsn.returned) {
	case DSN_RETURN_NOTHING:
		return true;
	case DSN_RETURN_HEADERS:
		dsn_write_returned(text, &m->dsn, e, buf_str(&m->piece),
		    dsn_header_len(buf_str(&m->piece), m->piece.len));
		return true;
	case DSN_RETURN_FULL:
		break;
	}
	while (found) {
		dsn_write_returned(text, &m->dsn, e, buf_str(&m->piece),
		    m->piece.len);
		if (!put_content(m, text, err) || !spool_content_read(m->spool,
		    m->owed.message.id, seq++, &m->piece, &found, NULL, err))
			return false;
	}
	return true;
}

static bool
write_dsn(struct making *m, struct error *err)
{
	struct dsn_encoder e = { .n = 0 };
	struct buf text = BUF_INIT;
	bool ok;

	/* RFC 3461 6.1; and it is never the cause of another DSN. */
	spool_insert_recipient(m->insert, &(struct spool_recipient){
	    .address = m->owed.message.sender, .notify = "NEVER" });
	dsn_write_head(&text, &m->dsn);
	ok = put_returned(m, &text, &e, err);
	if (ok) {
		dsn_write_tail(&text, &m->dsn, &e);
		ok = put_content(m, &text, err);
	}
	buf_free(&text);
	return ok;
}

/* The mark goes and, with the last one, the message. */
static bool
end_owed(struct making *m, struct error *err)
{
	return spool_owed_clear(m->spool, &m->owed, err) &&
	    spool_message_finish(m->spool, m->owed.message.id, clock_now_s(),
	    err);
}

static bool
store_dsn(struct making *m, struct error *err)
{
	struct dsn_task *p = m->task;
	struct made *made = &p->made[p->n_made];
	int64_t id = 0;

	if (!spool_insert_store(m->insert, m->spool, &(struct spool_message){
	    .sender = "", .source = "dsn", .received_at = m->dsn.now,
	    .wait_until = -1,
	    .body_type = dsn_needs_smtputf8(m->owed.message.sender) ?
	    "8BITMIME" : "7BIT",
	    .smtputf8 = dsn_needs_smtputf8(m->owed.message.sender) }, &id,
	    err)) {
		/* What the schema refuses now it refuses for ever. */
		if (err->code != EX_DATAERR)
			return false;
		made->why = mem_strdup(err->text);
		id = 0;
	}
	made->of = m->owed.message.id;
	made->id = id;
	made->to = mem_strdup(m->owed.message.sender);
	made->action = dsn_action_name(
	    dsn_action_find(m->owed.rcpts[0].owed));
	p->n_made++;
	p->octets += spool_insert_size(m->insert);
	return end_owed(m, err);
}

static bool
make(struct making *m, int64_t message_id, struct error *err)
{
	bool found;

	if (!spool_owed_read(m->spool, message_id, RCPTS_MAX, m->arena,
	    &m->owed, err))
		return false;
	/* Marked by hand: there is nobody to tell. */
	if (m->owed.message.sender[0] == '\0')
		return end_owed(m, err);
	return spool_content_read(m->spool, message_id, 0, &m->piece, &found,
	    NULL, err) && fill_dsn(m, err) && write_dsn(m, err) && store_dsn(m,
	    err);
}

static bool
make_one(struct dsn_task *p, struct spool *spool, int64_t message_id,
    struct error *err)
{
	struct making m = { .task = p, .spool = spool };
	bool ok;

	m.arena = arena_new();
	m.insert = spool_insert_new(spool_path(spool));
	ok = make(&m, message_id, err);
	spool_insert_free(&m.insert);
	buf_free(&m.piece);
	arena_free(&m.arena);
	return ok || error_prefix(err, "cannot create the DSN for message %lld",
	    (long long)message_id);
}

/* --- the writer's task ------------------------------------------------ */

/* Messages nobody waits for any more may end, and their DSNs be made. */
static bool
end_waits(struct spool *spool, struct error *err)
{
	int64_t id, now = clock_now_s();

	for (;;) {
		if (!spool_wait_over(spool, now, &id, err))
			return false;
		if (id < 0)
			return true;
		if (!spool_wait_clear(spool, id, err) ||
		    !spool_message_finish(spool, id, now, err))
			return false;
	}
}

static bool
dsn_task_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct dsn_task *p = (struct dsn_task *)t;
	int64_t id = 0;

	(void)token;
	if (!end_waits(spool, err))
		return false;
	while (p->n_made < MADE_MAX && p->octets < OCTETS_MAX) {
		if (!spool_owed_next(spool, id, clock_now_s(), &id, err))
			return false;
		if (id < 0)
			break;
		if (!make_one(p, spool, id, err))
			return false;
	}
	return true;
}

static void
dsn_task_undo(struct spool_write_task *t)
{
	struct dsn_task *p = (struct dsn_task *)t;

	while (p->n_made > 0) {
		struct made *made = &p->made[--p->n_made];

		free(made->to);
		free(made->why);
		*made = (struct made){ .of = 0 };
	}
	p->octets = 0;
}

static void
log_made(const struct made *made)
{
	char to[MAIL_ADDRESS_LOG_LEN];

	mail_address_log(to, made->to);
	if (made->id > 0)
		log_info("%lld: DSN: %s: message %lld to <%s>",
		    (long long)made->of, made->action, (long long)made->id,
		    to);
	else
		log_error("%lld: DSN: %s: cannot notify <%s>: %s",
		    (long long)made->of, made->action, to, made->why);
}

static void
dsn_task_done(struct spool_write_task *t, const struct error *err)
{
	struct dsn_task *p = (struct dsn_task *)t;

	for (size_t i = 0; err == NULL && i < p->n_made; i++)
		log_made(&p->made[i]);
	if (err != NULL)
		log_error("%s; retrying", err->text);
	dsn_task_undo(t);
	settings_unref(&p->settings);
	free(p);
}

void
queue_dsn_send(struct spool_writer *writer, struct settings *settings,
    const char *host)
{
	struct dsn_task *p = mem_zalloc(sizeof(*p));

	p->settings = settings_ref(settings);
	p->host = host;
	p->task.run = dsn_task_run;
	p->task.undo = dsn_task_undo;
	p->task.done = dsn_task_done;
	spool_writer_post(writer, &p->task);
}
