/*
 * The end of a message waits for the record of the one before.
 *
 * A crash repeats what a host has taken and the database does not know.  That
 * must not be more than one message of a session, however long a commit takes,
 * nor may sessions follow each other meanwhile.  All but the end goes out, so
 * that as a rule no time is lost by it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "delivery/worker_impl.h"

static bool
is_unrecorded(const struct delivery_record *r)
{
	return atomic_load(&r->unrecorded) > 0;
}

/* Something that a session has left, after those that are recorded now. */
static bool
any_left(struct delivery_destination *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_unrecorded; i++) {
		if (is_unrecorded(d->unrecorded[i]))
			d->unrecorded[kept++] = d->unrecorded[i];
		else
			delivery_record_unref(&d->unrecorded[i]);
	}
	d->n_unrecorded = kept;
	return kept > 0;
}

static bool
must_wait(const struct delivery_session *s)
{
	return is_unrecorded(s->record) || any_left(s->dest);
}

void
delivery_session_expect(struct delivery_session *s)
{
	bool expected = !LIST_EMPTY(&s->deliveries) && !s->withheld;

	if (expected != s->expected)
		spool_writer_expect(s->dest->worker->config.writer,
		    expected ? 1 : -1);
	s->expected = expected;
}

bool
delivery_session_withholds(struct delivery_session *s)
{
	if (!must_wait(s))
		return false;
	if (s->withheld)
		return true;
	LIST_INSERT_HEAD(&s->dest->worker->withheld, s, withheld_entry);
	s->withheld = true;
	delivery_session_expect(s);
	spool_writer_hurry(s->dest->worker->config.writer);
	return true;
}

static void
forget_withheld(struct delivery_session *s)
{
	if (s->withheld)
		LIST_REMOVE(s, withheld_entry);
	s->withheld = false;
	delivery_session_expect(s);
}

void
delivery_session_recorded(struct delivery_session *s)
{
	if (must_wait(s))
		return;
	forget_withheld(s);
	smtp_client_wake(s->client);
}

void
delivery_session_end_withheld(struct delivery_session *s)
{
	struct delivery_destination *d = s->dest;

	forget_withheld(s);
	if (!is_unrecorded(s->record))
		return;
	d->unrecorded = mem_realloc(d->unrecorded,
	    (d->n_unrecorded + 1) * sizeof(struct delivery_record *));
	d->unrecorded[d->n_unrecorded++] = delivery_record_ref(s->record);
}

void
delivery_destination_forget_unrecorded(struct delivery_destination *d)
{
	for (size_t i = 0; i < d->n_unrecorded; i++)
		delivery_record_unref(&d->unrecorded[i]);
	free(d->unrecorded);
	d->unrecorded = NULL;
	d->n_unrecorded = 0;
}
