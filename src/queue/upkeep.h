/*
 * Upkeep: what time alone makes due in the spool.  Finished messages go after
 * queue.retention, messages whose recipients were made final by hand are
 * finished, free pages go back to the file system, the use of the caches is
 * counted.
 *
 * It is done in rounds, each a small part of a transaction of the writer, so
 * that deliveries do not wait for it.  All functions belong to the loop's thread.
 */
#ifndef TLSQ_QUEUE_UPKEEP_H
#define TLSQ_QUEUE_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"
#include "spool/writer.h"

struct upkeep;

struct upkeep_options {
	struct loop *loop;
	struct writer *writer;
	/* Rounds follow each other until nothing is left, or enough was done
	 * for a program that ends; then over is called, once. */
	bool once;
	void (*over)(void *ctx);
	void *ctx;
};

/* Begins at once. */
struct upkeep *upkeep_start(const struct upkeep_options *o,
    int64_t retention_s) __attribute__((returns_nonnull));
/* A new configuration; from the next round on. */
void upkeep_set_retention(struct upkeep *u, int64_t retention_s);
/* With once: nothing is under way any more. */
bool upkeep_is_over(const struct upkeep *u);
/* No round begins any more.  Before loop_free(); accepts NULL. */
void upkeep_stop(struct upkeep *u);
/* After the writer and the loop have ended.  Accepts NULL; sets NULL. */
void upkeep_free(struct upkeep **u);

#endif
