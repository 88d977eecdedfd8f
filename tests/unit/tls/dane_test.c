/*
 * tls: TLSA records against chains: DANE-EE, DANE-TA sent and published, what
 * counts below an anchor, and what is said where nothing matches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hash.h>

#include "base/mem.h"
#include "tls/cert.h"
#include "tls/chain.h"
#include "fixture.h"

#define HOST "mx.example.test"
enum { RECORDS_MAX = 8 };

struct row {
	const char *why, *chain;
	/* "3 1 1 leaf; 2 0 0 root": of which certificate; "!" before the name
	 * turns one bit of the data. */
	const char *records;
	enum stls_verdict verdict;
	size_t matched;			/* of a verified one */
	const char *says;
	const char *host;		/* NULL: HOST */
};

static const struct row rows[] = {
	/* DANE-EE: the key, and nothing else (RFC 7672 3.1.1) */
	{ "certificate, whole", "leaf", "3 0 0 leaf",
	    .verdict = STLS_VERIFIED },
	{ "certificate, SHA-256", "leaf", "3 0 1 leaf",
	    .verdict = STLS_VERIFIED },
	{ "certificate, SHA-512", "leaf", "3 0 2 leaf",
	    .verdict = STLS_VERIFIED },
	{ "key, whole", "leaf", "3 1 0 leaf",
	    .verdict = STLS_VERIFIED },
	{ "key, SHA-256", "leaf", "3 1 1 leaf",
	    .verdict = STLS_VERIFIED },
	{ "key, SHA-512", "leaf", "3 1 2 leaf",
	    .verdict = STLS_VERIFIED },
	{ "an RSA key", "leaf-rsa inter", "3 1 1 leaf-rsa",
	    .verdict = STLS_VERIFIED },
	{ "self-signed", "ss", "3 1 1 ss",
	    .verdict = STLS_VERIFIED },
	{ "expired", "leaf-expired inter", "3 0 1 leaf-expired",
	    .verdict = STLS_VERIFIED },
	{ "another name", "leaf-other-name", "3 0 1 leaf-other-name",
	    .verdict = STLS_VERIFIED },
	{ "a chain that is broken", "leaf-damaged", "3 0 1 leaf-damaged",
	    .verdict = STLS_VERIFIED },
	{ "not one that we could read: its digest is enough",
	    "leaf-twice", "3 0 1 leaf-twice",
	    .verdict = STLS_VERIFIED },
	{ "nor is more than its key needed: an extension twice",
	    "leaf-twice", "3 1 1 leaf",
	    .verdict = STLS_VERIFIED },
	{ "two algorithms", "leaf-two-algorithms", "3 1 1 leaf",
	    .verdict = STLS_VERIFIED },
	{ "extensions in version 1", "leaf-v1-extensions", "3 1 0 leaf",
	    .verdict = STLS_VERIFIED },
	{ "and its key must match", "leaf-twice", "3 1 1 leaf-rsa",
	    .verdict = STLS_INVALID, .says = "duplicate extension" },
	{ "an RSA exponent of 8 octets", "ss-rsa-e8", "3 1 1 ss-rsa-e8",
	    .verdict = STLS_VERIFIED },
	{ "of 9: at no level", "ss-rsa-e9", "3 0 1 ss-rsa-e9",
	    .verdict = STLS_INVALID, .says = "RSA exponent" },
	{ "the second record", "leaf", "3 1 1 leaf-rsa; 3 1 1 leaf",
	    .verdict = STLS_VERIFIED, .matched = 1 },
	{ "before DANE-TA where both match", "leaf inter root",
	    "2 0 1 root; 3 1 1 leaf",
	    .verdict = STLS_VERIFIED, .matched = 1 },
	{ "one bit of the digest", "leaf", "3 1 1 !leaf",
	    .verdict = STLS_NOT_TRUSTED,
	    .says = "no TLSA record matches: 1 published, the first 3 1 1 " },
	{ "one bit of the whole", "leaf", "3 1 0 !leaf",
	    .verdict = STLS_NOT_TRUSTED, .says = "no TLSA record matches" },
	{ "the key of an issuer is not the server's", "leaf inter root",
	    "3 1 1 inter; 3 1 1 root",
	    .verdict = STLS_NOT_TRUSTED, .says = "2 published" },
	{ "selector of the certificate, digest of the key", "leaf",
	    "3 0 1 !leaf",
	    .verdict = STLS_NOT_TRUSTED },
	{ "none shown", "", "3 1 1 leaf",
	    .verdict = STLS_NO_CERTIFICATE },

	/* DANE-TA, sent (RFC 7672 3.1.2) */
	{ "a root that was sent", "leaf inter root", "2 0 1 root",
	    .verdict = STLS_VERIFIED },
	{ "its key", "leaf inter root", "2 1 1 root",
	    .verdict = STLS_VERIFIED },
	{ "its key, SHA-512", "leaf inter root", "2 1 2 root",
	    .verdict = STLS_VERIFIED },
	{ "an intermediate is anchor enough", "leaf inter", "2 1 1 inter",
	    .verdict = STLS_VERIFIED },
	{ "order does not matter", "leaf root inter", "2 0 1 root",
	    .verdict = STLS_VERIFIED },
	{ "a digest does not help where the root was not sent",
	    "leaf inter", "2 0 1 root",
	    .verdict = STLS_NOT_TRUSTED, .says = "no TLSA record matches" },
	{ "the leaf is nobody's issuer", "leaf inter", "2 1 1 leaf",
	    .verdict = STLS_NOT_TRUSTED },
	{ "nor its own", "ss", "2 1 1 ss",
	    .verdict = STLS_NOT_TRUSTED },
	{ "an anchor that did not issue the leaf", "leaf inter root root-b",
	    "2 0 1 root-b",
	    .verdict = STLS_NOT_TRUSTED },
	{ "of its name and with another key", "leaf inter-forged",
	    "2 0 1 inter-forged",
	    .verdict = STLS_NOT_TRUSTED, .says = "is wrong" },
	{ "junk does no harm", "leaf junk-0 junk-1 inter root",
	    "2 0 1 root",
	    .verdict = STLS_VERIFIED },

	/* DANE-TA, published as a whole: it need not be sent */
	{ "certificate of the root", "leaf inter", "2 0 0 root",
	    .verdict = STLS_VERIFIED },
	{ "certificate of the intermediate", "leaf", "2 0 0 inter",
	    .verdict = STLS_VERIFIED },
	{ "key of the root", "leaf inter", "2 1 0 root",
	    .verdict = STLS_VERIFIED },
	{ "key of the intermediate", "leaf", "2 1 0 inter",
	    .verdict = STLS_VERIFIED },
	{ "sent as well", "leaf inter root", "2 0 0 root",
	    .verdict = STLS_VERIFIED },
	{ "another's key", "leaf", "2 1 0 root-b",
	    .verdict = STLS_NOT_TRUSTED, .says = "wrong" },
	{ "another's certificate", "leaf inter", "2 0 0 root-b",
	    .verdict = STLS_NOT_TRUSTED, .says = "no TLSA record matches" },
	{ "the second record", "leaf inter", "2 0 0 root-b; 2 0 0 root",
	    .verdict = STLS_VERIFIED, .matched = 1 },

	/* what counts below an anchor */
	{ "another name", "leaf-other-name inter root", "2 0 1 root",
	    .verdict = STLS_HOST_MISMATCH, .says = "does not name " HOST },
	{ "one of the names asked for", "leaf-wild inter root", "2 0 1 root",
	    .verdict = STLS_VERIFIED },
	{ "an expired server", "leaf-expired inter root", "2 0 1 root",
	    .verdict = STLS_EXPIRED, .says = "the certificate expired on" },
	{ "an expired issuer", "leaf-under-expired inter-expired root",
	    "2 0 1 root",
	    .verdict = STLS_EXPIRED, .says = "CN=Inter X expired" },
	{ "not yet valid", "leaf-future inter root", "2 0 1 root",
	    .verdict = STLS_NOT_YET_VALID },
	{ "a client's certificate", "leaf-client inter root", "2 0 1 root",
	    .verdict = STLS_INVALID, .says = "not for TLS servers" },
	{ "an issuer that is no CA", "leaf-not-ca not-ca root", "2 0 1 root",
	    .verdict = STLS_INVALID, .says = "is not a CA" },
	{ "signed with SHA-1", "leaf-sha1 inter root", "2 0 1 root",
	    .verdict = STLS_INVALID, .says = "SHA-1" },
	{ "one bit of a signature", "leaf-damaged inter root", "2 0 1 root",
	    .verdict = STLS_NOT_TRUSTED, .says = "is wrong" },
	{ "a name that the anchor does not allow",
	    "nc-ip-out nc-ip-inter nc-ip", "2 0 1 nc-ip",
	    .verdict = STLS_CONSTRAINED, .host = "198.51.100.1" },
	{ "a name that it allows", "nc-ip-in nc-ip-inter nc-ip",
	    "2 0 1 nc-ip",
	    .verdict = STLS_VERIFIED, .host = "192.0.2.1" },
	{ "how the anchor is signed does not count",
	    "leaf-root-sha1 root-sha1", "2 0 1 root-sha1",
	    .verdict = STLS_VERIFIED },
	{ "nor how old it is: DNS vouches for it (RFC 7671 5.2)",
	    "leaf-root-old root-old", "2 0 1 root-old",
	    .verdict = STLS_VERIFIED },
	{ "a dead TA record beside a live DANE-EE one",
	    "leaf-expired inter root", "2 0 1 root; 3 1 1 leaf-expired",
	    .verdict = STLS_VERIFIED, .matched = 1 },

	/* a peer that wants to keep us busy */
	{ "ten of one name", "leaf same-0 same-1 same-2 same-3 same-4 same-5 "
	    "same-6 same-7 same-8", "2 0 1 root",
	    .verdict = STLS_INVALID, .says = "too many possible chains" },
};

/* Fresh memory in record->data. */
static void
make_record(struct policy_tlsa_record *record, const char *text)
{
	uint8_t digest[WC_MAX_DIGEST_SIZE], *data;
	struct stls_blob der, octets;
	struct stls_cert cert;
	char name[64];
	unsigned u, s, m;

	assert_int_equal(sscanf(text, "%u %u %u %63[^;]", &u, &s, &m, name),
	    4);
	der = fixture_der(name + (name[0] == '!'));
	octets = der;
	if (s == TLSA_SPKI) {
		assert_true(stls_cert_parse(der.data, der.len, &cert, NULL));
		octets = cert.key.spki;
	}
	if (m == TLSA_SHA256)
		(void)wc_Sha256Hash(octets.data, (word32)octets.len, digest);
	if (m == TLSA_SHA512)
		(void)wc_Sha512Hash(octets.data, (word32)octets.len, digest);
	if (m != TLSA_FULL)
		octets = (struct stls_blob){ digest,
		    m == TLSA_SHA256 ? 32 : 64 };
	data = mem_dup(octets.data, octets.len);
	if (name[0] == '!')
		data[octets.len - 1] ^= 1;
	free((void *)(uintptr_t)der.data);
	*record = (struct policy_tlsa_record){ (uint8_t)u, (uint8_t)s, (uint8_t)m,
		data, octets.len };
}

static size_t
make_records(struct policy_tlsa_record *records, const char *text)
{
	size_t n = 0;

	for (; text != NULL && n < RECORDS_MAX; n++) {
		make_record(&records[n], text + strspn(text, " "));
		text = strchr(text, ';');
		if (text != NULL)
			text++;
	}
	return n;
}

static void
verify(const struct row *row, struct stls_result *r, size_t *matched,
    size_t *n)
{
	const char *names[] = { row->host != NULL ? row->host : HOST };
	struct policy_tlsa_record records[RECORDS_MAX];
	struct stls_dane dane = { records, 0, names, 1 };
	struct stls_peer peer;

	*n = dane.n_records = make_records(records, row->records);
	fixture_peer(&peer, row->chain);
	stls_verify_dane(&peer, &dane, FIXTURE_NOW, r, matched);
	fixture_free_peer(&peer);
	for (size_t i = 0; i < *n; i++)
		free((void *)(uintptr_t)records[i].data);
}

static void
records_are_matched_to_the_chain(void **state)
{
	struct stls_result r;
	size_t matched, n;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		bool ok = row->verdict == STLS_VERIFIED;

		verify(row, &r, &matched, &n);
		if (r.verdict == row->verdict &&
		    matched == (ok ? row->matched : n) &&
		    (row->says == NULL || strstr(r.text, row->says) != NULL) &&
		    ok == (r.text[0] == '\0'))
			continue;
		print_error("%s: %d, record %zu: %s\n", row->why,
		    (int)r.verdict, matched, r.text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void
whole_data_must_decode(void **state)
{
	struct stls_blob der = fixture_der("leaf");
	struct stls_cert cert;

	(void)state;
	assert_true(stls_cert_parse(der.data, der.len, &cert, NULL));
	assert_true(stls_tlsa_decodes(TLSA_CERT, der.data, der.len));
	assert_false(stls_tlsa_decodes(TLSA_CERT, der.data, der.len - 1));
	assert_false(stls_tlsa_decodes(TLSA_SPKI, der.data, der.len));
	assert_true(stls_tlsa_decodes(TLSA_SPKI, cert.key.spki.data,
	    cert.key.spki.len));
	assert_false(stls_tlsa_decodes(TLSA_CERT, cert.key.spki.data,
	    cert.key.spki.len));
	assert_false(stls_tlsa_decodes(2, der.data, der.len));
	assert_false(stls_tlsa_decodes(TLSA_CERT, (const uint8_t *)"", 0));
	free((void *)(uintptr_t)der.data);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_matched_to_the_chain),
		cmocka_unit_test(whole_data_must_decode),
	};

	return cmocka_run_group_tests_name("tls_dane", tests, NULL, NULL);
}
