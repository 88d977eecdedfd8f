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
#include "base/failpoint.h"
#include "base/log.h"
#include "base/mem.h"
#include "report/ask.h"
#include "report/mail.h"
#include "report/post.h"
#include "report/report.h"
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
	struct report_ask ask;
	struct arena *arena;
	const struct due *due;
	struct buf gzip;
	const char *target;		/* tried last; NULL: none */
	char why[REPORT_WHY_LEN];
};

/* --- what became of it -------------------------------------------------- */

/* tls_report_sent.state */
static const char sent[] = "sent", queued[] = "queued", skipped[] = "skipped";

/* What is said of a report goes into one transaction, which send_due() commits. */
static bool
begin_words(struct sending *s, struct error *err)
{
	return spool_in_transaction(s->spool) || spool_begin(s->spool, err);
}

static bool
end_report(struct sending *s, const char *state, int64_t message_id,
    struct error *err)
{
	FAILPOINT_ROW_IF(state == sent, "report-sent");
	FAILPOINT_ROW_IF(state == queued, "report-queued");
	FAILPOINT_ROW_IF(state == skipped, "report-skipped");
	log_info("TLS report %s to %s: %s%s%s%s%s", s->due->report_id, s->due->domain,
	    state, s->target != NULL ? ", " : "",
	    s->target != NULL ? s->target : "", s->why[0] != '\0' ? ": " : "",
	    s->why);
	return begin_words(s, err) && spool_run(s->spool, SQL_REPORT_END,
	    SPOOL_VALUES(
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
	return end_report(s, skipped, -1, err);
}

static bool
try_again(struct sending *s, struct error *err)
{
	log_warning("TLS report %s to %s: %s%s%s", s->due->report_id, s->due->domain,
	    s->target != NULL ? s->target : "", s->target != NULL ? ": " : "",
	    s->why);
	s->config->deferred++;
	if (!begin_words(s, err))
		return false;
	FAILPOINT_ROW("report-again");
	return spool_run(s->spool, SQL_REPORT_AGAIN, SPOOL_VALUES(
	    SPOOL_TEXT(":day", s->due->day), SPOOL_TEXT(":domain", s->due->domain),
	    SPOOL_TEXT(":target", s->target), SPOOL_FOREIGN(":why", s->why),
	    SPOOL_INT(":now", clock_now_s())), err);
}

/* --- https -------------------------------------------------------------- */

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
	struct host_result *host;
	char name[REPORT_HOST_LEN];
	unsigned port;
	bool ok;

	s->target = uri;
	if (!report_post_host(uri, name, &port)) {
		(void)snprintf(s->why, sizeof(s->why), "not a URI");
		return false;
	}
	if (!report_ask_host(&s->ask, name, &host, s->why))
		return false;
	ok = post_to(s, host, uri);
	host_result_free(&host);
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
	size_t mails = 0, refused_count = 0;
	int64_t id = -1;
	bool refused;

	if (!begin_words(s, err))
		return false;
	for (size_t i = 0; i < txt->n; i++) {
		if (txt->target[i].https)
			continue;
		if (s->author.from == NULL)
			return skip_report(s, "report.tls.from is not set, "
			    "and it goes by mail", err);
		if (!is_refused(s, txt->target[i].text, &refused, err))
			return false;
		if (refused) {
			refused_count++;
			continue;
		}
		s->target = txt->target[i].text;
		if (!store_mail(s, s->target, &id, err))
			return false;
		mails++;
	}
	if (mails > 0) {
		s->why[0] = '\0';
		s->config->queued++;
		return end_report(s, queued, id, err);
	}
	return refused_count > 0 ? skip_report(s, "its addresses do not take "
	    "reports", err) : try_again(s, err);
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
		return end_report(s, sent, -1, err);
	}
	return report_ask_stopped(&s->ask) ? try_again(s, err) : queue_mails(s, txt, err);
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
	if (!report_ask_targets(&s->ask, s->arena, s->due->domain, &txt,
	    s->why))
		return try_again(s, err);
	if (txt.n > 0)
		return deliver(s, &txt, err);
	return begin_words(s, err) && spool_run(s->spool, SQL_REPORT_FORGET,
	    SPOOL_VALUES(SPOOL_TEXT(":day", s->due->day),
	    SPOOL_TEXT(":domain", s->due->domain)), err) && skip_report(s, "the domain wants no reports", err);
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
plan_reports(struct sending *s, struct error *err)
{
	if (!spool_begin(s->spool, err) || !spool_run(s->spool,
	    SQL_REPORT_PLAN, SPOOL_VALUES(SPOOL_INT(":now", clock_now_s()),
	    SPOOL_TEXT(":submitter", s->author.submitter)), err))
		return false;
	FAILPOINT_ROW_IF(spool_changes(s->spool) > 0, "report-plan");
	return spool_commit(s->spool, err);
}

/* *mine_r false: another runner, or the administrator, was faster. */
static bool
take_report(struct sending *s, bool *mine_r, struct error *err)
{
	if (!spool_begin(s->spool, err) || !spool_run(s->spool,
	    SQL_REPORT_TAKE, SPOOL_VALUES(SPOOL_TEXT(":day", s->due->day),
	    SPOOL_TEXT(":domain", s->due->domain),
	    SPOOL_INT(":tries", s->due->tries),
	    SPOOL_INT(":now", clock_now_s())), err))
		return false;
	*mine_r = spool_changes(s->spool) > 0;
	FAILPOINT_ROW_IF(*mine_r, "report-take");
	return spool_commit(s->spool, err);
}

static bool
send_due(struct sending *s, struct error *err)
{
	struct due *due = NULL;
	size_t n = 0;
	bool ok;

	ok = plan_reports(s, err) && list_due(s, &due, &n, err);
	for (size_t i = 0; ok && i < n && !report_ask_stopped(&s->ask); i++) {
		bool mine = false;

		s->due = &due[i];
		ok = take_report(s, &mine, err) && (!mine || send_one(s, err)) &&
		    (!spool_in_transaction(s->spool) ||
		    spool_commit(s->spool, err));
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
	    report_ask_open(&s.ask, c->lookups, c->stopped, c->ctx, err) &&
	    send_due(&s, err);
	report_ask_close(&s.ask);
	spool_close(&s.spool);
	buf_free(&s.gzip);
	arena_free(&s.arena);
	return ok;
}
