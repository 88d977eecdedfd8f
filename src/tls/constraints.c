/*
 * Name constraints (RFC 5280 4.2.1.10) of one CA on one certificate below it.
 *
 * wolfSSL checks only those of the direct issuer and takes the CN of a CA for a
 * host name; here they hold for the whole chain and for host names only.
 * Understood are dNSName, iPAddress and directoryName.  Where a constraint is
 * on another form and the certificate has a name of that form, the answer is no.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tls/chain_impl.h"
#include "tls/der_impl.h"

struct name {
	uint8_t tag;
	struct stls_blob value;
};

/* "example.test" covers itself and all below; ".example.test" (not in the RFC,
 * but in use) only what is below; "" everything. */
static bool
dns_within(struct stls_blob name, struct stls_blob base)
{
	if (base.len == 0)
		return true;
	if (!stls_blob_ends_nocase(name, base))
		return false;
	return base.data[0] == '.' || name.len == base.len ||
	    name.data[name.len - base.len - 1] == '.';
}

/* "*.example.test" also stands for an excluded "mx.example.test". */
static bool
wildcard_covers(struct stls_blob name, struct stls_blob base)
{
	struct stls_blob tail = { name.data + 1, name.len - 1 };
	size_t head;

	if (name.len < 3 || name.data[0] != '*' || name.data[1] != '.' ||
	    base.len <= tail.len || !stls_blob_ends_nocase(base, tail))
		return false;
	head = base.len - tail.len;
	return memchr(base.data, '.', head) == NULL;
}

static bool
ip_within(struct stls_blob ip, struct stls_blob base)
{
	if (base.len != 2 * ip.len)
		return false;
	for (size_t i = 0; i < ip.len; i++)
		if (((ip.data[i] ^ base.data[i]) & base.data[ip.len + i]) != 0)
			return false;
	return true;
}

/* The base is the front of the name, RDN by RDN, compared by octets: such names
 * do not decide which host this is. */
static bool
directory_within(struct stls_blob name, struct stls_blob base)
{
	struct stls_blob rdns, base_rdns;

	return stls_der_only(name, DER_SEQUENCE, &rdns) &&
	    stls_der_only(base, DER_SEQUENCE, &base_rdns) &&
	    rdns.len >= base_rdns.len && (base_rdns.len == 0 ||
	    memcmp(rdns.data, base_rdns.data, base_rdns.len) == 0);
}

enum fit { FIT_NO, FIT_YES, FIT_UNKNOWN };

static enum fit
fits(const struct name *n, struct stls_blob base, bool excluded)
{
	struct stls_blob name;
	bool in;

	switch (n->tag) {
	case STLS_NAME_DNS:
		name = stls_blob_dotless(n->value);
		base = stls_blob_dotless(base);
		in = dns_within(name, base) ||
		    (excluded && wildcard_covers(name, base));
		break;
	case STLS_NAME_IP:
		in = ip_within(n->value, base);
		break;
	case STLS_NAME_DIRECTORY:
		in = directory_within(n->value, base);
		break;
	default:
		return FIT_UNKNOWN;
	}
	return in ? FIT_YES : FIT_NO;
}

/* The subtrees of the name's form: does one hold it?  *asked_r: any is there. */
static enum fit
look_up(const struct name *n, struct stls_blob trees, bool excluded,
    bool *asked_r)
{
	struct stls_blob tree, base;
	enum fit fit;
	uint8_t tag;

	*asked_r = false;
	while (trees.len > 0 && stls_der_take(&trees, DER_SEQUENCE, &tree) &&
	    stls_der_next(&tree, &tag, &base, NULL)) {
		if (tag != n->tag)
			continue;
		*asked_r = true;
		fit = fits(n, base, excluded);
		if (fit != FIT_NO)
			return fit;
	}
	return FIT_NO;
}

static bool
name_allowed(const struct stls_cert *issuer, const struct name *n)
{
	bool asked;

	if (look_up(n, issuer->excluded, true, &asked) != FIT_NO)
		return false;
	return look_up(n, issuer->permitted, false, &asked) == FIT_YES ||
	    !asked;
}

static bool
name_refuse(const struct name *n, char *why_r, size_t room)
{
	char shown[128];

	if (n->tag == STLS_NAME_DNS)
		text_escape(shown, sizeof(shown), (const char *)n->value.data,
		    n->value.len);
	else
		(void)text_copy(shown, sizeof(shown), n->tag ==
		    STLS_NAME_IP ? "its IP address" : n->tag ==
		    STLS_NAME_DIRECTORY ? "its subject" :
		    "one of its names");
	(void)snprintf(why_r, room, "does not allow %s", shown);
	return false;
}

/* A CN that stls_cert_matches_host could take for the host. */
static bool
host_like(struct stls_blob cn)
{
	for (size_t i = 0; i < cn.len; i++)
		if (cn.data[i] <= ' ' || cn.data[i] >= 0x7f)
			return false;
	return cn.len > 0;
}

static bool
alt_names_allowed(const struct stls_cert *issuer, const struct stls_cert *cert,
    bool *has_dns_r, char *why_r, size_t room)
{
	struct stls_blob names = cert->san;
	struct name n;

	*has_dns_r = false;
	while (names.len > 0 &&
	    stls_der_next(&names, &n.tag, &n.value, NULL)) {
		*has_dns_r |= n.tag == STLS_NAME_DNS;
		if (!name_allowed(issuer, &n))
			return name_refuse(&n, why_r, room);
	}
	return true;
}

bool
stls_constraints_allow(const struct stls_cert *issuer,
    const struct stls_cert *cert, bool leaf, char *why_r, size_t room)
{
	struct name subject = { STLS_NAME_DIRECTORY, cert->subject };
	struct name cn = { STLS_NAME_DNS, { NULL, 0 } };
	bool has_dns;

	if (issuer->permitted.len == 0 && issuer->excluded.len == 0)
		return true;
	if (!alt_names_allowed(issuer, cert, &has_dns, why_r, room))
		return false;
	/* 2 octets: the empty Name, which stands for no name at all. */
	if (cert->subject.len > 2 && !name_allowed(issuer, &subject))
		return name_refuse(&subject, why_r, room);
	if (leaf && !has_dns && stls_name_cn(cert->subject, &cn.value) &&
	    host_like(cn.value) && !name_allowed(issuer, &cn))
		return name_refuse(&cn, why_r, room);
	return true;
}
