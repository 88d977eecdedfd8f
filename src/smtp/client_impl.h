/*
 * Inside the SMTP client: client.c is its life, client_io.c the socket below
 * it, the handshake and the certificate.  For this folder only; the thread of
 * the client's loop.
 */
#ifndef TLSQ_SMTP_CLIENT_IMPL_H
#define TLSQ_SMTP_CLIENT_IMPL_H

#include "smtp/client.h"

enum {
	CLIENT_READ_SIZE = 4096,
	/* Read in plaintext before other clients of the loop have their turn;
	 * tls/stls.h sees to it within TLS. */
	CLIENT_READ_TURN = 16 * 1024,
	/* Written in one go before other clients of the loop have their turn. */
	CLIENT_BURST = 256 * 1024,
};

enum smtp_client_phase {
	CLIENT_CLOSED,
	CLIENT_BEGIN,
	CLIENT_CONNECTING,
	CLIENT_HANDSHAKE,
	CLIENT_OPEN
};

struct smtp_client {
	struct smtp_client_config config;
	char *label;
	enum smtp_client_phase phase;
	struct smtp_session *session;
	struct stls *tls;
	bool tls_usable;	/* neither failed nor at its end */
	bool write_waits_read;	/* TLS must read before it writes */
	bool read_waits_write;
	bool ready;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer;
	enum smtp_step armed_step;
	unsigned armed_mark;
	int64_t due_at_ms;	/* of armed_step, on the forward clock */
	bool kicked;		/* the timer stands at 0 to run the client */
	int depth;		/* of calls that use the client */
	bool freed;		/* within such a call: freed when it ends */
	struct smtp_evidence evidence;
};

void smtp_client_hang_up(struct smtp_client *c);
void smtp_client_read_all(struct smtp_client *c);
bool smtp_client_write_all(struct smtp_client *c, size_t *burst);
void smtp_client_start_tls(struct smtp_client *c);
/* *wait_r: what the handshake waits for. */
void smtp_client_shake_hands(struct smtp_client *c, int *wait_r);
void smtp_client_authenticate(struct smtp_client *c);

#endif
