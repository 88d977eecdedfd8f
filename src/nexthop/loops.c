/*
 * Which hosts of a survey would give the mail back to us.
 */
#include "nexthop/loops.h"

#include <stdio.h>

#include "net/own.h"

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

void
nexthop_loops_find(struct nexthop_host *h, const struct host_result *r)
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

void
nexthop_loops_drop(struct nexthop_discovery *s)
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
