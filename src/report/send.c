/*
 * From a due row to an https receiver, or to a message in the spool.
 *
 * Commit instants: report_take (tried: others keep away for ten minutes), then
 * report_end or report_again.  Where the report becomes mail, the message and
 * report_end are one transaction.
 */
#include "report/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "lookup/host.h"
#include "lookup/rdata.h"
#include "net/loop.h"
#include "report/mail.h"
#include "report/post.h"
#include "report/report.h"
#include "report/txt.h"
#include "spool/insert.h"
#include "spool/query.h"

struct due {
	const char *day, *domain, *report_id;
	int64_t day_start, tries;
	bool has_failures, discarded;
};

/* The report under way. */
struct sending {
	struct report_send *config;
	struct report_author author;
	struct spool *spool;
	struct loop *loop;
	struct loop_timer *stop_timer;
	struct arena *arena;
	const struct due *due;
	struct buf gzip;
	const char *target;		/* tried last; NULL: none */
	char why[REPORT_WHY_LEN];
};

/* --- what became of it -------------------------------------------------- */

static bool
end_report(struct sending *s, const char *state, int64_t message_id,
    struct error *err)
{
	log_info("TLS report %s to %s: %s%s%s%s%s", s->due->report_id, s->due->domain,
	    state, s->target != NULL ? ", " : "",
	    s->target != NULL ? s->target : "", s->why[0] != '\0' ? ": " : "",
	    s->why);
	return spool_run(s->spool, SQL_REPORT_END, SPOOL_VALUES(
	    SPOOL_TEXT(":day", s->due->day), SPOOL_TEXT(":domain", s->due->domain),
	    SPOOL_TEXT(":state", state), SPOOL_TEXT(":target", s->target),
	    SPOOL_FOREIGN(":why", s->why[0] != '\0' ? s->why : NULL),
	    SPOOL_TIME(":message_id", message_id),
	    SPOOL_INT(":now", clock_now_s())), err);
}

static bool
skip_report(struct sending *s, const char *why, struct error *err)
{
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
	s->config->skipped++;
	return end_report(s, "skipped", -1, err);
}

static bool
try_again(struct sending *s, struct error *err)
{
	log_warning("TLS report %s to %s: %s%s%s", s->due->report_id, s->due->domain,
	    s->target != NULL ? s->target : "", s->target != NULL ? ": " : "",
	    s->why);
	s->config->deferred++;
	return spool_run(s->spool, SQL_REPORT_AGAIN, SPOOL_VALUES(
	    SPOOL_TEXT(":day", s->due->day), SPOOL_TEXT(":domain", s->due->domain),
	    SPOOL_TEXT(":target", s->target), SPOOL_FOREIGN(":why", s->why),
	    SPOOL_INT(":now", clock_now_s())), err);
}

/* --- waiting for a lookup ------------------------------------------------ */

enum { STOP_LOOK_MS = 200 };

static bool
send_stopped(const struct sending *s)
{
	return s->config->stopped != NULL && s->config->stopped(s->config->ctx);
}

static void
look_at_stop(void *arg)
{
	struct sending *s = arg;

	if (send_stopped(s))
		loop_stop(s->loop);
	else
		loop_timer_set(s->stop_timer, STOP_LOOK_MS);
}

/* False: the program ends, and the answer comes no more. */
static bool
wait_for(struct sending *s, struct lookup_request *request, const bool *arrived)
{
	loop_timer_set(s->stop_timer, STOP_LOOK_MS);
	while (!*arrived) {
		if (send_stopped(s)) {
			lookup_cancel(&request);
			return false;
		}
		loop_run(s->loop);
	}
	loop_timer_clear(s->stop_timer);
	return true;
}

/* --- where to: the TXT record ------------------------------------------- */

struct txt_answer {
	struct sending *sending;
	bool arrived, failed;
	size_t records;
	struct report_txt txt;
};

static void
add_record(struct txt_answer *t, const struct dns_rdata *rdata)
{
	struct buf text = BUF_INIT;

	if (rdata_txt(&text, rdata->data, rdata->len) &&
	    report_txt_is_record(buf_str(&text), text.len)) {
		t->records++;
		(void)report_txt_parse(&t->txt, t->sending->arena,
		    buf_str(&text), text.len);
	}
	buf_free(&text);
}

static void
on_txt(void *ctx, const struct dns_answer *answer)
{
	struct txt_answer *t = ctx;

	t->arrived = true;
	t->failed = answer->status == DNS_ERROR || answer->status == DNS_BOGUS;
	if (t->failed)
		(void)snprintf(t->sending->why, sizeof(t->sending->why),
		    "%s", answer->why);
	else
		for (size_t i = 0; i < answer->count; i++)
			add_record(t, &answer->rdata[i]);
	loop_stop(t->sending->loop);
}

/* More than one record is none (RFC 8460 3). */
static bool
find_targets(struct sending *s, struct report_txt *txt_r)
{
	struct txt_answer t = { .sending = s };
	char name[MAIL_DOMAIN_MAX + sizeof("_smtp._tls.")];

	(void)snprintf(name, sizeof(name), "_smtp._tls.%s", s->due->domain);
	if (!wait_for(s, resolver_query(lookup_resolver(s->config->lookups),
	    name, DNS_TYPE_TXT, s->loop, on_txt, &t), &t.arrived)) {
		(void)snprintf(s->why, sizeof(s->why), "interrupted");
		return false;
	}
	*txt_r = t.txt;
	if (t.records != 1)
		txt_r->n = 0;
	return !t.failed;
}

/* --- https -------------------------------------------------------------- */

struct host_answer {
	struct sending *sending;
	bool arrived;
	struct host_result *result;
};

static void
on_host(void *ctx, struct host_result *result)
{
	struct host_answer *h = ctx;

	h->result = result;
	h->arrived = true;
	loop_stop(h->sending->loop);
}

static bool
post_to(struct sending *s, struct host_result *host, const char *uri)
{
	/* A stranger's record must not make us post to the administrator's own
	 * machines.  Where the resolver has a configuration, its private-address
	 * says what is private, and local names may be meant. */
	bool private_allowed =
	    s->config->settings->conf->dns.unbound_config != NULL;

	if (host->count == 0) {
		(void)snprintf(s->why, sizeof(s->why), "%s", host->reason);
		return false;
	}
	for (size_t i = 0; i < host->count; i++)
		if (!private_allowed &&
		    net_address_is_private(&host->address[i])) {
			(void)snprintf(s->why, sizeof(s->why), "the host has "
			    "a private address");
			return false;
		}
	return report_post(uri, host->address, host->count, s->gzip.data,
	    s->gzip.len, s->config->stopped, s->config->ctx, s->why);
}

static bool
try_https(struct sending *s, const char *uri)
{
	struct host_answer h = { .sending = s };
	char name[REPORT_HOST_LEN];
	unsigned port;
	bool ok;

	s->target = uri;
	if (!report_post_host(uri, name, &port)) {
		(void)snprintf(s->why, sizeof(s->why), "not a URI");
		return false;
	}
	if (!wait_for(s, host_lookup_start(s->config->lookups, name, HOST_ANY,
	    s->loop, on_host, &h), &h.arrived)) {
		(void)snprintf(s->why, sizeof(s->why), "interrupted");
		return false;
	}
	ok = post_to(s, h.result, uri);
	host_result_free(&h.result);
	return ok;
}

/* --- mailto ------------------------------------------------------------- */

static bool
is_refused(struct sending *s, const char *address, bool *refused_r,
    struct error *err)
{
	int64_t found;

	if (!spool_ask(s->spool, SQL_REPORT_REFUSED, SPOOL_VALUES(
	    SPOOL_TEXT(":address", address),
	    SPOOL_INT(":now", clock_now_s())), &found, err))
		return false;
	*refused_r = found == 1;
	return true;
}

static bool
store_mail(struct sending *s, const char *to, int64_t *id_r, struct error *err)
{
	const int64_t now = clock_now_s();
	struct spool_insert *ins = spool_insert_new(spool_path(s->spool));
	struct buf text = BUF_INIT;
	const struct report_mail mail = { .day = s->due->day, .domain = s->due->domain,
		.report_id = s->due->report_id, .submitter = s->author.submitter,
		.from = s->author.from, .to = to, .now = now,
		.day_start = s->due->day_start,
		.gzip = s->gzip.data, .gzip_len = s->gzip.len };
	bool ok;

	report_mail_write(&text, &mail);
	/* Nobody is told of its failure, neither by us nor by Sendmail. */
	spool_insert_recipient(ins, &(struct spool_recipient){ .address = to,
	    .notify = "NEVER" });
	ok = spool_insert_content(ins, buf_str(&text), text.len, err) &&
	    spool_insert_store(ins, s->spool, &(struct spool_message){
	    .sender = s->author.from, .source = "report", .received_at = now,
	    .wait_until = -1, .tls_optional = true,
	    .tls_report = s->due->report_id }, id_r, err);
	buf_free(&text);
	spool_insert_free(&ins);
	return ok;
}

/* A message for each address, and the end of the row, in one transaction. */
static bool
queue_mails(struct sending *s, const struct report_txt *txt, struct error *err)
{
	size_t queued = 0, refused_count = 0;
	int64_t id = -1;
	bool refused;

	if (!spool_begin(s->spool, err))
		return false;
	for (size_t i = 0; i < txt->n; i++) {
		if (txt->target[i].https)
			continue;
		if (s->author.from == NULL)
			return skip_report(s, "report.tls.from is not set, "
			    "and it goes by mail", err) &&
			    spool_commit(s->spool, err);
		if (!is_refused(s, txt->target[i].text, &refused, err))
			return false;
		if (refused) {
			refused_count++;
			continue;
		}
		s->target = txt->target[i].text;
		if (!store_mail(s, s->target, &id, err))
			return false;
		queued++;
	}
	if (queued > 0) {
		s->why[0] = '\0';
		s->config->queued++;
		return end_report(s, "queued", id, err) &&
		    spool_commit(s->spool, err);
	}
	return (refused_count > 0 ? skip_report(s, "its addresses do not take "
	    "reports", err) : try_again(s, err)) && spool_commit(s->spool, err);
}

/* --- one report --------------------------------------------------------- */

static bool
pack(struct sending *s, struct error *err)
{
	struct buf json = BUF_INIT;
	bool ok = report_json(&json, s->spool, &s->author, s->due->day, s->due->domain,
	    s->due->report_id, err);

	buf_clear(&s->gzip);
	report_gzip(&s->gzip, buf_str(&json), json.len);
	buf_free(&json);
	return ok;
}

static bool
deliver(struct sending *s, const struct report_txt *txt, struct error *err)
{
	if (!pack(s, err))
		return false;
	for (size_t i = 0; i < txt->n; i++) {
		if (!txt->target[i].https ||
		    !try_https(s, txt->target[i].text))
			continue;
		s->config->sent++;
		return end_report(s, "sent", -1, err);
	}
	return send_stopped(s) ? try_again(s, err) : queue_mails(s, txt, err);
}

/* True in *over_r: a reason not to send it was found, and recorded. */
static bool
check_limits(struct sending *s, bool *over_r, struct error *err)
{
	const struct conf_report_settings *r =
	    &s->config->settings->conf->report;
	int64_t today;

	*over_r = true;
	if (s->due->discarded)
		return skip_report(s, "the map tlsrpt says discard", err);
	if (r->tls_only_failures && !s->due->has_failures)
		return skip_report(s, "nothing failed, and "
		    "report.tls.only-failures is set", err);
	if (!spool_ask(s->spool, SQL_REPORT_SENT_TODAY, SPOOL_VALUES(
	    SPOOL_INT(":now", clock_now_s())), &today, err))
		return false;
	if (today >= r->tls_max_per_day)
		return skip_report(s, "report.tls.max-per-day is reached",
		    err);
	*over_r = false;
	return true;
}

static bool
send_one(struct sending *s, struct error *err)
{
	struct report_txt txt = { .n = 0 };
	bool over;

	s->target = NULL;
	s->why[0] = '\0';
	if (!check_limits(s, &over, err))
		return false;
	if (over)
		return true;
	if (!find_targets(s, &txt))
		return try_again(s, err);
	if (txt.n > 0)
		return deliver(s, &txt, err);
	return spool_run(s->spool, SQL_REPORT_FORGET, SPOOL_VALUES(
	    SPOOL_TEXT(":day", s->due->day), SPOOL_TEXT(":domain", s->due->domain)),
	    err) && skip_report(s, "the domain wants no reports", err);
}

/* --- all that are due --------------------------------------------------- */

static bool
list_due(struct sending *s, struct due **due_r, size_t *n_r, struct error *err)
{
	struct spool_query q;
	const char *value;

	spool_query_start_with(&q, s->spool, SQL_REPORT_DUE, SPOOL_VALUES(
	    SPOOL_INT(":now", clock_now_s()),
	    SPOOL_INT(":at_once", s->config->at_once),
	    SPOOL_TEXT(":day", s->config->day),
	    SPOOL_TEXT(":domain", s->config->domain)));
	while (spool_query_next(&q)) {
		struct due *d;

		*due_r = mem_realloc(*due_r, (*n_r + 1) * sizeof(**due_r));
		d = &(*due_r)[(*n_r)++];
		d->day = spool_query_copy(&q, 0, s->arena);
		d->domain = spool_query_copy(&q, 1, s->arena);
		d->report_id = spool_query_copy(&q, 2, s->arena);
		d->day_start = spool_query_int(&q, 3);
		d->tries = spool_query_int(&q, 4);
		d->has_failures = spool_query_int(&q, 5) != 0;
		value = spool_query_text(&q, 6);
		d->discarded = value != NULL && strcmp(value, "discard") == 0;
	}
	return spool_query_end(&q, err);
}

static bool
send_due(struct sending *s, struct error *err)
{
	struct due *due = NULL;
	size_t n = 0;
	bool ok;

	ok = spool_run(s->spool, SQL_REPORT_PLAN, SPOOL_VALUES(
	    SPOOL_INT(":now", clock_now_s()),
	    SPOOL_TEXT(":submitter", s->author.submitter)), err) &&
	    list_due(s, &due, &n, err);
	for (size_t i = 0; ok && i < n; i++) {
		if (send_stopped(s))
			break;
		s->due = &due[i];
		ok = spool_run(s->spool, SQL_REPORT_TAKE, SPOOL_VALUES(
		    SPOOL_TEXT(":day", due[i].day),
		    SPOOL_TEXT(":domain", due[i].domain),
		    SPOOL_INT(":tries", due[i].tries),
		    SPOOL_INT(":now", clock_now_s())), err);
		/* 0: another runner, or the administrator, was faster. */
		if (ok && spool_changes(s->spool) > 0)
			ok = send_one(s, err);
		spool_rollback(s->spool);
	}
	free(due);
	return ok;
}

bool
report_send_due(struct report_send *c, struct error *err)
{
	struct sending s = { .config = c };
	bool ok;

	if (!report_author_of(&s.author, c->settings->conf, c->own_name, true,
	    err))
		return false;
	s.arena = arena_new();
	ok = spool_open(&s.spool, c->database, SPOOL_READ_WRITE, err) &&
	    loop_new(&s.loop, err);
	if (ok) {
		s.stop_timer = loop_timer_new(s.loop, look_at_stop, &s);
		ok = send_due(&s, err);
	}
	loop_timer_free(&s.stop_timer);
	loop_free(&s.loop);
	spool_close(&s.spool);
	buf_free(&s.gzip);
	arena_free(&s.arena);
	return ok;
}
