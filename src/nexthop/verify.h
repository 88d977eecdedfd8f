/*
 * Does the certificate a server showed prove what the decision asks for?  The
 * smtp client's judge, for deliveries and for `tlsq explain --connect`.
 * No I/O; any thread.
 */
#ifndef TLSQ_NEXTHOP_VERIFY_H
#define TLSQ_NEXTHOP_VERIFY_H

#include "nexthop/chooser.h"
#include "nexthop/decision.h"
#include "smtp/client.h"
#include "smtp/dialogue.h"
#include "tls/stls.h"

/* All borrowed. */
struct nexthop_proof {
	const struct stls_context *tls;
	const struct nexthop_discovery *survey;
	size_t host;
	const struct nexthop_decision *decision;
};

/* The names of which the certificate must have one; at level dane only where a
 * DANE-TA record matches (RFC 7672 3.2.2). */
enum { NEXTHOP_PROOF_NAMES_MAX = 4 };
size_t nexthop_proof_names(const struct nexthop_proof *proof,
    const char *names_r[static NEXTHOP_PROOF_NAMES_MAX]);

enum { NEXTHOP_PROOF_TLSA_LEN = 160 };
/* tlsa_r: the record that matched, "" where none did.  now in unix seconds. */
void nexthop_proof_judge(const struct nexthop_proof *proof,
    const struct stls_peer *peer, int64_t now, struct smtp_verdict *verdict_r,
    char tlsa_r[static NEXTHOP_PROOF_TLSA_LEN]);
/* Is the recipient's domain known to name the host, so that a verified
 * certificate proves something of the domain?  (REQUIRETLS, RFC 8689 4.2.1) */
bool nexthop_proof_names_host(const struct nexthop_proof *proof);

/*
 * What a session is told before it begins, for a delivery and for `tlsq explain
 * --connect`.  Fills all of c but loop, to, session.username, session.secret,
 * events and ctx; reads c->to.  own_name is the system's, kept, and our EHLO name
 * where the connection strategy has none.
 */
void nexthop_client_config_fill(struct smtp_client_config *c,
    const struct nexthop_proof *proof, const struct nexthop_choice *choice,
    const char *own_name);

#endif
