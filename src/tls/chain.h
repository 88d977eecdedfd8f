/*
 * Is the chain a peer showed good?  Asked after the handshake, on the raw
 * certificates.  Pure but for the arithmetic of signatures: no I/O, and the
 * only clock is `now`.
 *
 * A path is looked for from the leaf to an anchor, by names; the order of the
 * certificates does not matter and strange ones do no harm.  Along it every
 * signature, date and rule of RFC 5280 section 6 is checked that concerns a
 * server's certificate (not: policies and revocation).  Accepted are RSA of 2048
 * bits and more, P-256, P-384, P-521, Ed25519 and Ed448, signed with SHA-256 or
 * better; how an anchor was signed does not count.
 */
#ifndef TLSQ_TLS_CHAIN_H
#define TLSQ_TLS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/stls.h"

enum stls_verdict {
	STLS_INVALID,		/* broken, too weak or against the rules */
	STLS_VERIFIED,
	STLS_NO_CERTIFICATE,	/* none shown, or the session was resumed */
	STLS_NOT_TRUSTED,	/* no path to an anchor, a signature is wrong */
	STLS_EXPIRED,
	STLS_NOT_YET_VALID,
	STLS_HOST_MISMATCH,
	STLS_CONSTRAINED,	/* a CA above does not allow this name */
	STLS_VERDICT_COUNT
};

struct stls_result {
	enum stls_verdict verdict;
	/* Where it failed, 0 the leaf; of a verified chain the number of
	 * certificates between leaf and anchor plus one (0: the leaf is the
	 * anchor). */
	int depth;
	bool matched_cn;	/* the name stood in the CN only (RFC 8461
				 * section 4.2 does not accept that) */
	char matched[256];	/* the name in the certificate that matched */
	char text[512];		/* one sentence; "" when verified.  May hold
				 * names from the certificate, printable UTF-8 */
};

/*
 * names are the host names (or IP literals, "192.0.2.1", "2001:db8::1") of which
 * one must be in the certificate.  now is in unix seconds.
 */
void stls_verify_pkix(const struct stls_context *ctx,
    const struct stls_peer *peer, const char *const *names, size_t n_names,
    int64_t now, struct stls_result *result_r);

#endif
