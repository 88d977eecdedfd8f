/*
 * tls: verdicts on chains, each also asked of `openssl verify`.  Where the two
 * differ, the row says why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tls/chain.h"
#include "fixture.h"

#define HOST "mx.example.test"

struct row {
	const char *why, *chain, *ca;
	const char *host;		/* NULL: HOST */
	enum stls_verdict verdict;
	int depth;
	const char *says;		/* in the sentence */
	bool cn;			/* matched by the CN */
	const char *openssl_differs;	/* why, where it does */
};

static const struct row rows[] = {
	/* the ways a chain can be right */
	{ "leaf, intermediate, root", "leaf inter root", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "the root need not be sent", "leaf inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "order does not matter", "leaf root inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "junk does no harm", "leaf junk-0 junk-1 junk-2 inter root junk-3",
	  "root", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "wrong intermediates of the right name are passed over",
	  "leaf inter-forged inter root", "root",
	  .verdict = STLS_VERIFIED, .depth = 2,
	  .openssl_differs = "it takes the first of the name and stays there" },
	{ "an expired cross-signature behind a trusted root",
	  "leaf-b cross-b", "root-b", .verdict = STLS_VERIFIED, .depth = 1 },
	{ "pathLen does not count certificates issued to oneself",
	  "leaf-rollover inter-rollover inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 3,
	  .openssl_differs = "without key identifiers it takes them for "
	  "self-signed" },
	{ "nine signatures, and a root of that name with another key",
	  "leaf-deep deep-1 deep-2 deep-3 deep-4 deep-5 deep-6 deep-7 deep-8",
	  "deep-roots", .verdict = STLS_VERIFIED, .depth = 9,
	  .openssl_differs = "it takes the first of the name and stays there" },
	{ "the intermediate is an anchor: partial chain", "leaf inter", "inter",
	  .verdict = STLS_VERIFIED, .depth = 1,
	  .openssl_differs = "it wants -partial_chain for that" },
	{ "the server's own certificate is an anchor", "ss", "ss",
	  .verdict = STLS_VERIFIED, .depth = 0 },
	{ "a root of version 1, as old ones are", "leaf-root-v1", "root-v1",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "how an anchor is signed does not count", "leaf-root-sha1",
	  "root-sha1", .verdict = STLS_VERIFIED, .depth = 1 },
	{ "RSA with SHA-384", "leaf-rsa-sha384", "root-sha1",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "P-384", "leaf-root-p384", "root-p384",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "P-521", "leaf-root-p521", "root-p521",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "Ed25519", "leaf-root-ed25519", "root-ed25519",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "Ed448", "leaf-root-ed448", "root-ed448",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "a digest longer than the key", "leaf-sha512 inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "an RSA server below an ECDSA CA", "leaf-rsa inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "more than 2 kB", "leaf-big inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "version 1 has no rules of its own to break", "leaf-v1 inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2, .cn = true },
	{ "unknown extensions that are not critical", "leaf-unknown inter",
	  "root", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "critical policies are known", "leaf-policies inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "no extKeyUsage: any", "leaf-no-purpose inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "anyExtendedKeyUsage", "leaf-any-purpose inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2,
	  .openssl_differs = "it knows serverAuth only" },
	{ "keyEncipherment alone, as old RSA servers have",
	  "leaf-encipher inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "a server may have a certificate with keyCertSign too",
	  "leaf-ca inter", "root", .verdict = STLS_VERIFIED, .depth = 2 },

	/* each OPTIONAL field, there and not there (rows above have others) */
	{ "an issuer unique identifier", "leaf-issuer-id inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "a subject unique identifier", "leaf-subject-id inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "both", "leaf-both-ids inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "the wrong way round", "leaf-ids-turned inter", "root",
	  .says = "malformed after the public key" },
	{ "critical FALSE, written out", "leaf-not-critical inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "cA FALSE, written out", "leaf-ca-false inter-ca-false", "root",
	  .depth = 1, .says = "is not a CA" },
	{ "no pathLen", "leaf-no-path-len inter-no-path-len", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "version 3 without extensions", "leaf-no-extensions inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2, .cn = true },
	{ "no parameters of the algorithm", "leaf-rsa-bare", "root-sha1",
	  .verdict = STLS_VERIFIED, .depth = 1 },

	/* trust */
	{ "no certificate", "", "root", .verdict = STLS_NO_CERTIFICATE,
	  .says = "no certificate" },
	{ "self-signed", "ss", "root", .verdict = STLS_NOT_TRUSTED,
	  .says = "self-signed certificate CN=mx.example.test is not trusted" },
	{ "the intermediate is missing", "leaf", "root",
	  .verdict = STLS_NOT_TRUSTED, .says = "issuer CN=Inter A" },
	{ "another root is trusted", "leaf inter root", "root-b",
	  .verdict = STLS_NOT_TRUSTED, .depth = 2, .says = "CN=Root A" },
	{ "signed with another key", "leaf-wrong-signer inter", "root",
	  .verdict = STLS_NOT_TRUSTED, .says = "signature of CN=Inter A" },
	{ "one bit of the signature", "leaf-damaged inter", "root",
	  .verdict = STLS_NOT_TRUSTED, .says = "is wrong" },
	{ "r = s = 0", "leaf-zero inter", "root",
	  .verdict = STLS_NOT_TRUSTED, .says = "is wrong" },
	{ "forged as CVE-2026-5194 has it", "leaf-forged inter", "root",
	  .verdict = STLS_NOT_TRUSTED, .says = "is wrong" },
	{ "an intermediate of the right name and another key",
	  "leaf-under-forged inter-forged root", "root",
	  .verdict = STLS_NOT_TRUSTED, .depth = 1, .says = "CN=Root A" },
	{ "issuers in a circle", "leaf-loop loop-1 loop-2", "root",
	  .verdict = STLS_NOT_TRUSTED, .depth = 2 },
	{ "ten of one name: the ways through are bounded", "leaf same-0 same-1 "
	  "same-2 same-3 same-4 same-5 same-6 same-7 same-8", "root",
	  .says = "too many possible chains" },
	{ "an exponent of 8 octets", "ss-rsa-e8", "ss-rsa-e8",
	  .verdict = STLS_VERIFIED },
	{ "an exponent of 9", "ss-rsa-e9", "root", .says = "RSA exponent" },
	{ "and in an issuer: as if it were not there",
	  "leaf-under-e9 inter-e9", "root", .verdict = STLS_NOT_TRUSTED,
	  .says = "issuer CN=Inter E" },
	{ "and the signatures", "leaf-damaged same-0 same-1 same-2 same-3 "
	  "same-4 same-5 same-6 same-7 same-8", "inter",
	  .says = "too many signatures" },

	/* dates */
	{ "expired", "leaf-expired inter", "root", .verdict = STLS_EXPIRED,
	  .says = "expired on 2030-01-01T00:00:00Z" },
	{ "not yet valid", "leaf-future inter", "root",
	  .verdict = STLS_NOT_YET_VALID,
	  .says = "not valid before 2034-01-01T00:00:00Z" },
	{ "the last second counts (RFC 5280 4.1.2.5)",
	  "leaf-last-second inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2,
	  .openssl_differs = "in that second it says expired" },
	{ "an expired intermediate", "leaf-under-expired inter-expired", "root",
	  .verdict = STLS_EXPIRED, .depth = 1, .says = "CN=Inter X expired" },
	{ "an expired root", "leaf-root-old", "root-old",
	  .verdict = STLS_EXPIRED, .depth = 1 },
	{ "expired, and nobody's: trust comes first", "leaf-expired", "root",
	  .verdict = STLS_NOT_TRUSTED },

	/* names */
	{ "another name", "leaf-other-name inter", "root",
	  .verdict = STLS_HOST_MISMATCH, .says = "does not name " HOST },
	{ "one of two names", "leaf-two-names inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "case and the final dot of the certificate", "leaf-upper-dot inter",
	  "root", .verdict = STLS_VERIFIED, .depth = 2,
	  .openssl_differs = "it takes the dot for a part of the name" },
	{ "the final dot of the host", "leaf inter", "root",
	  .host = "mx.example.test.", .verdict = STLS_VERIFIED, .depth = 2,
	  .openssl_differs = "it takes the dot for a part of the name" },
	{ "a wildcard for one label", "leaf-wild inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "a wildcard is not for two labels", "leaf-wild inter", "root",
	  .host = "a.mx.example.test", .verdict = STLS_HOST_MISMATCH },
	{ "a wildcard is not for none", "leaf-wild inter", "root",
	  .host = "example.test", .verdict = STLS_HOST_MISMATCH },
	{ "a wildcard below a top-level domain", "leaf-wild-tld inter", "root",
	  .host = "example.test", .verdict = STLS_HOST_MISMATCH },
	{ "part of a label (RFC 6125 6.4.3)", "leaf-wild-part inter", "root",
	  .verdict = STLS_HOST_MISMATCH,
	  .openssl_differs = "it allows them by default" },
	{ "the domain above", "leaf-parent inter", "root",
	  .verdict = STLS_HOST_MISMATCH },
	{ "a URI is not a host", "leaf-uri inter", "root",
	  .verdict = STLS_HOST_MISMATCH },
	{ "NUL inside a dNSName", "leaf-nul inter", "root",
	  .verdict = STLS_HOST_MISMATCH },
	{ "NUL inside the CN", "leaf-cn-nul inter", "root",
	  .verdict = STLS_HOST_MISMATCH },
	{ "the CN, where there is no dNSName", "leaf-cn inter", "root",
	  .verdict = STLS_VERIFIED, .depth = 2, .cn = true },
	{ "the CN, beside names of other kinds", "leaf-cn-and-uri inter",
	  "root", .verdict = STLS_VERIFIED, .depth = 2, .cn = true },
	{ "the CN does not count beside a dNSName", "leaf-cn-and-dns inter",
	  "root", .verdict = STLS_HOST_MISMATCH },
	{ "an address", "leaf-ip inter", "root", .host = "192.0.2.1",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "another address", "leaf-ip inter", "root", .host = "192.0.2.2",
	  .verdict = STLS_HOST_MISMATCH },
	{ "an IPv6 address, spelt otherwise", "leaf-ip6 inter", "root",
	  .host = "2001:DB8:0::1", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "an address is not a dNSName nor the CN", "leaf-ip-as-dns inter",
	  "root", .host = "192.0.2.1", .verdict = STLS_HOST_MISMATCH },

	/* rules of RFC 5280 */
	{ "for clients", "leaf-client inter", "root", .says = "extKeyUsage" },
	{ "an intermediate for clients", "leaf-under-client inter-client",
	  "root", .depth = 1, .says = "extKeyUsage" },
	{ "for signing certificates only", "leaf-sign-only inter", "root",
	  .says = "keyUsage" },
	{ "a critical extension nobody knows", "leaf-critical inter", "root",
	  .says = "critical extension" },
	{ "and in the intermediate", "leaf-under-critical inter-critical",
	  "root", .depth = 1, .says = "critical extension" },
	{ "issued by a server", "leaf-not-ca not-ca", "root",
	  .depth = 1, .says = "is not a CA" },
	{ "an intermediate of version 1", "leaf-under-v1 inter-v1", "root",
	  .depth = 1, .says = "is not a CA" },
	{ "keyUsage without keyCertSign", "leaf-no-sign inter-no-sign", "root",
	  .depth = 1, .says = "may not sign" },
	{ "more CAs than pathLen", "leaf-too-deep inter-sub inter", "root",
	  .depth = 2, .says = "pathLen 0" },
	{ "SHA-1", "leaf-sha1 inter", "root", .says = "MD5 or SHA-1" },
	{ "SHA-1 on the intermediate", "leaf-under-sha1 inter-sha1", "root",
	  .depth = 1, .says = "MD5 or SHA-1" },
	{ "RSA of 1024 bits", "leaf-rsa1024 inter", "root",
	  .says = "1024 bits" },
	{ "a CA with RSA of 1024 bits", "leaf-under-rsa1024 inter-rsa1024",
	  "root", .depth = 1, .says = "1024 bits" },
	{ "RSASSA-PSS", "leaf-pss", "root-sha1", .says = "unsupported",
	  .openssl_differs = "it can check them, wolfSSL 5.5.4 cannot" },
	{ "a root of more than 4096 bits", "leaf-root-huge", "root-huge",
	  .verdict = STLS_NOT_TRUSTED, .says = "cannot be checked",
	  .openssl_differs = "it can check them, wolfSSL 5.5.4 cannot" },
	{ "a key on P-224", "leaf-p224 inter", "root",
	  .says = "unsupported type of key",
	  .openssl_differs = "it takes every curve" },
	{ "an extension twice", "leaf-twice inter", "root", .says = "duplicate extension" },
	{ "two algorithms", "leaf-two-algorithms inter", "root",
	  .says = "two different" },
	{ "extensions in version 1", "leaf-v1-extensions inter", "root",
	  .says = "version 3", .openssl_differs = "it minds only with "
	  "-x509_strict" },
	{ "an octet too many", "leaf-trailing inter", "root",
	  .says = "not a DER", .openssl_differs = "a PEM reader drops it" },

	/* name constraints */
	{ "another domain", "nc-other-1up", "nc-other",
	  .verdict = STLS_CONSTRAINED, .says = "does not allow " HOST },
	{ "of a CA two levels up", "nc-other-2up nc-other-inter", "nc-other",
	  .verdict = STLS_CONSTRAINED,
	  .says = "CA certificate CN=Root NC other does not allow" },
	{ "the CN counts where it is the host", "nc-other-cn nc-other-inter",
	  "nc-other", .verdict = STLS_CONSTRAINED, .says = HOST },
	{ "a CA that is called as what is permitted opens nothing",
	  "nc-other-named-leaf nc-other-named", "nc-other",
	  .verdict = STLS_CONSTRAINED },
	{ "the domain itself", "nc-same-1up", "nc-same",
	  .verdict = STLS_VERIFIED, .depth = 1 },
	{ "the name of a CA is no host name", "nc-same-2up nc-same-inter",
	  "nc-same", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "the CN inside", "nc-same-cn nc-same-inter", "nc-same",
	  .verdict = STLS_VERIFIED, .depth = 2, .cn = true },
	{ "a leading dot: what is below", "nc-dot-2up nc-dot-inter", "nc-dot",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "excluded", "nc-excluded-2up nc-excluded-inter", "nc-excluded",
	  .verdict = STLS_CONSTRAINED },
	{ "a wildcard that stands for an excluded name",
	  "nc-excluded-wild nc-excluded-inter", "nc-excluded",
	  .verdict = STLS_CONSTRAINED,
	  .openssl_differs = "it compares the text of the wildcard" },
	{ "excluded, and the wildcard ends in a dot",
	  "nc-excluded-wild-dot nc-excluded-inter", "nc-excluded",
	  .verdict = STLS_CONSTRAINED },
	{ "excluded, and the name ends in a dot",
	  "nc-excluded-dot nc-excluded-inter", "nc-excluded",
	  .verdict = STLS_CONSTRAINED },
	{ "only another domain is excluded", "nc-unrelated-2up "
	  "nc-unrelated-inter", "nc-unrelated", .verdict = STLS_VERIFIED,
	  .depth = 2 },
	{ "and not what the wildcard stands for", "nc-unrelated-wild-dot "
	  "nc-unrelated-inter", "nc-unrelated", .verdict = STLS_VERIFIED,
	  .depth = 2, .openssl_differs = "it takes the dot for a part of "
	  "the name" },
	{ "permitted, and something else excluded", "nc-both-2up "
	  "nc-both-inter", "nc-both", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "permitted, and excluded as well", "nc-both-out-2up "
	  "nc-both-out-inter", "nc-both-out", .verdict = STLS_CONSTRAINED },
	{ "a subtree with a maximum (RFC 5280 4.2.1.10: not to be used)",
	  "leaf-nc-maximum inter-nc-maximum", "root",
	  .verdict = STLS_NOT_TRUSTED, .says = "issuer CN=Inter M" },
	{ "constraints on addresses leave names alone", "nc-ip-2up nc-ip-inter",
	  "nc-ip", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "an address inside", "nc-ip-in nc-ip-inter", "nc-ip",
	  .host = "192.0.2.1", .verdict = STLS_VERIFIED, .depth = 2 },
	{ "an address outside", "nc-ip-out nc-ip-inter", "nc-ip",
	  .host = "198.51.100.1", .verdict = STLS_CONSTRAINED },
	{ "constraints on mail addresses leave hosts alone",
	  "nc-email-2up nc-email-inter", "nc-email",
	  .verdict = STLS_VERIFIED, .depth = 2 },
	{ "constraints of a kind we do not judge, on a name of that kind",
	  "nc-email-has nc-email-inter", "nc-email",
	  .verdict = STLS_CONSTRAINED,
	  .openssl_differs = "it judges mail addresses too" },
	{ "another organisation", "nc-directory-1up", "nc-directory",
	  .verdict = STLS_CONSTRAINED },
};

static void
verify(const struct row *row, struct stls_result *r)
{
	const char *names[] = { row->host != NULL ? row->host : HOST };
	struct stls_context *ctx;
	char path[FIXTURE_PATH];
	struct stls_peer peer;
	struct error err;

	if (!stls_context_open(&ctx, fixture_path(path, row->ca, ".pem"), &err))
		fail_msg("%s: %s", row->why, err.text);
	fixture_peer(&peer, row->chain);
	stls_verify_pkix(ctx, &peer, names, 1, FIXTURE_NOW, r);
	fixture_free_peer(&peer);
	stls_context_close(&ctx);
}

static void
verdicts_and_reasons(void **state)
{
	struct stls_result r;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];

		verify(row, &r);
		if (r.verdict == row->verdict && r.depth == row->depth &&
		    r.matched_cn == row->cn && (row->says == NULL ||
		    strstr(r.text, row->says) != NULL) &&
		    (r.verdict == STLS_VERIFIED) == (r.text[0] == '\0'))
			continue;
		print_error("%s: %d, depth %d, cn %d: %s\n", row->why,
		    (int)r.verdict, r.depth, r.matched_cn, r.text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* All but the leaf, for -untrusted. */
static void
write_untrusted(const char *path, const char *chain)
{
	char copy[512], from[FIXTURE_PATH], *save = NULL, *name;
	FILE *out = fopen(path, "w");
	int c;

	assert_non_null(out);
	(void)snprintf(copy, sizeof(copy), "%s", chain);
	(void)strtok_r(copy, " ", &save);
	while ((name = strtok_r(NULL, " ", &save)) != NULL) {
		FILE *in = fopen(fixture_path(from, name, ".pem"), "r");

		assert_non_null(in);
		while ((c = getc(in)) != EOF)
			(void)putc(c, out);
		(void)fclose(in);
	}
	(void)fclose(out);
}

/* Level 2 is our floor: RSA 2048, no SHA-1. */
static bool
openssl_accepts(const struct row *row, const char *untrusted)
{
	char ca[FIXTURE_PATH], leaf[FIXTURE_PATH], name[64], now[32];
	const char *host = row->host != NULL ? row->host : HOST;
	bool ip = strspn(host, "0123456789.") == strlen(host) ||
	    strchr(host, ':') != NULL;
	int status;
	pid_t pid;

	(void)snprintf(name, sizeof(name), "%.*s",
	    (int)strcspn(row->chain, " "), row->chain);
	(void)snprintf(now, sizeof(now), "%lld", (long long)FIXTURE_NOW);
	write_untrusted(untrusted, row->chain);
	fixture_path(ca, row->ca, ".pem");
	fixture_path(leaf, name, ".pem");
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "w", stderr) == NULL)
			_exit(126);
		/* It does not take an empty file of untrusted ones. */
		execlp("openssl", "openssl", "verify", "-no-CApath",
		    "-no-CAstore", "-attime", now, "-auth_level", "2",
		    "-purpose", "sslserver", ip ? "-verify_ip" :
		    "-verify_hostname", host, "-CAfile", ca, "-untrusted",
		    strchr(row->chain, ' ') != NULL ? untrusted : leaf, leaf,
		    (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 126);
	return WEXITSTATUS(status) == 0;
}

static void
openssl_agrees_but_where_said(void **state)
{
	char untrusted[] = "/tmp/tlsq-untrusted-XXXXXX";
	int fd = mkstemp(untrusted), wrong = 0;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		bool ours = row->verdict == STLS_VERIFIED, theirs;

		if (row->chain[0] == '\0')
			continue;
		theirs = openssl_accepts(row, untrusted);
		if ((ours != theirs) == (row->openssl_differs != NULL))
			continue;
		print_error("%s: openssl %s, we %s\n", row->why,
		    theirs ? "accepts" : "refuses",
		    ours ? "accept" : "refuse");
		wrong++;
	}
	(void)unlink(untrusted);
	assert_int_equal(wrong, 0);
}

static void
any_of_several_names_will_do(void **state)
{
	const char *names[] = { "example.test", HOST };
	struct stls_context *ctx;
	char path[FIXTURE_PATH];
	struct stls_result r;
	struct stls_peer peer;
	struct error err;

	(void)state;
	assert_true(stls_context_open(&ctx, fixture_path(path, "root", ".pem"),
	    &err));
	assert_int_equal(stls_context_anchors(ctx), 1);
	fixture_peer(&peer, "leaf inter");
	stls_verify_pkix(ctx, &peer, names, 2, FIXTURE_NOW, &r);
	assert_int_equal(r.verdict, STLS_VERIFIED);
	assert_string_equal(r.matched, HOST);
	stls_verify_pkix(ctx, &peer, names, 1, FIXTURE_NOW, &r);
	assert_int_equal(r.verdict, STLS_HOST_MISMATCH);
	assert_string_equal(r.matched, "");
	stls_verify_pkix(ctx, &peer, names, 0, FIXTURE_NOW, &r);
	assert_int_equal(r.verdict, STLS_HOST_MISMATCH);
	fixture_free_peer(&peer);
	stls_context_close(&ctx);
}

static void
anchors_that_cannot_be_had_are_an_error(void **state)
{
	struct stls_context *ctx;
	char path[FIXTURE_PATH];
	struct error err;

	(void)state;
	assert_false(stls_context_open(&ctx, "/nonexistent/ca.pem", &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.text, "/nonexistent/ca.pem: No such file"));
	assert_null(ctx);
	assert_false(stls_context_open(&ctx, fixture_path(path, "rsa", ".key"),
	    &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_false(stls_context_open(&ctx, "/", &err));
	assert_int_equal(err.code, EX_CONFIG);
}

static int
start(void **state)
{
	struct error err;

	(void)state;
	if (stls_global_init(&err))
		return 0;
	print_error("%s\n", err.text);
	return -1;
}

static int
stop(void **state)
{
	(void)state;
	stls_global_cleanup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_and_reasons),
		cmocka_unit_test(openssl_agrees_but_where_said),
		cmocka_unit_test(any_of_several_names_will_do),
		cmocka_unit_test(anchors_that_cannot_be_had_are_an_error),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
