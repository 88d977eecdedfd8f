/*
 * Gathering a message for one or more places in the spool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/session_impl.h"

/* The local spelling of REQUIRETLS. */
static const char *const removed_fields[] = { "Require-TLS-ESMTP", NULL };

struct milter_message *
milter_message_new(void)
{
	struct arena *arena = arena_new();
	struct milter_message *m = arena_alloc(arena, sizeof(*m));

	*m = (struct milter_message){ .arena = arena };
	m->args_tail = &m->args;
	return m;
}

void
milter_message_free(struct milter_message **message)
{
	struct milter_message *m = *message;
	struct arena *arena;

	*message = NULL;
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->part_count; i++)
		spool_insert_free(&m->parts[i].insert);
	free(m->parts);
	mail_intake_free(&m->intake);
	HASH_CLEAR(hh, m->known);
	settings_unref(&m->settings);
	arena = m->arena;
	arena_free(&arena);
}

/* --- recipients --------------------------------------------------------- */

static bool
same_strategy(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct spool_insert *
insert_for(struct milter_message *m, const char *database,
    const char *strategy)
{
	for (size_t i = 0; i < m->part_count; i++)
		if (same_strategy(m->parts[i].message.tls_strategy, strategy))
			return m->parts[i].insert;
	m->parts = mem_realloc(m->parts,
	    (m->part_count + 1) * sizeof(*m->parts));
	m->parts[m->part_count] = (struct milter_part){
	    .insert = spool_insert_new(database),
	    .message = { .tls_strategy = strategy } };
	return m->parts[m->part_count++].insert;
}

void
milter_message_add(struct milter_message *m, const char *database,
    const struct mail_recipient *rcpt, const char *strategy, const char *arg)
{
	struct milter_arg *a = arena_alloc(m->arena, sizeof(*a)), *known;
	char notify[MAIL_NOTIFY_LEN];

	*a = (struct milter_arg){ .text = arena_strdup(m->arena, arg),
		.address = arena_strdup(m->arena, rcpt->address.text) };
	*m->args_tail = a;
	m->args_tail = &a->next;
	HASH_FIND_STR(m->known, a->address, known);
	if (known != NULL)
		return;
	HASH_ADD_KEYPTR(hh, m->known, a->address, strlen(a->address), a);
	mail_notify_print(notify, rcpt->notify);
	spool_insert_recipient(insert_for(m, database, strategy),
	    &(struct spool_recipient){
	    .address = rcpt->address.text,
	    .domain = rcpt->address.domain,
	    .notify = notify[0] != '\0' ? notify : NULL,
	    .orcpt = rcpt->orcpt[0] != '\0' ? rcpt->orcpt : NULL });
}

/* --- content ------------------------------------------------------------ */

static bool
store_in_parts(void *ctx, const void *data, size_t len, struct error *err)
{
	struct milter_message *m = ctx;
	bool ok = true;

	for (size_t i = 0; ok && i < m->part_count; i++)
		ok = spool_insert_content(m->parts[i].insert, data, len, err);
	return ok;
}

/* As Sendmail has it (H?F?From: $g). */
static const char *
default_from(struct milter_message *m)
{
	const char *name = m->hop.own_name != NULL ? m->hop.own_name :
	    "localhost";
	const char *sender = m->sender.address.text;
	bool null = sender[0] == '\0';
	size_t room = strlen(sender) + strlen(name) + sizeof("MAILER-DAEMON@");
	char *from = arena_alloc(m->arena, room);

	(void)snprintf(from, room, "%s%s", null ? "MAILER-DAEMON@" : sender,
	    null ? name : "");
	return from;
}

bool
milter_message_begin(struct milter_message *m, struct error *err)
{
	const struct mail_intake_options options = {
		.date = m->date, .message_id = m->message_id,
		.from = default_from(m),
		.remove = m->trusted ? removed_fields : NULL,
	};
	struct buf received = BUF_INIT;
	bool ok;

	clock_rfc5322(m->date, m->hop.now);
	milter_received_print(&received, &m->hop);
	m->intake = mail_intake_new(&options, store_in_parts, m);
	ok = mail_intake_write(m->intake, buf_str(&received), received.len,
	    err);
	buf_free(&received);
	return ok;
}

/*
 * One line of a value, with its line end.  The field ends where the next line
 * does not begin with a blank: another filter's slip, or somebody's trick.  It
 * is made a fold, so that what we count as one field is one for all.
 */
static bool
put_line(struct milter_message *m, const char *line, size_t len, bool first,
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
milter_message_header(struct milter_message *m, const char *name,
    const char *value, struct error *err)
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
