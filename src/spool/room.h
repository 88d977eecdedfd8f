/*
 * Room on the disk: what new mail leaves for the results of the old.
 *
 * Results and deletions need room themselves.  So new mail is refused while less
 * than queue.limit.min-free-space is free, and a file beside the database
 * (its name with "-reserve") holds some room that only they get: it is given up
 * when the disk is full all the same, and made again when there is room.
 */
#ifndef TLSQ_SPOOL_ROOM_H
#define TLSQ_SPOOL_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

/*
 * May size octets of new mail be stored?  EX_IOERR where that would leave less
 * than queue.limit.min-free-space (read from the spool's settings).  Makes the
 * reserve where it is not there.
 */
bool spool_room_check(struct spool *spool, uint64_t size, struct error *err)
    MUST_CHECK;

/* Makes the reserve, where it is missing and there is plenty of room.  For
 * those who run long; failing is no error. */
void spool_reserve_keep(struct spool *spool);

/*
 * spool_open() of an existing spool for results and deletions, not for new mail:
 * gives up the reserve where the disk is too full to open it.
 */
bool spool_open_in_need(struct spool **spool_r, const char *path,
    enum spool_mode mode, struct error *err) MUST_CHECK;

/*
 * After a write that failed: is it worth another try at once?  Only where the
 * disk was full (EX_IOERR) and the reserve, or the log, gave some room.
 * Outside a transaction.
 */
bool spool_make_room(struct spool *spool, const struct error *err);

#endif
