/*
 * A session of a destination: the smtp client on one side, jobs on the other.
 *
 * What a host answers becomes attempts; what it answers for good, or has taken, is
 * recorded at once; what another host may take goes back to the destination.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "delivery/worker_impl.h"
#include "mail/address.h"
#include "nexthop/verify.h"
#include "policy/retry.h"
#include "spool/queue.h"

/* --- results ---------------------------------------------------------- */

/* The attempt at the host of this session. */
static struct delivery_attempt *
session_attempt(const struct delivery_session *s, int64_t started_at,
    int64_t started_ms, const char *error, const char *status,
    const char *reply, const char *result_type)
{
	const struct spool_attempt row = {
		.started_at = started_at,
		.duration_ms = clock_mono_ms() - started_ms,
		.address = s->record->row.address, .error = error,
		.status = status, .reply = reply, .result_type = result_type
	};

	return delivery_destination_attempt(s->dest, s->place.host,
	    &s->decision, &row, s->record);
}

static enum spool_outcome
spool_outcome_of(enum smtp_outcome outcome)
{
	switch (outcome) {
	case SMTP_DELIVERED:
		return SPOOL_DELIVERED;
	case SMTP_PERMANENT:
		return SPOOL_FAILED;
	case SMTP_NOT_TRIED:
	case SMTP_TEMPORARY:
		break;
	}
	return SPOOL_DEFERRED;
}

static void
take_result(struct delivery_message *d, struct delivery_results *results,
    size_t k, const struct smtp_result *result)
{
	const struct smtp_recipient_result *r = &result->recipients[k];
	bool delivered = r->outcome == SMTP_DELIVERED;
	struct delivery_attempt *a;

	if (r->outcome == SMTP_NOT_TRIED)
		return;
	FAILPOINT_IF(delivered, "final-dot.after-reply");
	a = session_attempt(d->session, d->started_at, d->started_ms,
	    delivered ? NULL : r->error != NULL ? r->error : "unexpected-reply",
	    r->status, r->reply, NULL);
	a->no_receipts = result->dsn_dropped;
	if (!delivered && r->next_host)
		delivery_job_add_attempt(d->job, d->index[k], a);
	else
		delivery_results_add(results, d->index[k], a,
		    spool_outcome_of(r->outcome));
	delivery_attempt_unref(&a);
}

static struct delivery_plan_address *
session_address(const struct delivery_session *s)
{
	return &s->dest->plan.host[s->place.host].address[s->place.address];
}

/* No reply decided, but the end of the connection, with content written. */
static bool
is_cut(const struct smtp_recipient_result *r)
{
	return r->outcome == SMTP_TEMPORARY && r->error != NULL &&
	    strcmp(r->error, "connection") == 0;
}

static void
on_result(void *ctx, const struct smtp_transaction *tx,
    const struct smtp_result *result)
{
	struct delivery_session *s = ctx;
	struct delivery_message *d = tx->ctx;
	struct delivery_job *job = d->job;
	struct delivery_results *results = delivery_results_new(job,
	    s->dest->worker->config.events);
	bool not_tried = false;

	for (size_t k = 0; k < result->n_recipients; k++) {
		take_result(d, results, k, result);
		not_tried |= result->recipients[k].outcome == SMTP_NOT_TRIED;
		s->cut |= is_cut(&result->recipients[k]);
	}
	if (!not_tried && !s->cut)
		session_address(s)->drops = 0;
	delivery_results_of_session(results, s->record);
	delivery_results_send(results, s->dest->worker->config.writer);
	delivery_message_free(d);
	if (job->open == 0) {
		delivery_job_unref(&job);
		return;
	}
	if (not_tried) {
		/* Where it goes is known when the session has ended. */
		TAILQ_INSERT_TAIL(&s->returned, job, entry);
		return;
	}
	job->place = delivery_place_after_host(s->place);
	job->drops = 0;
	delivery_destination_add(s->dest, job);
	s->dest->kick(s->dest);
}

/* --- life ------------------------------------------------------------- */

static bool
claim_holds(const struct delivery_session *s, const struct spool_recipient *r)
{
	const struct delivery_worker *w = s->dest->worker;
	struct error err;
	bool held;

	/* What cannot be read now is sent: the claim was good. */
	return !spool_claim_holds(w->spool, r->id,
	    spool_writer_token(w->config.writer), &held, &err) || held;
}

/*
 * Much time may pass between a claim and its session.  Recipients that the
 * administrator (spool/admin.h) or, after the lease, another runner has taken
 * meanwhile are finished, without a result.  False where none is left.
 */
static bool
drop_taken(const struct delivery_session *s, struct delivery_job *job)
{
	const struct delivery_events *events = s->dest->worker->config.events;
	char to[MAIL_ADDRESS_LOG_LEN];

	for (size_t i = 0; i < job->count; i++) {
		const struct spool_recipient *r = delivery_job_rcpt(job, i);

		if (job->progress[i].finished || claim_holds(s, r))
			continue;
		mail_address_log(to, r->address);
		log_info("%lld: to=<%s>: not tried: no longer claimed by this "
		    "runner", (long long)job->claimed->message.id, to);
		delivery_job_finish(job, i);
		events->dropped(events->ctx, delivery_job_domain(job), &r->id,
		    1);
	}
	return job->open > 0;
}

static struct delivery_job *
take_job(struct delivery_session *s)
{
	struct delivery_job *job;

	while ((job = delivery_destination_take(s->dest, s->place)) != NULL &&
	    !drop_taken(s, job))
		delivery_job_unref(&job);
	return job;
}

static void
set_idling(struct delivery_session *s, bool idling)
{
	struct delivery_worker *w = s->dest->worker;

	if (idling)
		loop_timer_set(s->idle, w->config.idle_ms);
	else
		loop_timer_clear(s->idle);
	if (idling && !s->idling)
		TAILQ_INSERT_TAIL(&w->idle, s, idle_entry);
	else if (!idling && s->idling)
		TAILQ_REMOVE(&w->idle, s, idle_entry);
	s->idling = idling;
}

void
delivery_session_end_idle(struct delivery_worker *w, const char *queue)
{
	struct delivery_session *s;

	TAILQ_FOREACH(s, &w->idle, idle_entry)
		if (strcmp(s->dest->queue, queue) == 0) {
			delivery_session_drain(s);
			return;
		}
}

/* No more for this session: it stays for a while, unless others wait for it to
 * leave. */
static void
nothing_left(struct delivery_session *s)
{
	const struct delivery_destination *d = s->dest;

	if (s->given >= d->settings->conf->queue.messages_per_session ||
	    delivery_limit_is_wanted(d->worker->config.limit, d->queue))
		delivery_session_drain(s);
	else
		set_idling(s, true);
}

static const struct smtp_transaction *
on_next(void *ctx)
{
	struct delivery_session *s = ctx;
	struct delivery_destination *d = s->dest;
	struct delivery_job *job = NULL;

	if (!s->ending &&
	    s->given < d->settings->conf->queue.messages_per_session)
		job = take_job(s);
	if (job == NULL) {
		nothing_left(s);
		return NULL;
	}
	set_idling(s, false);
	s->given++;
	return &delivery_message_new(s, job)->tx;
}

static void
on_session_ready(void *ctx, const struct smtp_evidence *evidence)
{
	struct delivery_session *s = ctx;

	(void)evidence;
	s->ready = true;
	delivery_session_fill_record(s, NULL, false);
	delivery_session_keep_proof(s);
	s->dest->n_unready--;
	s->dest->kick(s->dest);
}

/* A policy failure or a bad greeting is the host's, not one address's; unless
 * the address alone is judged that way. */
static bool
is_the_hosts(const struct delivery_session *s)
{
	const struct delivery_destination *d = s->dest;
	struct delivery_place p = { s->place.host, 0 };

	for (; p.address < d->plan.host[p.host].n_addresses; p.address++)
		if (!nexthop_decision_same(&s->decision,
		    delivery_destination_decision(d, p)))
			return false;
	return true;
}

static struct delivery_place
session_after(const struct delivery_session *s)
{
	return is_the_hosts(s) ? delivery_place_after_host(s->place) :
	    delivery_place_after_address(s->place);
}

/* Jobs whose content was never sent: to this host again where it only ended a
 * session that had worked, else on to the next one. */
static void
give_back(struct delivery_session *s, bool again, struct delivery_attempt *a)
{
	struct delivery_job *job;

	while ((job = TAILQ_FIRST(&s->returned)) != NULL) {
		TAILQ_REMOVE(&s->returned, job, entry);
		if (again)
			job->place = s->place;
		else {
			delivery_job_add_attempt_to_all(job, a);
			job->place = session_after(s);
			job->drops = 0;
		}
		delivery_destination_add(s->dest, job);
	}
}

/* Did the host, or something between, end a ready session within a message,
 * without a word? */
static bool
is_drop(const struct delivery_session *s, const struct smtp_failure *f)
{
	return s->ready && f->reply[0] == '\0' && !f->permanent &&
	    (s->cut || !TAILQ_EMPTY(&s->returned));
}

/* False: the host has failed.  Else all is done: the message that was under way
 * comes after the others, or has failed here alone. */
static bool
blame_message(struct delivery_session *s, struct delivery_attempt *a)
{
	/* None where some of it was written: it has its result already, and
	 * what was returned came behind it. */
	struct delivery_job *job = s->cut ? NULL : TAILQ_FIRST(&s->returned);
	enum delivery_blame blame = delivery_plan_blame(job != NULL ?
	    ++job->drops : 0, ++session_address(s)->drops);

	if (blame == PLAN_DROP_HOST)
		return false;
	if (job == NULL)
		return true;
	TAILQ_REMOVE(&s->returned, job, entry);
	give_back(s, true, NULL);
	TAILQ_INSERT_TAIL(&s->returned, job, entry);
	give_back(s, blame == PLAN_DROP_AGAIN, a);
	return true;
}

static struct delivery_attempt *
failed_attempt(const struct delivery_session *s, const struct smtp_failure *f)
{
	return session_attempt(s, s->record->row.started_at, s->started_ms,
	    f->error, f->status, f->reply[0] != '\0' &&
	    !policy_outcome_is_policy(f->error) ? f->reply : f->text,
	    f->result_type);
}

static void
on_closed(void *ctx, const struct smtp_failure *f)
{
	struct delivery_session *s = ctx;
	struct delivery_destination *d = s->dest;
	bool again = f == NULL || f->warm ||
	    delivery_session_resumption_failed(s, f);
	bool recheck = false;

	if (!s->ready)
		delivery_session_fill_record(s,
		    f != NULL ? f->result_type : NULL,
		    again || f->result_type == NULL);
	if (f != NULL) {
		struct delivery_attempt *a = failed_attempt(s, f);

		if (!again && strcmp(f->error, "mta-sts") == 0)
			recheck = delivery_destination_recheck(d, s->place, a);
		if (!again && is_drop(s, f))
			again = blame_message(s, a);
		give_back(s, again || recheck, a);
		if (f->loop)
			delivery_destination_loops(d, s->place.host, a);
		if (f->permanent)
			delivery_destination_refused(d, s->place, a);
		else if (!again && !recheck)
			delivery_destination_failed(d, s->place, a,
			    f->step != SMTP_STEP_CONNECT && is_the_hosts(s));
		delivery_attempt_unref(&a);
	}
	give_back(s, true, NULL);
	delivery_session_abort(s);
}

static void
on_idle(void *arg)
{
	delivery_session_drain(arg);
}

/* --- opening and closing ---------------------------------------------- */

static void
start_client(struct delivery_session *s)
{
	static const struct smtp_client_events events = {
		.next = on_next, .ready = on_session_ready, .result = on_result,
		.closed = on_closed, .authenticate = delivery_session_judge
	};
	struct delivery_destination *d = s->dest;
	const struct nexthop_proof proof = delivery_session_proof(s);
	struct smtp_client_config c = {
		.loop = d->worker->loop,
		.to = d->plan.host[s->place.host].address[s->place.address].to,
		.session.username = d->secret != NULL ?
		    d->choice.route->auth_username : NULL,
		.session.secret = d->secret,
		.events = &events, .ctx = s
	};

	nexthop_client_config_fill(&c, &proof, &d->choice,
	    d->worker->config.own_name);
	delivery_session_offer_resumption(s, &proof, &c);
	s->client = smtp_client_start(&c);
}

bool
delivery_session_open(struct delivery_destination *d,
    struct delivery_place place)
{
	struct delivery_plan_host *h = &d->plan.host[place.host];
	char address[NET_ADDRESS_TEXT_LEN];
	struct delivery_session *s;

	if (!delivery_limit_enter(d->worker->config.limit, d->queue,
	    d->queue_limit))
		return false;
	s = mem_zalloc(sizeof(*s));
	s->dest = d;
	s->place = place;
	s->decision = *delivery_destination_decision(d, place);
	s->started_ms = clock_mono_ms();
	net_address_text(address, &h->address[place.address].to);
	s->record = delivery_record_new(h->name, address);
	s->idle = loop_timer_new(d->worker->loop, on_idle, s);
	LIST_INIT(&s->deliveries);
	TAILQ_INIT(&s->returned);
	LIST_INSERT_HEAD(&d->sessions, s, entry);
	d->n_sessions++;
	d->n_unready++;
	start_client(s);
	return true;
}

void
delivery_session_wake(struct delivery_session *s)
{
	set_idling(s, false);
	smtp_client_wake(s->client);
}

void
delivery_session_drain(struct delivery_session *s)
{
	if (s->ending)
		return;
	s->ending = true;
	set_idling(s, false);
	if (s->ready)
		smtp_client_quit(s->client);
	else
		delivery_session_abort(s);
}

/* Ends it now; deliveries still open are dropped, their claims are released
 * when the runner ends. */
void
delivery_session_abort(struct delivery_session *s)
{
	struct delivery_destination *d = s->dest;
	struct delivery_worker *w = d->worker;
	struct delivery_message *delivery;
	const char *wanted;
	struct delivery_job *job;

	set_idling(s, false);
	while ((delivery = LIST_FIRST(&s->deliveries)) != NULL) {
		job = delivery->job;
		delivery_message_free(delivery);
		delivery_job_unref(&job);
	}
	while ((job = TAILQ_FIRST(&s->returned)) != NULL) {
		TAILQ_REMOVE(&s->returned, job, entry);
		delivery_job_unref(&job);
	}
	smtp_client_free(&s->client);
	delivery_session_end_proof(s);
	free(s->tls_key);
	loop_timer_free(&s->idle);
	delivery_session_end_withheld(s);
	delivery_record_unref(&s->record);
	LIST_REMOVE(s, entry);
	d->n_sessions--;
	d->n_unready -= !s->ready;
	free(s);
	wanted = delivery_limit_leave(w->config.limit, d->queue);
	if (wanted != NULL)
		w->config.events->slot_freed(w->config.events->ctx, wanted);
	d->kick(d);
}
