/*
 * Suites and groups: one table each, from which the offer is made and by which
 * the server's choice is judged.
 */
#include "tls/stls_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define WHY "TLS handshake: the server "

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };
enum { HANDSHAKE = 22, APPLICATION_DATA = 23 };		/* records */
enum { SERVER_HELLO = 2, SERVER_KEY_EXCHANGE = 12 };	/* messages */
enum { KEY_SHARE = 51 };				/* an extension */

/*
 * wolfSSL's own list has anonymous, unencrypted and RC4 suites, and it does
 * negotiate them.  ChaCha20 first: this library does AES without AES-NI, at less
 * than half the speed.
 */
static const struct suite {
	int number;		/* IANA's */
	bool dhe;		/* finite-field Diffie-Hellman: no named group */
	const char *wolfs;	/* wolfSSL's name */
	const char *name;	/* RFC 8446 B.4; NULL: the same */
} suites[] = {
	{ 0x1303, false, "TLS13-CHACHA20-POLY1305-SHA256",
	  "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1301, false, "TLS13-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, false, "TLS13-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384" },
	{ 0xcca9, false, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL },
	{ 0xcca8, false, "ECDHE-RSA-CHACHA20-POLY1305", NULL },
	{ 0xc02b, false, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL },
	{ 0xc02f, false, "ECDHE-RSA-AES128-GCM-SHA256", NULL },
	{ 0xc02c, false, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL },
	{ 0xc030, false, "ECDHE-RSA-AES256-GCM-SHA384", NULL },
	{ 0x009e, true, "DHE-RSA-AES128-GCM-SHA256", NULL },
	{ 0x009f, true, "DHE-RSA-AES256-GCM-SHA384", NULL },
	{ 0xc023, false, "ECDHE-ECDSA-AES128-SHA256", NULL },
	{ 0xc027, false, "ECDHE-RSA-AES128-SHA256", NULL },
	{ 0xc014, false, "ECDHE-RSA-AES256-SHA", NULL },
	{ 0xc013, false, "ECDHE-RSA-AES128-SHA", NULL },
	{ 0x006b, true, "DHE-RSA-AES256-SHA256", NULL },
	{ 0x0067, true, "DHE-RSA-AES128-SHA256", NULL },
};

/* X25519 first: P-521, wolfSSL's first choice, costs ten times as much. */
static const struct group {
	word16 number;
	const char *wolfs, *name;
} groups[] = {
	{ WOLFSSL_ECC_X25519, "X25519", "X25519" },
	{ WOLFSSL_ECC_SECP256R1, "SECP256R1", "P-256" },
	{ WOLFSSL_ECC_SECP384R1, "SECP384R1", "P-384" },
	{ WOLFSSL_ECC_SECP521R1, "SECP521R1", "P-521" },
	{ WOLFSSL_ECC_X448, "X448", "X448" },
};

/* The TLS SignatureScheme registry. */
static const struct scheme {
	unsigned int number;
	const char *name;
} schemes[] = {
	{ 0x0201, "rsa_pkcs1_sha1" }, { 0x0203, "ecdsa_sha1" },
	{ 0x0301, "rsa_pkcs1_sha224" }, { 0x0303, "ecdsa_sha224" },
	{ 0x0401, "rsa_pkcs1_sha256" }, { 0x0501, "rsa_pkcs1_sha384" },
	{ 0x0601, "rsa_pkcs1_sha512" },
	{ 0x0403, "ecdsa_secp256r1_sha256" },
	{ 0x0503, "ecdsa_secp384r1_sha384" },
	{ 0x0603, "ecdsa_secp521r1_sha512" },
	{ 0x0804, "rsa_pss_rsae_sha256" }, { 0x0805, "rsa_pss_rsae_sha384" },
	{ 0x0806, "rsa_pss_rsae_sha512" },
	{ 0x0807, "ed25519" }, { 0x0808, "ed448" },
};

bool
stls_offer_set(WOLFSSL_CTX *w)
{
	int share[] = { WOLFSSL_ECC_X25519 };
	struct buf list = BUF_INIT;
	bool ok;

	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		(void)buf_printf(&list, "%s%s", i > 0 ? ":" : "",
		    suites[i].wolfs);
	ok = wolfSSL_CTX_SetMinVersion(w, WOLFSSL_TLSV1_2) ==
	    WOLFSSL_SUCCESS && wolfSSL_CTX_set_cipher_list(w,
	    buf_str(&list)) == WOLFSSL_SUCCESS;
	buf_free(&list);
	/* First the key share of TLS 1.3, which empties the list of groups, then
	 * the list. */
	ok = ok && wolfSSL_CTX_set_groups(w, share, 1) == WOLFSSL_SUCCESS;
	for (size_t i = 0; ok && i < ARRAY_LEN(groups); i++)
		ok = wolfSSL_CTX_UseSupportedCurve(w, groups[i].number) ==
		    WOLFSSL_SUCCESS;
	return ok;
}

static const struct suite *
suite_find(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (suites[i].number == number)
			return &suites[i];
	return NULL;
}

/* "" where the handshake had none; NULL where it was not offered. */
static const char *
group_find(const char *wolfs)
{
	if (wolfs == NULL)
		return "";
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(groups[i].wolfs, wolfs) == 0)
			return groups[i].name;
	return NULL;
}

const char *
stls_offer_judge(const struct stls_choice *c, struct stls_peer *peer)
{
	const struct suite *suite = suite_find(c->suite);
	const char *group = group_find(c->group);

	peer->cipher = "";
	peer->group = "";
	peer->resumed = c->resumed;
	if (c->version != TLS_1_3 && (c->version != TLS_1_2 ||
	    c->min_version == STLS_MIN_TLS13))
		return WHY "chose a TLS version that was not offered";
	if (suite == NULL || (c->version == TLS_1_3) != (suite->name != NULL))
		return WHY "chose a cipher suite that was not offered";
	/* A group of the server's own; wolfSSL sees to its size. */
	if (suite->dhe)
		group = c->resumed ? "" : "DHE";
	if (group == NULL)
		return WHY "chose a key exchange group that was not offered";
	/* TLS 1.3 resumed without one has no forward secrecy, and is not what we
	 * offer (psk_dhe_ke alone; CVE-2025-11935). */
	if (c->version == TLS_1_3 ? group[0] == '\0' || !c->share :
	    group[0] == '\0' && !c->resumed)
		return WHY "exchanged keys without a group that was offered";
	peer->cipher = suite->name != NULL ? suite->name : suite->wolfs;
	peer->group = group;
	return NULL;
}

/* --- the server's share of the key exchange */

/* Behind a length of n octets, and what it counts; NULL: cut. */
static const uint8_t *
skip_counted(const uint8_t *at, const uint8_t *end, size_t n)
{
	size_t len = 0;

	if ((size_t)(end - at) < n)
		return NULL;
	for (; n > 0; n--)
		len = len << 8 | *at++;
	return (size_t)(end - at) < len ? NULL : at + len;
}

/* The handshake messages in clear, out of their records; their length. */
static size_t
clear_messages(struct stls_blob records, uint8_t *messages)
{
	const uint8_t *at = records.data, *end = at + records.len;
	size_t len = 0, n;

	for (; end - at >= 5 && at[0] != APPLICATION_DATA; at += n) {
		n = (size_t)(at[3] << 8 | at[4]);
		at += 5;
		if (n > (size_t)(end - at))
			n = (size_t)(end - at);
		if (at[-5] == HANDSHAKE) {
			memcpy(messages + len, at, n);
			len += n;
		}
	}
	return len;
}

/* RFC 8446 4.1.3: version, random, session, suite, compression, extensions. */
static bool
hello_has_share(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *next;

	if (end - at < 35 || (at = skip_counted(at + 34, end, 1)) == NULL ||
	    end - at < 5)
		return false;
	for (at += 5; end - at >= 4; at = next) {
		next = skip_counted(at + 2, end, 2);
		if (next == NULL || (at[0] == 0 && at[1] == KEY_SHARE))
			return next != NULL;
	}
	return false;
}

bool
stls_offer_has_share(struct stls_blob first)
{
	/* SHA-256 of "HelloRetryRequest": its random (RFC 8446 4.1.3) */
	static const uint8_t retry[] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
		0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
		0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
		0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	uint8_t *messages = mem_alloc(first.len + 1);
	const uint8_t *at = messages, *next;
	const uint8_t *end = at + clear_messages(first, messages);
	bool has = false;

	for (; end - at >= 4 && (next = skip_counted(at + 1, end, 3)) != NULL;
	    at = next) {
		if (at[0] != SERVER_HELLO)
			break;
		has = hello_has_share(at + 4, next);
		if (next - at < 38 || memcmp(at + 6, retry, sizeof(retry)) != 0)
			break;
		has = false;
	}
	free(messages);
	return has;
}

const char *
stls_offer_check(WOLFSSL *w, enum stls_min_version min_version,
    struct stls_blob first, struct stls_peer *peer)
{
	peer->protocol = wolfSSL_get_version(w);
	return stls_offer_judge(&(struct stls_choice){
	    .version = wolfSSL_version(w),
	    .suite = wolfSSL_get_current_cipher_suite(w),
	    .group = wolfSSL_get_curve_name(w), .min_version = min_version,
	    .resumed = wolfSSL_session_reused(w) == 1,
	    .share = stls_offer_has_share(first) }, peer);
}

/* --- the signature of the handshake */

/* RFC 8422 5.4: curve type, named curve, point; RFC 5246 7.4.3: p, g, Ys. */
static const uint8_t *
skip_parameters(const uint8_t *at, const uint8_t *end)
{
	if (end - at > 3 && at[0] == 3)
		return skip_counted(at + 3, end, 1);
	for (int i = 0; i < 3 && at != NULL; i++)
		at = skip_counted(at, end, 2);
	return at;
}

void
stls_offer_watch(int written, int version, int type, const void *octets,
    size_t len, WOLFSSL *w, void *arg)
{
	const uint8_t *at = octets, *end = at + len;
	struct stls_peer *peer = arg;
	unsigned int number;

	(void)version;
	(void)w;
	if (written || type != HANDSHAKE || len < 4 || at[0] != SERVER_KEY_EXCHANGE ||
	    (at = skip_parameters(at + 4, end)) == NULL || end - at < 2)
		return;
	number = (unsigned int)(at[0] << 8 | at[1]);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (schemes[i].number == number)
			peer->signature = schemes[i].name;
}
