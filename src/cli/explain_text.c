/*
 * tlsq explain, for people.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/explain_impl.h"

static void
put_label(struct buf *out, const char *label)
{
	(void)buf_printf(out, "%-14s ", label);
}

/* A label and what begins its line. */
#define put_line(out, label, ...) \
	(put_label((out), (label)), (void)buf_printf((out), __VA_ARGS__))

/* Foreign text: control characters escaped. */
static void
put_foreign(struct buf *out, const char *text)
{
	char safe[4 * 700];

	text_escape(safe, sizeof(safe), text, strlen(text));
	(void)buf_puts(out, safe);
}

/* The end of a line, with the reason where there is one. */
static void
put_reason(struct buf *out, const char *reason)
{
	if (reason != NULL) {
		(void)buf_puts(out, ": ");
		put_foreign(out, reason);
	}
	(void)buf_puts(out, "\n");
}

static void
put_source(struct buf *out, const struct cli_explanation *e, int64_t fetched_at,
    const char *table)
{
	char iso[CLOCK_ISO_LEN];

	if (fetched_at >= e->now) {
		(void)buf_puts(out, " [DNS]");
		return;
	}
	clock_iso(iso, fetched_at);
	(void)buf_printf(out, " [%s, fetched %s]", table, iso);
}

void
cli_explain_text_way(struct buf *out, const struct cli_explanation *e)
{
	const struct nexthop_choice *w = &e->way;
	const struct conf_tls_strategy *s = w->strategy;

	put_line(out, "strategy", "%s, by %s%s\n", s->id, w->rule,
	    w->per_host ? " (chosen again for each host)" : "");
	put_line(out, "", "dane %s, mta-sts %s, starttls %s, invalid "
	    "certificates %s, TLS %s or later\n",
	    policy_want_name(s->wants.dane), policy_want_name(s->wants.mta_sts),
	    policy_want_name(s->wants.starttls),
	    w->per_host ? "as each host's strategy says" :
	    w->allow_invalid ? "allowed" : "refused",
	    s->min_version == CONF_TLS_1_3 ? "1.3" : "1.2");
	put_line(out, "route", "%s; connection %s; schedule %s\n", w->route->id,
	    w->connection->id, w->schedule->id);
}

void
cli_explain_text_mx(struct buf *out, const struct cli_explanation *e)
{
	const struct nexthop_discovery *s = &e->survey;

	put_label(out, "mail hosts");
	if (e->way.route->type == CONF_ROUTE_RELAY) {
		(void)buf_printf(out, "relay %s, named in the configuration: "
		    "counts as a secure MX\n", e->way.route->address);
		return;
	}
	(void)buf_printf(out, "MX of %s: %s%s", e->rcpt.domain,
	    lookup_mx_word(s->mx_status, s->mx_finding),
	    s->mx_implicit ? ", no record: using the domain itself" : "");
	put_source(out, e, s->mx_fetched_at, "mx_cache");
	put_reason(out, s->n_hosts == 0 ? s->why : NULL);
}

void
cli_explain_text_unchecked(struct buf *out, const char *zone,
    unsigned int algorithm, unsigned int digest, unsigned int iterations)
{
	put_label(out, "dnssec");
	if (iterations > 0)
		(void)buf_printf(out, "%s is signed with %u NSEC3 iterations, "
		    "which is too many to check: what it says it does not "
		    "have counts as unsigned\n", zone, iterations);
	else
		(void)buf_printf(out, "%s is signed in a way that cannot be "
		    "checked here (DS algorithm %u, digest type %u), so it "
		    "counts as unsigned\n", zone, algorithm, digest);
}

static void
put_policy(struct buf *out, const struct policy_sts *p, const char *id)
{
	struct policy_sts_pattern mx = { NULL, 0 };

	(void)buf_printf(out, "mode %s, id %s, max_age %" PRId64 ", mx",
	    policy_sts_mode_name(p->mode), id, p->max_age_s);
	while (policy_sts_next_mx(p, &mx))
		(void)buf_printf(out, " %.*s", (int)mx.len, mx.text);
}

static const char *const sts_words[] = {
	[STS_STATUS_FETCH_FAILED] = "the policy could not be fetched",
	[STS_STATUS_POLICY] = "policy",
	[STS_STATUS_NO_RECORD] = "no record",
	[STS_STATUS_INVALID] = "the policy is not valid",
	[STS_STATUS_WEBPKI] = "the policy host's certificate is not valid",
	[STS_STATUS_NO_SLOT] = "not fetched yet",
};

void
cli_explain_text_sts(struct buf *out, const struct cli_explanation *e)
{
	const struct sts_result *r = e->survey.sts;
	char iso[CLOCK_ISO_LEN];

	put_label(out, "mta-sts");
	if (r == NULL) {
		(void)buf_puts(out, "not looked up\n");
		return;
	}
	if (r->status == STS_STATUS_POLICY) {
		put_policy(out, &r->policy, r->id);
		clock_iso(iso, r->fetched_at);
		(void)buf_printf(out, r->cached ?
		    " [mta_sts_cache, fetched %s]" : " [HTTPS]", iso);
	} else {
		(void)buf_puts(out, sts_words[r->status]);
	}
	put_reason(out, r->reason);
}

static void
text_put_tlsa(struct buf *out, const struct cli_explanation *e,
    const struct nexthop_host *h)
{
	const struct tlsa_result *r = h->tlsa;
	size_t published = r != NULL ? r->count + r->too_short : 0;
	char text[160];

	put_label(out, "  tlsa");
	if (r == NULL || (r->status == DNS_INSECURE &&
	    h->address_status == DNS_INSECURE && !h->alias_secure)) {
		(void)buf_puts(out, r == NULL ? "not looked up\n" :
		    "not looked up: the host's zone is not signed\n");
		return;
	}
	(void)buf_printf(out, "%s at %s", lookup_tlsa_word(r->status,
	    published), r->base);
	if (r->status == DNS_SECURE && published > 0)
		(void)buf_printf(out, ": %zu published, %zu usable",
		    published, h->n_usable);
	put_source(out, e, r->fetched_at, "dane_cache");
	put_reason(out, r->reason);
	for (size_t i = 0; i < h->n_usable; i++) {
		policy_tlsa_text(text, sizeof(text), &r->records[i]);
		put_line(out, "", "%s\n", text);
	}
}

static void
put_decision(struct buf *out, const struct cli_explanation *e,
    const struct nexthop_decision *d)
{
	const struct policy_verdict *v = &d->verdict;

	put_label(out, "  verdict");
	if (v->refused)
		(void)buf_printf(out, "refused, error %s, %s: ", v->error,
		    v->status);
	else
		(void)buf_printf(out, "level %s%s: ",
		    policy_level_name(v->level),
		    v->sts_too ? " and mta-sts" : "");
	(void)buf_printf(out, "%s (%s)", v->why, v->source);
	if (v->result_type != NULL)
		(void)buf_printf(out, ", TLSRPT %s", v->result_type);
	if (e->way.per_host)
		(void)buf_printf(out, "; strategy %s, by %s", d->strategy->id,
		    d->rule);
	(void)buf_puts(out, "\n");
}

static const char *const auth_words[] = {
	[CLI_EXPLAIN_AUTH_TRIED] = "authentication failed",
	[CLI_EXPLAIN_AUTH_UNPROVED] = "not tried: the route allows invalid "
	    "certificates",
	[CLI_EXPLAIN_AUTH_NO_SECRET] = "not tried: the secret cannot be read",
};

static void
put_evidence(struct buf *out, const struct cli_explain_session *s)
{
	const struct smtp_evidence *ev = smtp_client_evidence(s->client);

	put_line(out, "  session", "proved %s", smtp_proof_name(ev->proof));
	if (ev->tls)
		(void)buf_printf(out, ", %s %s, %s", ev->protocol, ev->cipher,
		    ev->key_exchange);
	if (ev->signature != NULL)
		(void)buf_printf(out, " signed with %s", ev->signature);
	if (s->tlsa[0] != '\0')
		(void)buf_printf(out, ", by TLSA %s", s->tlsa);
	(void)buf_puts(out, "\n");
	if (ev->has_certificate) {
		put_line(out, "", "certificate ");
		put_foreign(out, ev->certificate.subject);
		(void)buf_puts(out, ", issuer ");
		put_foreign(out, ev->certificate.issuer);
		(void)buf_printf(out, ", SHA-256 %s, key %s\n",
		    ev->certificate.cert_sha256, ev->certificate.spki_sha256);
	}
	if (ev->verify_error != NULL && !s->failed) {
		put_line(out, "", "certificate not verified, but allowed");
		put_reason(out, ev->verify_error);
	}
}

void
cli_explain_text_session(struct buf *out, const struct cli_explain_session *s)
{
	if (s->client != NULL)
		put_evidence(out, s);
	if (s->auth != CLI_EXPLAIN_AUTH_NONE)
		put_line(out, "  auth", "%s\n",
		    s->auth == CLI_EXPLAIN_AUTH_TRIED && s->ready ?
		    "authenticated" : auth_words[s->auth]);
	if (s->failed) {
		put_line(out, "", "failed, error %s, %s", s->failure.error,
		    s->failure.status);
		put_reason(out, s->failure.text);
	}
}

void
cli_explain_text_host(struct buf *out, const struct cli_explanation *e,
    size_t host)
{
	const struct nexthop_host *h = &e->survey.host[host];
	char text[NET_ADDRESS_TEXT_LEN];

	put_line(out, "host", "%s", h->name);
	if (e->way.route->type == CONF_ROUTE_MX)
		(void)buf_printf(out, ", preference %u", h->preference);
	(void)buf_puts(out, "\n");
	put_line(out, "  addresses", "%s",
	    policy_dns_status_name(h->address_status));
	if (strcmp(h->canonical, h->name) != 0)
		(void)buf_printf(out, ", alias of %s%s", h->canonical,
		    h->alias_secure ? "" : " (not secure)");
	for (size_t i = 0; i < h->n_addresses; i++) {
		net_address_text(text, &h->address[i]);
		(void)buf_printf(out, "%s %s", i > 0 ? "," : ":", text);
	}
	put_source(out, e, h->addresses_fetched_at, "host_cache");
	put_reason(out, h->n_addresses == 0 ? h->why : NULL);
	if (h->n_addresses > 0)
		text_put_tlsa(out, e, h);
}

/* The host's name stands above where its facts are not just above. */
void
cli_explain_text_verdicts(struct buf *out, const struct cli_explanation *e,
    size_t host)
{
	const struct nexthop_host *h = &e->survey.host[host];

	if (e->survey.n_hosts > 1 && h->n_addresses > 0) {
		put_line(out, "host", "%s\n", h->name);
	}
	for (size_t i = 0; i < h->n_addresses; i++) {
		const struct cli_explain_address *a = &e->address[host][i];

		if (a->problem[0] != '\0') {
			put_line(out, "  verdict", "none, error io: %s\n",
			    a->problem);
		} else if (i == 0 || !nexthop_decision_same(&a->decision,
		    &e->address[host][0].decision)) {
			put_decision(out, e, &a->decision);
		}
	}
}

void
cli_explain_text_connect(struct buf *out, const struct cli_explanation *e,
    size_t host, size_t address)
{
	const struct nexthop_host *h = &e->survey.host[host];
	char text[NET_ADDRESS_TEXT_LEN];

	net_address_text(text, &h->address[address]);
	put_line(out, "connecting", "to %s [%s]\n", h->name, text);
}

static void
put_time(struct buf *out, const char *what, int64_t at)
{
	char iso[CLOCK_ISO_LEN];

	clock_iso(iso, at);
	(void)buf_printf(out, "%s %s", what, iso);
}

static void
put_record(struct buf *out, const struct cli_explain_record *r)
{
	put_label(out, "on record");
	if (r->last_attempt_at < 0) {
		(void)buf_puts(out, "no attempt");
	} else {
		put_time(out, "last attempt", r->last_attempt_at);
		(void)buf_puts(out, r->failing_since >= 0 ? ": failed" : "");
		if (r->error[0] != '\0')
			(void)buf_printf(out, ", error %s", r->error);
		(void)buf_printf(out, ", %s: ", r->status);
		put_foreign(out, r->reply);
		(void)buf_puts(out, "\n");
		put_label(out, "");
		if (r->failing_since >= 0) {
			put_time(out, "failing since", r->failing_since);
			(void)buf_puts(out, "; ");
		}
		if (r->last_delivered_at >= 0)
			put_time(out, "last delivered", r->last_delivered_at);
		else
			(void)buf_puts(out, "never delivered");
	}
	(void)buf_printf(out, "\n%-14s %" PRId64 " waiting", "", r->waiting);
	if (r->waiting > 0)
		put_time(out, ", the oldest since", r->oldest_at);
	(void)buf_puts(out, "\n");
	if (r->suspend.id < 0)
		return;
	put_label(out, "suspended");
	if (r->suspend.until >= 0)
		put_time(out, "until", r->suspend.until);
	else
		(void)buf_puts(out, "until the rule is removed");
	(void)buf_puts(out, ", by ");
	put_foreign(out, r->suspend.words);
	(void)buf_puts(out, "\n");
}

void
cli_explain_text_start(struct buf *out, const struct cli_explanation *e)
{
	put_line(out, e->domain_only ? "domain" : "recipient", "%s\n",
	    e->domain_only ? e->rcpt.domain : e->rcpt.text);
	put_record(out, &e->record);
}

static void
put_sent(struct buf *out, const struct cli_explanation *e)
{
	const char *host = e->survey.host[e->sent_host].name;

	(void)buf_printf(out, e->record.suspend.id >= 0 ? "nothing is tried "
	    "while the domain is suspended; then mail would be sent to %s\n" :
	    "mail would be sent to %s\n", host);
	if (e->record.failing_since < 0 ||
	    e->address[e->sent_host][0].session.tried)
		return;
	put_line(out, "", "decided without a connection: the last attempt "
	    "failed;\n");
	put_line(out, "", "use --connect to see whether the next one would "
	    "succeed\n");
}

void
cli_explain_text_result(struct buf *out, const struct cli_explanation *e)
{
	put_label(out, e->fallback != NULL ? "attempt" : "result");
	if (e->sent) {
		put_sent(out, e);
		return;
	}
	(void)buf_printf(out, "%s, %s", e->fallback != NULL ? "failed" :
	    e->outcome.permanent ? "mail would be refused" :
	    "mail would be deferred", e->outcome.status);
	put_reason(out, e->why);
	if (e->fallback == NULL)
		return;
	put_line(out, "then at once", "again, with strategy %s: last_error = "
	    "'tls', retry_num = %d, tls_failures = %d\n", e->fallback->id,
	    e->job_rcpt.attempts + 1, e->job_rcpt.tls_failures + 1);
}
