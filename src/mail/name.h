/*
 * Names as configuration and expressions compare them.
 *
 * Pure: no I/O, no locale; any thread.
 */
#ifndef TLSQ_MAIL_NAME_H
#define TLSQ_MAIL_NAME_H

/*
 * A domain in lower-case A-labels without a final dot, also below "*."; of an
 * address only the domain is changed.  Any other text in lower case, as far as
 * that is ASCII.  Never fails; the caller frees.
 */
char *mail_name_fold(const char *text) __attribute__((returns_nonnull));

#endif
