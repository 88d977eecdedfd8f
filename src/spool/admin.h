/*
 * What an administrator does to undelivered recipients: try again at once, hold,
 * release, delete, return to the sender.  doc/spool-states.md has the arrows.
 *
 * All of it is safe while runners deliver: a recipient that is in delivery is
 * taken from its runner, whose result then counts only where it is a 2xx.
 */
#ifndef TLSQ_SPOOL_ADMIN_H
#define TLSQ_SPOOL_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

enum spool_action {
	SPOOL_RETRY,		/* due now */
	SPOOL_HOLD,		/* never due, until released */
	SPOOL_RELEASE,
	SPOOL_DELETE,		/* final, nobody is told */
	SPOOL_BOUNCE,		/* final, a notice to the sender is owed */
	SPOOL_ACTION_COUNT
};

/* Does the action change a recipient in this (undelivered) state? */
bool spool_action_applies(enum spool_action action, const char *state);

/* Conditions that must all hold; NULL and 0 are none. */
struct spool_selector {
	const char *domain;		/* lower case, A-labels */
	const char *sender;		/* "" is the null sender; case ignored */
	const int64_t *messages;	/* each once */
	size_t message_count;
};

struct spool_found {
	int64_t id, message_id;
	const char *address, *state;	/* valid in the callback */
};

/*
 * Calls found for each undelivered recipient that the selector takes, message
 * after message where it names some, else in order of id.  found must not use
 * the handle.  EX_NOINPUT, and found is not called, where one of the messages
 * does not exist.
 */
bool spool_select(struct spool *spool, const struct spool_selector *selector,
    void (*found)(void *ctx, const struct spool_found *f), void *ctx,
    struct error *err) MUST_CHECK;

struct spool_target {
	int64_t id, message_id;		/* recipient and its message */
};

struct spool_changed {
	int64_t recipients, messages;	/* changed */
	int64_t in_delivery;		/* of them: taken from a runner */
	int64_t left;			/* in a state the action is not for */
	int64_t last_message;		/* changed last; -1: none was */
};

/*
 * Does it, in as many transactions as it takes: none may be open.  Between two
 * others can write.  A target that has changed since it was selected is judged
 * anew.  After an error *changed_r tells what is done and stays so.
 * Blocks on the write lock at most the busy time, each time.
 */
bool spool_act(struct spool *spool, enum spool_action action,
    const struct spool_target *targets, size_t count, int64_t now,
    struct spool_changed *changed_r, struct error *err) MUST_CHECK;

#endif
