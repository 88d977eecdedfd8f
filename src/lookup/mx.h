/*
 * The hosts that accept the mail of a domain (RFC 5321 5.1, RFC 7505).  Asks the
 * cache, then DNS; the order in which hosts are tried is policy/mx.h's.  Asked
 * from any thread, which gets the answer in its loop (lookup/request.h).
 */
#ifndef TLSQ_LOOKUP_MX_H
#define TLSQ_LOOKUP_MX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup/request.h"
#include "policy/dns.h"
#include "policy/mx.h"

struct facts;
struct loop;
struct lookups;

/* What an answer, secure or not, says. */
enum lookup_mx_finding {
	LOOKUP_MX_HOSTS,
	LOOKUP_MX_NO_DOMAIN,	/* the domain does not exist: 5.1.2 */
	LOOKUP_MX_NULL		/* it takes no mail, RFC 7505: 5.1.10 */
};
/* As mx_cache.status has it: "none", "nullmx", or the name of the status. */
const char *lookup_mx_word(enum policy_dns_status status,
    enum lookup_mx_finding finding);

/*
 * hosts are those of LOOKUP_MX_HOSTS, names in lower case, each once,
 * by preference and then by name; policy_mx_order() makes of them the order to try in.
 * implicit: no MX record, so that the domain is its own host.  count is 0 where
 * no MX record names a usable host (5.4.4): the address is no way out then.
 */
struct mx_result {
	enum policy_dns_status status; /* failed: 4.4.3, and never the address */
	enum lookup_mx_finding finding;
	bool implicit;
	size_t count;
	struct policy_mx_choice *hosts;
	/* The domain as its CNAMEs expand it, as secure as the answer; NULL: it
	 * is no alias. */
	const char *canonical;
	const char *reason;	/* count is 0: why, a sentence; else NULL */
	int64_t fetched_at;	/* when DNS was asked */
	int64_t expires_at;
	struct arena *arena;	/* private, as is this: */
	struct facts *facts;	/* holds what is borrowed from it */
};

/*
 * domain: A-labels, or an address literal ("[192.0.2.1]", "[IPv6:2001:db8::1]"),
 * which is its own host and never reaches DNS.  The result is the callback's, to
 * be freed by mx_result_free().  Any thread.
 */
struct lookup_request *mx_lookup_start(struct lookups *lookups,
    const char *domain, struct loop *reply,
    void (*fn)(void *ctx, struct mx_result *result), void *ctx);
void mx_result_free(struct mx_result **result);

#endif
