/*
 * Finding a path from the leaf to an anchor, judging it, and the host's name.
 */
#include "tls/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "tls/chain_impl.h"
#include "tls/der_impl.h"
#include "tls/stls_impl.h"

/*
 * A peer can send ten certificates of one name: 10! paths.  Real chains, cross
 * signed ones too, take a handful of steps.  The longest path that wolfSSL takes
 * has nine signatures: enough for two of them, and at 1 ms each (P-521, RSA of
 * 4096 bits with the largest exponent) 20 ms of the thread.
 */
enum { STEPS_MAX = 200, SIGNATURES_MAX = 20 };

/* What CA/Browser baseline requirements 6.1.5 ask of RSA. */
enum { RSA_BITS_MIN = 2048 };

/* --- one path, from the anchor down to the leaf (RFC 5280 section 6.1, without
 * policies and revocation).  First the signatures: until they hold, what a
 * certificate says about itself is nobody's word, and a forged one must not be
 * reported as merely expired. */

bool
stls_result_fail(struct stls_result *r, enum stls_verdict verdict, size_t depth,
    const char *fmt, ...)
{
	va_list ap;

	r->verdict = verdict;
	r->depth = (int)depth;
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	return false;
}

/* The certificate at depth; at n the anchor's, which may be NULL. */
static const struct stls_cert *
cert_at(const struct stls_chain_search *s, size_t depth)
{
	return depth < s->n_path ? s->path[depth] : s->anchor.cert;
}

/* Fails with "the certificate ..." or "CA certificate CN=Example ...". */
static bool __attribute__((format(printf, 4, 5)))
cert_fail(struct stls_chain_search *s, enum stls_verdict verdict, size_t depth,
    const char *fmt, ...)
{
	char name[120], what[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (depth == 0)
		return stls_result_fail(&s->found, verdict, depth,
		    "the certificate %s", what);
	stls_name_text(cert_at(s, depth)->subject, name, sizeof(name));
	return stls_result_fail(&s->found, verdict, depth,
	    "CA certificate %s %s", name, what);
}

static bool
signature_ok(struct stls_chain_search *s, size_t depth)
{
	const struct stls_cert *cert = s->path[depth];
	char issuer[200], subject[120];
	enum stls_signature signature;

	if (cert->sig == STLS_SIG_WEAK || cert->sig == STLS_SIG_OTHER)
		return cert_fail(s, STLS_INVALID, depth, "is signed with %s",
		    cert->sig == STLS_SIG_WEAK ? "MD5 or SHA-1" :
		    "an unsupported algorithm");
	if (s->signatures_left-- <= 0)
		return stls_result_fail(&s->found, STLS_INVALID, 0,
		    "too many signatures to check in this chain");
	signature = stls_signature_check(cert, depth + 1 < s->n_path ?
	    &s->path[depth + 1]->key : s->anchor.key);
	if (signature == STLS_SIGNATURE_HOLDS)
		return true;
	stls_name_text(cert->issuer, issuer, sizeof(issuer));
	stls_name_text(cert->subject, subject, sizeof(subject));
	return stls_result_fail(&s->found, STLS_NOT_TRUSTED, depth,
	    "the signature of %s on %s%s %s", issuer, depth == 0 ?
	    "the certificate" : "CA certificate ", depth == 0 ? "" : subject,
	    signature == STLS_SIGNATURE_WRONG ? "is wrong" :
	    "cannot be checked (RSA above 4096 bits?)");
}

/* Rules for every certificate of the path. */
static bool
purpose_ok(struct stls_chain_search *s, size_t depth)
{
	const struct stls_cert *cert = cert_at(s, depth);

	if (cert->has_unknown_critical)
		return cert_fail(s, STLS_INVALID, depth,
		    "has an unknown critical extension");
	if (cert->has_ext_key_usage && !cert->for_servers)
		return cert_fail(s, STLS_INVALID, depth,
		    "is not for TLS servers (extKeyUsage)");
	if (cert->key.kind == STLS_KEY_OTHER)
		return cert_fail(s, STLS_INVALID, depth,
		    "has an unsupported type of key");
	if (cert->key.kind == STLS_KEY_RSA && cert->key.rsa_bits < RSA_BITS_MIN)
		return cert_fail(s, STLS_INVALID, depth,
		    "has an RSA key of %u bits, less than %d",
		    cert->key.rsa_bits, RSA_BITS_MIN);
	return true;
}

/* RFC 5280 4.2.1.3.  Key encipherment alone is what old RSA certificates say,
 * and everybody lets them sign. */
static bool
leaf_ok(struct stls_chain_search *s)
{
	const struct stls_cert *cert = cert_at(s, 0);
	const unsigned any = STLS_KU_DIGITAL_SIGNATURE |
	    STLS_KU_KEY_ENCIPHERMENT | STLS_KU_KEY_AGREEMENT;

	if (cert->has_key_usage && (cert->key_usage & any) == 0)
		return cert_fail(s, STLS_INVALID, 0, "is not for TLS (keyUsage)");
	return true;
}

/* Certificates issued to oneself do not count (RFC 5280 4.2.1.9). */
static int
cas_below(const struct stls_chain_search *s, size_t depth)
{
	int n = 0;

	for (size_t i = 1; i < depth; i++)
		if (!stls_blob_equal(s->path[i]->subject, s->path[i]->issuer))
			n++;
	return n;
}

/* May it sign?  An anchor of version 1 cannot say so, and was put among the
 * anchors by somebody who meant it. */
static bool
ca_ok(struct stls_chain_search *s, size_t depth)
{
	const struct stls_cert *cert = cert_at(s, depth);
	bool silent_anchor = depth == s->n_path && !cert->has_key_usage &&
	    !cert->has_basic_constraints;

	if (!cert->is_ca && !silent_anchor)
		return cert_fail(s, STLS_INVALID, depth,
		    "is not a CA but has issued another certificate");
	if (cert->has_key_usage && (cert->key_usage & STLS_KU_CERT_SIGN) == 0)
		return cert_fail(s, STLS_INVALID, depth,
		    "may not sign certificates (keyUsage)");
	if (cert->path_len >= 0 && cas_below(s, depth) > cert->path_len)
		return cert_fail(s, STLS_INVALID, depth,
		    "has more CAs below it than it allows (pathLen %d)",
		    cert->path_len);
	return true;
}

/* The constraints of the CA at depth on all below it; those a CA issued to
 * itself are exempt (RFC 5280 6.1.4), the leaf never. */
static bool
constraints_ok(struct stls_chain_search *s, size_t depth)
{
	const struct stls_cert *ca = cert_at(s, depth);
	char why[200];

	for (size_t i = 0; i < depth; i++) {
		const struct stls_cert *cert = s->path[i];

		if (i > 0 && stls_blob_equal(cert->subject, cert->issuer))
			continue;
		if (stls_constraints_allow(ca, cert, i == 0, why, sizeof(why)))
			continue;
		(void)cert_fail(s, STLS_CONSTRAINED, depth,
		    "%s (nameConstraints)", why);
		s->found.depth = (int)i;
		return false;
	}
	return true;
}

static bool
dates_ok(struct stls_chain_search *s, size_t depth)
{
	const struct stls_cert *cert = cert_at(s, depth);
	char iso[CLOCK_ISO_LEN];

	clock_iso(iso, s->now > cert->not_after_at ? cert->not_after_at :
	    cert->not_before_at);
	if (s->now > cert->not_after_at)
		return cert_fail(s, STLS_EXPIRED, depth, "expired on %s", iso);
	if (s->now < cert->not_before_at)
		return cert_fail(s, STLS_NOT_YET_VALID, depth,
		    "is not valid before %s", iso);
	return true;
}

/* Everything but the host name: s->found says how it went. */
static bool
path_ok(struct stls_chain_search *s)
{
	size_t n = s->n_path, all = n + (s->anchor.cert != NULL ? 1 : 0);

	for (size_t i = n; i-- > 0;)
		if (!signature_ok(s, i))
			return false;
	for (size_t i = all; i-- > 0;)
		if (!purpose_ok(s, i) || (i > 0 && !ca_ok(s, i)))
			return false;
	if (all > 0 && !leaf_ok(s))
		return false;
	for (size_t i = all; i-- > 1;)
		if (!constraints_ok(s, i))
			return false;
	for (size_t i = s->anchor.dateless ? n : all; i-- > 0;)
		if (!dates_ok(s, i))
			return false;
	s->found.verdict = STLS_VERIFIED;
	s->found.depth = (int)n;
	return true;
}

/* --- the search */

/* Of several paths that fail the report is of the one that came furthest. */
static const unsigned char progress[STLS_VERDICT_COUNT] = {
	[STLS_NOT_TRUSTED] = 1,
	[STLS_INVALID] = 2,
	[STLS_CONSTRAINED] = 3,
	[STLS_NOT_YET_VALID] = 4,
	[STLS_EXPIRED] = 5,
};

bool
stls_chain_search_try(struct stls_chain_search *s,
    const struct stls_chain_anchor *anchor)
{
	bool ok;

	if (--s->steps_left < 0)
		return false;
	s->anchor = *anchor;
	memset(&s->found, 0, sizeof(s->found));
	ok = path_ok(s);
	/* What it points to may be the caller's alone. */
	memset(&s->anchor, 0, sizeof(s->anchor));
	if (ok || !s->complete ||
	    progress[s->found.verdict] > progress[s->result.verdict])
		s->result = s->found;
	s->complete |= !ok;
	return ok;
}

bool
stls_chain_search_passes(const struct stls_chain_search *s,
    const struct stls_cert *cert)
{
	for (size_t i = 0; i < s->n_path; i++)
		if (stls_blob_equal(s->path[i]->der, cert->der))
			return true;
	return false;
}

/* Why the search came to nothing, told of the longest line of issuers. */
static void
note_dead_end(struct stls_chain_search *s)
{
	const struct stls_cert *top = s->path[s->n_path - 1];
	char issuer[200];

	if (s->complete || s->n_path <= s->deepest)
		return;
	s->deepest = s->n_path;
	stls_name_text(top->issuer, issuer, sizeof(issuer));
	if (!stls_blob_equal(top->issuer, top->subject))
		(void)stls_result_fail(&s->result, STLS_NOT_TRUSTED,
		    s->n_path - 1, "the certificate of the issuer %s is not "
		    "trusted and was not sent", issuer);
	else
		(void)stls_result_fail(&s->result, STLS_NOT_TRUSTED,
		    s->n_path - 1, "the self-signed certificate %s is not "
		    "trusted", issuer);
}

/* Anchors before what was sent, so that an old cross-signed root at the end
 * does no harm. */
static bool
find_path(struct stls_chain_search *s)
{
	const struct stls_cert *top = s->path[s->n_path - 1];

	if (--s->steps_left < 0)
		return false;
	if (s->anchors(s))
		return true;
	for (size_t i = 1; i < s->n && s->n_path < STLS_CHAIN_MAX; i++) {
		if (!s->usable[i] ||
		    !stls_blob_equal(s->certs[i].subject, top->issuer) ||
		    stls_chain_search_passes(s, &s->certs[i]))
			continue;
		s->path[s->n_path++] = &s->certs[i];
		if (find_path(s))
			return true;
		s->n_path--;
	}
	note_dead_end(s);
	return false;
}

bool
stls_chain_search_start(struct stls_chain_search *s,
    const struct stls_peer *peer, int64_t now)
{
	const char *why = "";

	memset(s, 0, sizeof(*s));
	s->n = peer->n_chain;
	s->now = now;
	s->signatures_left = SIGNATURES_MAX;
	s->steps_left = STEPS_MAX;
	if (s->n == 0)
		return stls_result_fail(&s->result, STLS_NO_CERTIFICATE, 0,
		    "the server sent no certificate");
	for (size_t i = s->n; i-- > 0;)
		s->usable[i] = stls_cert_parse(peer->chain[i].data,
		    peer->chain[i].len, &s->certs[i], &why);
	if (!s->usable[0])
		return stls_result_fail(&s->result, STLS_INVALID, 0,
		    "the certificate cannot be used: %s", why);
	s->path[0] = &s->certs[0];
	s->n_path = 1;
	return true;
}

bool
stls_chain_search_run(struct stls_chain_search *s)
{
	if (find_path(s))
		return true;
	if (s->steps_left < 0 && !s->complete)
		(void)stls_result_fail(&s->result, STLS_INVALID, 0,
		    "too many possible chains in the certificates sent");
	return false;
}

void
stls_chain_match_names(const struct stls_cert *leaf, const char *const *names,
    size_t n_names, struct stls_result *r)
{
	char subject[160], host[160];

	for (size_t i = 0; i < n_names; i++)
		if (stls_cert_matches_host(leaf, names[i], r->matched,
		    sizeof(r->matched), &r->matched_cn))
			return;
	stls_name_text(leaf->subject, subject, sizeof(subject));
	text_escape(host, sizeof(host), n_names > 0 ? names[0] : "",
	    n_names > 0 ? strlen(names[0]) : 0);
	(void)stls_result_fail(r, STLS_HOST_MISMATCH, 0,
	    "the certificate (%s) does not name %s%s", subject,
	    n_names > 0 ? host : "any host",
	    n_names > 1 ? " or the other names asked for" : "");
}

/* --- PKIX: the anchors are those of the context */

static bool
store_anchors(struct stls_chain_search *s)
{
	const struct stls_cert *top = s->path[s->n_path - 1];
	const struct stls_anchor *a;
	struct stls_chain_anchor anchor = { NULL, NULL, false };

	for (a = stls_context_find(s->ctx, top->issuer); a != NULL;
	    a = a->next) {
		anchor.cert = &a->cert;
		anchor.key = &a->cert.key;
		if (stls_chain_search_try(s, &anchor))
			return true;
	}
	return false;
}

/* The server's own certificate is in the file of anchors. */
static const struct stls_cert *
anchored_leaf(const struct stls_context *ctx, const struct stls_cert *leaf)
{
	const struct stls_anchor *a;

	for (a = stls_context_find(ctx, leaf->subject); a != NULL; a = a->next)
		if (stls_blob_equal(a->cert.der, leaf->der))
			return &a->cert;
	return NULL;
}

void
stls_verify_pkix(const struct stls_context *ctx, const struct stls_peer *peer,
    const char *const *names, size_t n_names, int64_t now,
    struct stls_result *r)
{
	struct stls_chain_anchor own = { NULL, NULL, false };
	struct stls_chain_search s;
	bool ok = stls_chain_search_start(&s, peer, now);

	s.anchors = store_anchors;
	s.ctx = ctx;
	if (ok)
		own.cert = anchored_leaf(ctx, &s.certs[0]);
	if (own.cert != NULL) {
		own.key = &own.cert->key;
		s.n_path = 0;
		ok = stls_chain_search_try(&s, &own);
	} else if (ok) {
		ok = stls_chain_search_run(&s);
	}
	*r = s.result;
	if (ok)
		stls_chain_match_names(&s.certs[0], names, n_names, r);
}
