/*
 * Asking: the hosts, then for each its addresses and TLSA records; beside them
 * the MTA-STS policy.
 */
#include "nexthop/discovery.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/own.h"
#include "tls/chain.h"

/* How long a relay that is named in the configuration is believed. */
enum { RELAY_KEEP_S = 3600, RELAY_ADDRESSES = 2, STS_REFRESH_S = 5 };

static bool
is_mx_route(const struct nexthop_discovery *s)
{
	return s->config.route->type == CONF_ROUTE_MX;
}

static void
expires(struct nexthop_discovery *s, int64_t at)
{
	if (at < s->expires_at)
		s->expires_at = at;
}

static uint16_t
port(const struct nexthop_discovery *s)
{
	return (uint16_t)(is_mx_route(s) ? s->config.connection->port :
	    s->config.route->port);
}

/* --- what makes a host ready */

static bool
sts_known(const struct nexthop_discovery *s)
{
	return !s->config.want_sts || s->policy_domain[0] == '\0' ||
	    s->sts != NULL;
}

/* Without an address nothing else matters. */
static bool
is_ready(const struct nexthop_discovery *s, const struct nexthop_host *h)
{
	return h->addresses_known && (h->n_addresses == 0 ||
	    (h->tlsa_request == NULL && sts_known(s)));
}

static void
hosts_changed(struct nexthop_discovery *s)
{
	for (size_t i = 0; i < s->n_hosts; i++)
		s->host[i].ready = is_ready(s, &s->host[i]);
	s->config.changed(s->config.ctx);
}

/* --- MTA-STS */

static void
on_sts(void *ctx, struct sts_result *r)
{
	struct nexthop_discovery *s = ctx;
	int64_t now = clock_now_s();

	s->sts_request = NULL;
	sts_result_free(&s->sts);
	s->sts = r;
	s->sts_changed = s->sts_rechecked &&
	    (r->status != STS_STATUS_POLICY ||
	    strcmp(r->id, s->sts_recheck_id) != 0);
	/* In the past, where the policy is being refreshed just now. */
	expires(s, r->expires_at > now ? r->expires_at :
	    now + STS_REFRESH_S);
	hosts_changed(s);
}

static void
ask_sts(struct nexthop_discovery *s, bool recheck)
{
	s->sts_request = sts_lookup_start(s->config.lookups, s->policy_domain,
	    s->config.sts_timeout_ms, recheck, s->config.loop, on_sts, s);
}

bool
nexthop_discovery_recheck_sts(struct nexthop_discovery *s)
{
	if (s->sts_request != NULL)
		return true;
	if (s->sts == NULL || !s->sts->cached || s->sts_rechecked)
		return false;
	s->sts_rechecked = true;
	(void)text_copy(s->sts_recheck_id, sizeof(s->sts_recheck_id), s->sts->id);
	sts_result_free(&s->sts);
	for (size_t i = 0; i < s->n_hosts; i++)
		s->host[i].ready = is_ready(s, &s->host[i]);
	ask_sts(s, true);
	return true;
}

/* --- TLSA */

static void
on_tlsa(void *ctx, struct tlsa_result *r)
{
	struct nexthop_host *h = ctx;

	h->tlsa_request = NULL;
	h->tlsa = r;
	h->n_usable = policy_tlsa_choose(r->records, r->count,
	    stls_tlsa_decodes);
	expires(h->survey, r->expires_at);
	hosts_changed(h->survey);
}

static enum policy_tlsa_fact
tlsa_fact(const struct nexthop_host *h)
{
	bool asked = h->address_status == DNS_SECURE || h->alias_secure;

	if (h->tlsa == NULL)
		return TLSA_NOT_ASKED;
	if (policy_dns_failed(h->tlsa->status))
		return TLSA_FAILED;
	if (h->tlsa->status == DNS_INSECURE)
		return asked ? TLSA_INSECURE : TLSA_NOT_ASKED;
	if (h->tlsa->count + h->tlsa->too_short == 0)
		return TLSA_ABSENT;
	return h->n_usable > 0 ? TLSA_USABLE : TLSA_UNUSABLE;
}

/* --- mail exchangers that are this host itself (RFC 5321 5.1)
 *
 * For lists from the DNS: a relay that the configuration names may be this host.
 */

static bool
is_source(const struct conf_connection *c, const struct net_address *a)
{
	struct net_address source;

	for (size_t i = 0; i < c->source_ips.count; i++)
		if (net_address_parse(&source, c->source_ips.item[i], 0) &&
		    net_address_same_host(&source, a))
			return true;
	return false;
}

/* Sets h->own; one address of ours is enough. */
static void
find_own(struct nexthop_host *h, const struct host_result *r)
{
	char text[NET_ADDRESS_TEXT_LEN], why[120];

	for (size_t i = 0; !h->own && i < r->count; i++) {
		h->own = net_address_is_own(&r->address[i]) ||
		    is_source(h->survey->config.connection, &r->address[i]);
		if (!h->own)
			continue;
		net_address_text(text, &r->address[i]);
		(void)snprintf(why, sizeof(why), "mail loop: %s is an address "
		    "of this host", text);
		h->why = arena_strdup(h->survey->arena, why);
	}
}

/* Takes their addresses from the hosts that are known to be ourselves and from all
 * that are no better.  One that was tried before has been tried. */
static void
drop_loops(struct nexthop_discovery *s)
{
	uint32_t from = UINT32_MAX;

	for (size_t i = 0; i < s->n_hosts; i++)
		if (s->host[i].own && s->host[i].preference < from)
			from = s->host[i].preference;
	for (size_t i = 0; i < s->n_hosts; i++) {
		struct nexthop_host *h = &s->host[i];

		if (!h->addresses_known || h->loops || h->preference < from)
			continue;
		h->loops = true;
		h->n_addresses = 0;
		h->status = "5.4.6";
		if (!h->own)
			h->why = "mail loop: we are a mail exchanger of the "
			    "domain, and this host is not preferred to us";
	}
}

/* --- addresses */

static int
families(const struct nexthop_discovery *s)
{
	if (!is_mx_route(s))
		return HOST_ANY;
	switch (s->config.route->ip_lookup) {
	case CONF_IP_V4_ONLY:
		return HOST_V4;
	case CONF_IP_V6_ONLY:
		return HOST_V6;
	case CONF_IP_V4_THEN_V6:
	case CONF_IP_V6_THEN_V4:
		break;
	}
	return HOST_ANY;
}

static void
add_family(struct nexthop_host *h, const struct host_result *r, int family,
    size_t limit)
{
	uint16_t net_port = htons(port(h->survey));

	for (size_t i = 0; i < r->count && h->n_addresses < limit; i++) {
		struct net_address a = r->address[i];

		if (family != AF_UNSPEC && net_address_family(&a) != family)
			continue;
		if (net_address_family(&a) == AF_INET6)
			a.sa.v6.sin6_port = net_port;
		else
			a.sa.v4.sin_port = net_port;
		h->address[h->n_addresses++] = a;
	}
}

static void
add_addresses(struct nexthop_host *h, const struct host_result *r)
{
	const struct conf_route *route = h->survey->config.route;
	bool mx = is_mx_route(h->survey);
	size_t limit = mx ? (size_t)route->limits_multihomed : RELAY_ADDRESSES;

	if (limit > NEXTHOP_ADDRESSES_MAX)
		limit = NEXTHOP_ADDRESSES_MAX;
	if (limit > r->count)
		limit = r->count;
	h->address = arena_alloc(h->survey->arena,
	    limit * sizeof(*h->address));
	if (mx && route->ip_lookup == CONF_IP_V6_THEN_V4) {
		add_family(h, r, AF_INET6, limit);
		add_family(h, r, AF_INET, limit);
	} else
		add_family(h, r, AF_UNSPEC, limit);
}

static void
on_host(void *ctx, struct host_result *r)
{
	struct nexthop_host *h = ctx;

	h->host_request = NULL;
	h->addresses_known = true;
	h->address_status = r->status;
	h->alias_secure = r->alias_secure;
	h->addresses_fetched_at = r->fetched_at;
	h->canonical = arena_strdup(h->survey->arena, r->canonical);
	expires(h->survey, r->expires_at);
	add_addresses(h, r);
	/* An error is not "no address": RFC 7672 2.1.2. */
	h->status = policy_dns_failed(r->status) ? "4.4.3" : "5.4.4";
	if (h->n_addresses == 0)
		h->why = arena_strdup(h->survey->arena, r->reason != NULL ?
		    r->reason : "host has no address of the wanted family");
	if (is_mx_route(h->survey)) {
		find_own(h, r);
		drop_loops(h->survey);
	}
	host_result_free(&r);
	hosts_changed(h->survey);
}

static void
ask_hosts(struct nexthop_discovery *s)
{
	for (size_t i = 0; i < s->n_hosts; i++) {
		struct nexthop_host *h = &s->host[i];

		h->survey = s;
		h->host_request = host_lookup_start(s->config.lookups, h->name,
		    families(s), s->config.loop, on_host, h);
		if (s->config.want_tlsa)
			h->tlsa_request = tlsa_lookup_start(s->config.lookups,
			    h->name, port(s), s->config.loop, on_tlsa, h);
	}
}

/* --- hosts */

static uint64_t
random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(seed))
		seed = (uint64_t)clock_mono_ms();
	return seed;
}

static void
no_hosts(struct nexthop_discovery *s, const char *status, const char *why)
{
	s->status = status;
	s->why = arena_strdup(s->arena, why);
}

static void
make_hosts(struct nexthop_discovery *s, size_t n)
{
	s->host = arena_alloc(s->arena, n * sizeof(*s->host));
	memset(s->host, 0, n * sizeof(*s->host));
	s->n_hosts = n;
}

static void
take_hosts(struct nexthop_discovery *s, const struct mx_result *r)
{
	const char *const own[] = { s->config.own_name,
		s->config.connection->ehlo_hostname, NULL };
	size_t n = r->count, limit = (size_t)s->config.route->limits_mx;

	if (limit > NEXTHOP_HOSTS_MAX)
		limit = NEXTHOP_HOSTS_MAX;
	if (policy_mx_order(r->hosts, &n, own, limit, random_seed()) ==
	    MX_ORDER_LOOP) {
		no_hosts(s, "5.4.6", "mail loop: the best mail exchanger of "
		    "the domain is this host");
		return;
	}
	make_hosts(s, n);
	for (size_t i = 0; i < n; i++) {
		s->host[i].name = arena_strdup(s->arena, r->hosts[i].host);
		s->host[i].preference = r->hosts[i].preference;
	}
	ask_hosts(s);
}

static void
on_mx(void *ctx, struct mx_result *r)
{
	static const char *const status[] = {
		[LOOKUP_MX_HOSTS] = "5.4.4",
		[LOOKUP_MX_NO_DOMAIN] = "5.1.2",
		[LOOKUP_MX_NULL] = "5.1.10",
	};
	struct nexthop_discovery *s = ctx;

	s->mx_request = NULL;
	s->resolved = true;
	s->mx_status = r->status;
	s->mx_finding = r->finding;
	s->mx_implicit = r->implicit;
	s->mx_fetched_at = r->fetched_at;
	if (r->canonical != NULL)
		s->mx_canonical = arena_strdup(s->arena, r->canonical);
	expires(s, r->expires_at);
	if (r->count > 0)
		take_hosts(s, r);
	else
		no_hosts(s, policy_dns_failed(r->status) ? "4.4.3" :
		    status[r->finding],
		    r->reason != NULL ? r->reason : "no mail exchanger");
	mx_result_free(&r);
	hosts_changed(s);
}

/* A relay named in the configuration is its own, secure, host list. */
static void
take_relay(struct nexthop_discovery *s)
{
	s->resolved = true;
	s->mx_status = DNS_SECURE;
	s->expires_at = clock_now_s() + RELAY_KEEP_S;
	make_hosts(s, 1);
	s->host[0].name = s->config.route->address;
	ask_hosts(s);
}

/* RFC 8461 3.4: the next hop's own; a literal has none. */
static const char *
policy_domain_of(const struct nexthop_discovery_config *c)
{
	const char *domain = c->route->type == CONF_ROUTE_MX ? c->next_hop :
	    c->route->address;
	struct net_address addr;

	return domain[0] == '[' || host_literal(&addr, domain) ? "" : domain;
}

void
nexthop_discovery_start(struct nexthop_discovery *s,
    const struct nexthop_discovery_config *config)
{
	memset(s, 0, sizeof(*s));
	s->config = *config;
	s->arena = arena_new();
	s->expires_at = INT64_MAX;
	s->policy_domain = policy_domain_of(config);
	if (config->want_sts && s->policy_domain[0] != '\0')
		ask_sts(s, false);
	if (is_mx_route(s))
		s->mx_request = mx_lookup_start(config->lookups,
		    config->next_hop, config->loop, on_mx, s);
	else
		take_relay(s);
}

void
nexthop_discovery_clear(struct nexthop_discovery *s)
{
	lookup_cancel(&s->mx_request);
	lookup_cancel(&s->sts_request);
	for (size_t i = 0; i < s->n_hosts; i++) {
		lookup_cancel(&s->host[i].host_request);
		lookup_cancel(&s->host[i].tlsa_request);
		tlsa_result_free(&s->host[i].tlsa);
	}
	sts_result_free(&s->sts);
	arena_free(&s->arena);
	s->n_hosts = 0;
}

/* --- facts */

static enum policy_sts_fact
policy_fact(const struct policy_sts *policy, const char *host)
{
	bool named = policy_sts_names(policy, host);

	switch (policy->mode) {
	case STS_TESTING:
		return named ? STS_TESTING_MATCH : STS_TESTING_MISMATCH;
	case STS_NONE:
		return STS_MODE_NONE;
	case STS_ENFORCE:
	case STS_MODE_UNSET:
		break;
	}
	return named ? STS_ENFORCE_MATCH : STS_ENFORCE_MISMATCH;
}

static enum policy_sts_fact
sts_fact_of(const struct nexthop_discovery *s, const char *host)
{
	if (s->sts == NULL)
		return STS_NOT_ASKED;
	switch (s->sts->status) {
	case STS_STATUS_POLICY:
		return policy_fact(&s->sts->policy, host);
	case STS_STATUS_NO_RECORD:
		return STS_NO_RECORD;
	case STS_STATUS_INVALID:
		return STS_INVALID;
	case STS_STATUS_WEBPKI:
		return STS_WEBPKI_INVALID;
	case STS_STATUS_NO_SLOT:
		return STS_NO_SLOT;
	case STS_STATUS_FETCH_FAILED:
	case STS_STATUS_COUNT:
		break;
	}
	return STS_FETCH_FAILED;
}

struct policy_host_facts
nexthop_discovery_facts(const struct nexthop_discovery *s, size_t host)
{
	const struct nexthop_host *h = &s->host[host];
	struct policy_host_facts f = {
		.mx = s->mx_status,
		.address = h->address_status,
		.tlsa = tlsa_fact(h),
		.sts = sts_fact_of(s, h->name),
	};

	assert(h->ready);
	/* RFC 7672 2.2.2: under a signed alias the name itself is secure, and
	 * it is the base domain that was asked. */
	if (h->alias_secure && f.address == DNS_INSECURE &&
	    f.tlsa != TLSA_NOT_ASKED)
		f.address = DNS_SECURE;
	return f;
}
