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

struct queue_upkeep;

struct queue_upkeep_options {
	struct loop *loop;
	struct spool_writer *writer;
	/* Rounds follow each other until nothing is left, or enough was done
	 * for a program that ends; then over is called, once. */
	bool once;
	void (*over)(void *ctx);
	void *ctx;
};

/* Begins at once. */
struct queue_upkeep *queue_upkeep_start(const struct queue_upkeep_options *o,
    int64_t retention_s) __attribute__((returns_nonnull));
/* A new configuration; from the next round on. */
void queue_upkeep_set_retention(struct queue_upkeep *u, int64_t retention_s);
/* With once: nothing is under way any more. */
bool queue_upkeep_is_over(const struct queue_upkeep *u);
/* No round begins any more.  Before loop_free(); accepts NULL. */
void queue_upkeep_stop(struct queue_upkeep *u);
/* After the writer and the loop have ended.  Accepts NULL; sets NULL. */
void queue_upkeep_free(struct queue_upkeep **u);

#endif
