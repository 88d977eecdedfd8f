/*
 * Failpoints: instants at which a test lets a program die, stall or fail.
 *
 * Only with `configure --enable-failpoints`; otherwise there is no code at all.
 * The environment variable TLSQ_FAILPOINT names one:
 *
 *	NAME[:COUNT][=kill|stall|fail]
 *
 * at the COUNT-th time (1) that it is passed the process kills itself with
 * SIGKILL (the default), the thread stops for ever, or what stands there fails.
 * TLSQ_FAILPOINT_LOG names a file that gets a line for each one passed.
 *
 * A row of doc/spool-states.md that an open transaction has gone through is
 * noted with FAILPOINT_ROW("row"); the commit then passes "row.before-commit"
 * and "row.after-commit" for each.  Names are literals: tests/e2e/crash reads
 * them from the source.
 */
#ifndef TLSQ_BASE_FAILPOINT_H
#define TLSQ_BASE_FAILPOINT_H

#include <stdbool.h>

#ifdef TLSQ_FAILPOINTS

/* True where what stands there should fail. */
bool failpoint_passed(const char *name);
/* For the transaction that this thread has open; name is kept. */
void failpoint_row(const char *name);
bool failpoint_before_commit(void);
void failpoint_after_commit(void);
void failpoint_rolled_back(void);

#define FAILPOINT(name) ((void)failpoint_passed(name))
#define FAILPOINT_IF(condition, name) \
	do { if (condition) (void)failpoint_passed(name); } while (0)
#define FAILPOINT_ROW(name) failpoint_row(name)
#define FAILPOINT_ROW_IF(condition, name) \
	do { if (condition) failpoint_row(name); } while (0)
#define FAILPOINT_BEFORE_COMMIT() failpoint_before_commit()
#define FAILPOINT_AFTER_COMMIT() failpoint_after_commit()
#define FAILPOINT_ROLLED_BACK() failpoint_rolled_back()

#else

#define FAILPOINT(name) ((void)0)
#define FAILPOINT_IF(condition, name) ((void)0)
#define FAILPOINT_ROW(name) ((void)0)
#define FAILPOINT_ROW_IF(condition, name) ((void)0)
#define FAILPOINT_BEFORE_COMMIT() false
#define FAILPOINT_AFTER_COMMIT() ((void)0)
#define FAILPOINT_ROLLED_BACK() ((void)0)

#endif
#endif
