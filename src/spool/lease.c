/*
 * Registration, and what is due every second, every ten, every third of a lease.
 */
#include "spool/lease.h"

#include "base/clock.h"
#include "base/log.h"
#include "spool/cache.h"
#include "spool/checkpoint.h"
#include "spool/queue.h"
#include "spool/room.h"

enum { HOUSEKEEPING_MS = 1000, REAP_MS = 10000 };

static bool
reap(struct spool *spool, struct error *err)
{
	int64_t count = 0;

	if (!spool_runners_reap(spool, &count, err))
		return false;
	if (count > 0)
		log_warning("released %lld claims of a dead runner",
		    (long long)count);
	return true;
}

static bool
enlist(struct spool_lease *l, struct spool *spool, struct error *err)
{
	return (l->runner != NULL || spool_runner_register(spool,
	    clock_now_s(), &l->runner, err)) && reap(spool, err);
}

bool
spool_lease_begin(struct spool_lease *l, struct spool *spool,
    struct error *err)
{
	bool taken;

	l->next_reap_ms = clock_mono_ms() + REAP_MS;
	return (enlist(l, spool, err) || (spool_make_room(spool, err) &&
	    enlist(l, spool, err))) &&
	    spool_checkpointer_become(spool, &taken, err);
}

static bool
renew(struct spool_lease *l, struct spool *spool, struct error *err)
{
	int64_t now = clock_now_s();

	if (!spool_begin(spool, err))
		return false;
	if (spool_runner_heartbeat(spool, l->runner, now, err) &&
	    spool_claims_renew(spool, spool_runner_token(l->runner),
	    now + l->lease_s, err) && spool_cache_purge(spool, now, err))
		return spool_commit(spool, err);
	spool_rollback(spool);
	return false;
}

bool
spool_lease_keep(struct spool_lease *l, struct spool *spool, bool wrote,
    struct error *err)
{
	int64_t now = clock_mono_ms();
	bool due = now >= l->next_ms, done, ok = true;

	l->wrote |= wrote;
	if (!wrote && !due)
		return true;
	if (due && now >= l->next_reap_ms) {
		l->next_reap_ms = now + REAP_MS;
		ok = reap(spool, err);
	}
	if (ok && due && now >= l->next_renew_ms) {
		l->next_renew_ms = now + l->lease_s * 1000 / 3;
		ok = renew(l, spool, err);
	}
	ok = ok && spool_checkpoint_if_needed(spool, SPOOL_CHECKPOINT_PAGES,
	    &done, err);
	if (!due)
		return ok;
	/* What others write makes the scheduler claim: that is a batch, too. */
	l->next_ms = !ok || l->wrote ? now + HOUSEKEEPING_MS :
	    l->next_reap_ms < l->next_renew_ms ? l->next_reap_ms :
	    l->next_renew_ms;
	l->wrote = false;
	return ok;
}
