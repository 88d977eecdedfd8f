/*
 * What a session proves: the certificate that was shown, or, where TLS was
 * resumed, what the first session with the same key proved (delivery/tls_cache.h).
 */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "delivery/worker_impl.h"

struct proof
session_proof(const struct session *s)
{
	return (struct proof){
		.tls = services_tls(s->dest->settings),
		.survey = &s->dest->survey, .host = s->place.host,
		.decision = &s->decision
	};
}

void
session_offer_resumption(struct session *s, const struct proof *proof,
    struct smtp_client_config *c)
{
	if (c->demand.level == LEVEL_NONE)
		return;
	s->resume_key = resume_key(proof, c, s->dest->settings->generation);
	s->resuming = resume_get(s->dest->worker->resumable, s->resume_key,
	    clock_now_s());
	if (s->resuming != NULL)
		c->resume = resume_session(s->resuming, &c->resume_len);
}

void
session_judge(struct session *s, const struct stls_peer *peer,
    struct smtp_verdict *verdict_r)
{
	const struct proof proof = session_proof(s);

	static_assert(sizeof(s->record->tlsa) == PROOF_TLSA_LEN, "");
	/* No certificate and nothing known of one: not verified. */
	if (peer->resumed && s->resuming == NULL)
		return;
	s->proof = mem_zalloc(sizeof(*s->proof));
	if (peer->resumed) {
		resume_proof_copy(s->proof, resume_proof_of(s->resuming));
		*verdict_r = s->proof->verdict;
		(void)text_copy(s->record->tlsa, sizeof(s->record->tlsa),
		    s->proof->tlsa);
	} else {
		proof_judge(&proof, peer, clock_now_s(), verdict_r,
		    s->record->tlsa);
		s->proof->verdict = *verdict_r;
	}
	verdict_r->named_by_domain = proof_names_host(&proof);
}

static void
fill_certificate(struct session_record *r, const struct stls_peer_info *c)
{
	(void)text_copy(r->cert_sha256, sizeof(r->cert_sha256),
	    c->cert_sha256);
	(void)text_copy(r->spki_sha256, sizeof(r->spki_sha256),
	    c->spki_sha256);
	r->cert_subject = mem_strdup(c->subject);
	r->cert_issuer = mem_strdup(c->issuer);
	r->cert_not_after = c->not_after_at;
}

void
session_fill_record(struct session *s)
{
	const struct smtp_evidence *e = smtp_client_evidence(s->client);
	struct session_record *r = s->record;
	bool proved = e->proof > SMTP_PROOF_PKIX;
	/* Both were asked for, and only the other one failed. */
	bool matched = s->proof != NULL && s->proof->verdict.sts_failed;

	r->tls = smtp_proof_name(e->proof);
	r->dane = decision_dane_word(&s->decision, e->tls,
	    proved || matched);
	r->mta_sts = decision_sts_word(&s->decision, e->tls, proved);
	r->resumed = e->resumed;
	(void)text_copy(r->protocol, sizeof(r->protocol), e->protocol);
	(void)text_copy(r->cipher, sizeof(r->cipher), e->cipher);
	r->key_exchange = e->key_exchange;
	r->signature = e->signature;
	if (e->verify_error != NULL)
		r->verify_error = mem_strdup(e->verify_error);
	if (e->has_certificate)
		fill_certificate(r, &e->certificate);
	else if (e->resumed && s->proof != NULL)
		fill_certificate(r, &s->proof->certificate);
}

void
session_keep_proof(struct session *s)
{
	const struct smtp_evidence *e = smtp_client_evidence(s->client);
	uint8_t *session;
	size_t len;

	if (s->proof != NULL && e->has_certificate) {
		stls_peer_info_copy(&s->proof->certificate, &e->certificate);
		s->proof->until = resume_until(&e->certificate,
		    clock_now_s());
		(void)text_copy(s->proof->tlsa, sizeof(s->proof->tlsa),
		    s->record->tlsa);
	}
	if (s->proof != NULL && smtp_client_export(s->client, &session, &len))
		resume_put(s->dest->worker->resumable, s->resume_key, s->proof,
		    session, len);
	session_end_proof(s);
}

bool
session_resumption_failed(struct session *s, const struct smtp_failure *f)
{
	bool in_handshake = f->step == SMTP_STEP_TLS && f->reply[0] == '\0';

	if (s->resuming == NULL || f->permanent || (!in_handshake &&
	    !smtp_client_evidence(s->client)->resumed))
		return false;
	resume_forget(s->dest->worker->resumable, s->resume_key);
	return true;
}

void
session_end_proof(struct session *s)
{
	resume_unref(&s->resuming);
	if (s->proof != NULL)
		stls_peer_info_clear(&s->proof->certificate);
	free(s->proof);
	s->proof = NULL;
}
