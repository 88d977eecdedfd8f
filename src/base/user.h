/*
 * The user a program runs as: becomes the owner of the spool when started as
 * root.  Called once by the main thread before there are others.
 */
#ifndef TLSQ_BASE_USER_H
#define TLSQ_BASE_USER_H

#include "base/error.h"

/*
 * Started as root, a program becomes the user and group given to configure
 * (TLSQ_USER, TLSQ_GROUP), for good; others stay who they are.  The umask is
 * 0007 afterwards in any case: what the program creates belongs to the group
 * of the spool.  Call it once, before threads, with the files that only root
 * can open already open.  Reads the user database.
 *
 * EX_CONFIG where that user or group does not exist, EX_NOPERM where the change
 * is refused (a container without CAP_SETUID, say).
 */
MUST_CHECK bool user_become(struct error *err);

#endif
