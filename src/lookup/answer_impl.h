/*
 * Inside lookup: DNS answers as facts (struct dns_answer) that are shared.
 * For the resolver thread.
 */
#ifndef TLSQ_LOOKUP_ANSWER_IMPL_H
#define TLSQ_LOOKUP_ANSWER_IMPL_H

#include "lookup/request_impl.h"
#include "lookup/resolver.h"

enum { RCODE_SERVFAIL = 2 };

/* libunbound's numbers; another one is taken for bogus. */
enum { RAW_INSECURE = 0, RAW_BOGUS = 1, RAW_SECURE = 2 };

/* What libunbound hands to its callback. */
struct answer_raw {
	int rcode;	/* not 0: its lookup has failed, and that is all */
	const uint8_t *packet;
	size_t len;
	int security;
	const char *why_bogus;	/* or NULL; else bogus whatever security says */
};
struct facts *answer_from_raw(const char *name, int rrtype,
    const struct answer_raw *raw) __attribute__((returns_nonnull));
/* No answer: `cause` ends the sentence "DNS lookup of MX for NAME failed: ". */
struct facts *answer_failed(const char *name, int rrtype, int64_t ttl_s,
    const char *cause) __attribute__((returns_nonnull));

#endif
