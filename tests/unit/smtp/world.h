/*
 * The servers of smtp_server.py, for the tests of smtp/client.h.
 */
#ifndef TLSQ_TESTS_SMTP_WORLD_H
#define TLSQ_TESTS_SMTP_WORLD_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tls/stls.h"

enum { WORLD_SERVERS = 30 };

/* The servers, and the contexts: one trusts them, one does not. */
struct world {
	char dir[64];
	pid_t pid;
	int to;			/* its standard input: closing it ends it */
	FILE *from;
	uint16_t ports[WORLD_SERVERS];
	struct stls_context *trusting, *strange;
};

/* cmocka's group set-up and tear-down; *state is the world. */
int world_set_up(void **state);
int world_tear_down(void **state);
/* The name of a server is what it does: "tls+stall=MAIL". */
uint16_t world_port(const struct world *w, const char *spec);
/* What the server counted for the connection that ended last. */
void world_counted(const struct world *w, const char *spec, unsigned *rounds_r,
    unsigned *messages_r, unsigned long *octets_r);

#endif
