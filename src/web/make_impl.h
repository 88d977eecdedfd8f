/*
 * Answering, apart from HTTP.  For this folder only.
 */
#ifndef TLSQ_WEB_MAKE_IMPL_H
#define TLSQ_WEB_MAKE_IMPL_H

#include "web/answer_impl.h"

/* Of one thread. */
struct web_maker {
	const char *database;
	struct web_collector *collector;
	struct spool *spool;	/* NULL: opened by the next answer */
};

/* Fills the answer, errors too.  Takes at most about WEB_QUERY_MS. */
void web_make_answer(struct web_maker *maker, const char *target,
    const char *accept, struct web_answer *answer);

#endif
