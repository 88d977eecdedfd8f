/*
 * What a session proves: the certificate that was shown, or, where TLS was
 * resumed, what the first session with the same key proved (delivery/tls_cache.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "delivery/worker_impl.h"

struct nexthop_proof
delivery_session_proof(const struct delivery_session *s)
{
	return (struct nexthop_proof){
		.tls = nexthop_services_tls(s->dest->settings),
		.survey = &s->dest->survey, .host = s->place.host,
		.decision = &s->decision
	};
}

void
delivery_session_offer_resumption(struct delivery_session *s,
    const struct nexthop_proof *proof, struct smtp_client_config *c)
{
	if (c->session.demand.level == LEVEL_NONE)
		return;
	s->tls_key = delivery_tls_cache_key(proof, c,
	    s->dest->settings->generation);
	s->resuming = delivery_tls_cache_get(s->dest->worker->resumable,
	    s->tls_key, clock_now_s());
	if (s->resuming != NULL)
		c->resume = delivery_tls_entry_session(s->resuming,
		    &c->resume_len);
}

void
delivery_session_judge(void *ctx, const struct stls_peer *peer,
    struct smtp_verdict *verdict_r)
{
	struct delivery_session *s = ctx;
	const struct nexthop_proof proof = delivery_session_proof(s);

	/* No certificate and nothing known of one: not verified. */
	if (peer->resumed && s->resuming == NULL)
		return;
	s->proof = mem_zalloc(sizeof(*s->proof));
	if (peer->resumed) {
		*s->proof = *delivery_tls_entry_proof(s->resuming);
		*verdict_r = s->proof->verdict;
	} else {
		nexthop_proof_judge(&proof, peer, clock_now_s(), verdict_r,
		    s->proof->tlsa);
		s->proof->verdict = *verdict_r;
	}
	verdict_r->named_by_domain = nexthop_proof_names_host(&proof);
}

/* "": not known. */
static const char *
record_text(struct delivery_record *r, const char *text)
{
	return text != NULL && text[0] != '\0' ?
	    arena_strdup(r->arena, text) : NULL;
}

static const char *
address_of(struct delivery_record *r, const struct net_address *address)
{
	char text[NET_ADDRESS_TEXT_LEN];

	if (address->len == 0)
		return NULL;
	net_address_text(text, address);
	return arena_strdup(r->arena, text);
}

/* What `tlsq whatif` asks of the host.  A handshake that failed is no word on
 * STARTTLS: it was offered. */
static struct nexthop_seen
seen_of(const struct delivery_session *s, const struct smtp_evidence *e,
    const char *failed)
{
	const struct smtp_verdict *v = s->proof != NULL ? &s->proof->verdict :
	    NULL;
	struct nexthop_seen seen = { .tls = POLICY_TLS_UNSEEN };

	if (e->tls)
		seen.tls = POLICY_TLS_USED;
	else if (failed != NULL)
		seen.tls = strcmp(failed, "starttls-not-supported") == 0 ?
		    POLICY_TLS_MISSING : POLICY_TLS_BROKEN;
	else if (s->ready)
		seen.tls = s->decision.verdict.level == LEVEL_NONE &&
		    (e->capabilities.can & SMTP_CAN_STARTTLS) != 0 ?
		    POLICY_TLS_OFFERED : POLICY_TLS_MISSING;
	if (v == NULL)
		return seen;
	seen.pkix = v->pkix;
	if (s->decision.verdict.level == LEVEL_DANE)
		seen.dane = v->verified || v->sts_failed ?
		    POLICY_DANE_VERIFIED : POLICY_DANE_FAILED;
	return seen;
}

/* For the domain's TLS report; mail that waives TLS is not in it. */
static void
fill_counts(struct delivery_session *s, const struct smtp_evidence *e,
    const char *failed, bool lost)
{
	struct delivery_record *r = s->record;
	const struct nexthop_tls_session seen = {
		.tls = e->tls, .failed = failed, .lost = lost,
		.verdict = s->proof != NULL ? &s->proof->verdict : NULL,
		.local = address_of(r, &e->local), .remote = r->row.address
	};

	if (s->dest->waiver == NEXTHOP_WAIVER_NONE)
		r->n_counts = nexthop_tls_counts(r->counts, r->arena,
		    &s->dest->survey, s->place.host, &s->decision, &seen);
}

void
delivery_session_fill_record(struct delivery_session *s, const char *failed,
    bool lost)
{
	const struct smtp_evidence *e = smtp_client_evidence(s->client);
	struct delivery_record *r = s->record;
	const struct stls_peer_info *c = e->has_certificate ? &e->certificate :
	    e->resumed && s->proof != NULL ? &s->proof->certificate : NULL;
	bool proved = e->proof > SMTP_PROOF_PKIX;
	/* Both were asked for, and only the other one failed. */
	bool matched = s->proof != NULL && s->proof->verdict.sts_failed;

	fill_counts(s, e, failed, lost);
	r->seen = seen_of(s, e, failed);
	r->row.tls = smtp_proof_name(e->proof);
	r->row.dane = nexthop_decision_dane_word(&s->decision, e->tls,
	    proved || matched);
	r->row.mta_sts = nexthop_decision_sts_word(&s->decision, e->tls,
	    proved);
	r->row.resumed = e->resumed;
	r->row.protocol = record_text(r, e->protocol);
	r->row.cipher = record_text(r, e->cipher);
	r->row.key_exchange = e->key_exchange;
	r->row.signature = e->signature;
	r->row.verify_error = record_text(r, e->verify_error);
	if (s->proof != NULL)
		r->row.tlsa = record_text(r, s->proof->tlsa);
	if (c == NULL)
		return;
	r->row.cert_sha256 = record_text(r, c->cert_sha256);
	r->row.spki_sha256 = record_text(r, c->spki_sha256);
	r->row.cert_subject = record_text(r, c->subject);
	r->row.cert_issuer = record_text(r, c->issuer);
	r->row.cert_not_after = c->not_after_at > 0 ? c->not_after_at : -1;
}

void
delivery_session_keep_proof(struct delivery_session *s)
{
	const struct smtp_evidence *e = smtp_client_evidence(s->client);
	uint8_t *session;
	size_t len;

	if (s->proof != NULL && e->has_certificate) {
		s->proof->certificate = e->certificate;
		s->proof->until = delivery_tls_cache_until(&e->certificate,
		    clock_now_s());
	}
	if (s->proof != NULL && smtp_client_export(s->client, &session, &len))
		delivery_tls_cache_put(s->dest->worker->resumable, s->tls_key,
		    s->proof, session, len);
	delivery_session_end_proof(s);
}

bool
delivery_session_resumption_failed(struct delivery_session *s,
    const struct smtp_failure *f)
{
	bool in_handshake = f->step == SMTP_STEP_TLS && f->reply[0] == '\0';

	if (s->resuming == NULL || f->permanent || (!in_handshake &&
	    !smtp_client_evidence(s->client)->resumed))
		return false;
	delivery_tls_cache_forget(s->dest->worker->resumable, s->tls_key);
	return true;
}

void
delivery_session_end_proof(struct delivery_session *s)
{
	delivery_tls_entry_unref(&s->resuming);
	free(s->proof);
	s->proof = NULL;
}
