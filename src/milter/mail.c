/*
 * Gathering a message for one or more places in the spool.
 */
#include "milter/mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

struct known {			/* an address that is there already */
	UT_hash_handle hh;
	const char *address;
};

struct arg {
	struct arg *next;
	const char *text;
};

struct milter_mail {
	const char *database;
	struct arena *arena;
	struct milter_mail_job job;
	struct known *known;
	struct arg *first, **tail;
	struct mail_intake *intake;
	char date[CLOCK_RFC5322_LEN], message_id[MILTER_MESSAGE_ID_LEN];
};

/* The local spelling of REQUIRETLS. */
static const char *const removed_fields[] = { "Require-TLS-ESMTP", NULL };

struct milter_mail *
milter_mail_new(const char *database)
{
	struct milter_mail *m = mem_zalloc(sizeof(*m));

	m->database = database;
	m->arena = arena_new();
	m->tail = &m->first;
	return m;
}

void
milter_mail_free(struct milter_mail **mail)
{
	struct milter_mail *m = *mail;

	*mail = NULL;
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->job.count; i++)
		spool_insert_free(&m->job.items[i].insert);
	free(m->job.items);
	mail_intake_free(&m->intake);
	HASH_CLEAR(hh, m->known);
	arena_free(&m->arena);
	free(m);
}

/* --- recipients --------------------------------------------------------- */

static bool
is_known(struct milter_mail *m, const char *address)
{
	struct known *k;

	HASH_FIND_STR(m->known, address, k);
	if (k != NULL)
		return true;
	k = arena_alloc(m->arena, sizeof(*k));
	k->address = arena_strdup(m->arena, address);
	HASH_ADD_KEYPTR(hh, m->known, k->address, strlen(k->address), k);
	return false;
}

static bool
same_strategy(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct spool_insert *
insert_for(struct milter_mail *m, const char *strategy)
{
	struct milter_mail_job *job = &m->job;

	for (size_t i = 0; i < job->count; i++)
		if (same_strategy(job->items[i].message.tls_strategy, strategy))
			return job->items[i].insert;
	job->items = mem_realloc(job->items,
	    (job->count + 1) * sizeof(*job->items));
	job->items[job->count] = (struct milter_mail_item){
	    .insert = spool_insert_new(m->database),
	    .message = { .tls_strategy = strategy } };
	return job->items[job->count++].insert;
}

void
milter_mail_add(struct milter_mail *m, const struct mail_recipient *rcpt,
    const char *strategy, const char *arg)
{
	struct arg *a = arena_alloc(m->arena, sizeof(*a));
	char notify[DSN_NOTIFY_LEN];

	*a = (struct arg){ .text = arena_strdup(m->arena, arg) };
	*m->tail = a;
	m->tail = &a->next;
	if (is_known(m, rcpt->address.text))
		return;
	dsn_notify_print(notify, rcpt->notify);
	spool_insert_recipient(insert_for(m, strategy),
	    &(struct spool_recipient){
	    .address = rcpt->address.text,
	    .domain = rcpt->address.domain,
	    .notify = notify[0] != '\0' ? notify : NULL,
	    .orcpt = rcpt->orcpt[0] != '\0' ? rcpt->orcpt : NULL });
}

size_t
milter_mail_recipients(const struct milter_mail *m)
{
	return HASH_COUNT(m->known);
}

const char *
milter_mail_next_arg(const struct milter_mail *m, const void **place)
{
	const struct arg *a = *place;

	a = a == NULL ? m->first : a->next;
	*place = a;
	return a != NULL ? a->text : NULL;
}

/* --- content ------------------------------------------------------------ */

static bool
keep(void *ctx, const void *data, size_t len, struct error *err)
{
	struct milter_mail *m = ctx;

	for (size_t i = 0; i < m->job.count; i++)
		if (!spool_insert_content(m->job.items[i].insert, data, len,
		    err))
			return false;
	return true;
}

bool
milter_mail_begin(struct milter_mail *m, const struct milter_mail_start *start,
    struct error *err)
{
	struct mail_intake_options options = {
		.date = m->date, .message_id = m->message_id,
		.from = start->from != NULL ?
		    arena_strdup(m->arena, start->from) : NULL,
		.remove = start->keep_require_tls ? NULL : removed_fields,
	};

	clock_rfc5322(m->date, start->now);
	m->intake = mail_intake_new(&options, keep, m);
	return mail_intake_write(m->intake, start->received,
	    strlen(start->received), err);
}

/*
 * One line of a value, with its line end.  The field ends where the next line
 * does not begin with a blank: another filter's slip, or somebody's trick.  It
 * is made a fold, so that what we count as one field is one for all.
 */
static bool
put_line(struct milter_mail *m, const char *line, size_t len, bool first,
    struct error *err)
{
	bool folded = first || line[0] == ' ' || line[0] == '\t';

	if (!first && len == 0)
		return true;	/* it would end the header */
	return (folded || mail_intake_write(m->intake, "\t", 1, err)) &&
	    mail_intake_write(m->intake, line, len, err) &&
	    mail_intake_write(m->intake, "\r\n", 2, err);
}

bool
milter_mail_header(struct milter_mail *m, const char *name, const char *value,
    struct error *err)
{
	bool first = true;

	if (!mail_intake_write(m->intake, name, strlen(name), err) ||
	    !mail_intake_write(m->intake, ":", 1, err))
		return false;
	for (;;) {
		size_t len = strcspn(value, "\r\n");

		if (!put_line(m, value, len, first, err))
			return false;
		value += len;
		if (*value == '\0')
			return true;
		value += value[0] == '\r' && value[1] == '\n' ? 2 : 1;
		first = false;
	}
}

bool
milter_mail_end_header(struct milter_mail *m, const char *message_id,
    struct error *err)
{
	(void)text_copy(m->message_id, sizeof(m->message_id), message_id);
	return mail_intake_write(m->intake, "\r\n", 2, err);
}

bool
milter_mail_body(struct milter_mail *m, const void *data, size_t len,
    struct error *err)
{
	return mail_intake_write(m->intake, data, len, err);
}

bool
milter_mail_finish(struct milter_mail *m, struct mail_intake_facts *facts_r,
    struct error *err)
{
	return mail_intake_finish(m->intake, facts_r, err);
}

static bool
run_job(struct write_task *task, struct spool *spool, const char *token,
    struct error *err)
{
	struct milter_mail_job *job = (struct milter_mail_job *)task;
	bool ok = true;

	(void)token;
	for (size_t i = 0; ok && i < job->count; i++)
		ok = spool_insert_store(job->items[i].insert, spool,
		    &job->items[i].message, &job->items[i].id, err);
	return ok;
}

struct milter_mail_job *
milter_mail_job(struct milter_mail *m, const struct spool_message *envelope)
{
	m->job.task.run = run_job;
	m->job.task.err = &m->job.err;
	m->job.task.octets = 0;
	for (size_t i = 0; i < m->job.count; i++) {
		struct spool_message *message = &m->job.items[i].message;
		const char *strategy = message->tls_strategy;

		*message = *envelope;
		if (message->tls_strategy == NULL)
			message->tls_strategy = strategy;
		m->job.task.octets += spool_insert_size(m->job.items[i].insert);
	}
	return &m->job;
}
