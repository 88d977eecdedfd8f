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
struct resume_proof {
	int64_t until;			/* unix seconds */
	struct smtp_verdict verdict;	/* but for named_by_domain */
	char tlsa[PROOF_TLSA_LEN];	/* the record that matched */
	struct stls_peer_info certificate;	/* to be cleared */
};
void resume_proof_copy(struct resume_proof *copy_r,
    const struct resume_proof *proof);

struct resume_entry;
struct resume_store;

struct resume_store *resume_store_new(void) __attribute__((returns_nonnull));
/* Accepts NULL. */
void resume_store_free(struct resume_store **store);

/*
 * Address and port, names, level, versions, anchors and TLSA records: all that
 * the proof of a session of c depends on.  c as filled by session_config_fill();
 * generation of the configuration.  The caller frees it.
 */
char *resume_key(const struct proof *proof, const struct smtp_client_config *c,
    int64_t generation);

/* NULL: none that may be used now.  A reference, for resume_unref(). */
struct resume_entry *resume_get(struct resume_store *store, const char *key,
    int64_t now);
void resume_unref(struct resume_entry **entry);
const struct resume_proof *resume_proof_of(const struct resume_entry *entry);
/* The session for stls_client_new, borrowed. */
const uint8_t *resume_session(const struct resume_entry *entry, size_t *len_r);

/* Keeps the session (taken) in place of an older one. */
void resume_put(struct resume_store *store, const char *key,
    const struct resume_proof *proof, uint8_t *session, size_t len);
void resume_forget(struct resume_store *store, const char *key);

/* When a proof made now is no longer good. */
int64_t resume_until(const struct stls_peer_info *certificate, int64_t now);

#endif
