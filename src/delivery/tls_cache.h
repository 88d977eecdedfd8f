/*
 * TLS sessions to be resumed, each with the verdict it was made under.
 *
 * A resumed session shows no certificate: what it proves is what was found for
 * the first one.  So it is used only where everything that the first verdict
 * rests on is the same (doc/policy.md 5), which the key says, and not for longer
 * than an hour after the certificate was seen, or than that is valid.
 *
 * A store belongs to one thread.  It holds keys: never for disk.
 */
#ifndef TLSQ_DELIVERY_TLS_CACHE_H
#define TLSQ_DELIVERY_TLS_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "nexthop/verify.h"
#include "smtp/client.h"

/* What the first, full handshake showed.  Never changed. */
struct delivery_tls_proof {
	int64_t until;			/* unix seconds */
	struct smtp_verdict verdict;	/* but for named_by_domain */
	char tlsa[NEXTHOP_PROOF_TLSA_LEN];	/* the record that matched */
	struct stls_peer_info certificate;
};

struct delivery_tls_entry;
struct delivery_tls_cache;

struct delivery_tls_cache *delivery_tls_cache_new(void) __attribute__((
    returns_nonnull));
/* Accepts NULL. */
void delivery_tls_cache_free(struct delivery_tls_cache **store);

/*
 * Address and port, names, level, versions, anchors and TLSA records: all that
 * the proof of a session of c depends on.  c as filled by nexthop_client_config_fill();
 * generation of the configuration.  The caller frees it.
 */
char *delivery_tls_cache_key(const struct nexthop_proof *proof,
    const struct smtp_client_config *c, int64_t generation);

/* NULL: none that may be used now.  A reference, for delivery_tls_entry_unref(). */
struct delivery_tls_entry *delivery_tls_cache_get(
    struct delivery_tls_cache *store, const char *key, int64_t now);
void delivery_tls_entry_unref(struct delivery_tls_entry **entry);
const struct delivery_tls_proof *delivery_tls_entry_proof(
    const struct delivery_tls_entry *entry);
/* The session for stls_client_new, borrowed. */
const uint8_t *delivery_tls_entry_session(
    const struct delivery_tls_entry *entry, size_t *len_r);

/* Keeps the session (taken) in place of an older one. */
void delivery_tls_cache_put(struct delivery_tls_cache *store, const char *key,
    const struct delivery_tls_proof *proof, uint8_t *session, size_t len);
void delivery_tls_cache_forget(struct delivery_tls_cache *store,
    const char *key);

/* When a proof made now is no longer good. */
int64_t delivery_tls_cache_until(const struct stls_peer_info *certificate,
    int64_t now);

#endif
