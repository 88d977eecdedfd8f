/*
 * Filling a destination's plan: the hosts of the next hop, then the addresses of
 * each, asked for together.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/services.h"
#include "runner/worker_impl.h"

struct note *
destination_note(const struct destination *d, const char *mx,
    const char *error, const char *status, const char *sentence)
{
	struct note *n = note_new();

	n->started_at = d->started_at;
	n->duration_ms = clock_mono_ms() - d->started_ms;
	n->level = d->level;
	n->error = error;
	(void)text_copy(n->mx, sizeof(n->mx), mx);
	(void)text_copy(n->status, sizeof(n->status), status);
	(void)text_copy(n->reply, sizeof(n->reply), sentence);
	(void)snprintf(n->facts, sizeof(n->facts), "{\"mx\":\"%s\"}",
	    mx_status_name(d->mx_status));
	return n;
}

/* --- addresses -------------------------------------------------------- */

static int
families(enum conf_ip_lookup lookup)
{
	switch (lookup) {
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
add_family(struct plan_host *h, const struct host_result *r, int family,
    size_t limit, uint16_t port)
{
	for (size_t i = 0; i < r->count && h->n_addresses < limit; i++) {
		struct net_address a = r->address[i];

		if (family != AF_UNSPEC && net_address_family(&a) != family)
			continue;
		if (net_address_family(&a) == AF_INET6)
			a.sa.v6.sin6_port = htons(port);
		else
			a.sa.v4.sin_port = htons(port);
		h->address[h->n_addresses++].to = a;
	}
}

static void
add_addresses(struct destination *d, struct plan_host *h,
    const struct host_result *r)
{
	bool mx = d->route->type == CONF_ROUTE_MX;
	size_t limit = mx ? (size_t)d->route->limits_multihomed : 2;
	uint16_t port = (uint16_t)(mx ? d->connection->port : d->route->port);

	if (limit > PLAN_ADDRESSES_MAX)
		limit = PLAN_ADDRESSES_MAX;
	if (mx && d->route->ip_lookup == CONF_IP_V6_THEN_V4) {
		add_family(h, r, AF_INET6, limit, port);
		add_family(h, r, AF_INET, limit, port);
	} else
		add_family(h, r, AF_UNSPEC, limit, port);
}

static void
on_host(void *ctx, struct host_result *r)
{
	struct host_ask *ask = ctx;
	struct destination *d = ask->dest;
	struct plan_host *h = &d->plan.host[ask->host];
	const struct plan_place place = { ask->host, 0 };
	struct note *note;

	ask->request = NULL;
	h->resolved = true;
	h->addresses_status = r->status;
	if (r->expires_at < d->expires_at)
		d->expires_at = r->expires_at;
	add_addresses(d, h, r);
	if (h->n_addresses == 0) {
		/* An error is not "no address": RFC 7672 2.1.2. */
		bool failed = r->status == DNS_ERROR || r->status == DNS_BOGUS;

		note = destination_note(d, h->name, "dns",
		    failed ? "4.4.3" : "5.4.4", r->reason != NULL ? r->reason :
		    "host has no address of the wanted family");
		destination_failed(d, place, note, true);
		note_unref(&note);
	}
	host_result_free(&r);
	destination_kick(d);
}

static void
ask_addresses(struct destination *d)
{
	bool mx = d->route->type == CONF_ROUTE_MX;
	int wanted = mx ? families(d->route->ip_lookup) : HOST_ANY;

	for (size_t i = 0; i < d->plan.n_hosts; i++) {
		d->asks[i].dest = d;
		d->asks[i].host = i;
		d->asks[i].request = host_lookup_start(
		    services_lookups(d->snapshot->services),
		    d->plan.host[i].name, wanted, d->worker->loop, on_host,
		    &d->asks[i]);
	}
}

/* --- hosts ------------------------------------------------------------ */

static uint64_t
random_seed(const struct destination *d)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(seed))
		seed = (uint64_t)d->started_ms;
	return seed;
}

/* Nothing of the domain can be tried: one note for all that wait. */
static void
no_hosts(struct destination *d, const char *status, const char *sentence)
{
	struct note *note = destination_note(d, "", "dns", status, sentence);
	struct job *job;

	TAILQ_FOREACH(job, &d->jobs, entry)
		job_note_all(job, note);
	note_unref(&note);
}

static void
take_hosts(struct destination *d, const struct mx_result *r)
{
	const char *own = d->connection->ehlo_hostname != NULL ?
	    d->connection->ehlo_hostname : d->worker->config.own_name;
	size_t n = r->count, limit = (size_t)d->route->limits_mx;

	if (limit > PLAN_HOSTS_MAX)
		limit = PLAN_HOSTS_MAX;
	if (mx_order(r->hosts, &n, own, limit, random_seed(d)) ==
	    MX_ORDER_LOOP) {
		no_hosts(d, "5.4.6", "mail loop: the best mail exchanger of "
		    "the domain is this host");
		return;
	}
	for (size_t i = 0; i < n; i++)
		(void)text_copy(d->plan.host[i].name,
		    sizeof(d->plan.host[i].name), r->hosts[i].host);
	d->plan.n_hosts = n;
	ask_addresses(d);
}

static void
on_mx(void *ctx, struct mx_result *r)
{
	static const char *const status[MX_STATUS_COUNT] = {
		[MX_ERROR] = "4.4.3", [MX_BOGUS] = "4.4.3",
		[MX_NONE] = "5.1.2", [MX_NULL] = "5.1.10",
		[MX_INSECURE] = "5.4.4", [MX_SECURE] = "5.4.4",
	};
	struct destination *d = ctx;

	d->mx_request = NULL;
	d->resolved = true;
	d->mx_status = r->status;
	d->expires_at = r->expires_at;
	if (r->count > 0)
		take_hosts(d, r);
	else
		no_hosts(d, status[r->status],
		    r->reason != NULL ? r->reason : "no mail exchanger");
	mx_result_free(&r);
	destination_kick(d);
}

/* A relay named in the configuration is its own, secure, host list. */
static void
relay_host(struct destination *d)
{
	d->resolved = true;
	d->mx_status = MX_SECURE;
	d->expires_at = d->started_at + 3600;
	(void)text_copy(d->plan.host[0].name, sizeof(d->plan.host[0].name),
	    d->route->address);
	d->plan.n_hosts = 1;
	ask_addresses(d);
}

void
destination_resolve(struct destination *d)
{
	if (d->route->type == CONF_ROUTE_RELAY)
		relay_host(d);
	else
		d->mx_request = mx_lookup_start(
		    services_lookups(d->snapshot->services), d->next_hop,
		    d->worker->loop, on_mx, d);
}

void
destination_resolve_cancel(struct destination *d)
{
	lookup_cancel(&d->mx_request);
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		lookup_cancel(&d->asks[i].request);
}
