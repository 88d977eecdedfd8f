/*
 * The Received field of this hop (RFC 5321 4.4), which Sendmail writes only
 * into what it sends itself.
 *
 * Pure; any thread.  Much of it is the client's to choose: what is not
 * printable, or would end a comment or the field early, becomes "?".
 */
#ifndef TLSQ_MILTER_RECEIVED_H
#define TLSQ_MILTER_RECEIVED_H

#include <stdint.h>

#include "base/buf.h"

/* Texts are borrowed; NULL or "": not known, and its clause is left out. */
struct milter_hop {
	const char *helo;	/* what the client called itself */
	const char *peer;	/* Sendmail's $_: "name [address]" */
	const char *own_name;	/* $j */
	const char *protocol;	/* $r: ESMTP, ESMTPS, ... */
	const char *queue_id;	/* $i */
	const char *auth_type, *auth_ssf;
	const char *tls_version, *cipher, *cipher_bits, *verify;
	const char *recipient;	/* the only one; NULL where there are more */
	int64_t now;
};

/* Appends "Received: ..." with CRLF line ends, the last one included. */
void milter_received_print(struct buf *out, const struct milter_hop *hop);

#endif
