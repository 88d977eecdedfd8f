/*
 * libmilter's callbacks.  This and server.c are all that knows libmilter.
 *
 * Debian's libmilter is built with a pool of workers: the callbacks of one
 * connection come one after the other, but on any thread.
 */
#ifndef TLSQ_MILTER_CALLBACKS_H
#define TLSQ_MILTER_CALLBACKS_H

#include <stddef.h>

#include "base/error.h"
#include "milter/session.h"

/* Registers with libmilter, before its threads start.  services is kept. */
bool milter_callbacks_register(const struct milter_services *services,
    struct error *err) MUST_CHECK;

/* Callbacks that run at this moment. */
size_t milter_callbacks_running(void);
/* Connections that are open. */
size_t milter_callbacks_open(void);

#endif
