/*
 * A destination's jobs, facts and decisions: the survey's hosts become the plan's,
 * each is judged before a session to it is opened, and what became of each is
 * kept for the jobs that wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "nexthop/secret.h"
#include "nexthop/services.h"
#include "delivery/worker_impl.h"

struct delivery_attempt *
delivery_destination_attempt(const struct delivery_destination *d, size_t host,
    const struct nexthop_decision *dec, const struct spool_attempt *row,
    struct delivery_record *session)
{
	static const struct nexthop_seen unseen;
	struct spool_attempt a = *row;
	struct buf facts = BUF_INIT;
	struct delivery_attempt *attempt;

	if (a.started_at == 0) {
		a.started_at = d->started_at;
		a.duration_ms = clock_mono_ms() - d->started_ms;
	}
	if (host < d->plan.n_hosts)
		a.mx = d->plan.host[host].name;
	if (dec != NULL) {
		a.level = dec->verdict.level == LEVEL_UNSET ? NULL :
		    policy_level_name(dec->verdict.level);
		a.strategy = dec->strategy->id;
		a.rule = dec->rule;
	}
	nexthop_facts_write(&facts, &d->survey, host, dec,
	    session != NULL ? &session->seen : &unseen);
	a.facts = buf_str(&facts);
	attempt = delivery_attempt_new(&a, session);
	attempt->decided = dec != NULL;
	attempt->hosts = (int64_t)d->survey.n_hosts;
	if (dec != NULL)
		nexthop_facts_seen(&attempt->seen, dec, session != NULL ?
		    &session->seen : &unseen);
	buf_free(&facts);
	return attempt;
}

struct delivery_attempt *
delivery_destination_no_attempt(const struct delivery_destination *d,
    size_t host, const char *error, const char *status, const char *why)
{
	return delivery_destination_attempt(d, host, NULL,
	    &(struct spool_attempt){
	    .error = error, .status = status, .reply = why }, NULL);
}

const struct nexthop_decision *
delivery_destination_decision(const struct delivery_destination *d,
    struct delivery_place place)
{
	return &d->plan.host[place.host].decision[place.address];
}

/* --- jobs ------------------------------------------------------------- */

struct delivery_job *
delivery_destination_take(struct delivery_destination *d,
    struct delivery_place place)
{
	struct delivery_job *job;

	if (d->worker->draining)
		return NULL;
	TAILQ_FOREACH(job, &d->jobs, entry)
		if (delivery_place_same(job->place, place)) {
			TAILQ_REMOVE(&d->jobs, job, entry);
			d->n_jobs--;
			return job;
		}
	return NULL;
}

void
delivery_destination_add(struct delivery_destination *d,
    struct delivery_job *job)
{
	TAILQ_INSERT_TAIL(&d->jobs, job, entry);
	d->n_jobs++;
}

/* --- what failed ------------------------------------------------------ */

static bool
concerns(const struct delivery_destination *d, const struct delivery_job *job,
    struct delivery_place place, bool whole_host)
{
	struct delivery_place at;

	if (delivery_plan_next(&d->plan, job->place, &at) == PLAN_END)
		return false;
	return whole_host ? at.host == place.host : delivery_place_same(at,
	    place);
}

void
delivery_destination_failed(struct delivery_destination *d,
    struct delivery_place place, struct delivery_attempt *a, bool whole_host)
{
	struct delivery_plan_host *h = &d->plan.host[place.host];
	struct delivery_attempt **failed = whole_host ? &h->failed :
	    &h->address[place.address].failed;
	struct delivery_job *job;

	if (*failed != NULL)
		return;
	TAILQ_FOREACH(job, &d->jobs, entry)
		if (concerns(d, job, place, whole_host))
			delivery_job_add_attempt_to_all(job, a);
	*failed = delivery_attempt_ref(a);
}

void
delivery_destination_refused(struct delivery_destination *d,
    struct delivery_place place, struct delivery_attempt *a)
{
	struct delivery_job *job, *next;

	for (job = TAILQ_FIRST(&d->jobs); job != NULL; job = next) {
		struct delivery_results *r;

		next = TAILQ_NEXT(job, entry);
		if (!concerns(d, job, place, true))
			continue;
		TAILQ_REMOVE(&d->jobs, job, entry);
		d->n_jobs--;
		r = delivery_results_new(job, d->worker->config.events);
		for (size_t i = 0; i < job->count; i++)
			if (!job->progress[i].finished)
				delivery_results_add(r, i, a, SPOOL_FAILED);
		delivery_results_send(r, d->worker->config.writer);
		delivery_job_unref(&job);
	}
	delivery_destination_failed(d, place, a, true);
}

/* --- deciding --------------------------------------------------------- */

static bool
terms_of(const struct delivery_destination *d, struct delivery_place place,
    struct nexthop_terms *t, struct error *err)
{
	struct nexthop_choice choice = d->choice;
	char ip[NET_ADDRESS_TEXT_LEN];

	if (choice.per_host) {
		const struct nexthop_case of = delivery_job_case(d->sole, 0,
		    clock_now_s());

		net_address_text(ip,
		    &d->plan.host[place.host].address[place.address].to);
		if (!nexthop_choose_at_host(d->chooser, &of,
		    d->plan.host[place.host].name, ip, &choice, err))
			return false;
	}
	*t = nexthop_decision_terms_of(&choice, d->settings->conf, d->waiver);
	return true;
}

/* The host that policy keeps us from. */
static void
refuse_host(struct delivery_destination *d, struct delivery_place place,
    const struct nexthop_decision *dec)
{
	struct delivery_record *counted = delivery_record_new(NULL, NULL);
	struct delivery_attempt *a;
	char why[600];

	if (d->waiver == NEXTHOP_WAIVER_NONE)
		counted->n_counts = nexthop_tls_counts(counted->counts,
		    counted->arena, &d->survey, place.host, dec, NULL);
	nexthop_decision_sentence(why, sizeof(why), &d->survey, place.host,
	    dec);
	a = delivery_destination_attempt(d, place.host, dec,
	    &(struct spool_attempt){
	    .error = dec->verdict.error, .status = dec->verdict.status,
	    .result_type = dec->verdict.result_type, .reply = why }, counted);
	delivery_record_unref(&counted);
	delivery_destination_failed(d, place, a, !d->choice.per_host);
	delivery_attempt_unref(&a);
}

/* Without an attempt at it; whole: not only the address. */
static void
fail_host(struct delivery_destination *d, struct delivery_place place,
    bool whole, const char *error, const char *status, const char *why)
{
	struct delivery_attempt *a = delivery_destination_no_attempt(d,
	    place.host, error, status, why);

	delivery_destination_failed(d, place, a, whole);
	delivery_attempt_unref(&a);
}

/* False where that has to wait: a policy is read again. */
static bool
decide_address(struct delivery_destination *d, struct delivery_place place)
{
	struct nexthop_decision *dec =
	    &d->plan.host[place.host].decision[place.address];
	struct nexthop_terms terms;
	struct error err;

	if (!terms_of(d, place, &terms, &err)) {
		/* No rule says what to ask of the host. */
		fail_host(d, place, false, "io", "4.3.5", err.text);
		return true;
	}
	nexthop_decision_make(dec, &d->survey, place.host, &terms);
	if (!dec->verdict.refused)
		return true;
	if (strcmp(dec->verdict.error, "mta-sts") == 0 &&
	    nexthop_discovery_recheck_sts(&d->survey))
		return false;
	refuse_host(d, place, dec);
	return true;
}

static bool
decide_host(struct delivery_destination *d, size_t host)
{
	struct delivery_place place = { host, 0 };
	const struct delivery_plan_host *h = &d->plan.host[host];

	for (; place.address < h->n_addresses && h->failed == NULL;
	    place.address++)
		if (!decide_address(d, place))
			return false;
	return true;
}

/* --- from the survey -------------------------------------------------- */

/* Nothing of the domain can be tried: one attempt for all that wait. */
static void
no_hosts(struct delivery_destination *d, const char *error, const char *status,
    const char *why)
{
	struct delivery_attempt *a = delivery_destination_no_attempt(d,
	    DESTINATION_NO_HOST, error, status, why);
	struct delivery_job *job;

	TAILQ_FOREACH(job, &d->jobs, entry)
		delivery_job_add_attempt_to_all(job, a);
	delivery_attempt_unref(&a);
}

static void
take_hosts(struct delivery_destination *d)
{
	struct error err;

	d->resolved = true;
	if (!nexthop_secret_read(&d->secret, d->choice.route, &err)) {
		no_hosts(d, "io", "4.3.5", err.text);
		return;
	}
	delivery_plan_init(&d->plan, d->survey.n_hosts);
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		d->plan.host[i].name = d->survey.host[i].name;
	if (d->plan.n_hosts == 0)
		no_hosts(d, "dns", d->survey.status, d->survey.why);
}

static void
take_addresses(struct delivery_destination *d, size_t host)
{
	const struct nexthop_host *from = &d->survey.host[host];
	struct delivery_plan_host *h = &d->plan.host[host];

	delivery_plan_add_addresses(h, from->n_addresses);
	for (size_t i = 0; i < h->n_addresses; i++)
		h->address[i].to = from->address[i];
	h->decision = mem_zalloc(h->n_addresses * sizeof(*h->decision));
	if (h->n_addresses == 0)
		fail_host(d, (struct delivery_place){ host, 0 }, true, "dns",
		    from->status, from->why);
}

static void
take_host(struct delivery_destination *d, size_t host)
{
	struct delivery_plan_host *h = &d->plan.host[host];
	struct delivery_attempt **rechecked = &h->rechecked;
	const struct delivery_place place = { host, 0 };

	if (h->decision == NULL)
		take_addresses(d, host);
	/* The failure stands, where the policy is the same. */
	if (*rechecked != NULL && !d->survey.sts_changed)
		delivery_destination_failed(d, place, *rechecked, true);
	delivery_attempt_unref(rechecked);
	h->resolved = decide_host(d, host);
}

void
delivery_destination_loops(struct delivery_destination *d, size_t host,
    struct delivery_attempt *a)
{
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		if (d->survey.host[i].preference >=
		    d->survey.host[host].preference)
			delivery_destination_failed(d,
			    (struct delivery_place){ i, 0 }, a, true);
}

/* Found in the list after others had been resolved. */
static void
take_loops(struct delivery_destination *d)
{
	struct delivery_attempt *a;

	for (size_t i = 0; i < d->plan.n_hosts; i++) {
		const struct nexthop_host *h = &d->survey.host[i];

		if (!h->own || d->plan.host[i].failed != NULL)
			continue;
		a = delivery_destination_no_attempt(d, i, "dns", h->status,
		    h->why);
		delivery_destination_loops(d, i, a);
		delivery_attempt_unref(&a);
	}
}

static void
on_survey(void *ctx)
{
	struct delivery_destination *d = ctx;

	if (!d->survey.resolved)
		return;
	if (!d->resolved)
		take_hosts(d);
	take_loops(d);
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		if (!d->survey.host[i].ready)
			d->plan.host[i].resolved = false;
		else if (!d->plan.host[i].resolved)
			take_host(d, i);
	d->kick(d);
}

bool
delivery_destination_recheck(struct delivery_destination *d,
    struct delivery_place place, struct delivery_attempt *a)
{
	if (!nexthop_discovery_recheck_sts(&d->survey))
		return false;
	/* All hosts are judged anew when the answer has come. */
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		d->plan.host[i].resolved = false;
	if (d->plan.host[place.host].rechecked == NULL)
		d->plan.host[place.host].rechecked = delivery_attempt_ref(a);
	return true;
}

/* --- life ------------------------------------------------------------- */

void
delivery_destination_resolve(struct delivery_destination *d)
{
	const struct nexthop_choice *choice = &d->choice;
	struct nexthop_discovery_config c = {
		.loop = d->worker->loop,
		.lookups = nexthop_services_lookups(d->settings),
		.next_hop = d->next_hop, .route = choice->route,
		.connection = choice->connection,
		.own_name = d->worker->config.own_name,
		/* What each host's strategy will be nobody knows yet. */
		.want_tlsa = true, .want_sts = true,
		.sts_timeout_ms = choice->strategy->timeout_mta_sts_s * 1000,
		.changed = on_survey, .ctx = d
	};
	const struct nexthop_terms terms = nexthop_decision_terms_of(choice,
	    d->settings->conf, d->waiver);

	if (!choice->per_host)
		nexthop_decision_needs(&terms, &c.want_tlsa, &c.want_sts);
	nexthop_discovery_start(&d->survey, &c);
}

void
delivery_destination_resolve_end(struct delivery_destination *d)
{
	delivery_plan_clear(&d->plan);
	nexthop_secret_free(&d->secret);
	nexthop_discovery_clear(&d->survey);
}
