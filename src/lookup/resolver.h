/*
 * The validating resolver: libunbound behind a thread of its own.
 *
 * It resolves from the root by itself and checks the signatures, so that its
 * word on security is ours and nobody's AD bit is trusted (RFC 7672 2.1.3).
 * Questions come from any thread; those for the same name and type that are
 * under way at the same time are one query.
 */
#ifndef TLSQ_LOOKUP_RESOLVER_H
#define TLSQ_LOOKUP_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "lookup/request.h"
#include "policy/dns.h"

struct loop;
struct resolver;

#define RESOLVER_ROOT_KEY "/usr/share/dns/root.key" /* dns-root-data */

enum {
	DNS_TYPE_A = 1, DNS_TYPE_CNAME = 5, DNS_TYPE_MX = 15, DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28, DNS_TYPE_TLSA = 52
};

enum {
	DNS_RDATA_MAX = 256,		/* records of an answer that are kept */
	DNS_TTL_MAX_S = 86400,
	DNS_TTL_NEGATIVE_MAX_S = 3600,
	DNS_TTL_ERROR_S = 30
};

struct resolver_config {
	/* dns.unbound-config, or NULL: recursion from the built-in hints. */
	const char *unbound_config;
	/* dns.trust-anchor, or NULL: RESOLVER_ROOT_KEY, unless unbound_config
	 * names anchors of its own. */
	const char *trust_anchor;
	/* dns.timeout: of a question, from when it is asked and not while it
	 * waits behind others. */
	int64_t timeout_ms;
};

struct dns_rdata {
	const uint8_t *data;	/* as on the wire, names not compressed */
	size_t len;
};

/*
 * status says which of the rest may be believed: of DNS_ERROR and DNS_BOGUS only
 * why and ttl_s.  No data with DNS_SECURE is a proven denial.
 */
struct dns_answer {
	enum policy_dns_status status;
	bool have_data, nxdomain;
	int rcode;
	const char *canonical;	/* the name that owns the data, after CNAMEs */
	int64_t ttl_s;		/* of the chain; bounded as above */
	size_t count;
	const struct dns_rdata *rdata;
	const char *why;	/* DNS_ERROR, DNS_BOGUS: a sentence; else NULL */
};

/*
 * Starts the thread, so not before a program has gone into the background.
 * EX_CONFIG where a file is missing, wrong, without a trust anchor or without
 * validation.  Blocks for the time it takes to read the files.
 */
bool resolver_open(struct resolver **resolver_r,
    const struct resolver_config *config, struct error *err) MUST_CHECK;
/*
 * Ends the thread and waits for it, so that what else was its is the caller's
 * to end; resolver_close() must follow.
 */
void resolver_stop(struct resolver *resolver);
/*
 * Ends the thread and waits for it.  What was still asked is answered with
 * DNS_ERROR.  Nobody may ask any more.  Accepts NULL.
 */
void resolver_close(struct resolver **resolver);
/* The loop of the thread, for work that belongs beside it. */
struct loop *resolver_loop(struct resolver *resolver);
/* When a file of the configuration was last changed: answers from before were
 * validated against other trust anchors, perhaps. */
int64_t resolver_configured_at(const struct resolver *resolver);

/* Can libunbound check signatures of this algorithm (IANA's number)?  A zone that
 * has none it can check counts as unsigned.  Takes some 3 ms. */
bool resolver_knows_algorithm(int algorithm);

/*
 * Asks for name (text, "\" escapes as in zone files) and rrtype.  The answer is
 * borrowed for the time of the callback.  Any thread.
 */
struct lookup_request *resolver_query(struct resolver *resolver,
    const char *name, int rrtype, struct loop *reply,
    void (*fn)(void *ctx, const struct dns_answer *answer), void *ctx);

#endif
