/*
 * A destination's facts and decisions: the survey's hosts become the plan's, and
 * each is judged before a session to it is opened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "nexthop/secret.h"
#include "nexthop/services.h"
#include "delivery/worker_impl.h"

struct note *
destination_note(const struct destination *d, size_t host,
    const struct decision *dec, const char *error, const char *status,
    const char *sentence)
{
	struct note *n = note_new();

	n->started_at = d->started_at;
	n->duration_ms = clock_mono_ms() - d->started_ms;
	n->error = error;
	(void)text_copy(n->status, sizeof(n->status), status);
	(void)text_copy(n->reply, sizeof(n->reply), sentence);
	if (host < d->plan.n_hosts)
		(void)text_copy(n->mx, sizeof(n->mx), d->plan.host[host].name);
	if (dec == NULL) {
		(void)snprintf(n->facts, sizeof(n->facts), "{\"mx\":\"%s\"}",
		    mx_status_name(d->survey.mx_status));
		return n;
	}
	n->level = dec->verdict.level;
	n->strategy = dec->strategy->id;
	(void)text_copy(n->rule, sizeof(n->rule), dec->rule);
	decision_facts(n->facts, &d->survey, host, dec);
	return n;
}

const struct decision *
destination_decision(const struct destination *d, struct plan_place place)
{
	return &d->verdicts[place.host].decision[place.address];
}

/* --- deciding --------------------------------------------------------- */

static bool
terms_of(const struct destination *d, struct plan_place place,
    struct decision_terms *t, struct error *err)
{
	struct way way = d->way;
	char ip[NET_ADDRESS_TEXT_LEN];

	if (way.per_host) {
		const struct way_case of = job_case(d->sole, 0, clock_now_s());

		net_address_text(ip,
		    &d->plan.host[place.host].address[place.address].to);
		if (!chooser_way_at_host(d->chooser, &of,
		    d->plan.host[place.host].name, ip, &way, err))
			return false;
	}
	*t = decision_terms_of(&way, d->settings->conf, d->waived);
	return true;
}

/* The host that policy keeps us from. */
static void
refuse(struct destination *d, struct plan_place place,
    const struct decision *dec)
{
	struct note *note;
	char why[600];

	decision_sentence(why, sizeof(why), &d->survey, place.host, dec);
	note = destination_note(d, place.host, dec, dec->verdict.error,
	    dec->verdict.status, why);
	note->result_type = dec->verdict.result_type;
	destination_failed(d, place, note, !d->way.per_host);
	note_unref(&note);
}

/* No rule says what to ask of the host. */
static void
cannot_decide(struct destination *d, struct plan_place place,
    const struct error *err)
{
	struct note *note = destination_note(d, place.host, NULL, "io",
	    "4.3.5", err->text);

	destination_failed(d, place, note, false);
	note_unref(&note);
}

/* False where that has to wait: a policy is read again. */
static bool
decide_address(struct destination *d, struct plan_place place)
{
	struct decision *dec = &d->verdicts[place.host].decision[place.address];
	struct decision_terms terms;
	struct error err;

	if (!terms_of(d, place, &terms, &err)) {
		cannot_decide(d, place, &err);
		return true;
	}
	decision_make(dec, &d->survey, place.host, &terms);
	if (!dec->verdict.refused)
		return true;
	if (strcmp(dec->verdict.error, "mta-sts") == 0 &&
	    survey_recheck_sts(&d->survey))
		return false;
	refuse(d, place, dec);
	return true;
}

static bool
decide_host(struct destination *d, size_t host)
{
	struct plan_place place = { host, 0 };
	const struct plan_host *h = &d->plan.host[host];

	for (; place.address < h->n_addresses && h->failed == NULL;
	    place.address++)
		if (!decide_address(d, place))
			return false;
	return true;
}

/* --- from the survey -------------------------------------------------- */

/* Nothing of the domain can be tried: one note for all that wait. */
static void
no_hosts(struct destination *d, const char *error, const char *status,
    const char *why)
{
	struct note *note = destination_note(d, DESTINATION_NO_HOST, NULL, error,
	    status, why);
	struct job *job;

	TAILQ_FOREACH(job, &d->jobs, entry)
		job_note_all(job, note);
	note_unref(&note);
}

static void
take_hosts(struct destination *d)
{
	struct error err;

	d->resolved = true;
	if (!secret_read(&d->secret, d->way.route, &err)) {
		no_hosts(d, "io", "4.3.5", err.text);
		return;
	}
	plan_init(&d->plan, d->survey.n_hosts);
	d->verdicts = mem_zalloc(d->plan.n_hosts * sizeof(*d->verdicts));
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		d->plan.host[i].name = d->survey.host[i].name;
	if (d->plan.n_hosts == 0)
		no_hosts(d, "dns", d->survey.status, d->survey.why);
}

static void
take_addresses(struct destination *d, size_t host)
{
	const struct survey_host *from = &d->survey.host[host];
	struct plan_host *h = &d->plan.host[host];
	const struct plan_place place = { host, 0 };
	struct note *note;

	plan_add_addresses(h, from->n_addresses);
	for (size_t i = 0; i < h->n_addresses; i++)
		h->address[i].to = from->address[i];
	d->verdicts[host].decision = mem_zalloc(h->n_addresses *
	    sizeof(struct decision));
	if (h->n_addresses > 0)
		return;
	note = destination_note(d, host, NULL, "dns", from->status, from->why);
	destination_failed(d, place, note, true);
	note_unref(&note);
}

static void
take_host(struct destination *d, size_t host)
{
	struct plan_host *h = &d->plan.host[host];
	struct note **doubt = &d->verdicts[host].doubt;
	const struct plan_place place = { host, 0 };

	if (d->verdicts[host].decision == NULL)
		take_addresses(d, host);
	/* What was in doubt stands, where the policy is the same. */
	if (*doubt != NULL && !d->survey.sts_changed)
		destination_failed(d, place, *doubt, true);
	note_unref(doubt);
	h->resolved = decide_host(d, host);
}

void
destination_loops(struct destination *d, size_t host, struct note *note)
{
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		if (d->survey.host[i].preference >=
		    d->survey.host[host].preference)
			destination_failed(d, (struct plan_place){ i, 0 },
			    note, true);
}

/* Found in the list after others had been resolved. */
static void
take_loops(struct destination *d)
{
	struct note *note;

	for (size_t i = 0; i < d->plan.n_hosts; i++) {
		const struct survey_host *h = &d->survey.host[i];

		if (!h->own || d->plan.host[i].failed != NULL)
			continue;
		note = destination_note(d, i, NULL, "dns", h->status, h->why);
		destination_loops(d, i, note);
		note_unref(&note);
	}
}

static void
on_survey(void *ctx)
{
	struct destination *d = ctx;

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
	destination_kick(d);
}

bool
destination_doubt(struct destination *d, struct plan_place place,
    struct note *note)
{
	if (!survey_recheck_sts(&d->survey))
		return false;
	/* All hosts are judged anew when the answer has come. */
	for (size_t i = 0; i < d->plan.n_hosts; i++)
		d->plan.host[i].resolved = false;
	if (d->verdicts[place.host].doubt == NULL)
		d->verdicts[place.host].doubt = note_ref(note);
	return true;
}

/* --- life ------------------------------------------------------------- */

void
destination_resolve(struct destination *d)
{
	const struct way *way = &d->way;
	struct survey_config c = {
		.loop = d->worker->loop,
		.lookups = services_lookups(d->settings),
		.next_hop = d->next_hop, .route = way->route,
		.connection = way->connection,
		.own_name = d->worker->config.own_name,
		/* What each host's strategy will be nobody knows yet. */
		.want_tlsa = true, .want_sts = true,
		.sts_timeout_ms = way->strategy->timeout_mta_sts_s * 1000,
		.changed = on_survey, .ctx = d
	};
	const struct decision_terms terms = decision_terms_of(way,
	    d->settings->conf, d->waived);

	if (!way->per_host)
		decision_needs(&terms, &c.want_tlsa, &c.want_sts);
	survey_start(&d->survey, &c);
}

void
destination_resolve_end(struct destination *d)
{
	for (size_t i = 0; i < d->plan.n_hosts; i++) {
		free(d->verdicts[i].decision);
		note_unref(&d->verdicts[i].doubt);
	}
	free(d->verdicts);
	secret_free(&d->secret);
	survey_clear(&d->survey);
}
