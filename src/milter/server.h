/*
 * tlsq-milter at work: its threads, its socket, its end.
 */
#ifndef TLSQ_MILTER_SERVER_H
#define TLSQ_MILTER_SERVER_H

#include "milter/options.h"

/*
 * Serves until SIGTERM or SIGINT; SIGHUP does nothing.  Returns an exit code;
 * what went wrong is in the log.  Once in a process.
 */
int milter_server_run(const struct milter_options *options);

#endif
