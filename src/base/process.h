/*
 * What a program does once when it starts: going into the background, the pid
 * file, --version.  Called by the main thread before there are others.
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
 * Goes to the background: two forks, a session of its own, standard input and
 * output on /dev/null.  Before threads and before any database is open.  The
 * caller's process stays inside the call until the new one calls process_ready()
 * or process_end(), or dies, and ends with its exit code: who started it knows
 * whether it runs.
 */
bool process_background(struct error *err) MUST_CHECK;

/* It runs: the process that was started ends with 0, and standard error becomes
 * /dev/null.  Without process_background() nothing happens. */
void process_ready(void);

/* The last thing a program does; before process_ready() the process that was
 * started ends with this code.  Returns it. */
int process_end(int code);

/*
 * Writes the process id to path and keeps a lock on the file, so that a second
 * program with the same file is refused (EX_TEMPFAIL).  NULL does nothing.  The
 * lock ends with the process; *fd_r is the locked file, -1 without a path.
 */
bool process_pid_file(const char *path, int *fd_r, struct error *err) MUST_CHECK;

/* Prints a text on standard output, at once; the exit code. */
int process_print(const char *ident, const char *text);

#endif
