/*
 * The extensions of a certificate that matter to us (RFC 5280 4.2).
 *
 * Certificate policies are read over, as OpenSSL does where nobody asked for
 * one: they say under which paper a certificate was issued, not for which host.
 */
#include <string.h>

#include "base/mem.h"
#include "tls/cert_impl.h"
#include "tls/der_impl.h"

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
find(struct stls_blob oid)
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

const char *
stls_cert_extensions(struct stls_blob in, struct stls_cert *cert)
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
		ext = find(oid);
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
