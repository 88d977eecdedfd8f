/*
 * TLSA records (RFC 6698, 7671, 7672): reading, sorting out, choosing.  PURE, any
 * thread.
 *
 * Matching a record against a certificate is tls/chain.h's.
 */
#ifndef TLSQ_POLICY_TLSA_H
#define TLSQ_POLICY_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_tlsa_usage { TLSA_PKIX_TA, TLSA_PKIX_EE, TLSA_DANE_TA,
    TLSA_DANE_EE };
enum policy_tlsa_selector { TLSA_CERT, TLSA_SPKI };
enum policy_tlsa_matching { TLSA_FULL, TLSA_SHA256, TLSA_SHA512 };

struct policy_tlsa_record {
	uint8_t usage, selector, matching;
	const uint8_t *data;		/* borrowed from the rdata */
	size_t len;
};

/* False where the rdata is too short to be a record (RFC 6698 2.1): such a
 * record is unusable, not a reason to give up the set. */
bool policy_tlsa_read(struct policy_tlsa_record *record_r, const uint8_t *rdata,
    size_t len);

/*
 * NULL where the record can be used with SMTP, else why not (static).  decodes
 * says whether octets are a certificate (TLSA_CERT) or a key (TLSA_SPKI); it is
 * asked for TLSA_FULL.
 */
const char *policy_tlsa_unusable(const struct policy_tlsa_record *record,
    bool (*decodes)(uint8_t selector, const uint8_t *data, size_t len));

/*
 * Keeps what counts, in its order, and returns how many: usable records, and of
 * those with a digest only the strongest of each usage and selector (RFC 7671
 * 9); TLSA_FULL always counts.
 */
size_t policy_tlsa_choose(struct policy_tlsa_record *records, size_t n,
    bool (*decodes)(uint8_t selector, const uint8_t *data, size_t len));

/* "3 1 1 0123abcd..." as in zone files and RFC 8460 4.5; cut at room. */
void policy_tlsa_text(char *dst, size_t room,
    const struct policy_tlsa_record *record);

#endif
