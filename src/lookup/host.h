/*
 * The addresses of a host, and how far its name can be trusted (RFC 7672
 * 2.2.2).  Asks the cache, then DNS; decides nothing about mail.  Asked from any
 * thread, which gets the answer in its loop (lookup/request.h).
 */
#ifndef TLSQ_LOOKUP_HOST_H
#define TLSQ_LOOKUP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup/request.h"
#include "net/address.h"
#include "policy/dns.h"

struct facts;
struct loop;
struct lookups;

/* Which addresses the caller wants. */
enum { HOST_V4 = 1, HOST_V6 = 2, HOST_ANY = HOST_V4 | HOST_V6 };

/*
 * status is DNS_SECURE where one family asked for validates, and DNS_ERROR or
 * DNS_BOGUS only where none has an address and one of them failed: skip the
 * host then.  A host without addresses otherwise does not have any (if that
 * holds for all hosts of a domain: 5.4.4).
 *
 * canonical is the name after all aliases, in lower case.  alias_secure: the
 * host is an alias and that alias validates, wherever it leads; of a host that
 * is not DNS_SECURE the name itself may then be a TLSA base domain, canonical
 * never (RFC 7672 2.2.2).
 */
struct host_result {
	enum policy_dns_status status;
	bool alias_secure;
	const char *canonical;
	size_t count;
	const struct net_address *address; /* port 0; IPv4 first, else as they came */
	const char *reason;	/* count is 0: why, a sentence; else NULL */
	int64_t fetched_at;	/* when DNS was asked */
	int64_t expires_at;
	struct arena *arena;	/* private, as is this: */
	struct facts *facts;	/* holds what is borrowed from it */
};

/*
 * host: a name, or an address, in brackets or bare, which never reaches DNS.
 * The result is the callback's, to be freed by host_result_free().  Any thread.
 */
struct lookup_request *host_lookup_start(struct lookups *lookups,
    const char *host, int families, struct loop *reply,
    void (*fn)(void *ctx, struct host_result *result), void *ctx);
void host_result_free(struct host_result **result);

/* "192.0.2.1", "[192.0.2.1]", "2001:db8::1", "[IPv6:2001:db8::1]": port 0. */
bool host_literal(struct net_address *addr_r, const char *text);

#endif
