/*
 * What a program does once at its start, above all one that stays.
 */
#ifndef TLSQ_BASE_PROCESS_H
#define TLSQ_BASE_PROCESS_H

#include "base/error.h"

/*
 * First of all in main: a standard file that the caller had closed is taken, so
 * that no database, pid file or connection gets its number and what is meant
 * for people.  Reading and writing it fails as before.
 */
void process_standard_files(void);

/*
 * Goes to the background: two forks, a session of its own, standard files on
 * /dev/null.  Before threads and before any database is open.  The caller's
 * process ends with 0 inside the call.
 */
bool process_background(struct error *err) MUST_CHECK;

/*
 * Writes the process id to path and keeps a lock on the file, so that a second
 * program with the same file is refused (EX_TEMPFAIL).  NULL does nothing.  The
 * lock ends with the process; *fd_r is the locked file, -1 without a path.
 */
bool process_pid_file(const char *path, int *fd_r, struct error *err) MUST_CHECK;

/* Prints a text on standard output, at once; the exit code. */
int process_print(const char *ident, const char *text);

#endif
