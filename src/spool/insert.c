/*
 * Gathering a message and storing it.
 */
#include "spool/insert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/failpoint.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/query.h"
#include "spool/room.h"
#include "spool/spool_impl.h"

/* More than this goes to a file. */
enum { IN_MEMORY_MAX = 2 * SPOOL_PIECE_MAX };

struct gathered {
	struct gathered *next;
	struct spool_recipient rcpt;
};

struct spool_insert {
	struct arena *arena;
	struct gathered *first, **tail;
	size_t count;
	char *dir;		/* for the file */
	struct buf buf;		/* all content, or what the file lacks */
	int fd;			/* -1: no file */
	uint64_t size;
};

struct spool_insert *
spool_insert_new(const char *database)
{
	struct spool_insert *ins = mem_zalloc(sizeof(*ins));

	ins->arena = arena_new();
	ins->tail = &ins->first;
	ins->dir = spool_dir(database);
	ins->fd = -1;
	return ins;
}

void
spool_insert_free(struct spool_insert **ins_p)
{
	struct spool_insert *ins = *ins_p;

	if (ins == NULL)
		return;
	*ins_p = NULL;
	if (ins->fd >= 0)
		(void)close(ins->fd);
	buf_free(&ins->buf);
	arena_free(&ins->arena);
	free(ins->dir);
	free(ins);
}

static const char *
insert_keep(struct spool_insert *ins, const char *text)
{
	return text != NULL ? arena_strdup(ins->arena, text) : NULL;
}

void
spool_insert_recipient(struct spool_insert *ins,
    const struct spool_recipient *rcpt)
{
	struct gathered *g = arena_alloc(ins->arena, sizeof(*g));
	const char *at = strrchr(rcpt->address, '@');
	char *domain;

	domain = arena_strdup(ins->arena, rcpt->domain != NULL ? rcpt->domain :
	    at != NULL ? at + 1 : "");
	text_lower(domain);
	*g = (struct gathered){ .rcpt = {
		.address = insert_keep(ins, rcpt->address),
		.domain = domain,
		.notify = insert_keep(ins, rcpt->notify),
		.orcpt = insert_keep(ins, rcpt->orcpt),
		.held = rcpt->held,
	} };
	*ins->tail = g;
	ins->tail = &g->next;
	ins->count++;
}

size_t
spool_insert_recipient_count(const struct spool_insert *ins)
{
	return ins->count;
}

static bool
recipient_known(struct spool *spool, const struct spool_message *m,
    const char *address, bool *known_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_RECIPIENT_KNOWN);
	spool_query_put_foreign(&q, ":mta_id", m->mta_id, "");
	spool_query_put_text(&q, ":sender", m->sender);
	spool_query_put_text(&q, ":address", address);
	*known_r = spool_query_next(&q);
	return spool_query_run(&q, err);
}

bool
spool_insert_drop_known(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *message, struct error *err)
{
	struct gathered **at = &ins->first;

	while (*at != NULL) {
		bool known;

		if (!recipient_known(spool, message, (*at)->rcpt.address,
		    &known, err))
			return false;
		if (known) {
			*at = (*at)->next;
			ins->count--;
		} else {
			at = &(*at)->next;
		}
	}
	ins->tail = at;
	return true;
}

uint64_t
spool_insert_size(const struct spool_insert *ins)
{
	return ins->size;
}

static bool
make_file(struct spool_insert *ins, struct error *err)
{
	char *name;

	ins->fd = open(ins->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (ins->fd >= 0)
		return true;
	/* Not every file system has nameless files. */
	name = mem_printf("%s/content.XXXXXX", ins->dir);
	ins->fd = mkostemp(name, O_CLOEXEC);
	if (ins->fd >= 0)
		(void)unlink(name);
	else
		(void)error_set(err, EX_CANTCREAT, "%s: cannot create a "
		    "temporary file: %s", ins->dir, strerror(errno));
	free(name);
	return ins->fd >= 0;
}

static bool
write_file(struct spool_insert *ins, const char *data, size_t len,
    struct error *err)
{
	while (len > 0) {
		ssize_t n = write(ins->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, EX_IOERR, "%s: cannot write a "
			    "temporary file: %s", ins->dir, strerror(errno));
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool
spool_insert_content(struct spool_insert *ins, const void *data, size_t len,
    struct error *err)
{
	ins->size += len;
	if (ins->fd < 0 && ins->buf.len + len <= IN_MEMORY_MAX)
		return buf_append(&ins->buf, data, len);
	if (ins->fd < 0) {
		if (!make_file(ins, err) || !write_file(ins,
		    buf_str(&ins->buf), ins->buf.len, err))
			return false;
		buf_free(&ins->buf);
	}
	return write_file(ins, data, len, err);
}

static bool
store_piece(struct spool *spool, int64_t message_id, int64_t seq,
    const void *data, size_t len, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CONTENT_INSERT);
	spool_query_put_int(&q, ":message_id", message_id);
	spool_query_put_int(&q, ":seq", seq);
	spool_query_put_blob(&q, ":data", data, len);
	return spool_query_run(&q, err);
}

static bool
insert_read_file(struct spool_insert *ins, char *piece, uint64_t offset,
    size_t len, struct error *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(ins->fd, piece + done, len - done,
		    (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, EX_IOERR, "%s: cannot read a "
			    "temporary file: %s", ins->dir,
			    n < 0 ? strerror(errno) : "the file was truncated");
		done += (size_t)n;
	}
	return true;
}

static bool
store_content(struct spool_insert *ins, struct spool *spool,
    int64_t message_id, struct error *err)
{
	char *piece = ins->fd >= 0 ? mem_alloc(SPOOL_PIECE_MAX) : NULL;
	int64_t seq = 0;
	bool ok = true;

	for (uint64_t offset = 0; ok && offset < ins->size; seq++) {
		size_t len = ins->size - offset < SPOOL_PIECE_MAX ?
		    (size_t)(ins->size - offset) : SPOOL_PIECE_MAX;
		const char *data = piece;

		if (piece == NULL)
			data = ins->buf.data + offset;
		else
			ok = insert_read_file(ins, piece, offset, len, err);
		ok = ok && store_piece(spool, message_id, seq, data, len, err);
		offset += len;
	}
	free(piece);
	return ok;
}

static bool
store_recipients(struct spool_insert *ins, struct spool *spool,
    int64_t message_id, int64_t due_at, struct error *err)
{
	for (const struct gathered *g = ins->first; g != NULL; g = g->next) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_RECIPIENT_INSERT);
		spool_query_put_int(&q, ":message_id", message_id);
		spool_query_put_text(&q, ":address", g->rcpt.address);
		spool_query_put_text(&q, ":domain", g->rcpt.domain);
		spool_query_put_int(&q, ":held", g->rcpt.held);
		spool_query_put_int(&q, ":next_attempt_at", due_at);
		spool_query_put_text(&q, ":notify", g->rcpt.notify);
		spool_query_put_text(&q, ":orcpt", g->rcpt.orcpt);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_message(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *m, int64_t *id_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_MESSAGE_INSERT);
	spool_query_put_foreign(&q, ":mta_id", m->mta_id, "");
	spool_query_put_text(&q, ":sender", m->sender);
	spool_query_put_text(&q, ":source", m->source);
	spool_query_put_int(&q, ":received_at", m->received_at);
	spool_query_put_time(&q, ":wait_until", m->wait_until);
	spool_query_put_int(&q, ":size", (int64_t)ins->size);
	spool_query_put_text(&q, ":body_type", m->body_type);
	spool_query_put_int(&q, ":smtputf8", m->smtputf8);
	spool_query_put_int(&q, ":require_tls", m->require_tls);
	spool_query_put_int(&q, ":tls_optional", m->tls_optional);
	spool_query_put_text(&q, ":ret", m->ret);
	spool_query_put_text(&q, ":envid", m->envid);
	spool_query_put_foreign(&q, ":client_ip", m->client_ip, "");
	spool_query_put_foreign(&q, ":client_name", m->client_name, "");
	spool_query_put_foreign(&q, ":auth_user", m->auth_user, "");
	spool_query_put_text(&q, ":tls_strategy", m->tls_strategy);
	spool_query_put_text(&q, ":tls_report", m->tls_report);
	if (spool_query_next(&q))
		*id_r = spool_query_int(&q, 0);
	return spool_query_run(&q, err);
}

bool
spool_insert_store(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *message, int64_t *message_id_r,
    struct error *err)
{
	bool ok;

	if (ins->count == 0)
		return error_set(err, EX_DATAERR, "message: no recipients");
	if (ins->size == 0)
		return error_set(err, EX_DATAERR, "message: no content");
	/* Our own notices are results, not new mail. */
	if (strcmp(message->source, "dsn") != 0 &&
	    !spool_room_check(spool, ins->size, err))
		return false;
	if (!spool_savepoint(spool, err))
		return false;
	ok = store_message(ins, spool, message, message_id_r, err) &&
	    store_content(ins, spool, *message_id_r, err) &&
	    store_recipients(ins, spool, *message_id_r, message->received_at,
	    err);
	if (ok)
		FAILPOINT_ROW("insert");
	return spool_savepoint_end(spool, ok, ok ? err : NULL) && ok;
}

bool
spool_insert_commit(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *message, int64_t *message_id_r,
    struct error *err)
{
	if (!spool_begin(spool, err))
		return false;
	if (spool_insert_store(ins, spool, message, message_id_r, err))
		return spool_commit(spool, err);
	spool_rollback(spool);
	return false;
}
