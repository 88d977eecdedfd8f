/*
 * Verdicts of chains as events of policy.
 */
#include "smtp/verdict.h"

#include <assert.h>

#include "base/mem.h"
#include "base/text.h"

static const enum policy_event events[] = {
	[STLS_INVALID] = EVENT_CERT_INVALID,
	[STLS_VERIFIED] = EVENT_CERT_INVALID,
	[STLS_NO_CERTIFICATE] = EVENT_CERT_INVALID,
	[STLS_NOT_TRUSTED] = EVENT_CERT_NOT_TRUSTED,
	[STLS_EXPIRED] = EVENT_CERT_EXPIRED,
	[STLS_NOT_YET_VALID] = EVENT_CERT_INVALID,
	[STLS_HOST_MISMATCH] = EVENT_CERT_HOST_MISMATCH,
	[STLS_CONSTRAINED] = EVENT_CERT_INVALID,
};
static_assert(ARRAY_LEN(events) == STLS_VERDICT_COUNT, "");

void
smtp_verdict_from_chain(struct smtp_verdict *v, const struct stls_result *r,
    enum smtp_proof proof)
{
	v->verified = r->verdict == STLS_VERIFIED;
	v->proof = proof;
	v->event = events[r->verdict];
	(void)text_copy(v->text, sizeof(v->text), r->text);
}
