/*
 * tlsq explain --connect: a session that ends before MAIL.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/explain_impl.h"
#include "nexthop/verify.h"
#include "nexthop/secret.h"

struct visit {
	struct cli_explanation *e;
	struct cli_explain_address *to;
	struct nexthop_proof proof;
	bool closed;
};

static const struct smtp_transaction *
on_next(void *ctx)
{
	(void)ctx;
	return NULL;
}

static void
connect_on_ready(void *ctx, const struct smtp_evidence *evidence)
{
	struct visit *v = ctx;

	(void)evidence;
	v->to->session.ready = true;
	if (v->e->way.route->auth_username != NULL &&
	    v->to->session.auth == CLI_EXPLAIN_AUTH_NONE)
		v->to->session.auth = CLI_EXPLAIN_AUTH_TRIED;
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
	struct cli_explain_session *s = &v->to->session;

	s->failed = !s->ready;
	if (failure != NULL)
		s->failure = *failure;
	if (failure != NULL && failure->step == SMTP_STEP_AUTH)
		s->auth = CLI_EXPLAIN_AUTH_TRIED;
	v->closed = true;
	loop_stop(v->e->loop);
}

static void
on_authenticate(void *ctx, const struct stls_peer *peer,
    struct smtp_verdict *verdict_r)
{
	struct visit *v = ctx;

	nexthop_proof_judge(&v->proof, peer, clock_now_s(), verdict_r,
	    v->to->session.tlsa);
}

/*
 * Credentials go only over a session that is proved: where the decision would
 * take any certificate they are left out, although the runner would send them.
 */
static bool
use_secret(struct smtp_client_config *c, struct cli_explain_session *s,
    const struct nexthop_decision *d, const struct conf_route *route,
    char **secret_r)
{
	struct error err;

	if (route->auth_username == NULL)
		return true;
	if (d->allow_invalid) {
		s->auth = CLI_EXPLAIN_AUTH_UNPROVED;
		return true;
	}
	if (!nexthop_secret_read(secret_r, route, &err)) {
		s->auth = CLI_EXPLAIN_AUTH_NO_SECRET;
		s->failed = true;
		s->failure.error = "io";
		(void)text_copy(s->failure.status, sizeof(s->failure.status),
		    "4.3.5");
		(void)text_copy(s->failure.text, sizeof(s->failure.text),
		    err.text);
		return false;
	}
	c->session.username = route->auth_username;
	c->session.secret = *secret_r;
	return true;
}

void
cli_explain_wait(const struct cli_explanation *e, const bool *done)
{
	while (!*done)
		loop_run(e->loop);
}

void
cli_explain_connect(struct cli_explanation *e, size_t host, size_t address)
{
	static const struct smtp_client_events events = {
		.next = on_next, .ready = connect_on_ready, .result = on_result,
		.closed = on_closed, .authenticate = on_authenticate
	};
	struct cli_explain_address *to = &e->address[host][address];
	struct visit v = { .e = e, .to = to, .proof = {
	    .tls = nexthop_services_tls(e->settings),
	    .survey = &e->survey, .host = host, .decision = &to->decision } };
	struct smtp_client_config c = {
		.loop = e->loop, .to = e->survey.host[host].address[address],
		.events = &events, .ctx = &v
	};
	char *secret = NULL;

	nexthop_client_config_fill(&c, &v.proof, &e->way, e->own_name);
	to->session.tried = true;
	if (!use_secret(&c, &to->session, &to->decision, e->way.route, &secret))
		return;
	to->session.client = smtp_client_start(&c);
	cli_explain_wait(e, &v.closed);
	nexthop_secret_free(&secret);
}
