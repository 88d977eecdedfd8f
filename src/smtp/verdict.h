/*
 * What a chain's verdict (tls/chain.h) means to the dialogue.  PURE.
 */
#ifndef TLSQ_SMTP_VERDICT_H
#define TLSQ_SMTP_VERDICT_H

#include "smtp/dialogue.h"
#include "tls/chain.h"

/* Fills all but named_by_domain; proof is what a verified chain proves. */
void smtp_verdict_from_chain(struct smtp_verdict *v,
    const struct stls_result *r, enum smtp_proof proof);

#endif
