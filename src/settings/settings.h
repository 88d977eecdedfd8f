/*
 * The configuration in force: the stored one of a moment, typed, with what a
 * program makes of it; shared by all threads, never changed, and freed with the
 * last reference, so that a message or a delivery ends under the settings it
 * began with.  Not what the settings mean: that is conf's.
 *
 * The milter follows it under a lock of its own, the runner in its main thread.
 */
#ifndef TLSQ_SETTINGS_SETTINGS_H
#define TLSQ_SETTINGS_SETTINGS_H

#include <stdatomic.h>
#include <stdint.h>

#include "conf/config.h"
#include "spool/spool.h"

/*
 * What a program makes of each configuration: its services, its compiled
 * expressions.  make may use what it made before (or NULL) again; what it leaves
 * in *made_r is freed once, also where it returns false.
 */
struct settings_maker {
	bool (*make)(void **made_r, const struct conf *conf, void *before,
	    void *ctx, struct error *err);
	void (*free)(void *made);
	void *ctx;
};

struct settings {
	atomic_int refs;
	int64_t generation;	/* 0: none was ever stored */
	struct conf *conf;
	void *made;
	void (*free)(void *made);
};

/* Errors are those of the spool, and EX_CONFIG where the stored configuration
 * does not make sense.  maker and before may be NULL. */
bool settings_load(struct settings **settings_r, struct spool *spool,
    const struct settings_maker *maker, const struct settings *before,
    struct error *err) MUST_CHECK;
struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings **settings);

/* The one in force, and the last that was refused: that is said once. */
struct settings_follower {
	struct settings_maker maker;
	struct settings *current;
	int64_t generation;	/* of current; -1: of another file */
	int64_t refused;	/* -1: none */
};

/* maker is set.  The first one; errors are those of settings_load(). */
bool settings_start(struct settings_follower *f, struct spool *spool,
    struct error *err) MUST_CHECK;

/*
 * Takes what is stored now where it is another generation; the log says so.
 * anew: the same one, too, made without what was made before.  Where it cannot be
 * read or does not make sense, the one before stays in force, and the log says
 * why.  False: ask again soon, also where nothing more is stored.
 */
bool settings_follow(struct settings_follower *f, struct spool *spool,
    bool anew);

#endif
