/*
 * tlsq explain --json: one document.
 */
#include "base/json.h"
#include "cli/explain_impl.h"

static void
put_strategy(struct json *j, const struct cli_explanation *e)
{
	const struct conf_tls_strategy *s = e->way.strategy;

	json_open_object(j, "strategy");
	json_text(j, "id", s->id);
	json_text(j, "rule", e->way.rule);
	json_bool(j, "per_host", e->way.per_host);
	json_text(j, "dane", policy_want_name(s->wants.dane));
	json_text(j, "mta_sts", policy_want_name(s->wants.mta_sts));
	json_text(j, "starttls", policy_want_name(s->wants.starttls));
	json_bool(j, "allow_invalid_certs", e->way.allow_invalid);
	json_close_object(j);
	json_text(j, "route", e->way.route->id);
	json_text(j, "connection", e->way.connection->id);
	json_text(j, "schedule", e->way.schedule->id);
}

static void
put_mx(struct json *j, const struct cli_explanation *e)
{
	const struct nexthop_discovery *s = &e->survey;
	bool relay = e->way.route->type == CONF_ROUTE_RELAY;

	json_open_object(j, "mx");
	json_text(j, "status", relay ? "configured" :
	    lookup_mx_word(s->mx_status, s->mx_finding));
	json_bool(j, "implicit", s->mx_implicit);
	json_int(j, "fetched_at", s->mx_fetched_at);
	json_text(j, "reason", s->n_hosts == 0 ? s->why : NULL);
	json_close_object(j);
}

static void
put_sts(struct json *j, const struct cli_explanation *e)
{
	static const char *const words[] = {
		[STS_STATUS_FETCH_FAILED] = "fetch-failed",
		[STS_STATUS_POLICY] = "policy",
		[STS_STATUS_NO_RECORD] = "none",
		[STS_STATUS_INVALID] = "invalid",
		[STS_STATUS_WEBPKI] = "webpki-invalid",
		[STS_STATUS_NO_SLOT] = "not-tried",
	};
	const struct sts_result *r = e->survey.sts;

	json_open_object(j, "mta_sts");
	json_text(j, "status", r != NULL ? words[r->status] : "not-asked");
	if (r != NULL && r->status == STS_STATUS_POLICY) {
		json_text(j, "mode", policy_sts_mode_name(r->policy.mode));
		json_text(j, "id", r->id);
		json_int(j, "max_age", r->policy.max_age_s);
		json_bool(j, "cached", r->cached);
		json_int(j, "fetched_at", r->fetched_at);
		json_text(j, "policy", r->text);
	}
	json_text(j, "reason", r != NULL ? r->reason : NULL);
	json_close_object(j);
}

static void
json_put_tlsa(struct json *j, const struct nexthop_host *h)
{
	const struct tlsa_result *r = h->tlsa;
	char text[160];

	json_open_object(j, "tlsa");
	json_text(j, "status", r != NULL ? lookup_tlsa_word(r->status,
	    r->count + r->too_short) : "not-asked");
	if (r != NULL) {
		json_text(j, "base", r->base);
		json_int(j, "published", (int64_t)(r->count + r->too_short));
		json_int(j, "fetched_at", r->fetched_at);
		json_text(j, "reason", r->reason);
	}
	json_open_array(j, "records");
	for (size_t i = 0; i < h->n_usable; i++) {
		policy_tlsa_text(text, sizeof(text), &r->records[i]);
		json_text(j, NULL, text);
	}
	json_close_array(j);
	json_close_object(j);
}

static void
put_session(struct json *j, const struct cli_explain_session *s)
{
	static const struct smtp_evidence nothing = { .tls = false };
	const struct smtp_evidence *ev = s->client != NULL ?
	    smtp_client_evidence(s->client) : &nothing;

	json_open_object(j, "session");
	json_text(j, "tls", smtp_proof_name(ev->proof));
	json_text(j, "protocol", ev->tls ? ev->protocol : NULL);
	json_text(j, "cipher", ev->tls ? ev->cipher : NULL);
	json_text(j, "key_exchange", ev->key_exchange);
	json_text(j, "signature", ev->signature);
	json_text(j, "tlsa", s->tlsa[0] != '\0' ? s->tlsa : NULL);
	if (ev->has_certificate) {
		json_text(j, "cert_subject", ev->certificate.subject);
		json_text(j, "cert_issuer", ev->certificate.issuer);
		json_text(j, "cert_sha256", ev->certificate.cert_sha256);
		json_text(j, "spki_sha256", ev->certificate.spki_sha256);
		json_int(j, "cert_not_after", ev->certificate.not_after_at);
	}
	json_text(j, "verify_error", ev->verify_error);
	json_text(j, "auth", s->auth == CLI_EXPLAIN_AUTH_NONE ? NULL :
	    s->auth != CLI_EXPLAIN_AUTH_TRIED ? "not-tried" :
	    s->ready ? "accepted" : "failed");
	json_text(j, "error", s->failed ? s->failure.error : NULL);
	json_text(j, "status", s->failed ? s->failure.status : NULL);
	json_text(j, "result_type", s->failed ? s->failure.result_type : NULL);
	json_text(j, "reason", s->failed ? s->failure.text : NULL);
	json_close_object(j);
}

static void
put_address(struct json *j, const struct nexthop_host *h, size_t i,
    const struct cli_explain_address *a)
{
	const struct policy_verdict *v = &a->decision.verdict;
	char text[NET_ADDRESS_TEXT_LEN];

	net_address_text(text, &h->address[i]);
	json_open_object(j, NULL);
	json_text(j, "address", text);
	if (a->problem[0] != '\0') {
		json_text(j, "error", "io");
		json_text(j, "why", a->problem);
		json_close_object(j);
		return;
	}
	json_text(j, "strategy", a->decision.strategy->id);
	json_text(j, "rule", a->decision.rule);
	json_bool(j, "refused", v->refused);
	json_text(j, "level", v->refused ? NULL : policy_level_name(v->level));
	json_bool(j, "mta_sts_too", v->sts_too);
	json_bool(j, "host_only", v->host_only);
	json_text(j, "error", v->error);
	json_text(j, "status", v->status);
	json_text(j, "result_type", v->result_type);
	json_text(j, "why", v->why);
	json_text(j, "source", v->source);
	json_text(j, "tlsa_fact",
	    policy_tlsa_fact_name(a->decision.facts.tlsa));
	json_text(j, "mta_sts_fact",
	    policy_sts_fact_name(a->decision.facts.sts));
	if (a->session.tried)
		put_session(j, &a->session);
	json_close_object(j);
}

static void
put_host(struct json *j, const struct cli_explanation *e, size_t host)
{
	const struct nexthop_host *h = &e->survey.host[host];

	json_open_object(j, NULL);
	json_text(j, "name", h->name);
	json_int(j, "preference", h->preference);
	json_text(j, "address_status",
	    policy_dns_status_name(h->address_status));
	json_text(j, "canonical", h->canonical);
	json_int(j, "fetched_at", h->addresses_fetched_at);
	json_text(j, "reason", h->n_addresses == 0 ? h->why : NULL);
	json_put_tlsa(j, h);
	json_open_array(j, "addresses");
	for (size_t i = 0; i < h->n_addresses; i++)
		put_address(j, h, i, &e->address[host][i]);
	json_close_array(j);
	json_close_object(j);
}

static void
put_time(struct json *j, const char *key, int64_t at)
{
	if (at < 0)
		json_text(j, key, NULL);
	else
		json_int(j, key, at);
}

static void
put_record(struct json *j, const struct cli_explain_record *r)
{
	json_open_object(j, "record");
	put_time(j, "last_attempt_at", r->last_attempt_at);
	put_time(j, "last_delivered_at", r->last_delivered_at);
	put_time(j, "failing_since", r->failing_since);
	json_text(j, "last_error", r->error[0] != '\0' ? r->error : NULL);
	json_text(j, "last_status", r->status[0] != '\0' ? r->status : NULL);
	json_text(j, "last_reply", r->reply[0] != '\0' ? r->reply : NULL);
	json_int(j, "waiting", r->waiting);
	put_time(j, "oldest_at", r->oldest_at);
	json_text(j, "suspended", r->suspend.words);
	put_time(j, "suspended_until", r->suspend.until);
	json_close_object(j);
}

void
cli_explain_json_start(struct json *j, const struct cli_explanation *e)
{
	json_open_object(j, NULL);
	json_text(j, "domain", e->rcpt.domain);
	json_text(j, "recipient", e->domain_only ? NULL : e->rcpt.text);
	put_record(j, &e->record);
}

void
cli_explain_json_pass(struct json *j, const struct cli_explanation *e)
{
	if (e->pass > 0)
		json_open_object(j, "retry");
	put_strategy(j, e);
	put_mx(j, e);
	put_sts(j, e);
	json_open_array(j, "hosts");
	for (size_t i = 0; i < e->survey.n_hosts; i++)
		put_host(j, e, i);
	json_close_array(j);
	if (e->fallback != NULL) {
		json_open_object(j, "first");
		json_text(j, "status", e->outcome.status);
		json_text(j, "why", e->why);
		json_close_object(j);
	}
	json_text(j, "fallback", e->fallback != NULL ? e->fallback->id : NULL);
}

void
cli_explain_json_end(struct json *j, const struct cli_explanation *e)
{
	for (size_t i = 0; i < e->pass; i++)
		json_close_object(j);
	json_text(j, "result", e->sent && e->record.suspend.id >= 0 ?
	    "suspended" : e->sent ? "sent" :
	    e->outcome.permanent ? "refused" : "deferred");
	json_text(j, "host", e->sent ? e->survey.host[e->sent_host].name :
	    NULL);
	json_text(j, "status", e->sent ? NULL : e->outcome.status);
	json_text(j, "why", e->sent ? NULL : e->why);
	json_close_object(j);
	(void)buf_puts(j->out, "\n");
}
