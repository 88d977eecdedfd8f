/*
 * DANE, MTA-STS, PKIX: which of them is asked, with which names.
 */
#include "nexthop/verify.h"

#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/text.h"
#include "tls/chain.h"

static const struct nexthop_host *
host_of(const struct nexthop_proof *p)
{
	return &p->survey->host[p->host];
}

/* RFC 7672 8.1 and RFC 8461 7.1: the TLSA base domain at level dane, else the
 * host. */
static const char *
sni_of(const struct nexthop_proof *p)
{
	const struct nexthop_host *h = host_of(p);

	return p->decision->verdict.level == LEVEL_DANE ? h->tlsa->base :
	    h->name;
}

static void
judge_pkix(const struct nexthop_proof *p, const struct stls_peer *peer,
    int64_t now, enum smtp_proof proof, struct smtp_verdict *v)
{
	const char *name = host_of(p)->name;
	struct stls_result r;

	stls_verify_pkix(p->tls, peer, &name, 1, now, &r);
	smtp_verdict_from_chain(v, &r, proof);
	v->pkix = !v->verified ? policy_pkix_of(v->event) : r.matched_cn ?
	    POLICY_PKIX_CN_ONLY : POLICY_PKIX_VERIFIED;
	/* RFC 8461 4.2: a dNSName, nothing else. */
	if (v->verified && proof == SMTP_PROOF_MTA_STS && r.matched_cn) {
		v->verified = false;
		v->event = EVENT_CERT_HOST_MISMATCH;
		(void)text_copy(v->text, sizeof(v->text), "the certificate "
		    "names the host in its CN only, which MTA-STS does not "
		    "accept");
	}
}

/*
 * RFC 7672 3.2.2: the base domain, the host, and the next hop, as given and as
 * its CNAMEs expand it, where it is known to have chosen that host.
 */
size_t
nexthop_proof_names(const struct nexthop_proof *p,
    const char *names[static NEXTHOP_PROOF_NAMES_MAX])
{
	size_t n = 0;

	if (p->decision->verdict.level != LEVEL_DANE) {
		names[n++] = host_of(p)->name;
		return n;
	}
	names[n++] = host_of(p)->tlsa->base;
	if (strcmp(names[0], host_of(p)->name) != 0)
		names[n++] = host_of(p)->name;
	if (p->decision->facts.mx == DNS_SECURE &&
	    p->survey->config.route->type == CONF_ROUTE_MX) {
		names[n++] = p->survey->config.next_hop;
		if (p->survey->mx_canonical != NULL)
			names[n++] = p->survey->mx_canonical;
	}
	return n;
}

/* What PKIX would say is kept for `tlsq whatif`, and has no say. */
static enum policy_pkix
pkix_of(const struct nexthop_proof *p, const struct stls_peer *peer,
    int64_t now)
{
	struct smtp_verdict v = { .verified = false };

	judge_pkix(p, peer, now, SMTP_PROOF_PKIX, &v);
	return v.pkix;
}

static void
judge_dane(const struct nexthop_proof *p, const struct stls_peer *peer,
    int64_t now, struct smtp_verdict *v,
    char tlsa_r[static NEXTHOP_PROOF_TLSA_LEN])
{
	const struct nexthop_host *h = host_of(p);
	const char *names[NEXTHOP_PROOF_NAMES_MAX];
	struct stls_dane dane = { h->tlsa->records, h->n_usable, names,
		nexthop_proof_names(p, names) };
	struct stls_result r;
	size_t matched;

	stls_verify_dane(peer, &dane, now, &r, &matched);
	smtp_verdict_from_chain(v, &r, SMTP_PROOF_DANE);
	v->event = EVENT_TLSA_MISMATCH;
	v->pkix = pkix_of(p, peer, now);
	if (!v->verified)
		return;
	policy_tlsa_text(tlsa_r, NEXTHOP_PROOF_TLSA_LEN,
	    &h->tlsa->records[matched]);
	if (!p->decision->verdict.sts_too)
		return;
	judge_pkix(p, peer, now, SMTP_PROOF_MTA_STS, v);
	v->sts_failed = !v->verified;
	if (v->verified)
		v->proof = SMTP_PROOF_DANE;
}

static bool
wants_sts(const struct nexthop_proof *p)
{
	const struct policy_verdict *asked = &p->decision->verdict;

	return asked->level == LEVEL_MTA_STS || asked->sts_too;
}

bool
nexthop_proof_names_host(const struct nexthop_proof *p)
{
	return p->decision->facts.mx == DNS_SECURE || wants_sts(p);
}

void
nexthop_proof_judge(const struct nexthop_proof *p, const struct stls_peer *peer,
    int64_t now, struct smtp_verdict *v,
    char tlsa_r[static NEXTHOP_PROOF_TLSA_LEN])
{
	tlsa_r[0] = '\0';
	if (p->decision->verdict.level == LEVEL_DANE)
		judge_dane(p, peer, now, v, tlsa_r);
	else
		judge_pkix(p, peer, now, wants_sts(p) ? SMTP_PROOF_MTA_STS :
		    SMTP_PROOF_PKIX, v);
	v->named_by_domain = nexthop_proof_names_host(p);
}

/* --- the settings of a session */

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
	c->sni = sni_of(proof);
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
