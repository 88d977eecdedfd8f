/*
 * Counted, immutable evidence.
 */
#include "delivery/attempt.h"

#include <stdlib.h>

#include "base/mem.h"

struct session_record *
session_record_new(const char *mx)
{
	struct session_record *r = mem_zalloc(sizeof(*r));

	atomic_init(&r->refs, 1);
	atomic_init(&r->unrecorded, 0);
	r->mx = mem_strdup(mx);
	r->tls = "none";
	r->dane = "none";
	r->mta_sts = "none";
	return r;
}

struct session_record *
session_record_ref(struct session_record *r)
{
	if (r != NULL)
		(void)atomic_fetch_add(&r->refs, 1);
	return r;
}

void
session_record_unref(struct session_record **r)
{
	if (*r != NULL && atomic_fetch_sub(&(*r)->refs, 1) == 1) {
		free((*r)->mx);
		free((*r)->cert_subject);
		free((*r)->cert_issuer);
		free((*r)->verify_error);
		free(*r);
	}
	*r = NULL;
}

struct note *
note_new(void)
{
	struct note *n = mem_zalloc(sizeof(*n));

	atomic_init(&n->refs, 1);
	return n;
}

struct note *
note_ref(struct note *n)
{
	(void)atomic_fetch_add(&n->refs, 1);
	return n;
}

void
note_unref(struct note **n)
{
	if (*n != NULL && atomic_fetch_sub(&(*n)->refs, 1) == 1) {
		session_record_unref(&(*n)->session);
		free(*n);
	}
	*n = NULL;
}
