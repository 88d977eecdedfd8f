/*
 * A session's settings.
 */
#include "nexthop/client_config.h"

#include <sys/random.h>

enum { QUIT_MS = 2000 };

static int64_t
ms(int64_t seconds)
{
	return seconds > 0 ? seconds * 1000 : 1000;
}

static void
fill_timeouts(struct smtp_timeouts *t, const struct conf_connection *c,
    const struct conf_tls_strategy *strategy)
{
	t->connect_ms = ms(c->timeout_connect_s);
	t->greeting_ms = ms(c->timeout_greeting_s);
	t->ehlo_ms = ms(c->timeout_ehlo_s);
	t->tls_ms = ms(strategy->timeout_tls_s);
	t->mail_ms = ms(c->timeout_mail_from_s);
	t->rcpt_ms = ms(c->timeout_rcpt_to_s);
	t->data_ms = ms(c->timeout_data_s);
	t->quit_ms = QUIT_MS;
}

/* One of the configured source addresses of the family, at random. */
static void
choose_source(struct net_address *source_r, const struct conf_connection *c,
    int family)
{
	struct net_address a;
	size_t seen = 0;
	uint32_t r;

	source_r->len = 0;
	for (size_t i = 0; i < c->source_ips.count; i++) {
		if (!net_address_parse(&a, c->source_ips.item[i], 0) ||
		    net_address_family(&a) != family)
			continue;
		seen++;
		if (seen == 1 || (getrandom(&r, sizeof(r), GRND_NONBLOCK) ==
		    (ssize_t)sizeof(r) && r % seen == 0))
			*source_r = a;
	}
}

void
nexthop_client_config_fill(struct smtp_client_config *c,
    const struct nexthop_proof *proof, const struct nexthop_choice *choice,
    const char *own_name)
{
	const struct nexthop_decision *d = proof->decision;
	const char *helo = choice->connection->ehlo_hostname;

	c->tls = proof->tls;
	c->mx = proof->survey->host[proof->host].name;
	c->sni = nexthop_proof_sni(proof);
	c->helo = helo != NULL ? helo : own_name;
	/* A relay that is configured may be this very host. */
	c->own_name = choice->route->type == CONF_ROUTE_MX ? own_name : NULL;
	c->demand = (struct policy_demand){ .level = d->verdict.level,
		.by_dane = d->verdict.by_dane,
		.allow_invalid = d->allow_invalid };
	c->implicit_tls = choice->route->type == CONF_ROUTE_RELAY &&
	    choice->route->tls_implicit;
	c->min_version = d->strategy->min_version == CONF_TLS_1_3 ?
	    STLS_MIN_TLS13 : STLS_MIN_TLS12;
	choose_source(&c->source, choice->connection,
	    net_address_family(&c->to));
	fill_timeouts(&c->timeouts, choice->connection, d->strategy);
}
