/*
 * What the files that write the text of a DSN share; not for other folders,
 * which use dsn.h.  PURE.
 */
#ifndef TLSQ_DSN_DSN_IMPL_H
#define TLSQ_DSN_DSN_IMPL_H

#include "dsn/dsn.h"

/* --- text.c: lines ------------------------------------------------ */

bool dsn_is_ascii(const char *text);
/* Is reply what a server said, and not a sentence of ours? */
bool dsn_is_reply(const char *reply);
/*
 * Appends text so that it can do no harm: runs of blanks and control characters
 * become a blank (none at the end), octets that are no UTF-8 a question mark; cut
 * at 900 octets.
 * With `ascii` other characters become \x{HEX} (RFC 6533 3,
 * EmbeddedUnicodeChar).
 */
void dsn_put_clean(struct buf *out, const char *text, bool ascii);
/* Appends text, clean, in lines of 76 columns where it has blanks to break at:
 * `first` before the first line, `rest` before the others. */
void dsn_put_lines(struct buf *out, const char *first, const char *rest,
    const char *text, bool ascii);
/* An RFC 5322 phrase: as it is, quoted, or as encoded words (RFC 2047). */
void dsn_put_phrase(struct buf *out, const char *text);

/* --- words.c: the part for people --------------------------------- */

const char *dsn_subject(const struct dsn *d);
void dsn_put_words(struct buf *out, const struct dsn *d);

#endif
