/*
 * tlsq-milter at work: it starts the threads, serves the socket and shuts down.
 * What happens to a message is session.h's.  Main thread.
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
