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
fill_timeouts(int64_t *t, const struct conf_connection *c,
    const struct conf_tls_strategy *strategy)
{
	t[SMTP_STEP_CONNECT] = ms(c->timeout_connect_s);
	t[SMTP_STEP_GREETING] = ms(c->timeout_greeting_s);
	t[SMTP_STEP_EHLO] = t[SMTP_STEP_HELO] = ms(c->timeout_ehlo_s);
	t[SMTP_STEP_TLS] = ms(strategy->timeout_tls_s);
	t[SMTP_STEP_AUTH] = t[SMTP_STEP_MAIL] = t[SMTP_STEP_RSET] =
	    ms(c->timeout_mail_from_s);
	t[SMTP_STEP_RCPT] = ms(c->timeout_rcpt_to_s);
	t[SMTP_STEP_DATA] = t[SMTP_STEP_BLOCK] = t[SMTP_STEP_END] =
	    ms(c->timeout_data_s);
	t[SMTP_STEP_QUIT] = QUIT_MS;
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
	c->session.helo = helo != NULL ? helo : own_name;
	/* A relay that is configured may be this very host. */
	c->session.own_name =
	    choice->route->type == CONF_ROUTE_MX ? own_name : NULL;
	c->session.demand = (struct policy_demand){ .level = d->verdict.level,
		.by_dane = d->verdict.by_dane,
		.allow_invalid = d->allow_invalid };
	c->session.implicit_tls = choice->route->type == CONF_ROUTE_RELAY &&
	    choice->route->tls_implicit;
	c->min_version = d->strategy->min_version == CONF_TLS_1_3 ?
	    STLS_MIN_TLS13 : STLS_MIN_TLS12;
	choose_source(&c->source, choice->connection,
	    net_address_family(&c->to));
	fill_timeouts(c->timeout_ms, choice->connection, d->strategy);
}
