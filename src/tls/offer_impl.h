/*
 * What we offer in a handshake, and whether what the server chose is of it.
 */
#ifndef TLSQ_TLS_OFFER_IMPL_H
#define TLSQ_TLS_OFFER_IMPL_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "tls/stls.h"

/* False: the library lacks something of it. */
bool stls_offer_set(WOLFSSL_CTX *w);

/*
 * After a handshake, before the first octet: fills protocol, cipher, group and
 * resumed of the peer.  first: what the server sent first.  NULL, or one sentence:
 * the server chose something that was not offered.  wolfSSL before 5.7.2 does not
 * look at the suite of TLS 1.2 where 1.3 was offered as well (CVE-2024-5814), and
 * has suites without encryption; no version looks at the group of TLS 1.2.
 */
const char *stls_offer_check(WOLFSSL *w, enum stls_min_version min_version,
    struct stls_blob first, struct stls_peer *peer);

/* What the server chose: numbers as on the wire, the group by wolfSSL's name,
 * NULL where there was none. */
struct stls_choice {
	int version, suite;
	const char *group;
	enum stls_min_version min_version;
	bool resumed;
	bool share;		/* stls_offer_has_share() */
};

/*
 * The ServerHello of TLS 1.3 in these octets, records from the first one on, has
 * a key_share.  After a HelloRetryRequest wolfSSL takes one without, and the keys
 * come from zeros then; the group that it names is that of its own share
 * (CVE-2026-3230).  False, too, where the ServerHello is cut.
 */
bool stls_offer_has_share(struct stls_blob first);

/* The judgement alone.  PURE; fills cipher, group and resumed of the peer. */
const char *stls_offer_judge(const struct stls_choice *choice,
    struct stls_peer *peer);

/* As wolfSSL's msg_callback, whose ctx is a struct stls_peer: fills signature
 * from the ServerKeyExchange of TLS 1.2. */
void stls_offer_watch(int written, int version, int type, const void *octets,
    size_t len, WOLFSSL *w, void *peer);

#endif
