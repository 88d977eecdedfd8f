/*
 * Counted, immutable evidence.
 */
#include "delivery/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	REPLY_MAX = 599,	/* octets of a reply that are kept */
	RECORD_ROOM = 600	/* of a record's texts, as a rule */
};

struct delivery_record *
delivery_record_new(const char *mx, const char *address)
{
	struct delivery_record *r = mem_zalloc(sizeof(*r));

	atomic_init(&r->refs, 1);
	atomic_init(&r->unrecorded, 0);
	r->arena = arena_new_for(RECORD_ROOM);
	r->refused = mx == NULL;
	if (r->refused)
		return r;
	r->row = (struct spool_session){ .started_at = clock_now_s(),
		.mx = arena_strdup(r->arena, mx),
		.address = arena_strdup(r->arena, address), .tls = "none",
		.dane = "none", .mta_sts = "none", .cert_not_after = -1 };
	return r;
}

struct delivery_record *
delivery_record_ref(struct delivery_record *r)
{
	if (r != NULL)
		(void)atomic_fetch_add(&r->refs, 1);
	return r;
}

void
delivery_record_unref(struct delivery_record **r)
{
	if (*r != NULL && atomic_fetch_sub(&(*r)->refs, 1) == 1) {
		arena_free(&(*r)->arena);
		free(*r);
	}
	*r = NULL;
}

struct delivery_attempt *
delivery_attempt_new(const struct spool_attempt *row,
    struct delivery_record *session)
{
	const char *const from[] = { row->rule, row->mx, row->address,
		row->facts, row->status, row->reply };
	size_t len[ARRAY_LEN(from)], room = 0;
	struct delivery_attempt *a;
	char *at;

	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		len[i] = from[i] != NULL ? strnlen(from[i],
		    from[i] == row->reply ? REPLY_MAX : SIZE_MAX) : 0;
		room += len[i] + 1;
	}
	a = mem_zalloc(sizeof(*a) + room);
	atomic_init(&a->refs, 1);
	a->session = delivery_record_ref(session);
	a->row = *row;
	at = a->texts;
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		const char **const to[] = { &a->row.rule, &a->row.mx,
			&a->row.address, &a->row.facts, &a->row.status,
			&a->row.reply };

		*to[i] = len[i] > 0 ? memcpy(at, from[i], len[i]) : NULL;
		at += len[i] + 1;
	}
	if (a->row.status == NULL)
		a->row.status = "";
	return a;
}

const struct spool_session *
delivery_attempt_session(const struct delivery_attempt *a)
{
	return a->session != NULL && !a->session->refused ? &a->session->row :
	    NULL;
}

struct delivery_attempt *
delivery_attempt_ref(struct delivery_attempt *a)
{
	(void)atomic_fetch_add(&a->refs, 1);
	return a;
}

void
delivery_attempt_unref(struct delivery_attempt **a)
{
	if (*a != NULL && atomic_fetch_sub(&(*a)->refs, 1) == 1) {
		delivery_record_unref(&(*a)->session);
		free(*a);
	}
	*a = NULL;
}
