/*
 * The HTTP front end beside the milter: it follows http.listen, also while the
 * program runs.  One thread.
 */
#ifndef TLSQ_MILTER_FRONT_H
#define TLSQ_MILTER_FRONT_H

#include "milter/settings.h"

struct milter_front;

struct milter_front *milter_front_new(const char *database)
    __attribute__((returns_nonnull));
/*
 * Serves where the configuration in force says so, and no longer where it said
 * so before.  Mail does not depend on it: where it cannot be served the log says
 * why, once, and the next call tries again.
 */
void milter_front_follow(struct milter_front *front,
    struct milter_settings *settings);
/* Accepts NULL. */
void milter_front_free(struct milter_front **front);

#endif
