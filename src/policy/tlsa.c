/*
 * TLSA records: which count.
 */
#include "policy/tlsa.h"

#include <stdio.h>

#include "base/text.h"

enum { HEADER = 3 };

static const size_t digest_len[] = {
	[TLSA_FULL] = 0,
	[TLSA_SHA256] = 32,
	[TLSA_SHA512] = 64,
};

bool
policy_tlsa_read(struct policy_tlsa_record *record_r, const uint8_t *rdata,
    size_t len)
{
	/* RFC 6698 2.1.4: no association data, nothing to match. */
	if (len <= HEADER)
		return false;
	record_r->usage = rdata[0];
	record_r->selector = rdata[1];
	record_r->matching = rdata[2];
	record_r->data = rdata + HEADER;
	record_r->len = len - HEADER;
	return true;
}

const char *
policy_tlsa_unusable(const struct policy_tlsa_record *r,
    bool (*decodes)(uint8_t selector, const uint8_t *data, size_t len))
{
	/* RFC 7672 3.1.3: there is no PKIX to constrain in SMTP. */
	if (r->usage == TLSA_PKIX_TA || r->usage == TLSA_PKIX_EE)
		return "usage 0 or 1 does not apply to SMTP";
	if (r->usage != TLSA_DANE_TA && r->usage != TLSA_DANE_EE)
		return "unknown usage";
	if (r->selector != TLSA_CERT && r->selector != TLSA_SPKI)
		return "unknown selector";
	if (r->matching > TLSA_SHA512)
		return "unknown matching type";
	if (r->matching != TLSA_FULL)
		return r->len == digest_len[r->matching] ? NULL :
		    "digest of the wrong length";
	return decodes(r->selector, r->data, r->len) ? NULL :
	    "full data that does not decode";
}

/* Is there a stronger digest for the same usage and selector? */
static bool
outdone(const struct policy_tlsa_record *r,
    const struct policy_tlsa_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (records[i].usage == r->usage &&
		    records[i].selector == r->selector &&
		    r->matching != TLSA_FULL &&
		    records[i].matching > r->matching)
			return true;
	return false;
}

size_t
policy_tlsa_choose(struct policy_tlsa_record *records, size_t n,
    bool (*decodes)(uint8_t selector, const uint8_t *data, size_t len))
{
	size_t usable = 0, kept = 0;

	/* RFC 7671 9: unusable ones are dropped first, so that an unknown
	 * digest cannot push out one we know. */
	for (size_t i = 0; i < n; i++)
		if (policy_tlsa_unusable(&records[i], decodes) == NULL)
			records[usable++] = records[i];
	for (size_t i = 0; i < usable; i++) {
		struct policy_tlsa_record r = records[i];

		/* What was overwritten so far was outdone or is kept. */
		if (!outdone(&r, records + i, usable - i) &&
		    !outdone(&r, records, kept))
			records[kept++] = r;
	}
	return kept;
}

void
policy_tlsa_text(char *dst, size_t room, const struct policy_tlsa_record *r)
{
	int n = snprintf(dst, room, "%u %u %u ", r->usage, r->selector,
	    r->matching);
	size_t fits;

	if (n < 0 || (size_t)n >= room)
		return;
	fits = (room - (size_t)n - 1) / 2;
	text_hex(dst + n, r->data, r->len < fits ? r->len : fits);
}
