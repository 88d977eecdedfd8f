/*
 * What is found out about a next hop before anything is sent: its hosts, their
 * addresses and TLSA records, and the MTA-STS policy of the domain.
 *
 * The runner's destinations and `tlsq explain` look at the same survey, so that
 * they cannot disagree.  Everything is asked for together; each host is ready by
 * itself.  Belongs to the thread of the loop given; nothing blocks.
 */
#ifndef TLSQ_NEXTHOP_DISCOVERY_H
#define TLSQ_NEXTHOP_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"
#include "lookup/host.h"
#include "lookup/lookup.h"
#include "lookup/mx.h"
#include "lookup/sts.h"
#include "lookup/tlsa.h"
#include "net/loop.h"
#include "policy/decide.h"

enum { NEXTHOP_HOSTS_MAX = 20, NEXTHOP_ADDRESSES_MAX = 10 };

struct nexthop_discovery;

/* All pointers are kept. */
struct nexthop_discovery_config {
	struct loop *loop;
	struct lookups *lookups;
	const char *next_hop;		/* the recipients' domain */
	const struct conf_route *route;
	const struct conf_connection *connection;
	const char *own_name;		/* for loop detection */
	/* A strategy that may be in force asks for them. */
	bool want_tlsa, want_sts;
	int64_t sts_timeout_ms;
	/* Something is known that was not: never inside nexthop_discovery_start(). */
	void (*changed)(void *ctx);
	void *ctx;
};

struct nexthop_host {
	const char *name;
	uint16_t preference;
	bool ready;			/* all below is known */
	enum policy_dns_status address_status;
	bool alias_secure;
	struct net_address *address;	/* with the port */
	size_t n_addresses;
	const char *canonical;		/* after aliases */
	int64_t addresses_fetched_at;
	/* It is this machine, by an address, or no better than one that is (RFC
	 * 5321 5.1): no addresses, and not to be tried. */
	bool own, loops;
	const char *why;		/* n_addresses is 0: a sentence ... */
	const char *status;		/* ... and an enhanced code */
	struct tlsa_result *tlsa;	/* NULL: not asked for */
	/* The first n_usable of tlsa->records count (policy/tlsa.h). */
	size_t n_usable;
	/* private */
	struct nexthop_discovery *survey;
	bool addresses_known;
	struct lookup_request *host_request, *tlsa_request;
};

struct nexthop_discovery {
	struct nexthop_discovery_config config;
	bool resolved;			/* the hosts are known */
	enum policy_dns_status mx_status;
	enum lookup_mx_finding mx_finding;
	bool mx_implicit;
	const char *mx_canonical;	/* of the next hop; NULL: no alias */
	int64_t mx_fetched_at;		/* 0: the configuration names the host */
	int64_t expires_at;		/* of what is known so far */
	struct nexthop_host *host;	/* in the order of trying */
	size_t n_hosts;
	/* No host: the enhanced code and a sentence. */
	const char *status, *why;
	/* NULL: not asked for, or not known yet. */
	struct sts_result *sts;
	const char *policy_domain;	/* "": none (an address literal) */
	bool sts_rechecked;
	bool sts_changed;		/* and the policy is another one now */
	/* private */
	struct arena *arena;		/* texts, hosts, addresses */
	char sts_recheck_id[STS_ID_MAX + 1];
	struct lookup_request *mx_request, *sts_request;
};

void nexthop_discovery_start(struct nexthop_discovery *survey_r,
    const struct nexthop_discovery_config *config);
/* No more calls of `changed`; frees what was found. */
void nexthop_discovery_clear(struct nexthop_discovery *survey);

/*
 * A host is about to be refused by a policy that was cached: the TXT record is
 * read again (RFC 8461 5).  False where there is nothing to gain by it.  Hosts
 * are not ready until the answer has come.
 */
bool nexthop_discovery_recheck_sts(struct nexthop_discovery *survey);

/* The facts of a host that is ready, as policy asks for them. */
struct policy_host_facts nexthop_discovery_facts(
    const struct nexthop_discovery *survey, size_t host);

#endif
