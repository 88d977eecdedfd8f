/*
 * Reading stored messages piece by piece.  No read transaction is open between
 * two calls, so that a slow network never holds up a checkpoint.
 */
#ifndef TLSQ_SPOOL_CONTENT_H
#define TLSQ_SPOOL_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "spool/spool.h"

enum { SPOOL_PIECE_MAX = 256 * 1024 };

/*
 * Puts piece seq (0, 1, ...) into piece (cleared first).  found_r is false
 * after the last piece, and at piece 0 of a message whose content is gone; where
 * it went after an earlier piece was there: EX_NOINPUT.  last_r, which may be
 * NULL, tells that no other piece follows, and the next call can be spared.  Line
 * ends are as stored: mail of SQL producers may have bare LF.
 */
bool spool_content_read(struct spool *spool, int64_t message_id, int64_t seq,
    struct buf *piece, bool *found_r, bool *last_r, struct error *err)
    MUST_CHECK;

/*
 * Does the stored content have octets above 127, whatever its label says?  Reads
 * all of it.
 */
bool spool_content_scan(struct spool *spool, int64_t message_id,
    bool *eight_bit_r, struct error *err) MUST_CHECK;

#endif
