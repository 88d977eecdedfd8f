/*
 * Which policies a session counts for.  One that was found and not applied is
 * named with no session of its own, so that the report tells that it was seen.
 */
#include "nexthop/tls_count.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "policy/tlsa.h"

struct counting {
	struct spool_tls_count *counts;
	size_t n;
	struct arena *arena;
	const struct nexthop_discovery *survey;
	const struct nexthop_host *host;
	const struct nexthop_decision *decision;
	const struct nexthop_tls_session *session;
};

/* --- the policy as RFC 8460 4.4 writes it -------------------------------- */

static void
put_lines(struct json *j, const char *text)
{
	struct buf line = BUF_INIT;

	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");

		if (len > 0) {
			buf_clear(&line);
			(void)buf_append(&line, text, len);
			json_text(j, NULL, buf_str(&line));
		}
		text += len;
		text += strspn(text, "\r\n");
	}
	buf_free(&line);
}

static void
put_patterns(struct json *j, const struct policy_sts *policy)
{
	struct policy_sts_pattern mx = { .text = NULL };
	struct buf pattern = BUF_INIT;

	while (policy_sts_next_mx(policy, &mx)) {
		buf_clear(&pattern);
		(void)buf_append(&pattern, mx.text, mx.len);
		json_text(j, NULL, buf_str(&pattern));
	}
	buf_free(&pattern);
}

static void
put_records(struct json *j, const struct tlsa_result *tlsa)
{
	for (size_t i = 0; i < tlsa->count; i++) {
		size_t room = 16 + 2 * tlsa->records[i].len;
		char *text = mem_alloc(room);

		policy_tlsa_text(text, room, &tlsa->records[i]);
		json_text(j, NULL, text);
		free(text);
	}
}

static const char *
sts_json(const struct counting *c)
{
	const struct sts_result *sts = c->survey->sts;
	struct buf out = BUF_INIT;
	struct json j = { .out = &out };
	const char *text;

	json_open_object(&j, NULL);
	json_open_array(&j, "policy-string");
	if (sts != NULL && (sts->text != NULL || sts->invalid_text != NULL))
		put_lines(&j, sts->text != NULL ? sts->text :
		    sts->invalid_text);
	json_close_array(&j);
	json_open_array(&j, "mx-host");
	if (sts != NULL && sts->status == STS_STATUS_POLICY)
		put_patterns(&j, &sts->policy);
	json_close_array(&j);
	json_close_object(&j);
	text = arena_strdup(c->arena, buf_str(&out));
	buf_free(&out);
	return text;
}

static const char *
tlsa_json(const struct counting *c)
{
	struct buf out = BUF_INIT;
	struct json j = { .out = &out };
	const char *text;

	json_open_object(&j, NULL);
	json_open_array(&j, "policy-string");
	if (c->host->tlsa != NULL)
		put_records(&j, c->host->tlsa);
	json_close_array(&j);
	json_open_array(&j, "mx-host");
	json_text(&j, NULL, c->host->name);
	json_close_array(&j);
	json_close_object(&j);
	text = arena_strdup(c->arena, buf_str(&out));
	buf_free(&out);
	return text;
}

/* --- counting ------------------------------------------------------------ */

/* result NULL: success. */
static void
count_add(struct counting *c, const char *type, const char *policy,
    const char *result, int sessions)
{
	const struct nexthop_tls_session *s = c->session;
	struct spool_tls_count *count = &c->counts[c->n++];

	*count = (struct spool_tls_count){ 
		.domain = arena_strdup(c->arena, c->survey->policy_domain),
		.policy_type = type, .policy = policy, .sessions = sessions,
		.result_type = "", .mx = "", .sending_ip = "",
		.receiving_ip = "", .reason = "" };
	if (result == NULL)
		return;
	count->result_type = result;
	count->mx = arena_strdup(c->arena, c->host->name);
	if (s == NULL)
		return;
	if (s->local != NULL)
		count->sending_ip = arena_strdup(c->arena, s->local);
	if (s->remote != NULL)
		count->receiving_ip = arena_strdup(c->arena, s->remote);
	if (s->verdict != NULL && !s->verdict->verified)
		count->reason = arena_strdup(c->arena, s->verdict->text);
}

static void
count_refusal(struct counting *c)
{
	const struct policy_verdict *v = &c->decision->verdict;

	if (v->result_type == NULL)
		return;
	if (strcmp(v->error, "dane") == 0)
		count_add(c, "tlsa", tlsa_json(c), v->result_type, 1);
	else if (strcmp(v->error, "mta-sts") == 0)
		count_add(c, "sts", sts_json(c), v->result_type, 1);
}

/* What an MTA-STS policy in testing would have made of the session. */
static const char *
testing_result(const struct counting *c, const char *result)
{
	const struct policy_demand enforced = { .level = LEVEL_MTA_STS };
	const struct smtp_verdict *v = c->session->verdict;

	if (result != NULL)
		return result;
	if (c->decision->facts.sts == STS_TESTING_MISMATCH)
		return "validation-failure";
	if (v == NULL || v->verified)
		return NULL;
	return policy_session_event(&enforced, v->event).result_type;
}

/* True: a policy of the domain was applied, or would be if it were enforced. */
static bool
count_policies(struct counting *c, const char *result)
{
	const enum policy_sts_fact sts = c->decision->facts.sts;
	const struct policy_verdict *v = &c->decision->verdict;
	const struct smtp_verdict *peer = c->session->verdict;
	bool sts_failed = peer != NULL && peer->sts_failed;
	bool by_sts = v->level == LEVEL_MTA_STS || v->sts_too;

	if (v->level == LEVEL_DANE)
		count_add(c, "tlsa", tlsa_json(c), sts_failed ? NULL : result, 1);
	else if (v->by_dane)
		count_add(c, "tlsa", tlsa_json(c), "tlsa-invalid", 1);
	if (c->decision->wants.mta_sts == WANT_DISABLE)
		return c->n > 0;
	if (sts == STS_ENFORCE_MATCH)
		count_add(c, "sts", sts_json(c), by_sts && (v->level != LEVEL_DANE ||
		    sts_failed) ? result : NULL, by_sts);
	else if (sts == STS_TESTING_MATCH || sts == STS_TESTING_MISMATCH)
		count_add(c, "sts", sts_json(c), v->level == LEVEL_DANE ? NULL :
		    testing_result(c, result), v->level != LEVEL_DANE);
	return c->n > 0;
}

static void
count_session(struct counting *c)
{
	const char *type = c->decision->verdict.result_type;
	const char *result = c->session->failed != NULL ? c->session->failed :
	    c->session->tls ? NULL : "starttls-not-supported";

	if (count_policies(c, result))
		return;
	/* It goes as if there were no policy (RFC 8461 3.3), and is told. */
	if (type != NULL && strncmp(type, "sts-", strlen("sts-")) == 0)
		count_add(c, "sts", sts_json(c), type, 1);
	count_add(c, "no-policy-found", "{}", result, 1);
}

size_t
nexthop_tls_counts(
    struct spool_tls_count counts[static NEXTHOP_TLS_COUNTS_MAX],
    struct arena *arena, const struct nexthop_discovery *survey, size_t host,
    const struct nexthop_decision *decision,
    const struct nexthop_tls_session *session)
{
	struct counting c = { .counts = counts, .arena = arena,
		.survey = survey, .host = &survey->host[host],
		.decision = decision, .session = session };

	if (survey->config.route->type != CONF_ROUTE_MX ||
	    survey->policy_domain == NULL || survey->policy_domain[0] == '\0')
		return 0;
	if (session == NULL)
		count_refusal(&c);
	else if (!session->lost && decision->verdict.level != LEVEL_NONE)
		count_session(&c);
	return c.n;
}
