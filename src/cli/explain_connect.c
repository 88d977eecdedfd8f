/*
 * tlsq explain --connect: a session that ends before MAIL.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/explain_impl.h"
#include "runner/proof.h"
#include "runner/session_config.h"

struct visit {
	struct explanation *e;
	struct explain_address *to;
	struct proof proof;
};

static const struct smtp_transaction *
on_next(void *ctx)
{
	(void)ctx;
	return NULL;
}

static void
on_ready(void *ctx, const struct smtp_evidence *evidence)
{
	struct visit *v = ctx;

	(void)evidence;
	v->to->session.ready = true;
	smtp_client_quit(v->to->session.client);
}

static void
on_result(void *ctx, const struct smtp_transaction *tx,
    const struct smtp_result *result)
{
	(void)ctx;
	(void)tx;
	(void)result;
}

static void
on_closed(void *ctx, const struct smtp_failure *failure)
{
	struct visit *v = ctx;
	struct explain_session *s = &v->to->session;

	s->failed = !s->ready;
	if (failure != NULL)
		s->failure = *failure;
	loop_stop(v->e->loop);
}

static void
on_authenticate(void *ctx, const struct stls_peer *peer,
    struct smtp_verdict *verdict_r)
{
	struct visit *v = ctx;

	proof_judge(&v->proof, peer, clock_now_s(), verdict_r,
	    v->to->session.tlsa);
}

void
explain_connect(struct explanation *e, size_t host, size_t address)
{
	static const struct smtp_client_events events = {
		.next = on_next, .ready = on_ready, .result = on_result,
		.closed = on_closed, .authenticate = on_authenticate
	};
	struct explain_address *to = &e->address[host][address];
	struct visit v = { .e = e, .to = to, .proof = {
	    .tls = services_tls(e->snapshot->services),
	    .survey = &e->survey, .host = host, .decision = &to->decision } };
	struct smtp_client_config c = {
		.loop = e->loop, .to = e->survey.host[host].address[address],
		.events = &events, .ctx = &v
	};

	session_config_fill(&c, &v.proof, &e->way, e->own_name);
	to->session.tried = true;
	to->session.client = smtp_client_start(&c);
	loop_run(e->loop);
}
