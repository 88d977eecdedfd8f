/*
 * The runner's thread that sends TLS reports, where report.tls.enable is set: a
 * look a minute, for as long as the receivers take (report/send.h).
 *
 * All functions belong to the loop's thread.
 */
#ifndef TLSQ_QUEUE_REPORTER_H
#define TLSQ_QUEUE_REPORTER_H

#include <stdbool.h>

#include "net/loop.h"
#include "settings/settings.h"

struct queue_reporter;

struct queue_reporter_options {
	struct loop *loop;
	const char *database, *own_name;
	const struct settings_follower *in_force;
	/* One look, then over is called, once. */
	bool once;
	void (*over)(void *ctx);
	void *ctx;
};

/* Begins at once. */
struct queue_reporter *queue_reporter_start(
    const struct queue_reporter_options *options)
    __attribute__((returns_nonnull));
/* With once: nothing is under way any more. */
bool queue_reporter_is_over(const struct queue_reporter *reporter);
/* Ends what is under way, which a later run repeats, and waits for the thread.
 * While the settings are there and before loop_free().  Accepts NULL. */
void queue_reporter_stop(struct queue_reporter *reporter);
/* After loop_free().  Accepts NULL; sets NULL. */
void queue_reporter_free(struct queue_reporter **reporter);

#endif
