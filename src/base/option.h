/*
 * What getopt_long does not say: which option it was.
 */
#ifndef TLSQ_BASE_OPTION_H
#define TLSQ_BASE_OPTION_H

#include "base/error.h"

/*
 * The error (EX_USAGE) for what getopt_long returned, ':' or '?', with opterr 0
 * and ':' at the start of its letters.  Always false.
 */
bool option_refused(int argc, char **argv, int what, struct error *err);

#endif
