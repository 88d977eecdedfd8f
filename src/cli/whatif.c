/*
 * tlsq whatif: recorded attempts replayed under another strategy, by the functions
 * that decide deliveries.  Reads; with --probe it asks the domains whose answer is
 * not on record, as `tlsq explain --connect` does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/explain_impl.h"
#include "cli/whatif_impl.h"
#include "nexthop/facts.h"
#include "nexthop/forecast.h"
#include "spool/query.h"

enum { PROGRESS_ROWS = 20000, PROBES_MAX = 1000 };

/* What attempt.facts says, read once for each text. */
struct read_facts {
	UT_hash_handle hh;
	bool decided, relay;
	int64_t hosts;
	struct policy_seen seen;
	char text[];
};

struct replay {
	struct cli_whatif *result;
	struct spool *spool;
	struct settings *settings;
	const struct conf_tls_strategy *strategy;
	struct read_facts *facts;
	int64_t rows, total;
	/* The recipient whose attempts are being read. */
	int64_t recipient, message, attempt, at;
	struct cli_whatif_domain *domain;	/* NULL: none yet */
	enum whatif_outcome now, then;
	const char *why;
};

/* The columns of whatif_attempts. */
enum {
	ID, RECIPIENT, MESSAGE, DOMAIN, STARTED, OUTCOME, ERROR, FACTS,
	STRATEGY, SESSION_TLS, WAIVED, PINNED, SHADOW, SHADOW_OUTCOME
};

/* --- facts ---------------------------------------------------------------- */

static bool
parse_facts(struct replay *r, struct read_facts *f, struct error *err)
{
	struct nexthop_facts_words w;
	struct spool_query q;

	spool_query_start_with(&q, r->spool, SQL_WHATIF_FACTS, SPOOL_VALUES(
	    SPOOL_TEXT(":facts", f->text)));
	if (spool_query_next(&q)) {
		w = (struct nexthop_facts_words){
			.mx = spool_query_text(&q, 0),
			.address = spool_query_text(&q, 1),
			.tlsa = spool_query_text(&q, 2),
			.mta_sts = spool_query_text(&q, 3),
			.starttls = spool_query_text(&q, 4),
			.pkix = spool_query_text(&q, 5),
			.dane = spool_query_text(&q, 6) };
		f->decided = nexthop_facts_read(&f->seen, &w);
		f->hosts = spool_query_int(&q, 7);
		f->relay = spool_query_int(&q, 8) != 0;
	}
	return spool_query_end(&q, err);
}

/* Attempts that an older version recorded say less; what their session proved is
 * known all the same. */
static void
add_session(struct policy_seen *seen, const char *tls)
{
	if (tls == NULL || strcmp(tls, "none") == 0 ||
	    seen->tls != POLICY_TLS_UNSEEN)
		return;
	seen->tls = POLICY_TLS_USED;
	if (strcmp(tls, "pkix") == 0 || strcmp(tls, "mta-sts") == 0)
		seen->pkix = POLICY_PKIX_VERIFIED;
	else if (strcmp(tls, "dane") == 0)
		seen->dane = POLICY_DANE_VERIFIED;
}

static bool
facts_of(struct replay *r, const char *text, const struct read_facts **f_r,
    struct error *err)
{
	struct read_facts *f;

	HASH_FIND_STR(r->facts, text, f);
	if (f == NULL) {
		f = mem_zalloc(sizeof(*f) + strlen(text) + 1);
		memcpy(f->text, text, strlen(text) + 1);
		HASH_ADD_KEYPTR(hh, r->facts, f->text, strlen(text), f);
		if (!parse_facts(r, f, err))
			return false;
	}
	*f_r = f;
	return true;
}

/* --- one attempt ------------------------------------------------------------ */

static enum whatif_outcome
outcome_of(const char *word)
{
	for (int i = 0; word != NULL && i < WHATIF_UNKNOWN; i++)
		if (strcmp(cli_whatif_names[i], word) == 0)
			return (enum whatif_outcome)i;
	return WHATIF_UNKNOWN;
}

static struct cli_whatif_domain *
whatif_domain(struct cli_whatif *w, const char *name)
{
	struct cli_whatif_domain *d;

	HASH_FIND_STR(w->domains, name, d);
	if (d == NULL) {
		d = mem_zalloc(sizeof(*d) + strlen(name) + 1);
		memcpy(d->name, name, strlen(name) + 1);
		HASH_ADD_KEYPTR(hh, w->domains, d->name, strlen(name), d);
	}
	return d;
}

static void
add_message(struct cli_whatif_count *c, int64_t message)
{
	c->messages += c->last_message != message;
	c->last_message = message;
}

/* The last attempt of a recipient is what became of it. */
static void
end_recipient(struct replay *r)
{
	struct cli_whatif_domain *d = r->domain;

	if (d == NULL)
		return;
	add_message(&r->result->all[r->now][r->then], r->message);
	add_message(&d->to[r->now][r->then], r->message);
	if (d->example[r->now][r->then].id == 0) {
		d->example[r->now][r->then].id = r->attempt;
		d->example[r->now][r->then].at = r->at;
		d->example[r->now][r->then].why = r->why;
	}
	r->domain = NULL;
}

/* Does the replay of the strategy that was used come to what was recorded? */
static void
compare_self(struct cli_whatif *w, const struct conf_tls_strategy *used,
    const struct nexthop_past *past, const struct conf *conf, int64_t id)
{
	struct nexthop_forecast f;

	if (used == NULL) {
		w->unsure++;
		return;
	}
	f = nexthop_forecast(past, used, conf);
	if (outcome_of(f.outcome) == WHATIF_UNKNOWN)
		w->unsure++;
	else if ((strcmp(f.outcome, "delivered") == 0) ==
	    (strcmp(past->outcome, "delivered") == 0))
		w->agree++;
	else {
		w->disagree++;
		w->disagree_id = id;
	}
}

static bool
judge_attempt(struct replay *r, struct spool_query *q, struct error *err)
{
	const struct conf *conf = r->settings->conf;
	const char *text = spool_query_text(q, FACTS);
	const char *strategy = spool_query_text(q, STRATEGY);
	struct nexthop_past past = { .outcome = spool_query_text(q, OUTCOME),
		.error = spool_query_text(q, ERROR),
		.waived = spool_query_int(q, WAIVED) != 0,
		.pinned = spool_query_int(q, PINNED) != 0 };
	const struct read_facts *f = NULL;
	struct nexthop_forecast then;
	struct policy_seen seen;

	if (text != NULL && !facts_of(r, text, &f, err))
		return false;
	if (f != NULL && f->decided) {
		seen = f->seen;
		add_session(&seen, spool_query_text(q, SESSION_TLS));
		past.seen = &seen;
		past.hosts = f->hosts;
		past.relay = f->relay;
	}
	compare_self(r->result, strategy != NULL ?
	    conf_tls_strategy(conf, strategy) : NULL, &past, conf, r->attempt);
	then = nexthop_forecast(&past, r->strategy, conf);
	r->then = outcome_of(then.outcome);
	r->why = then.why;
	return true;
}

static bool
take_attempt(struct replay *r, struct spool_query *q, struct error *err)
{
	struct cli_whatif *w = r->result;
	int64_t recipient = spool_query_int(q, RECIPIENT);

	if (w->shadow && spool_query_is_null(q, SHADOW))
		return true;
	if (recipient != r->recipient)
		end_recipient(r);
	r->recipient = recipient;
	r->message = spool_query_int(q, MESSAGE);
	r->attempt = spool_query_int(q, ID);
	r->at = spool_query_int(q, STARTED);
	r->domain = whatif_domain(w, spool_query_text(q, DOMAIN));
	r->domain->attempts++;
	r->now = outcome_of(spool_query_text(q, OUTCOME));
	w->attempts++;
	if (w->first_at == 0 || r->at < w->first_at)
		w->first_at = r->at;
	if (r->at > w->last_at)
		w->last_at = r->at;
	if (!w->shadow)
		return judge_attempt(r, q, err);
	r->then = outcome_of(spool_query_text(q, SHADOW_OUTCOME));
	r->why = NULL;
	return true;
}

/* --- all of them ------------------------------------------------------------ */

static void
show_progress(const struct replay *r)
{
	if (r->rows % PROGRESS_ROWS == 0 && r->total > PROGRESS_ROWS &&
	    isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r%3d %% of %lld attempts",
		    (int)(r->rows * 100 / r->total), (long long)r->total);
}

static bool
replay_all(struct replay *r, struct error *err)
{
	struct spool_query q;
	bool ok;

	if (!spool_ask(r->spool, SQL_WHATIF_COUNT, NULL, &r->total, err))
		return false;
	spool_query_start_with(&q, r->spool, SQL_WHATIF_ATTEMPTS, SPOOL_VALUES(
	    SPOOL_INT(":since", r->result->since)));
	for (ok = true; ok && spool_query_next(&q); r->rows++) {
		ok = take_attempt(r, &q, err);
		show_progress(r);
	}
	end_recipient(r);
	if (r->rows > PROGRESS_ROWS && isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
	return spool_query_end(&q, ok ? err : NULL) && ok;
}

static bool
is_unknown(const struct cli_whatif_domain *d)
{
	for (int now = 0; now < WHATIF_OUTCOMES; now++)
		if (d->to[now][WHATIF_UNKNOWN].messages > 0)
			return true;
	return false;
}

/* Asks what is not on record. */
static bool
probe_unknown(struct cli_whatif *w, struct cli *cli, struct error *err)
{
	struct cli_whatif_domain *d, *next;
	int probes = 0;
	const char *outcome;

	HASH_ITER(hh, w->domains, d, next) {
		if (!is_unknown(d) || ++probes > PROBES_MAX)
			continue;
		if (isatty(STDERR_FILENO))
			(void)fprintf(stderr, "\r\033[Kasking %s", d->name);
		if (!cli_explain_probe(cli, d->name, w->strategy,
		    &outcome, d->why, sizeof(d->why), err))
			return false;
		d->probed = true;
		d->found = outcome_of(outcome);
	}
	if (isatty(STDERR_FILENO) && probes > 0)
		(void)fputs("\r\033[K", stderr);
	return true;
}

static void
replay_free(struct replay *r)
{
	struct cli_whatif_domain *d, *next_d;
	struct read_facts *f, *next_f;

	HASH_ITER(hh, r->facts, f, next_f) {
		HASH_DEL(r->facts, f);
		free(f);
	}
	HASH_ITER(hh, r->result->domains, d, next_d) {
		HASH_DEL(r->result->domains, d);
		free(d);
	}
	settings_unref(&r->settings);
	spool_close(&r->spool);
}

static bool
parse_since(struct cli_whatif *w, const char *text, struct error *err)
{
	int64_t seconds;

	if (text == NULL)
		return true;
	if (!conf_syntax_duration(text, &seconds))
		return error_set(err, EX_USAGE, "--since: \"%s\" is no "
		    "duration: write it as 12h or 30d", text);
	w->since = clock_now_s() - seconds;
	return true;
}

static bool
find_strategy(struct replay *r, struct error *err)
{
	struct cli_whatif *w = r->result;

	if (w->shadow)
		return true;
	r->strategy = conf_tls_strategy(r->settings->conf, w->strategy);
	return r->strategy != NULL || error_set(err, EX_USAGE, "--strategy: "
	    "there is no queue.tls.%s: load a configuration that has it",
	    w->strategy);
}

bool
cli_whatif(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct cli_whatif w = { .strategy = NULL };
	struct replay r = { .result = &w };
	const char *since = NULL;
	const struct option_row rows[] = {
		{ "strategy", .text = &w.strategy },
		{ "since", .text = &since },
		{ "probe", .flag = &w.probe },
		{ "shadow", .flag = &w.shadow },
		{ "json", .flag = &w.json },
		CLI_COMMON_OPTIONS(cli)
	};
	bool ok;

	if (!cli_parse(cli, argc, argv, rows, 0, 0, err) ||
	    !parse_since(&w, since, err))
		return false;
	if ((w.strategy == NULL) != w.shadow || (w.probe && w.shadow))
		return error_set(err, EX_USAGE, "whatif needs --strategy ID, "
		    "or --shadow alone; see --help");
	ok = cli_spool_open(&r.spool, cli, err) &&
	    settings_load(&r.settings, r.spool, NULL, NULL, err) &&
	    find_strategy(&r, err) && replay_all(&r, err) &&
	    (!w.probe || probe_unknown(&w, cli, err));
	if (ok && w.json)
		cli_whatif_print_json(&w);
	else if (ok)
		cli_whatif_print(&w, cli->verbosity > 0);
	replay_free(&r);
	return ok;
}
