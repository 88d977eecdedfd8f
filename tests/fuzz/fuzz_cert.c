/*
 * Certificates: reading, host names, text, constraints, and a whole chain of
 * two that are both the input.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tls/cert.h"
#include "tls/chain.h"
#include "tls/chain_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
assert_printable(const char *s)
{
	size_t n;

	for (; *s != '\0'; s += n) {
		n = text_utf8_len(s, strlen(s));
		assert(n > 0 && (unsigned char)*s >= ' ' && *s != 0x7f);
	}
}

static void
use(const struct stls_cert *cert)
{
	static const char *const hosts[] = { "mx.example.test", "192.0.2.1",
		"2001:db8::1", ".", "" };
	char text[300], why[200];
	bool cn;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (stls_cert_matches_host(cert, hosts[i], text, sizeof(text),
		    &cn))
			assert_printable(text);
	stls_name_text(cert->subject, text, sizeof(text));
	assert_printable(text);
	stls_name_text(cert->issuer, text, 7);
	assert_printable(text);
	if (!stls_constraints_allow(cert, cert, true, why, sizeof(why)))
		assert_printable(why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as the input, so that ASan sees every step beyond. */
	uint8_t *copy = malloc(size > 0 ? size : 1);
	struct stls_peer peer = { .n_chain = 1, .chain = { { copy, size } } };
	struct stls_peer_info info;
	struct stls_cert cert;
	const char *why;

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	if (stls_cert_parse(copy, size, &cert, &why))
		use(&cert);
	else
		assert(why[0] != '\0');
	(void)stls_peer_describe(&peer, &info);
	assert_printable(info.subject);
	free(copy);
	return 0;
}
