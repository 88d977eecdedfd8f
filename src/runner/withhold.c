/*
 * The end of a message waits for the record of the one before.
 *
 * A crash repeats what a host has taken and the database does not know.  That
 * must not be more than one message of a session, however long a commit takes.
 * All but the end goes out meanwhile, so that as a rule no time is lost by it.
 */
#include "runner/worker_impl.h"

bool
session_withholds(struct session *s)
{
	if (atomic_load(&s->record->unrecorded) == 0)
		return false;
	if (!s->withheld)
		LIST_INSERT_HEAD(&s->dest->worker->withheld, s,
		    withheld_entry);
	s->withheld = true;
	return true;
}

void
session_recorded(struct session *s)
{
	if (atomic_load(&s->record->unrecorded) > 0)
		return;
	session_forget_withheld(s);
	smtp_client_wake(s->client);
}

void
session_forget_withheld(struct session *s)
{
	if (s->withheld)
		LIST_REMOVE(s, withheld_entry);
	s->withheld = false;
}
