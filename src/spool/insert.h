/*
 * Putting a message into the spool.
 *
 * The message is gathered first, without touching the database: recipients and
 * small content in memory, content beyond 512 KiB in an unlinked file beside
 * the database.  A slow producer thus never holds the write lock, and 50 MB
 * cost no memory.  Then one call stores it in one transaction; once that has
 * returned true the message survives a crash.
 *
 * Gathering may happen on any thread; storing needs that of the handle.
 */
#ifndef TLSQ_SPOOL_INSERT_H
#define TLSQ_SPOOL_INSERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/message.h"
#include "spool/spool.h"

struct spool_insert;

/* Large content goes to a file beside the database. */
struct spool_insert *spool_insert_new(const char *database)
    __attribute__((returns_nonnull));
/* Texts are borrowed for the call, here and below. */
void spool_insert_recipient(struct spool_insert *ins,
    const struct spool_recipient *rcpt);
size_t spool_insert_recipient_count(const struct spool_insert *ins);
/* Appends content: the RFC 5322 message, in pieces as they come. */
bool spool_insert_content(struct spool_insert *ins, const void *data,
    size_t len, struct error *err) MUST_CHECK;
/*
 * Drops the recipients that a message with the same mta_id (not NULL) and sender
 * has already: one transaction of the mail server's sends one copy.  Within the
 * caller's transaction.
 */
bool spool_insert_drop_known(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *message, struct error *err) MUST_CHECK;
uint64_t spool_insert_size(const struct spool_insert *ins);

/*
 * Stores within the caller's transaction (several messages may share one: group
 * commit).  EX_IOERR where queue.limit.min-free-space refuses new mail (a message
 * of source dsn is none).  EX_DATAERR where the schema refuses a value, with its words; what
 * was stored of this message is then undone, the transaction stays usable.
 */
bool spool_insert_store(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *message, int64_t *message_id_r,
    struct error *err) MUST_CHECK;
/* begin, store, commit. */
bool spool_insert_commit(struct spool_insert *ins, struct spool *spool,
    const struct spool_message *message, int64_t *message_id_r,
    struct error *err) MUST_CHECK;
/* Also what was gathered but not stored.  Accepts NULL; sets NULL. */
void spool_insert_free(struct spool_insert **ins);

#endif
