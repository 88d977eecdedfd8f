/*
 * The administrator's changes, some hundred recipients a transaction.
 *
 * Selecting is apart from changing, since it may look at very many rows and
 * must not keep the write lock meanwhile.
 */
#include "spool/admin.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/checkpoint.h"
#include "spool/query.h"
#include "spool/record.h"
#include "spool/room.h"

enum {
	BATCH_MAX = 500,
	PAUSE_MS = 5,		/* SQLite's write lock is not fair */
};

enum undelivered { QUEUED = 1, ACTIVE = 2, DEFERRED = 4, HELD = 8 };

static const struct {
	const char *name;
	enum undelivered bit;
} states[] = {
	{ "queued", QUEUED }, { "active", ACTIVE }, { "deferred", DEFERRED },
	{ "held", HELD },
};

/* The states here are those in the WHERE of the block. */
static const struct {
	enum sql_id sql;
	unsigned states;
	bool with_time;		/* the block has :now */
	bool final;
} actions[] = {
	[SPOOL_RETRY] = { .sql = SQL_ADMIN_RETRY, .with_time = true,
	    .states = QUEUED | DEFERRED },
	[SPOOL_HOLD] = { .sql = SQL_ADMIN_HOLD,
	    .states = QUEUED | ACTIVE | DEFERRED },
	[SPOOL_RELEASE] = { .sql = SQL_ADMIN_RELEASE, .states = HELD },
	[SPOOL_DELETE] = { .sql = SQL_ADMIN_DELETE, .with_time = true,
	    .states = QUEUED | ACTIVE | DEFERRED | HELD, .final = true },
	[SPOOL_BOUNCE] = { .sql = SQL_ADMIN_BOUNCE, .with_time = true,
	    .states = QUEUED | ACTIVE | DEFERRED | HELD, .final = true },
};
static_assert(ARRAY_LEN(actions) == SPOOL_ACTION_COUNT, "");

/* 0 for a final state. */
static unsigned
state_bit(const char *state)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(states[i].name, state) == 0)
			return states[i].bit;
	return 0;
}

bool
spool_action_applies(enum spool_action action, const char *state)
{
	return (actions[action].states & state_bit(state)) != 0;
}

/* --- selecting -------------------------------------------------------- */

static bool
message_exists(struct spool *spool, int64_t id, struct error *err)
{
	int64_t found;

	if (!spool_ask(spool, SQL_ADMIN_MESSAGE_EXISTS, SPOOL_VALUES(
	    SPOOL_INT(":message", id)), &found, err))
		return false;
	return found > 0 || error_set(err, EX_NOINPUT, "message %lld: not in "
	    "this spool", (long long)id);
}

/* message NULL: all. */
static bool
select_one(struct spool *spool, const struct spool_selector *s,
    const int64_t *message, void (*found)(void *ctx,
    const struct spool_found *f), void *ctx, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, message != NULL ?
	    SQL_ADMIN_SELECT_MESSAGE : SQL_ADMIN_SELECT);
	if (message != NULL)
		spool_query_put_int(&q, ":message", *message);
	spool_query_put_text(&q, ":domain", s->domain);
	spool_query_put_text(&q, ":sender", s->sender);
	while (spool_query_next(&q))
		found(ctx, &(struct spool_found){
		    .id = spool_query_int(&q, 0),
		    .message_id = spool_query_int(&q, 1),
		    .address = spool_query_text(&q, 2),
		    .state = spool_query_text(&q, 3) });
	return spool_query_end(&q, err);
}

bool
spool_select(struct spool *spool, const struct spool_selector *s,
    void (*found)(void *ctx, const struct spool_found *f), void *ctx,
    struct error *err)
{
	bool ok = true;

	if (s->message_count == 0)
		return select_one(spool, s, NULL, found, ctx, err);
	for (size_t i = 0; ok && i < s->message_count; i++)
		ok = message_exists(spool, s->messages[i], err);
	for (size_t i = 0; ok && i < s->message_count; i++)
		ok = select_one(spool, s, &s->messages[i], found, ctx, err);
	return ok;
}

/* --- changing --------------------------------------------------------- */

/* 0: the recipient is final, or gone. */
static bool
read_state(struct spool *spool, int64_t id, unsigned *state_r,
    struct error *err)
{
	struct spool_query q;

	*state_r = 0;
	spool_query_start_with(&q, spool, SQL_ADMIN_STATE, SPOOL_VALUES(
	    SPOOL_INT(":id", id)));
	if (spool_query_next(&q))
		*state_r = state_bit(spool_query_text(&q, 0));
	return spool_query_end(&q, err);
}

static bool
change(struct spool *spool, enum spool_action action, int64_t id, int64_t now,
    bool *changed_r, struct spool_changed *c, struct error *err)
{
	struct spool_query q;
	unsigned state;

	*changed_r = false;
	if (!read_state(spool, id, &state, err))
		return false;
	spool_query_start_with(&q, spool, actions[action].sql, SPOOL_VALUES(
	    SPOOL_INT(":id", id)));
	if (actions[action].with_time)
		spool_query_put_int(&q, ":now", now);
	if (!spool_query_run(&q, err))
		return false;
	*changed_r = spool_changes(spool) > 0;
	if (!*changed_r)
		c->left++;
	else if (state == ACTIVE)
		c->in_delivery++;
	c->recipients += *changed_r;
	FAILPOINT_ROW_IF(*changed_r && action == SPOOL_RETRY, "admin-retry");
	FAILPOINT_ROW_IF(*changed_r && action == SPOOL_HOLD, "admin-hold");
	FAILPOINT_ROW_IF(*changed_r && action == SPOOL_RELEASE, "admin-release");
	FAILPOINT_ROW_IF(*changed_r && action == SPOOL_DELETE, "admin-delete");
	FAILPOINT_ROW_IF(*changed_r && action == SPOOL_BOUNCE, "admin-bounce");
	return true;
}

/*
 * Inside a transaction.  *message is the message of the last recipient changed,
 * -1 at first: recipients of one message follow each other, as a rule.
 */
static bool
act_on(struct spool *spool, enum spool_action action,
    const struct spool_target *targets, size_t count, int64_t now,
    int64_t *message, struct spool_changed *c, struct error *err)
{
	bool final = actions[action].final, changed = false, ok = true;

	for (size_t i = 0; ok && i < count; i++) {
		const struct spool_target *t = &targets[i];

		ok = change(spool, action, t->id, now, &changed, c, err);
		if (!ok || !changed)
			continue;
		c->messages += t->message_id != *message;
		if (final && *message >= 0 && t->message_id != *message)
			ok = spool_message_finish(spool, *message, now, err);
		*message = t->message_id;
	}
	/* Also where the next batch goes on with the same one. */
	if (ok && final && *message >= 0)
		ok = spool_message_finish(spool, *message, now, err);
	return ok;
}

static void
let_others_write(struct spool *spool)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };

	spool_checkpoint_if_no_runner(spool);
	(void)nanosleep(&pause, NULL);
}

static bool
act_on_batch(struct spool *spool, enum spool_action action,
    const struct spool_target *targets, size_t count, int64_t now,
    struct spool_changed *changed, struct error *err)
{
	struct spool_changed c = *changed;
	int64_t message = c.last_message;

	if (!spool_begin(spool, err))
		return false;
	if (!act_on(spool, action, targets, count, now, &message, &c, err)) {
		spool_rollback(spool);
		return false;
	}
	if (!spool_commit(spool, err))
		return false;
	*changed = c;
	changed->last_message = message;
	return true;
}

bool
spool_act(struct spool *spool, enum spool_action action,
    const struct spool_target *targets, size_t count, int64_t now,
    struct spool_changed *changed_r, struct error *err)
{
	size_t most = BATCH_MAX, n;
	int failed = 0;		/* in a row */

	assert(!spool_in_transaction(spool));
	*changed_r = (struct spool_changed){ .last_message = -1 };
	for (size_t i = 0; i < count; i += n) {
		n = count - i < most ? count - i : most;
		if (i > 0)
			let_others_write(spool);
		if (act_on_batch(spool, action, targets + i, n, now, changed_r,
		    err)) {
			failed = 0;
			continue;
		}
		/* A full disk: what there is may do for one at a time. */
		if (++failed > 2 || err->code != EX_IOERR ||
		    (!spool_make_room(spool, err) && most == 1))
			return false;
		most = 1;
		n = 0;
	}
	spool_checkpoint_if_no_runner(spool);
	return true;
}
