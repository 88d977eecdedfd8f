/*
 * uthash, set up for us: include this instead of <uthash.h>.
 *
 * The default hash function is a switch that falls through, which clang's
 * -Wimplicit-fallthrough refuses; and out of memory aborts, as in base/mem.h.
 */
#ifndef TLSQ_BASE_HASH_H
#define TLSQ_BASE_HASH_H

#include <stdlib.h>

#define HASH_FUNCTION HASH_SAX
#define uthash_fatal(msg) abort()

#include <uthash.h>

#endif
