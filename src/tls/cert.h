/*
 * One certificate, read strictly from its DER (RFC 5280 section 4).  Pure: no
 * wolfSSL, no clock, no memory; any thread.  The pieces point into the octets
 * given.
 */
#ifndef TLSQ_TLS_CERT_H
#define TLSQ_TLS_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/stls.h"

enum stls_key {
	STLS_KEY_OTHER,
	STLS_KEY_RSA,
	STLS_KEY_P256,
	STLS_KEY_P384,
	STLS_KEY_P521,
	STLS_KEY_ED25519,
	STLS_KEY_ED448,
	STLS_KEY_COUNT
};

/* How a certificate is signed.  WEAK: MD2, MD5, SHA-1. */
enum stls_sig {
	STLS_SIG_OTHER,
	STLS_SIG_WEAK,
	STLS_SIG_RSA,
	STLS_SIG_ECDSA,
	STLS_SIG_ED25519,
	STLS_SIG_ED448,
	STLS_SIG_COUNT
};

/* GeneralName tags, RFC 5280 4.2.1.6. */
enum {
	STLS_NAME_DNS = 0x82,
	STLS_NAME_DIRECTORY = 0xa4,
	STLS_NAME_IP = 0x87,
};

/* RFC 5280 4.2.1.3 */
enum {
	STLS_KU_DIGITAL_SIGNATURE = 0x80,
	STLS_KU_KEY_ENCIPHERMENT = 0x20,
	STLS_KU_KEY_AGREEMENT = 0x08,
	STLS_KU_CERT_SIGN = 0x04,
};

/* A public key: the whole SubjectPublicKeyInfo and what is in it. */
struct stls_public_key {
	struct stls_blob spki;
	struct stls_blob raw;	/* contents of the bit string */
	enum stls_key kind;
	unsigned rsa_bits;	/* of the modulus; 0 for the other kinds */
};

struct stls_cert {
	struct stls_blob der;
	struct stls_blob issuer, subject;	/* whole Name elements */
	struct stls_public_key key;
	enum stls_sig sig;
	int64_t not_before_at, not_after_at;	/* unix seconds */
	/* Contents of the sequences; empty where the extension is not there. */
	struct stls_blob san, permitted, excluded;
	bool has_basic_constraints, is_ca;
	int path_len;				/* -1: no limit */
	bool has_key_usage;
	unsigned key_usage;			/* STLS_KU_*: the first octet */
	bool has_ext_key_usage, for_servers;	/* serverAuth or any */
	bool has_unknown_critical;
};

/* False: not a certificate that could be relied on; *why_r (may be NULL) says
 * in a few words what is wrong with it. */
bool stls_cert_parse(const uint8_t *der, size_t len, struct stls_cert *cert_r,
    const char **why_r);
/* Only the key of a certificate, whatever else is wrong with it: at DANE-EE
 * nothing else counts (RFC 7671 5.1).  False as below. */
bool stls_cert_key(struct stls_blob der, struct stls_public_key *key_r);
/* A bare SubjectPublicKeyInfo.  False where it is malformed, or a key that is
 * not to be used at any level: RSA with an exponent of 1, an even one, or one
 * of more than 8 octets. */
bool stls_public_key_parse(struct stls_blob spki,
    struct stls_public_key *key_r);

/*
 * Does the certificate name host?  host is a domain name in A-labels, with or
 * without the final dot, or an IP literal.
 * RFC 6125 section 6.4, RFC 7672 section 3.2.3: dNSName only, "*" only as the
 * whole leftmost label and for one label; the CN only where there is no
 * dNSName; a literal matches an iPAddress and nothing else.  Which name matched
 * goes to matched_r (room octets, printable), whether it was the CN to *cn_r.
 */
bool stls_cert_matches_host(const struct stls_cert *cert, const char *host,
    char *matched_r, size_t room, bool *cn_r);

/* Whether a name of the certificate (as above) covers this name; exported for
 * its table of tests. */
bool stls_name_matches(struct stls_blob presented, const char *host);

/* The octets of an IP literal, 4 or 16 (returned); 0 where it is none. */
size_t stls_ip_literal(const char *host, uint8_t octets_r[static 16]);

/* RFC 4514 text of a Name in printable UTF-8; other octets as \HH; cut at room.
 * "CN=mx.example.test,O=Example" */
void stls_name_text(struct stls_blob name, char *dst, size_t room);

/* Contents of a Name: a row of sets of pairs of type and value. */
bool stls_name_well_formed(struct stls_blob contents);
/* The last CN of a Name.  False where there is none. */
bool stls_name_cn(struct stls_blob name, struct stls_blob *cn_r);

#endif
