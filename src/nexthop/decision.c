/*
 * From facts to words, by way of policy/decide.h.
 */
#include "nexthop/decision.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum nexthop_waiver
nexthop_waiver_of(const struct spool_message *message)
{
	if (message->tls_report != NULL)
		return NEXTHOP_WAIVER_REPORT;
	return message->tls_optional && !message->require_tls ?
	    NEXTHOP_WAIVER_HEADER : NEXTHOP_WAIVER_NONE;
}

struct nexthop_terms
nexthop_decision_terms_of(const struct nexthop_choice *choice,
    const struct conf *conf, enum nexthop_waiver waiver)
{
	return (struct nexthop_terms){
		.strategy = choice->strategy, .rule = choice->rule,
		.pinned = choice->pinned,
		.waived = waiver != NEXTHOP_WAIVER_NONE,
		.waiver = waiver == NEXTHOP_WAIVER_REPORT ? REQUIRED_NO_ALWAYS :
		    conf->queue.tls_required_no,
		.allow_invalid = choice->allow_invalid,
		.route_allow_invalid = choice->route->type == CONF_ROUTE_RELAY &&
		    choice->route->tls_allow_invalid_certs,
		.has_secret = choice->route->auth_username != NULL,
	};
}

static struct policy_wants
wants_of(const struct nexthop_terms *t, bool *allow_invalid_r)
{
	struct policy_wants w = t->strategy->wants;

	*allow_invalid_r = t->allow_invalid || t->route_allow_invalid;
	if (t->waived)
		w = policy_waive(&w, t->waiver, t->pinned, allow_invalid_r);
	/* Credentials go to no server that a strategy or the sender excuses. */
	if (t->has_secret) {
		w.starttls = WANT_REQUIRE;
		*allow_invalid_r = t->route_allow_invalid;
	}
	return w;
}

void
nexthop_decision_needs(const struct nexthop_terms *terms, bool *tlsa_r,
    bool *sts_r)
{
	bool allow_invalid;
	struct policy_wants w = wants_of(terms, &allow_invalid);

	*tlsa_r = w.dane != WANT_DISABLE;
	*sts_r = w.mta_sts != WANT_DISABLE;
}

void
nexthop_decision_make(struct nexthop_decision *d,
    const struct nexthop_discovery *survey, size_t host,
    const struct nexthop_terms *terms)
{
	memset(d, 0, sizeof(*d));
	d->strategy = terms->strategy;
	d->rule = terms->rule;
	d->wants = wants_of(terms, &d->allow_invalid);
	d->facts = nexthop_discovery_facts(survey, host);
	d->verdict = policy_decide(&d->facts, &d->wants);
}

bool
nexthop_decision_same(const struct nexthop_decision *a,
    const struct nexthop_decision *b)
{
	return a->strategy == b->strategy &&
	    a->allow_invalid == b->allow_invalid;
}

/* --- words */

/* What the lookups said, where a rule only says that they failed. */
static const char *
cause(const struct nexthop_discovery *survey, const struct nexthop_host *h,
    const struct nexthop_decision *d)
{
	if (strcmp(d->verdict.error, "dane") == 0)
		return h->tlsa != NULL ? h->tlsa->reason : NULL;
	if (strcmp(d->verdict.error, "mta-sts") == 0)
		return survey->sts != NULL ? survey->sts->reason : NULL;
	return NULL;
}

void
nexthop_decision_sentence(char *dst, size_t room,
    const struct nexthop_discovery *survey, size_t host,
    const struct nexthop_decision *d)
{
	const struct nexthop_host *h = &survey->host[host];
	const char *because = cause(survey, h, d);

	assert(d->verdict.refused);
	(void)snprintf(dst, room, "%.255s: %s (%s)%s%.300s", h->name,
	    d->verdict.why, d->verdict.source, because != NULL ? ": " : "",
	    because != NULL ? because : "");
}

const char *
nexthop_decision_dane_word(const struct nexthop_decision *d, bool tls,
    bool proved)
{
	if (d->verdict.level == LEVEL_DANE) {
		if (!tls)
			return "none";
		if (!proved)
			return "failed";
		return d->verdict.host_only ? "host-only" : "verified";
	}
	return d->facts.tlsa == TLSA_UNUSABLE &&
	    d->wants.dane != WANT_DISABLE ? "unusable" : "none";
}

const char *
nexthop_decision_sts_word(const struct nexthop_decision *d, bool tls,
    bool proved)
{
	bool asked = d->verdict.level == LEVEL_MTA_STS || d->verdict.sts_too;

	if (asked)
		return !tls ? "none" : proved ? "verified" : "failed";
	return (d->facts.sts == STS_TESTING_MATCH ||
	    d->facts.sts == STS_TESTING_MISMATCH) &&
	    d->wants.mta_sts == WANT_OPTIONAL ? "testing" : "none";
}
