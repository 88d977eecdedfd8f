/*
 * tlsq explain: the decision for the next attempt, step by step, on the runner's
 * own path; it sends nothing and changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/command_impl.h"
#include "cli/explain_impl.h"
#include "nexthop/services.h"

enum { PASSES_MAX = 5 };		/* after the first one */

/* --- the question ----------------------------------------------------- */

static bool
parse_whom(struct cli_explanation *e, const char *whom, struct error *err)
{
	char *text;
	bool ok;

	e->domain_only = strchr(whom, '@') == NULL;
	text = mem_printf("%s%s", e->domain_only ? "postmaster@" : "", whom);
	ok = mail_address_parse(&e->rcpt, text, strlen(text),
	    MAIL_ADDRESS_UTF8, err);
	free(text);
	return ok;
}

/* A new message to that recipient. */
static void
make_attempt(struct cli_explanation *e, const char *sender,
    const char *strategy)
{
	e->message = (struct spool_message){ .sender = sender,
		.source = "submit", .received_at = e->now,
		.body_type = "7BIT", .tls_strategy = strategy,
		.wait_until = -1 };
	e->job_rcpt = (struct spool_recipient){ .address = e->rcpt.text,
		.domain = e->rcpt.domain, .expires_at = -1,
		.next_attempt_at = e->now };
}

static struct nexthop_case
attempt_case(const struct cli_explanation *e)
{
	return (struct nexthop_case){ .message = &e->message,
		.rcpt = &e->job_rcpt, .now = e->now };
}

/* --- the answer ------------------------------------------------------- */

/* What was said until now is seen now. */
static void
explain_tell(struct cli_explanation *e)
{
	if (e->json_wanted)
		return;
	(void)fwrite(e->out.data, 1, e->out.len, stdout);
	(void)fflush(stdout);
	buf_clear(&e->out);
}

/* What is known, in the order in which it is told. */
static void
tell_facts(struct cli_explanation *e, bool all)
{
	const struct nexthop_discovery *s = &e->survey;

	if (e->json_wanted || !s->resolved)
		return;
	if (!e->mx_shown)
		cli_explain_text_mx(&e->out, e);
	e->mx_shown = true;
	if (!e->sts_shown && (all || s->sts != NULL)) {
		cli_explain_text_sts(&e->out, e);
		e->sts_shown = true;
	}
	for (; e->sts_shown && e->hosts_shown < s->n_hosts &&
	    s->host[e->hosts_shown].ready; e->hosts_shown++)
		cli_explain_text_host(&e->out, e, e->hosts_shown);
	explain_tell(e);
}

static void
on_changed(void *ctx)
{
	struct cli_explanation *e = ctx;

	tell_facts(e, false);
	if (!e->survey.resolved)
		return;
	for (size_t i = 0; i < e->survey.n_hosts; i++)
		if (!e->survey.host[i].ready)
			return;
	e->surveyed = true;
	loop_stop(e->loop);
}

static void
survey(struct cli_explanation *e)
{
	struct nexthop_discovery_config c = {
		.loop = e->loop,
		.lookups = nexthop_services_lookups(e->settings),
		.next_hop = e->rcpt.domain, .route = e->way.route,
		.connection = e->way.connection, .own_name = e->own_name,
		.want_tlsa = true, .want_sts = true,
		.sts_timeout_ms = e->way.strategy->timeout_mta_sts_s * 1000,
		.changed = on_changed, .ctx = e
	};
	const struct nexthop_terms terms = nexthop_decision_terms_of(&e->way,
	    e->settings->conf,
	    NEXTHOP_WAIVER_NONE);

	if (!e->way.per_host)
		nexthop_decision_needs(&terms, &c.want_tlsa, &c.want_sts);
	e->surveyed = false;
	nexthop_discovery_start(&e->survey, &c);
	cli_explain_wait(e, &e->surveyed);
	tell_facts(e, true);
}

static bool
terms_at(struct cli_explanation *e, size_t host, size_t address,
    struct nexthop_terms *t, struct error *err)
{
	const struct nexthop_host *h = &e->survey.host[host];
	const struct nexthop_case of = attempt_case(e);
	struct nexthop_choice way = e->way;
	char ip[NET_ADDRESS_TEXT_LEN];

	net_address_text(ip, &h->address[address]);
	if (way.per_host && !nexthop_choose_at_host(e->chooser, &of, h->name,
	    ip, &way, err))
		return false;
	*t = nexthop_decision_terms_of(&way, e->settings->conf,
	    NEXTHOP_WAIVER_NONE);
	return true;
}

static void
decide(struct cli_explanation *e, size_t host)
{
	const struct nexthop_host *h = &e->survey.host[host];
	struct nexthop_terms terms;
	struct error err;

	e->address[host] = mem_zalloc((h->n_addresses + 1) *
	    sizeof(*e->address[host]));
	for (size_t i = 0; i < h->n_addresses; i++) {
		struct cli_explain_address *a = &e->address[host][i];

		if (terms_at(e, host, i, &terms, &err))
			nexthop_decision_make(&a->decision, &e->survey, host,
			    &terms);
		else
			(void)text_copy(a->problem, sizeof(a->problem),
			    err.text);
	}
}

/* A policy that would refuse is read again first, as the runner does. */
static void
decide_all(struct cli_explanation *e)
{
	bool refused = false;

	for (size_t h = 0; h < e->survey.n_hosts; h++) {
		decide(e, h);
		for (size_t i = 0; i < e->survey.host[h].n_addresses; i++) {
			const struct policy_verdict *v =
			    &e->address[h][i].decision.verdict;

			refused |= v->refused &&
			    strcmp(v->error, "mta-sts") == 0;
		}
	}
	if (!refused || !nexthop_discovery_recheck_sts(&e->survey))
		return;
	e->surveyed = false;
	cli_explain_wait(e, &e->surveyed);
	if (!e->json_wanted && e->survey.sts_changed)
		cli_explain_text_sts(&e->out, e);
	for (size_t h = 0; h < e->survey.n_hosts; h++) {
		free(e->address[h]);
		decide(e, h);
	}
}

/* --- what becomes of the mail ----------------------------------------- */

struct tally {
	struct policy_outcome_fact *facts;
	char (*words)[700];
	size_t n;
};

static void
count(struct tally *t, const char *error, const char *status, const char *why)
{
	t->facts = mem_realloc(t->facts, (t->n + 1) * sizeof(*t->facts));
	t->words = mem_realloc(t->words, (t->n + 1) * sizeof(*t->words));
	t->facts[t->n] = (struct policy_outcome_fact){ error, status };
	(void)text_copy(t->words[t->n++], sizeof(*t->words), why);
}

static bool
try_address(struct cli_explanation *e, size_t host, size_t address,
    bool connect, struct tally *t)
{
	struct cli_explain_address *a = &e->address[host][address];
	char why[700];

	if (a->problem[0] != '\0') {
		count(t, "io", "4.3.5", a->problem);
		return false;
	}
	if (a->decision.verdict.refused) {
		nexthop_decision_sentence(why, sizeof(why), &e->survey, host,
		    &a->decision);
		count(t, a->decision.verdict.error, a->decision.verdict.status,
		    why);
		return false;
	}
	if (!connect)
		return true;
	if (!e->json_wanted)
		cli_explain_text_connect(&e->out, e, host, address);
	explain_tell(e);
	cli_explain_connect(e, host, address);
	if (!e->json_wanted)
		cli_explain_text_session(&e->out, &a->session);
	explain_tell(e);
	if (a->session.failed)
		count(t, a->session.failure.error, a->session.failure.status,
		    a->session.failure.text);
	return !a->session.failed;
}

static void
give_up(struct cli_explanation *e, const struct tally *t)
{
	const struct nexthop_case of = attempt_case(e);
	size_t i;

	e->outcome = policy_outcome_decide(t->facts, t->n,
	    e->way.strategy->on_policy_failure == CONF_FAILURE_BOUNCE);
	i = e->outcome.deciding;
	(void)text_copy(e->why, sizeof(e->why), t->words[i]);
	if (!e->outcome.permanent && e->pass < PASSES_MAX &&
	    strcmp(t->facts[i].error, "tls") == 0)
		e->fallback = nexthop_choose_fallback(e->chooser, &of, &e->way,
		    t->facts[i].status);
}

static void
conclude(struct cli_explanation *e, bool connect)
{
	struct tally t = { NULL, NULL, 0 };

	if (e->survey.n_hosts == 0)
		count(&t, "dns", e->survey.status, e->survey.why);
	for (size_t h = 0; h < e->survey.n_hosts && !e->sent; h++) {
		const struct nexthop_host *host = &e->survey.host[h];

		if (host->n_addresses == 0)
			count(&t, "dns", host->status, host->why);
		for (size_t i = 0; i < host->n_addresses && !e->sent; i++)
			if (try_address(e, h, i, connect, &t)) {
				e->sent = true;
				e->sent_host = h;
			}
	}
	if (!e->sent)
		give_up(e, &t);
	free(t.facts);
	free(t.words);
}

/* --- the command ------------------------------------------------------ */

static bool
explain_prepare(struct cli_explanation *e, struct cli *cli, const char *sender,
    const char *strategy, struct error *err)
{
	struct nexthop_services_source source = { .database = cli->database };
	const struct settings_maker maker = nexthop_services_maker(&source);
	struct spool *spool = NULL;
	bool ok;

	e->now = clock_now_s();
	make_attempt(e, sender, strategy);
	e->json.out = &e->out;
	host_name(e->own_name);
	if (!cli_spool_open(&spool, cli, err))
		return false;
	ok = loop_new(&e->loop, err) && stls_global_init(err) &&
	    cli_explain_record_read(&e->record, spool, e->rcpt.domain, e->now,
	    err) &&
	    settings_load(&e->settings, spool, &maker, NULL, err);
	spool_close(&spool);
	e->job_rcpt.except_strategy = e->record.except.strategy;
	e->job_rcpt.except_rule = e->record.except.words;
	return ok;
}

/* For the first pass, and again after one that ended in error tls. */
static bool
choose(struct cli_explanation *e, struct error *err)
{
	const struct nexthop_case of = attempt_case(e);

	if (!nexthop_choose(e->chooser, &of, &e->way, err))
		return false;
	(void)text_copy(e->rule, sizeof(e->rule), e->way.rule);
	e->way.rule = e->rule;
	if (!e->json_wanted)
		cli_explain_text_way(&e->out, e);
	explain_tell(e);
	return true;
}

static void
forget_pass(struct cli_explanation *e)
{
	for (size_t h = 0; h < NEXTHOP_HOSTS_MAX; h++) {
		for (size_t i = 0; e->address[h] != NULL &&
		    i < e->survey.host[h].n_addresses; i++)
			smtp_client_free(&e->address[h][i].session.client);
		free(e->address[h]);
		e->address[h] = NULL;
	}
	nexthop_discovery_clear(&e->survey);
}

static void
clear(struct cli_explanation *e)
{
	forget_pass(e);
	nexthop_chooser_unref(&e->chooser);
	settings_unref(&e->settings);
	spool_rule_clear(&e->record.suspend);
	spool_rule_clear(&e->record.except);
	loop_free(&e->loop);
	stls_global_cleanup();
	buf_free(&e->out);
	free(e);
}

static void
run_pass(struct cli_explanation *e, bool connect)
{
	survey(e);
	if (e->pass == 0)
		cli_explain_unchecked(e);
	decide_all(e);
	for (size_t h = 0; !e->json_wanted && h < e->survey.n_hosts; h++)
		cli_explain_text_verdicts(&e->out, e, h);
	explain_tell(e);
	conclude(e, connect);
	if (e->json_wanted)
		cli_explain_json_pass(&e->json, e);
	else
		cli_explain_text_result(&e->out, e);
	explain_tell(e);
}

/* As the runner does within one pass: the failure is booked, and the
 * expressions are asked again. */
static void
book_failure(struct cli_explanation *e)
{
	(void)text_copy(e->booked_status, sizeof(e->booked_status),
	    e->outcome.status);
	e->job_rcpt.status = e->booked_status;
	e->job_rcpt.last_error = "tls";
	e->job_rcpt.attempts++;
	e->job_rcpt.tls_failures++;
	forget_pass(e);
	e->mx_shown = e->sts_shown = false;
	e->hosts_shown = 0;
	e->fallback = NULL;
	e->pass++;
}

static bool
open_chooser(struct cli_explanation *e, struct error *err)
{
	struct nexthop_chooser *current = NULL;
	bool ok = nexthop_chooser_get(&e->chooser, &current, e->settings, err);

	nexthop_chooser_unref(&current);
	return ok;
}

static bool
explain_address(struct cli_explanation *e, bool connect, struct error *err)
{
	if (!open_chooser(e, err))
		return false;
	if (e->json_wanted)
		cli_explain_json_start(&e->json, e);
	else
		cli_explain_text_start(&e->out, e);
	if (!choose(e, err))
		return false;
	run_pass(e, connect);
	while (e->fallback != NULL) {
		book_failure(e);
		if (!choose(e, err))
			return false;
		run_pass(e, connect);
	}
	if (e->json_wanted) {
		cli_explain_json_end(&e->json, e);
		(void)fwrite(e->out.data, 1, e->out.len, stdout);
	}
	return (e->sent && e->record.suspend.id < 0) || error_set(err,
	    e->outcome.permanent ? EX_UNAVAILABLE : EX_TEMPFAIL, "%s", "");
}

bool
cli_explain(struct cli *cli, int argc, char **argv, struct error *err)
{
	const char *strategy = NULL, *sender_text = NULL;
	bool json = false, connect = false, ok;
	const struct option_row rows[] = {
		{ "json", .flag = &json },
		{ "strategy", .text = &strategy },
		{ "sender", .text = &sender_text },
		{ "connect", .flag = &connect },
		CLI_COMMON_OPTIONS(cli)
	};
	struct mail_address sender;
	struct cli_explanation *e;

	if (!cli_parse(cli, argc, argv, rows, 1, 1, err))
		return false;
	e = mem_zalloc(sizeof(*e));
	ok = parse_whom(e, cli->args[0], err) &&
	    cli_sender_parse(&sender, sender_text, err) &&
	    explain_prepare(e, cli, sender.text, strategy, err);
	if (ok) {
		e->json_wanted = json;
		ok = explain_address(e, connect, err);
	}
	clear(e);
	return ok;
}

bool
cli_explain_probe(struct cli *cli, const char *domain, const char *strategy,
    const char **outcome_r, char *why, size_t room, struct error *err)
{
	struct cli_explanation *e = mem_zalloc(sizeof(*e));
	bool ok;

	e->json_wanted = true;	/* and never printed */
	ok = parse_whom(e, domain, err) && explain_prepare(e, cli, "",
	    strategy, err) && open_chooser(e, err) && choose(e, err);
	if (ok) {
		run_pass(e, true);
		*outcome_r = e->sent ? "delivered" : e->outcome.permanent ?
		    "failed" : "deferred";
		(void)text_copy(why, room, e->why);
	}
	clear(e);
	return ok;
}
