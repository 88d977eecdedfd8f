/*
 * Is the wolfSSL that is linked at this moment one whose certificate checks
 * hold?  A known-answer test over genuine, damaged and forged certificates,
 * under 10 ms.  configure runs it against the library it builds with;
 * stls_global_init runs it again, because a shared library can be another one
 * by then.
 */
#ifndef TLSQ_TLS_SELFTEST_H
#define TLSQ_TLS_SELFTEST_H

#include <stdbool.h>

#include "base/error.h"

/* EX_CONFIG: the library must be replaced.  After stls_global_init's
 * wolfSSL_Init; any thread. */
bool stls_selftest(struct error *err) MUST_CHECK;

#endif
