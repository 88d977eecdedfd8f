/*
 * Why a TLS operation failed, in words an administrator understands.
 */
#include "tls/stls_impl.h"

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define WRONG_KEY "the server does not have the private key of its " \
	"certificate (its handshake signature is wrong)"

#define UNREADABLE "wolfSSL rejects the server's certificate: "

#define OUT_OF_PLACE "the server sent an unexpected handshake message"

/* Where wolfSSL's own words would not tell what to look at. */
static const struct {
	int code;
	const char *words;
} known[] = {
	{ WC_KEY_SIZE_E, "the size of the server's key is not supported" },
	{ HANDSHAKE_SIZE_ERROR, "the server sent more certificates than "
	    "wolfSSL accepts (9), or too large ones" },
	{ MAX_CHAIN_ERROR, "the server sent more certificates than wolfSSL "
	    "takes (9)" },
	/* These end the handshake before anybody is asked, also where DANE-EE
	 * would look at the key alone: doc/limits.md. */
	{ ASN_CRIT_EXT_E, UNREADABLE "it has an unknown critical extension" },
	{ ASN_PARSE_E, UNREADABLE "it is malformed, or has an empty key "
	    "identifier or a unique identifier" },
	{ ASN_ALT_NAME_E, UNREADABLE "its subjectAltName is malformed, or has "
	    "too many names" },
	{ ASN_NAME_INVALID_E, UNREADABLE "it has name constraints and is not "
	    "a CA, or breaks those of its issuer" },
	/* It calls an IP address of 5 octets so. */
	{ MEMORY_E, UNREADABLE "it has an IP address of invalid length (or "
	    "memory ran out)" },
	{ VERIFY_SIGN_ERROR, WRONG_KEY },
	{ SIG_VERIFY_E, WRONG_KEY },
	/* An RSA signature by another key is noise to the padding checks. */
	{ BAD_PADDING_E, WRONG_KEY },
	{ RSA_PAD_E, WRONG_KEY },
	{ PSS_SALTLEN_E, WRONG_KEY },
	{ VERSION_ERROR, "the server supports no TLS version that is allowed "
	    "here" },
	{ UNKNOWN_RECORD_TYPE, "what the server sent is not TLS" },
	{ LENGTH_ERROR, "what the server sent is not TLS, or a record of "
	    "invalid length" },
	{ UNKNOWN_HANDSHAKE_TYPE, "what the server sent is not TLS" },
	{ PARSE_ERROR, "the server sent a malformed handshake message" },
	{ DUPLICATE_MSG_E, OUT_OF_PLACE },
	{ OUT_OF_ORDER_E, OUT_OF_PLACE },
	{ ALERT_COUNT_E, "the server sent too many alerts" },
	{ DH_KEY_SIZE_E, "the server's Diffie-Hellman key is too short" },
	{ RSA_KEY_SIZE_E, "the server's RSA key is too short" },
	{ ECC_KEY_SIZE_E, "the server's elliptic-curve key is too short" },
	{ VERIFY_MAC_ERROR, "a TLS record was damaged" },
	{ DECRYPT_ERROR, "a TLS record was damaged" },
};

/* wolfSSL reports a key that it cannot use as a wrong signature, or as a wrong
 * parameter.  NULL: the key is none of those. */
static const char *
key_trouble(const struct stls_peer *peer)
{
	struct stls_public_key key;

	if (peer->n_chain == 0 || !stls_cert_key(peer->chain[0], &key))
		return NULL;
	if (key.kind == STLS_KEY_OTHER)
		return "the server's type of key is not supported by wolfSSL "
		    "(RSASSA-PSS, an unusual curve)";
	return key.kind == STLS_KEY_RSA && key.rsa_bits > RSA_MAX_SIZE ?
	    "the server's key is too large for wolfSSL (RSA above 4096 "
	    "bits)" : NULL;
}

static const char *
words_of(const struct stls *s, int code)
{
	const char *trouble = s->done ? NULL : key_trouble(&s->peer);

	if (trouble != NULL)
		return trouble;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].code == code)
			return known[i].words;
	return wolfSSL_ERR_reason_error_string((unsigned long)code);
}

/* Alerts by the names of the RFCs; wolfSSL's own table has gaps. */
static const char *const alerts[] = {
	[unexpected_message] = "unexpected_message",
	[bad_record_mac] = "bad_record_mac",
	[record_overflow] = "record_overflow",
	[handshake_failure] = "handshake_failure",
	[bad_certificate] = "bad_certificate",
	[unsupported_certificate] = "unsupported_certificate",
	[certificate_revoked] = "certificate_revoked",
	[certificate_expired] = "certificate_expired",
	[certificate_unknown] = "certificate_unknown",
	[illegal_parameter] = "illegal_parameter",
	[unknown_ca] = "unknown_ca",
	[access_denied] = "access_denied",
	[decode_error] = "decode_error",
	[decrypt_error] = "decrypt_error",
	[70] = "protocol_version",
	[insufficient_security] = "insufficient_security",
	[internal_error] = "internal_error",
	[inappropriate_fallback] = "inappropriate_fallback",
	[user_canceled] = "user_canceled",
	[missing_extension] = "missing_extension",
	[unsupported_extension] = "unsupported_extension",
	[unrecognized_name] = "unrecognized_name",
	[certificate_required] = "certificate_required",
	[no_application_protocol] = "no_application_protocol",
};

static const char *
alert_name(int code)
{
	if (code < 0 || code >= (int)ARRAY_LEN(alerts) || alerts[code] == NULL)
		return "unknown";
	return alerts[code];
}

void
stls_failure_text(struct stls *s, int code, struct error *err)
{
	const char *when = s->done ? "TLS" : "TLS handshake";
	WOLFSSL_ALERT_HISTORY alert;
	const char *words;
	char text[200];
	const char *why = text;

	memset(&alert, 0xff, sizeof(alert));
	(void)wolfSSL_get_alert_history(s->wolfssl, &alert);
	words = words_of(s, code);
	if (s->too_long)
		why = "the server sent more than 10 certificates";
	else if (s->bad_key)
		why = "the server's public key cannot be used (malformed, or "
		    "an RSA exponent of more than 8 octets)";
	else if (s->flooded)
		why = "the server floods the session with records that carry "
		    "no data (KeyUpdate, session tickets, empty records)";
	else if (alert.last_rx.level == alert_fatal)
		(void)snprintf(text, sizeof(text), "the server sent alert %s "
		    "(%d)", alert_name(alert.last_rx.code), alert.last_rx.code);
	else if (s->socket_errno != 0)
		why = strerror(s->socket_errno);
	else if (s->closed)
		why = "the server closed the connection";
	else
		(void)snprintf(text, sizeof(text), "%s (wolfSSL %d)",
		    words != NULL ? words : "failed", code);
	(void)error_set(err, EX_TEMPFAIL, "%s: %s", when, why);
}

static_assert(STLS_CHAIN_MAX == 10, "as the sentence has it");
