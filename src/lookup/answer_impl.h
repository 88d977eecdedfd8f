/*
 * Inside lookup: DNS answers as facts that are shared.
 */
#ifndef TLSQ_LOOKUP_ANSWER_IMPL_H
#define TLSQ_LOOKUP_ANSWER_IMPL_H

#include "lookup/request_impl.h"
#include "lookup/resolver.h"

struct ub_result;

struct answer_facts {
	struct facts facts;
	struct dns_answer answer;
};

/* "A", "MX", ... */
const char *answer_type_name(int rrtype);

struct answer_facts *answer_from_result(const char *name, int rrtype,
    const struct ub_result *result) __attribute__((returns_nonnull));
/* No answer: `cause` ends the sentence "DNS lookup of MX for NAME failed: ". */
struct answer_facts *answer_failed(const char *name, int rrtype, int64_t ttl_s,
    const char *cause) __attribute__((returns_nonnull));

#endif
