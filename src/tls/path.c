/*
 * One path, from the anchor down to the leaf (RFC 5280 section 6.1, without
 * policies and revocation).
 *
 * First the signatures: until they hold, what a certificate says about itself
 * is nobody's word, and a forged one must not be reported as merely expired.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "tls/chain_impl.h"
#include "tls/der_impl.h"

/* What CA/Browser baseline requirements 6.1.5 ask of RSA. */
enum { RSA_BITS_MIN = 2048 };

enum { LABEL_ROOM = 160 };

/* "the certificate", "CA certificate CN=Example" */
static const char *
label(const struct stls_cert *cert, size_t depth, char dst[LABEL_ROOM])
{
	char name[120];

	if (depth == 0)
		return "the certificate";
	stls_name_text(cert->subject, name, sizeof(name));
	(void)snprintf(dst, LABEL_ROOM, "CA certificate %s", name);
	return dst;
}

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
cert_at(const struct chain_path *path, size_t depth)
{
	return depth < path->n ? path->certs[depth] : path->anchor.cert;
}

static const struct stls_public_key *
key_above(const struct chain_path *path, size_t depth)
{
	return depth + 1 < path->n ? &path->certs[depth + 1]->key :
	    path->anchor.key;
}

static bool
signature_ok(const struct chain_path *path, size_t depth,
    struct chain_budget *budget, struct stls_result *r)
{
	const struct stls_cert *cert = path->certs[depth];
	char text[LABEL_ROOM], issuer[200];

	if (cert->sig == STLS_SIG_WEAK || cert->sig == STLS_SIG_OTHER)
		return stls_result_fail(r, STLS_INVALID, depth, "%s is signed "
		    "with %s", label(cert, depth, text),
		    cert->sig == STLS_SIG_WEAK ? "MD5 or SHA-1" :
		    "an unsupported algorithm");
	if (budget->signatures-- <= 0)
		return stls_result_fail(r, STLS_INVALID, 0,
		    "too many signatures to check in this chain");
	stls_name_text(cert->issuer, issuer, sizeof(issuer));
	switch (stls_signature_check(cert, key_above(path, depth))) {
	case STLS_SIGNATURE_HOLDS:
		return true;
	case STLS_SIGNATURE_WRONG:
		return stls_result_fail(r, STLS_NOT_TRUSTED, depth,
		    "the signature of %s on %s is wrong", issuer,
		    label(cert, depth, text));
	case STLS_SIGNATURE_UNCHECKED:
		break;
	}
	return stls_result_fail(r, STLS_NOT_TRUSTED, depth, "the signature of "
	    "%s on %s cannot be checked (RSA above 4096 bits?)", issuer,
	    label(cert, depth, text));
}

static bool
key_ok(const struct stls_cert *cert, size_t depth, struct stls_result *r)
{
	char text[LABEL_ROOM];

	if (cert->key.kind == STLS_KEY_OTHER)
		return stls_result_fail(r, STLS_INVALID, depth,
		    "%s has an unsupported type of key",
		    label(cert, depth, text));
	if (cert->key.kind == STLS_KEY_RSA && cert->key.rsa_bits < RSA_BITS_MIN)
		return stls_result_fail(r, STLS_INVALID, depth, "%s has an RSA "
		    "key of %u bits, less than %d", label(cert, depth, text),
		    cert->key.rsa_bits, RSA_BITS_MIN);
	return true;
}

/* Rules for every certificate of the path. */
static bool
purpose_ok(const struct stls_cert *cert, size_t depth, struct stls_result *r)
{
	char text[LABEL_ROOM];

	if (cert->has_unknown_critical)
		return stls_result_fail(r, STLS_INVALID, depth,
		    "%s has an unknown critical extension",
		    label(cert, depth, text));
	if (cert->has_ext_key_usage && !cert->for_servers)
		return stls_result_fail(r, STLS_INVALID, depth,
		    "%s is not for TLS servers (extKeyUsage)",
		    label(cert, depth, text));
	return key_ok(cert, depth, r);
}

/* RFC 5280 4.2.1.3.  Key encipherment alone is what old RSA certificates say,
 * and everybody lets them sign. */
static bool
leaf_ok(const struct stls_cert *cert, struct stls_result *r)
{
	const unsigned any = STLS_KU_DIGITAL_SIGNATURE |
	    STLS_KU_KEY_ENCIPHERMENT | STLS_KU_KEY_AGREEMENT;

	if (cert->has_key_usage && (cert->key_usage & any) == 0)
		return stls_result_fail(r, STLS_INVALID, 0,
		    "the certificate is not for TLS (keyUsage)");
	return true;
}

/* Certificates issued to oneself do not count (RFC 5280 4.2.1.9). */
static int
cas_below(const struct chain_path *path, size_t depth)
{
	int n = 0;

	for (size_t i = 1; i < depth; i++)
		if (!stls_blob_equal(path->certs[i]->subject,
		    path->certs[i]->issuer))
			n++;
	return n;
}

/* May it sign?  An anchor of version 1 cannot say so, and was put among the
 * anchors by somebody who meant it. */
static bool
ca_ok(const struct chain_path *path, size_t depth, struct stls_result *r)
{
	const struct stls_cert *cert = cert_at(path, depth);
	char text[LABEL_ROOM];
	bool silent_anchor = depth == path->n && !cert->has_key_usage &&
	    !cert->has_basic_constraints;

	if (!cert->is_ca && !silent_anchor)
		return stls_result_fail(r, STLS_INVALID, depth,
		    "%s is not a CA but has issued another certificate",
		    label(cert, depth, text));
	if (cert->has_key_usage && (cert->key_usage & STLS_KU_CERT_SIGN) == 0)
		return stls_result_fail(r, STLS_INVALID, depth,
		    "%s may not sign certificates (keyUsage)",
		    label(cert, depth, text));
	if (cert->path_len >= 0 && cas_below(path, depth) > cert->path_len)
		return stls_result_fail(r, STLS_INVALID, depth,
		    "%s has more CAs below it than it allows (pathLen %d)",
		    label(cert, depth, text), cert->path_len);
	return true;
}

/* The constraints of the CA at depth on all below it; those a CA issued to
 * itself are exempt (RFC 5280 6.1.4), the leaf never. */
static bool
constraints_ok(const struct chain_path *path, size_t depth,
    struct stls_result *r)
{
	const struct stls_cert *ca = cert_at(path, depth);
	char why[200], text[LABEL_ROOM];

	for (size_t i = 0; i < depth; i++) {
		const struct stls_cert *cert = path->certs[i];

		if (i > 0 && stls_blob_equal(cert->subject, cert->issuer))
			continue;
		if (!stls_constraints_allow(ca, cert, i == 0, why, sizeof(why)))
			return stls_result_fail(r, STLS_CONSTRAINED, i,
			    "%s %s (nameConstraints)", label(ca, depth, text),
			    why);
	}
	return true;
}

static bool
dates_ok(const struct stls_cert *cert, size_t depth, int64_t now,
    struct stls_result *r)
{
	char text[LABEL_ROOM], iso[CLOCK_ISO_LEN];

	if (now > cert->not_after_at) {
		clock_iso(iso, cert->not_after_at);
		return stls_result_fail(r, STLS_EXPIRED, depth,
		    "%s expired on %s", label(cert, depth, text), iso);
	}
	if (now < cert->not_before_at) {
		clock_iso(iso, cert->not_before_at);
		return stls_result_fail(r, STLS_NOT_YET_VALID, depth,
		    "%s is not valid before %s", label(cert, depth, text), iso);
	}
	return true;
}

bool
stls_path_verify(const struct chain_path *path, int64_t now,
    struct chain_budget *budget, struct stls_result *r)
{
	size_t all = path->n + (path->anchor.cert != NULL ? 1 : 0);

	for (size_t i = path->n; i-- > 0;)
		if (!signature_ok(path, i, budget, r))
			return false;
	for (size_t i = all; i-- > 0;)
		if (!purpose_ok(cert_at(path, i), i, r) ||
		    (i > 0 && !ca_ok(path, i, r)))
			return false;
	if (all > 0 && !leaf_ok(cert_at(path, 0), r))
		return false;
	for (size_t i = all; i-- > 1;)
		if (!constraints_ok(path, i, r))
			return false;
	for (size_t i = path->anchor.dateless ? path->n : all; i-- > 0;)
		if (!dates_ok(cert_at(path, i), i, now, r))
			return false;
	r->verdict = STLS_VERIFIED;
	r->depth = (int)path->n;
	r->text[0] = '\0';
	return true;
}
