/*
 * Variables of an attempt, and the four choices.
 */
#include "nexthop/chooser.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "policy/retry.h"
#include "strategy/rules.h"

struct nexthop_chooser {
	int refs;		/* of one thread */
	struct settings *settings;
	struct strategy_engine *engine;
	struct strategy_rules *rules;
};

/* --- life */

struct nexthop_chooser *
nexthop_chooser_ref(struct nexthop_chooser *c)
{
	c->refs++;
	return c;
}

void
nexthop_chooser_unref(struct nexthop_chooser **chooser)
{
	struct nexthop_chooser *c = *chooser;

	*chooser = NULL;
	if (c == NULL || --c->refs > 0)
		return;
	strategy_rules_free(&c->rules);
	strategy_engine_close(&c->engine);
	settings_unref(&c->settings);
	free(c);
}

static bool
chooser_new(struct nexthop_chooser **c_r, struct settings *settings,
    struct error *err)
{
	struct nexthop_chooser *c = mem_zalloc(sizeof(*c));
	const struct conf *conf = settings->conf;

	c->refs = 1;
	c->settings = settings_ref(settings);
	if (!strategy_engine_open(&c->engine, err) ||
	    !strategy_engine_set_lookup(c->engine, conf->lookup,
	    conf->lookup_count, err) ||
	    !strategy_rules_compile(&c->rules, c->engine, conf, err)) {
		nexthop_chooser_unref(&c);
		return false;
	}
	*c_r = c;
	return true;
}

bool
nexthop_chooser_get(struct nexthop_chooser **chooser_r,
    struct nexthop_chooser **current, struct settings *settings,
    struct error *err)
{
	struct nexthop_chooser *c;

	*chooser_r = NULL;
	if (*current == NULL || (*current)->settings != settings) {
		if (!chooser_new(&c, settings, err))
			return false;
		nexthop_chooser_unref(current);
		*current = c;
	}
	*chooser_r = nexthop_chooser_ref(*current);
	return true;
}

/* --- variables */

struct variables {
	struct strategy_values v;
	char sender_domain[256];
};

static int64_t
expires_in(const struct nexthop_case *of, const struct conf_schedule *s)
{
	int64_t at = of->rcpt->expires_at;

	if (at < 0 && s != NULL)
		at = policy_retry_expires_at(&s->retry,
		    of->message->received_at);
	if (at <= 0)
		return INT64_MAX;
	return at > of->now ? at - of->now : 0;
}

/* schedule is NULL while it is being chosen. */
static void
chooser_fill(struct variables *x, const struct nexthop_case *of,
    const struct conf_schedule *schedule)
{
	const struct spool_message *m = of->message;
	const struct spool_recipient *r = of->rcpt;
	const char *at = strrchr(m->sender, '@');

	(void)text_copy(x->sender_domain, sizeof(x->sender_domain),
	    at != NULL ? at + 1 : "");
	text_lower(x->sender_domain);
	x->v = (struct strategy_values){
		.sender = m->sender, .sender_domain = x->sender_domain,
		.rcpt = r->address, .rcpt_domain = r->domain,
		.auth_user = m->auth_user, .size = m->size,
		.retry_num = r->attempts, .notify_num = r->notified,
		.expires_in = expires_in(of, schedule),
		.queue_age = of->now - m->received_at,
		.last_error = r->last_error, .last_status = r->status,
		.tls_failures = r->tls_failures, .source = m->source,
		.queue_name = schedule != NULL ? schedule->queue_name :
		    "default",
		.received_from_ip = m->client_ip,
	};
}

/* --- choices */

static bool
choose(struct nexthop_chooser *c, enum conf_rule_kind kind,
    const struct strategy_values *values, struct strategy_rules_choice *choice,
    struct error *err)
{
	return strategy_rules_choose(c->rules, kind, values, choice, err);
}

static bool
choose_strategy(struct nexthop_chooser *c, const struct nexthop_case *of,
    const struct strategy_values *values, struct nexthop_choice *way,
    struct error *err)
{
	const struct conf *conf = c->settings->conf;
	const char *pinned = of->message->tls_strategy;
	struct strategy_rules_choice choice;

	/* A pinned strategy stands, whatever the rules say. */
	way->pinned = pinned != NULL;
	if (pinned != NULL) {
		way->rule = "pinned";
		way->strategy = conf_tls_strategy(conf, pinned);
		return way->strategy != NULL || error_set(err, EX_CONFIG,
		    "TLS strategy %s is not configured", pinned);
	}
	way->by_exception = of->rcpt->except_strategy != NULL;
	if (way->by_exception) {
		way->rule = of->rcpt->except_rule;
		way->strategy = conf_tls_strategy(conf,
		    of->rcpt->except_strategy);
		return way->strategy != NULL || error_set(err, EX_CONFIG,
		    "%.100s: there is no queue.tls.%s", way->rule,
		    of->rcpt->except_strategy);
	}
	if (!choose(c, CONF_RULE_TLS, values, &choice, err))
		return false;
	way->rule = choice.rule;
	way->strategy = conf_tls_strategy(conf, choice.id);
	return true;
}

/* A TLS report goes by the local Sendmail, where OpenDKIM signs it, whatever the
 * rules say of it: unsigned it is worth nothing (RFC 8460 3). */
static bool
choose_route(struct nexthop_chooser *c, const struct nexthop_case *of,
    const struct strategy_values *values, struct nexthop_choice *way,
    struct error *err)
{
	struct strategy_rules_choice choice = { .id = "local" };

	if (strcmp(of->message->source, "report") != 0 &&
	    !choose(c, CONF_RULE_ROUTE, values, &choice, err))
		return false;
	way->route = conf_route(c->settings->conf, choice.id);
	return true;
}

/* It decides nothing, so what is wrong with it delays no mail. */
static void
choose_shadow(struct nexthop_chooser *c, const struct strategy_values *values,
    struct nexthop_choice *way)
{
	struct strategy_rules_choice choice;
	struct error err;

	if (c->settings->conf->rules[CONF_RULE_TLS_SHADOW].count == 0)
		return;
	if (choose(c, CONF_RULE_TLS_SHADOW, values, &choice, &err))
		way->shadow = conf_tls_strategy(c->settings->conf, choice.id);
	else
		log_debug("%s", err.text);
}

bool
nexthop_choose(struct nexthop_chooser *c, const struct nexthop_case *of,
    struct nexthop_choice *way, struct error *err)
{
	const struct conf *conf = c->settings->conf;
	struct strategy_rules_choice choice;
	struct variables x;

	memset(way, 0, sizeof(*way));
	chooser_fill(&x, of, NULL);
	if (!choose(c, CONF_RULE_SCHEDULE, &x.v, &choice, err))
		return false;
	way->schedule = conf_schedule(conf, choice.id);
	chooser_fill(&x, of, way->schedule);
	if (!choose_route(c, of, &x.v, way, err))
		return false;
	if (!choose(c, CONF_RULE_CONNECTION, &x.v, &choice, err))
		return false;
	way->connection = conf_connection(conf, choice.id);
	if (!choose_strategy(c, of, &x.v, way, err))
		return false;
	if (of->message->require_tls && !strategy_rules_pass_require_tls(
	    c->rules, &x.v, &way->pass_require_tls, err))
		return false;
	choose_shadow(c, &x.v, way);
	way->per_host = (!way->pinned && !way->by_exception &&
	    strategy_rules_name_host(c->rules, CONF_RULE_TLS)) ||
	    way->strategy->allow_invalid_certs == CONF_INVALID_BY_EXPRESSION;
	way->allow_invalid =
	    way->strategy->allow_invalid_certs == CONF_INVALID_ALLOW;
	return true;
}

/* Ways that are per_host are each its own: their destinations are not shared. */
bool
nexthop_choice_same(const struct nexthop_choice *a,
    const struct nexthop_choice *b)
{
	return !a->per_host && !b->per_host && a->schedule == b->schedule &&
	    a->route == b->route && a->connection == b->connection &&
	    a->strategy == b->strategy &&
	    strcmp(a->rule, b->rule) == 0 &&
	    a->shadow == b->shadow &&
	    a->pass_require_tls == b->pass_require_tls;
}

bool
nexthop_choose_at_host(struct nexthop_chooser *c, const struct nexthop_case *of,
    const char *mx, const char *remote_ip, struct nexthop_choice *way,
    struct error *err)
{
	struct variables x;

	chooser_fill(&x, of, way->schedule);
	x.v.mx = mx;
	x.v.remote_ip = remote_ip;
	return choose_strategy(c, of, &x.v, way, err) &&
	    strategy_rules_allow_invalid(c->rules, way->strategy, &x.v,
	    &way->allow_invalid, err);
}

const struct conf_tls_strategy *
nexthop_choose_fallback(struct nexthop_chooser *c,
    const struct nexthop_case *of, const struct nexthop_choice *way,
    const char *status)
{
	struct strategy_rules_choice choice;
	struct variables x;
	struct error err;

	if (way->pinned || way->by_exception)
		return NULL;
	chooser_fill(&x, of, way->schedule);
	x.v.retry_num++;
	x.v.tls_failures++;
	x.v.last_error = "tls";
	x.v.last_status = status;
	if (!choose(c, CONF_RULE_TLS, &x.v, &choice, &err)) {
		/* The next attempt will say so. */
		log_debug("%s", err.text);
		return NULL;
	}
	if (strcmp(choice.id, way->strategy->id) == 0)
		return NULL;
	return conf_tls_strategy(c->settings->conf, choice.id);
}
