/*
 * DANE: TLSA records against what the peer showed.
 *
 * wolfSSL knows nothing of it; the search for a path is that of PKIX, with other
 * anchors.
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hash.h>

#include <stdio.h>
#include <string.h>

#include "tls/chain_impl.h"
#include "tls/der_impl.h"

/* What the anchors are looked for in, and what was found. */
struct dane_search {
	const struct stls_dane *dane;
	size_t *matched;
};

static struct stls_blob
data_of(const struct policy_tlsa_record *r)
{
	return (struct stls_blob){ r->data, r->len };
}

/* RFC 6698 2.1.3: the octets, or their digest. */
static bool
octets_match(const struct policy_tlsa_record *r, struct stls_blob octets)
{
	byte digest[WC_MAX_DIGEST_SIZE];
	struct stls_blob made = { digest, 0 };
	int code;

	switch (r->matching) {
	case TLSA_FULL:
		return stls_blob_equal(data_of(r), octets);
	case TLSA_SHA256:
		made.len = WC_SHA256_DIGEST_SIZE;
		code = wc_Sha256Hash(octets.data, (word32)octets.len, digest);
		break;
	case TLSA_SHA512:
		made.len = WC_SHA512_DIGEST_SIZE;
		code = wc_Sha512Hash(octets.data, (word32)octets.len, digest);
		break;
	default:
		return false;
	}
	return code == 0 && stls_blob_equal(data_of(r), made);
}

static bool
record_matches(const struct policy_tlsa_record *r, struct stls_blob der,
    const struct stls_public_key *key)
{
	if (r->selector == TLSA_CERT)
		return octets_match(r, der);
	return r->selector == TLSA_SPKI && octets_match(r, key->spki);
}

/* RFC 7672 3.1.1.  The index, or n_records.  Of the leaf only the key must be
 * one that can be used. */
static size_t
match_leaf(const struct stls_dane *dane, struct stls_blob der)
{
	struct stls_public_key key;
	size_t i;

	if (!stls_cert_key(der, &key))
		return dane->n_records;
	for (i = 0; i < dane->n_records; i++)
		if (dane->records[i].usage == TLSA_DANE_EE &&
		    record_matches(&dane->records[i], der, &key))
			break;
	return i;
}

/* --- DANE-TA (RFC 7672 3.1.2) */

/* An issuer that the peer sent and the record names. */
static bool
try_sent(struct stls_chain_search *s, const struct policy_tlsa_record *r)
{
	const struct stls_cert *top = s->path[s->n_path - 1];
	struct stls_chain_anchor anchor = { .dateless = true };

	for (size_t i = 1; i < s->n; i++) {
		const struct stls_cert *cert = &s->certs[i];

		if (!s->usable[i] ||
		    !stls_blob_equal(cert->subject, top->issuer) ||
		    stls_chain_search_passes(s, cert) ||
		    !record_matches(r, cert->der, &cert->key))
			continue;
		anchor.cert = cert;
		anchor.key = &cert->key;
		if (stls_chain_search_try(s, &anchor))
			return true;
	}
	return false;
}

/* An issuer that the record holds as a whole; the peer need not send it. */
static bool
try_published(struct stls_chain_search *s, const struct policy_tlsa_record *r)
{
	const struct stls_cert *top = s->path[s->n_path - 1];
	struct stls_chain_anchor anchor = { .dateless = true };
	struct stls_public_key key;
	struct stls_cert cert;

	if (r->matching != TLSA_FULL)
		return false;
	if (r->selector == TLSA_SPKI) {
		anchor.key = &key;
		return stls_public_key_parse(data_of(r), &key) &&
		    stls_chain_search_try(s, &anchor);
	}
	if (!stls_cert_parse(r->data, r->len, &cert, NULL) ||
	    !stls_blob_equal(cert.subject, top->issuer) ||
	    stls_chain_search_passes(s, &cert))
		return false;
	anchor.cert = &cert;
	anchor.key = &cert.key;
	return stls_chain_search_try(s, &anchor);
}

static bool
ta_anchors(struct stls_chain_search *s)
{
	const struct dane_search *d = s->ctx;

	for (size_t i = 0; i < d->dane->n_records; i++) {
		const struct policy_tlsa_record *r = &d->dane->records[i];

		if (r->usage != TLSA_DANE_TA ||
		    (!try_sent(s, r) && !try_published(s, r)))
			continue;
		*d->matched = i;
		return true;
	}
	return false;
}

static void
say_no_match(struct stls_result *r, const struct stls_dane *dane,
    const struct stls_peer *peer)
{
	struct stls_peer_info info;
	char first[160];

	(void)stls_peer_describe(peer, &info);
	policy_tlsa_text(first, sizeof(first), &dane->records[0]);
	(void)stls_result_fail(r, STLS_NOT_TRUSTED, 0, "no TLSA record "
	    "matches: %zu published, the first %s; the server's certificate "
	    "has SHA-256 %s, its key %s", dane->n_records, first,
	    info.cert_sha256, info.spki_sha256[0] != '\0' ? info.spki_sha256 :
	    "cannot be read");
}

void
stls_verify_dane(const struct stls_peer *peer, const struct stls_dane *dane,
    int64_t now, struct stls_result *r, size_t *matched_r)
{
	struct dane_search d = { dane, matched_r };
	struct stls_chain_search s;
	bool readable = stls_chain_search_start(&s, peer, now);
	size_t ee = dane->n_records;

	*matched_r = dane->n_records;
	*r = s.result;
	if (peer->n_chain == 0)
		return;
	ee = match_leaf(dane, peer->chain[0]);
	if (ee < dane->n_records) {
		memset(r, 0, sizeof(*r));
		r->verdict = STLS_VERIFIED;
		*matched_r = ee;
		return;
	}
	if (!readable)
		return;
	s.anchors = ta_anchors;
	s.ctx = &d;
	if (stls_chain_search_run(&s)) {
		*r = s.result;
		stls_chain_match_names(&s.certs[0], dane->names, dane->n_names,
		    r);
		if (r->verdict != STLS_VERIFIED)
			*matched_r = dane->n_records;
	} else if (s.complete || s.steps_left < 0) {
		*r = s.result;
	} else {
		say_no_match(r, dane, peer);
	}
}

bool
stls_tlsa_decodes(uint8_t selector, const uint8_t *data, size_t len)
{
	struct stls_blob octets = { data, len };
	struct stls_public_key key;
	struct stls_cert cert;

	if (selector == TLSA_CERT)
		return stls_cert_parse(data, len, &cert, NULL);
	return selector == TLSA_SPKI && stls_public_key_parse(octets, &key);
}
