/*
 * Certificate, TBSCertificate, public key and extensions.  Names are in
 * cert_name.c.
 */
#include "tls/cert.h"

#include <string.h>

#include "base/mem.h"
#include "tls/der_impl.h"

enum { RSA_EXPONENT_MAX = 8 };

/* Parameters of the algorithm: NULL or nothing (RFC 4055), or nothing. */
static const struct {
	const char *oid;
	size_t oid_len;
	bool null_allowed;
	enum stls_sig sig;
} signatures[] = {
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), true, STLS_SIG_RSA },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), true, STLS_SIG_RSA },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), true, STLS_SIG_RSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), false, STLS_SIG_ECDSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), false, STLS_SIG_ECDSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), false, STLS_SIG_ECDSA },
	{ OID("\x2b\x65\x70"), false, STLS_SIG_ED25519 },
	{ OID("\x2b\x65\x71"), false, STLS_SIG_ED448 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"), true, STLS_SIG_WEAK },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), true, STLS_SIG_WEAK },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), true, STLS_SIG_WEAK },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x01"), false, STLS_SIG_WEAK },
};

static const struct {
	const char *curve;
	size_t curve_len;
	enum stls_key key;
} curves[] = {
	{ OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), STLS_KEY_P256 },
	{ OID("\x2b\x81\x04\x00\x22"), STLS_KEY_P384 },
	{ OID("\x2b\x81\x04\x00\x23"), STLS_KEY_P521 },
};

/* AlgorithmIdentifier: the OID, and the whole parameters (perhaps none). */
static bool
take_algorithm(struct stls_blob *in, struct stls_blob *oid_r,
    struct stls_blob *params_r)
{
	struct stls_blob seq;

	if (!stls_der_take(in, DER_SEQUENCE, &seq) ||
	    !stls_der_take(&seq, DER_OID, oid_r) || !stls_der_row(seq))
		return false;
	*params_r = seq;
	return true;
}

static enum stls_sig
signature_kind(struct stls_blob oid, struct stls_blob params)
{
	for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
		if (!stls_blob_is(oid, signatures[i].oid,
		    signatures[i].oid_len))
			continue;
		if (params.len == 0 || (signatures[i].null_allowed &&
		    stls_blob_is(params, OID("\x05\x00"))))
			return signatures[i].sig;
		return STLS_SIG_OTHER;
	}
	return STLS_SIG_OTHER;
}

/*
 * RFC 8017 A.1.1.  An even modulus or an exponent that is 1 or even is no key.
 * The cost of a signature grows with the exponent: 65537 is what everybody has,
 * 8 octets is what the largest in use need, and with 512 octets a check takes
 * 80 ms.
 */
static bool
rsa_key(struct stls_blob raw, struct stls_public_key *key)
{
	struct stls_blob seq, n, e;
	unsigned top, bits;

	if (!stls_der_only(raw, DER_SEQUENCE, &seq) ||
	    !stls_der_take(&seq, DER_INTEGER, &n) ||
	    !stls_der_only(seq, DER_INTEGER, &e))
		return false;
	if (n.len > 1 && n.data[0] == 0)
		n.data++, n.len--;
	if (n.len < 64 || n.len > 4096 || n.data[0] == 0 ||
	    (n.data[n.len - 1] & 1) == 0)
		return false;
	if (e.len > 1 && e.data[0] == 0)
		e.data++, e.len--;
	else if (e.len < 1 || (e.data[0] & 0x80) != 0)
		return false;
	if (e.len > RSA_EXPONENT_MAX || e.data[0] == 0 ||
	    (e.data[e.len - 1] & 1) == 0 || (e.len == 1 && e.data[0] == 1))
		return false;
	bits = (unsigned)n.len * 8;
	for (top = n.data[0]; (top & 0x80) == 0; top <<= 1)
		bits--;
	key->kind = STLS_KEY_RSA;
	key->rsa_bits = bits;
	return true;
}

static bool
curve_key(struct stls_blob params, struct stls_public_key *key)
{
	struct stls_blob curve;

	if (!stls_der_only(params, DER_OID, &curve))
		return true;	/* explicit parameters: RFC 5480 forbids them */
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (stls_blob_is(curve, curves[i].curve, curves[i].curve_len))
			key->kind = curves[i].key;
	return true;
}

bool
stls_public_key_parse(struct stls_blob spki, struct stls_public_key *key)
{
	struct stls_blob seq, oid, params, raw;

	memset(key, 0, sizeof(*key));
	key->spki = spki;
	if (!stls_der_only(spki, DER_SEQUENCE, &seq) ||
	    !take_algorithm(&seq, &oid, &params) ||
	    !stls_der_only(seq, DER_BIT_STRING, &raw) || raw.len < 2 ||
	    raw.data[0] != 0)
		return false;
	raw.data++, raw.len--;
	key->raw = raw;
	if (stls_blob_is(oid, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")))
		return rsa_key(raw, key);
	if (stls_blob_is(oid, OID("\x2a\x86\x48\xce\x3d\x02\x01")))
		return curve_key(params, key);
	if (stls_blob_is(oid, OID("\x2b\x65\x70")) && raw.len == 32)
		key->kind = STLS_KEY_ED25519;
	if (stls_blob_is(oid, OID("\x2b\x65\x71")) && raw.len == 57)
		key->kind = STLS_KEY_ED448;
	return true;
}

/*
 * --- the extensions that matter to us (RFC 5280 4.2).
 *
 * Certificate policies are read over, as OpenSSL does where nobody asked for
 * one: they say under which paper a certificate was issued, not for which host.
 */

/* 4.2.1.9: SEQUENCE { cA DEFAULT FALSE, pathLenConstraint OPTIONAL } */
static bool
basic_constraints(struct stls_blob in, struct stls_cert *cert)
{
	struct stls_blob seq, value;

	cert->has_basic_constraints = true;
	if (!stls_der_only(in, DER_SEQUENCE, &seq))
		return false;
	if (stls_der_take(&seq, DER_BOOLEAN, &value) &&
	    !stls_der_boolean(value, &cert->is_ca))
		return false;
	if (stls_der_take(&seq, DER_INTEGER, &value) &&
	    !stls_der_small_int(value, &cert->path_len))
		return false;
	return seq.len == 0;
}

static bool
key_usage(struct stls_blob in, struct stls_cert *cert)
{
	struct stls_blob bits;

	cert->has_key_usage = true;
	if (!stls_der_only(in, DER_BIT_STRING, &bits) || bits.len < 1 ||
	    bits.len > 3 || bits.data[0] > 7)
		return false;
	cert->key_usage = bits.len > 1 ? bits.data[1] : 0;
	return true;
}

static bool
ext_key_usage(struct stls_blob in, struct stls_cert *cert)
{
	struct stls_blob seq, oid;

	cert->has_ext_key_usage = true;
	if (!stls_der_only(in, DER_SEQUENCE, &seq) || seq.len == 0)
		return false;
	while (seq.len > 0) {
		if (!stls_der_take(&seq, DER_OID, &oid))
			return false;
		if (stls_blob_is(oid, OID("\x2b\x06\x01\x05\x05\x07\x03\x01")) ||
		    stls_blob_is(oid, OID("\x55\x1d\x25\x00")))
			cert->for_servers = true;
	}
	return true;
}

static bool
subject_alt_name(struct stls_blob in, struct stls_cert *cert)
{
	return stls_der_only(in, DER_SEQUENCE, &cert->san) &&
	    cert->san.len > 0 && stls_der_row(cert->san);
}

/* 4.2.1.10: minimum 0 and no maximum, that is, nothing beside the base. */
static bool
subtrees(struct stls_blob in)
{
	struct stls_blob seq, base;
	uint8_t tag;

	if (in.len == 0)
		return false;
	while (in.len > 0)
		if (!stls_der_take(&in, DER_SEQUENCE, &seq) ||
		    !stls_der_next(&seq, &tag, &base, NULL) || seq.len > 0)
			return false;
	return true;
}

static bool
name_constraints(struct stls_blob in, struct stls_cert *cert)
{
	struct stls_blob seq;

	if (!stls_der_only(in, DER_SEQUENCE, &seq) || seq.len == 0)
		return false;
	if (stls_der_take(&seq, DER_CONTEXT_CONS(0), &cert->permitted) &&
	    !subtrees(cert->permitted))
		return false;
	if (stls_der_take(&seq, DER_CONTEXT_CONS(1), &cert->excluded) &&
	    !subtrees(cert->excluded))
		return false;
	return seq.len == 0;
}

/* Known, and of no consequence here. */
static bool
read_over(struct stls_blob in, struct stls_cert *cert)
{
	(void)cert;
	return stls_der_row(in);
}

static const struct extension {
	const char *oid;
	size_t oid_len;
	bool (*read)(struct stls_blob in, struct stls_cert *cert);
	const char *wrong;
} extensions[] = {
	{ OID("\x55\x1d\x13"), basic_constraints, "malformed basicConstraints" },
	{ OID("\x55\x1d\x0f"), key_usage, "malformed keyUsage" },
	{ OID("\x55\x1d\x25"), ext_key_usage, "malformed extKeyUsage" },
	{ OID("\x55\x1d\x11"), subject_alt_name, "malformed subjectAltName" },
	{ OID("\x55\x1d\x1e"), name_constraints, "malformed nameConstraints" },
	{ OID("\x55\x1d\x20"), read_over, "malformed certificatePolicies" },
	{ OID("\x55\x1d\x21"), read_over, "malformed policyMappings" },
	{ OID("\x55\x1d\x24"), read_over, "malformed policyConstraints" },
	{ OID("\x55\x1d\x36"), read_over, "malformed inhibitAnyPolicy" },
};

static const struct extension *
extension_find(struct stls_blob oid)
{
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
		if (stls_blob_is(oid, extensions[i].oid, extensions[i].oid_len))
			return &extensions[i];
	return NULL;
}

/* Extension ::= SEQUENCE { OID, critical DEFAULT FALSE, OCTET STRING } */
static bool
take_extension(struct stls_blob *in, struct stls_blob *oid_r, bool *critical_r,
    struct stls_blob *value_r)
{
	struct stls_blob seq, flag;

	*critical_r = false;
	if (!stls_der_take(in, DER_SEQUENCE, &seq) ||
	    !stls_der_take(&seq, DER_OID, oid_r))
		return false;
	if (stls_der_take(&seq, DER_BOOLEAN, &flag) &&
	    !stls_der_boolean(flag, critical_r))
		return false;
	return stls_der_only(seq, DER_OCTET_STRING, value_r);
}

static const char *
parse_extensions(struct stls_blob in, struct stls_cert *cert)
{
	struct stls_blob seq, oid, value;
	const struct extension *ext;
	unsigned seen = 0, bit;
	bool critical;

	if (!stls_der_only(in, DER_SEQUENCE, &seq) || seq.len == 0)
		return "malformed extensions";
	while (seq.len > 0) {
		if (!take_extension(&seq, &oid, &critical, &value))
			return "malformed extension";
		ext = extension_find(oid);
		if (ext == NULL) {
			cert->has_unknown_critical |= critical;
			continue;
		}
		/* 4.2: not more than one instance of an extension. */
		bit = 1u << (ext - extensions);
		if ((seen & bit) != 0)
			return "duplicate extension";
		seen |= bit;
		if (!ext->read(value, cert))
			return ext->wrong;
	}
	return NULL;
}

/* --- the certificate */

static bool
take_name(struct stls_blob *in, struct stls_blob *name_r)
{
	struct stls_blob value;
	uint8_t tag;

	return stls_der_next(in, &tag, &value, name_r) && tag == DER_SEQUENCE &&
	    stls_name_well_formed(value);
}

static bool
take_time(struct stls_blob *in, int64_t *at_r)
{
	struct stls_blob value;
	uint8_t tag;

	return stls_der_next(in, &tag, &value, NULL) &&
	    stls_der_time(tag, value, at_r);
}

static bool
take_validity(struct stls_blob *in, struct stls_cert *cert)
{
	struct stls_blob validity;

	return stls_der_take(in, DER_SEQUENCE, &validity) &&
	    take_time(&validity, &cert->not_before_at) &&
	    take_time(&validity, &cert->not_after_at) && validity.len == 0;
}

/* [0] version, 1 where it is left out.  False on any but 1, 2 and 3. */
static bool
take_version(struct stls_blob *in, int *version_r)
{
	struct stls_blob outer, value;
	int n = 0;

	if (stls_der_take(in, DER_CONTEXT_CONS(0), &outer) &&
	    (!stls_der_only(outer, DER_INTEGER, &value) ||
	    !stls_der_small_int(value, &n) || n > 2))
		return false;
	*version_r = n + 1;
	return true;
}

/* What follows the key: unique identifiers (RFC 5280 4.1.2.8) and [3]. */
static const char *
parse_tail(struct stls_blob in, int version, struct stls_cert *cert)
{
	struct stls_blob value;

	if (version > 1) {
		(void)stls_der_take(&in, DER_CONTEXT(1), &value);
		(void)stls_der_take(&in, DER_CONTEXT(2), &value);
	}
	if (in.len == 0)
		return NULL;
	if (version != 3)
		return "extensions in a certificate that is not version 3";
	if (!stls_der_only(in, DER_CONTEXT_CONS(3), &value))
		return "malformed after the public key";
	return parse_extensions(value, cert);
}

static const char *
parse_tbs(struct stls_blob in, struct stls_blob algorithm,
    struct stls_cert *cert)
{
	struct stls_blob value, inner, spki;
	uint8_t tag;
	int version;

	if (!take_version(&in, &version))
		return "unknown certificate version";
	if (!stls_der_take(&in, DER_INTEGER, &value))
		return "malformed serial number";
	/* RFC 5280 4.1.1.2: both algorithm fields are the same. */
	if (!stls_der_next(&in, &tag, &value, &inner) ||
	    !stls_blob_equal(inner, algorithm))
		return "two different signature algorithms";
	if (!take_name(&in, &cert->issuer))
		return "malformed issuer";
	if (!take_validity(&in, cert))
		return "malformed dates";
	if (!take_name(&in, &cert->subject))
		return "malformed subject";
	if (!stls_der_next(&in, &tag, &value, &spki) ||
	    !stls_public_key_parse(spki, &cert->key))
		return "malformed public key, or an RSA exponent of more than "
		    "8 octets";
	return parse_tail(in, version, cert);
}

static const char *
parse(struct stls_blob der, struct stls_cert *cert)
{
	struct stls_blob seq, tbs, algorithm, rest, oid, params, bits;
	uint8_t tag;

	if (!stls_der_only(der, DER_SEQUENCE, &seq) ||
	    !stls_der_take(&seq, DER_SEQUENCE, &tbs))
		return "not a DER certificate";
	rest = seq;
	if (!take_algorithm(&seq, &oid, &params) ||
	    !stls_der_next(&rest, &tag, &algorithm, &algorithm) ||
	    !stls_der_only(seq, DER_BIT_STRING, &bits) || bits.len < 2 ||
	    bits.data[0] != 0)
		return "malformed signature";
	cert->sig = signature_kind(oid, params);
	return parse_tbs(tbs, algorithm, cert);
}

bool
stls_cert_key(struct stls_blob der, struct stls_public_key *key)
{
	struct stls_blob cert, in, value, spki;
	uint8_t tag;

	if (!stls_der_take(&der, DER_SEQUENCE, &cert) ||
	    !stls_der_take(&cert, DER_SEQUENCE, &in))
		return false;
	(void)stls_der_take(&in, DER_CONTEXT_CONS(0), &value);
	/* serial number, algorithm, issuer, validity, subject */
	for (int i = 0; i < 5; i++)
		if (!stls_der_next(&in, &tag, &value, NULL))
			return false;
	return stls_der_next(&in, &tag, &value, &spki) &&
	    stls_public_key_parse(spki, key);
}

bool
stls_cert_parse(const uint8_t *der, size_t len, struct stls_cert *cert,
    const char **why_r)
{
	const char *why;

	memset(cert, 0, sizeof(*cert));
	cert->path_len = -1;
	cert->der.data = der;
	cert->der.len = len;
	why = parse(cert->der, cert);
	if (why_r != NULL)
		*why_r = why != NULL ? why : "";
	return why == NULL;
}
