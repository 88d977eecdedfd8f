/*
 * MTA-STS: when to ask, when to fetch, what stays.
 */
#include "lookup/sts_facts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lookup/rdata.h"
#include "lookup/records.h"

enum { SENTENCE_MAX = 512, DOMAIN_MAX = 253 - sizeof("_mta-sts.") + 1 };

/* As mta_sts_cache.last_error begins: where RFC 8460 4.3 has a word, that one. */
static const char *const type_names[] = {
	[STS_STATUS_FETCH_FAILED] = "sts-policy-fetch-error",
	[STS_STATUS_POLICY] = "",
	[STS_STATUS_NO_RECORD] = "no-record",
	[STS_STATUS_INVALID] = "sts-policy-invalid",
	[STS_STATUS_WEBPKI] = "sts-webpki-invalid",
	/* never written: no_slot() */
	[STS_STATUS_NO_SLOT] = "no-slot",
};
static_assert(ARRAY_LEN(type_names) == STS_STATUS_COUNT, "");

bool
sts_domain_valid(const char *domain)
{
	size_t len = strlen(domain);

	return len > 0 && len <= DOMAIN_MAX && domain[0] != '.' &&
	    strstr(domain, "..") == NULL && strspn(domain,
	    "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

void
sts_facts_without_domain(struct sts_facts *facts_r, int64_t now)
{
	memset(facts_r, 0, sizeof(*facts_r));
	facts_r->tried = STS_STATUS_NO_RECORD;
	facts_r->fetched_at = -1;
	facts_r->checked_at = facts_r->expires_at = now;
}

/* A time that lies in the future is a clock that was wrong: not lately. */
static bool
lately(int64_t at, int64_t span_s, int64_t now)
{
	return at <= now && now - at < span_s;
}

enum lookup_use
sts_facts_use(const struct sts_facts *f, bool recheck, int64_t now)
{
	if (recheck)
		return LOOKUP_ASK;
	if (f->text != NULL)
		return lately(f->checked_at, STS_CHECK_S, now) ?
		    LOOKUP_ANSWER : LOOKUP_ANSWER_AND_ASK;
	return f->checked_at <= now ? LOOKUP_ANSWER : LOOKUP_ASK;
}

static bool
take_policy(struct sts_facts *f, struct arena *arena, const char *text,
    size_t len, const char **why_r)
{
	struct policy_sts policy;
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	if (!policy_sts_parse(&policy, copy, len, why_r))
		return false;
	f->policy = policy;
	f->text = copy;
	return true;
}

void
sts_facts_begin(struct sts_facts *facts_r, struct arena *arena,
    const struct sts_facts *known, int64_t now)
{
	struct sts_facts *f = facts_r;
	const char *why;
	bool valid;

	memset(f, 0, sizeof(*f));
	f->fetched_at = -1;
	if (known == NULL || known->expires_at <= now)
		return;
	*f = *known;
	f->changed = f->fetched = false;
	if (f->why != NULL)
		f->why = arena_strdup(arena, f->why);
	if (f->text == NULL)
		return;
	valid = take_policy(f, arena, f->text, strlen(f->text), &why);
	assert(valid);
}

static void
no_policy(struct sts_facts *f, struct arena *arena, enum sts_status tried,
    const char *why, int64_t ttl_s, int64_t now)
{
	f->tried = tried;
	f->why = arena_strdup(arena, why);
	f->checked_at = now;
	f->changed = true;
	if (f->text == NULL)
		f->expires_at = now + ttl_s;
}

void
sts_facts_fail(struct sts_facts *f, struct arena *arena, const char *why,
    int64_t ttl_s, int64_t now)
{
	no_policy(f, arena, STS_STATUS_FETCH_FAILED, why, ttl_s, now);
}

/* --- the TXT record */

struct found {
	size_t begin;		/* records that begin with "v=STSv1;" */
	bool valid;		/* the last of them */
	char id[STS_ID_MAX + 1];
};

static void
sts_read_records(struct found *found_r, const struct dns_answer *answer)
{
	struct buf text = BUF_INIT;
	char id[STS_ID_MAX + 1];
	bool begins, valid;

	memset(found_r, 0, sizeof(*found_r));
	for (size_t i = 0; answer->have_data && i < answer->count; i++) {
		buf_clear(&text);
		/* RFC 8461 3.1: others are discarded. */
		if (!rdata_txt(&text, answer->rdata[i].data,
		    answer->rdata[i].len))
			continue;
		valid = policy_sts_txt_parse(buf_str(&text), text.len, id,
		    &begins);
		if (!begins)
			continue;
		found_r->begin++;
		found_r->valid = valid;
		memcpy(found_r->id, id, sizeof(id));
	}
	buf_free(&text);
}

static void
txt_is_no_record(struct sts_facts *f, struct arena *arena, const char *domain,
    const struct found *found, int64_t ttl_s, int64_t now)
{
	char why[SENTENCE_MAX];

	if (ttl_s > DNS_TTL_NEGATIVE_MAX_S)
		ttl_s = DNS_TTL_NEGATIVE_MAX_S;
	(void)snprintf(why, sizeof(why), found->begin == 0 ?
	    "there is no MTA-STS record at _mta-sts.%s" :
	    found->begin > 1 ?
	    "there is more than one MTA-STS record at _mta-sts.%s" :
	    "the MTA-STS record at _mta-sts.%s is not valid", domain);
	no_policy(f, arena, found->begin == 0 ? STS_STATUS_NO_RECORD :
	    STS_STATUS_INVALID, why, ttl_s, now);
	/* So that a record put right is a new one.  Of a policy that is kept the
	 * id stays. */
	if (f->text == NULL)
		f->id[0] = '\0';
}

/* At half its life a policy that lives shorter than two days, so that there is
 * time to try again. */
static int64_t
refresh_after_s(const struct policy_sts *policy)
{
	return policy->max_age_s / 2 < STS_POLICY_REFRESH_S ?
	    policy->max_age_s / 2 : STS_POLICY_REFRESH_S;
}

enum due { DUE_NO, DUE_YES, DUE_TOO_SOON };

static enum due
fetch_due(const struct sts_facts *f, const char *id, int64_t now)
{
	if (strcmp(f->id, id) != 0)
		return DUE_YES;
	if (f->tried != STS_STATUS_POLICY)
		return lately(f->checked_at, STS_RETRY_S, now) ?
		    DUE_TOO_SOON : DUE_YES;
	return f->text != NULL && lately(f->fetched_at,
	    refresh_after_s(&f->policy), now) ? DUE_NO : DUE_YES;
}

bool
sts_facts_add_txt(struct sts_facts *f, struct arena *arena,
    const char *domain, const struct dns_answer *answer, int64_t now)
{
	struct found found;

	if (answer->status == DNS_ERROR || answer->status == DNS_BOGUS) {
		sts_facts_fail(f, arena, answer->why, answer->ttl_s, now);
		return false;
	}
	sts_read_records(&found, answer);
	if (found.begin != 1 || !found.valid) {
		txt_is_no_record(f, arena, domain, &found, answer->ttl_s, now);
		return false;
	}
	switch (fetch_due(f, found.id, now)) {
	case DUE_YES:
		memcpy(f->id, found.id, sizeof(f->id));
		return true;
	case DUE_NO:
		f->checked_at = now;
		f->changed = true;
		return false;
	case DUE_TOO_SOON:
		/* checked_at says when the fetch failed: it stays. */
		break;
	}
	return false;
}

/* --- the policy */

/* A policy at hand stays, and is refreshed later as after a failure.  Without one
 * nothing is known: not to be kept for other processes, nor for long. */
static void
no_slot(struct sts_facts *f, struct arena *arena, const char *why, int64_t now)
{
	bool known = f->text != NULL;

	no_policy(f, arena, known ? STS_STATUS_FETCH_FAILED :
	    STS_STATUS_NO_SLOT, why, STS_NO_SLOT_S, now);
	f->changed = known;
}

/* Its owner wants to see it in a report, errors included (RFC 8460 4.4). */
static const char *
keep_invalid(struct arena *arena, const struct sts_fetched *fetched)
{
	size_t len = fetched->len < STS_INVALID_MAX ? fetched->len :
	    STS_INVALID_MAX;
	char *text = arena_alloc(arena, len + 1);

	memcpy(text, fetched->text, len);
	text[len] = '\0';
	return text;
}

void
sts_facts_add_fetched(struct sts_facts *f, struct arena *arena,
    const struct sts_fetched *fetched, int64_t now)
{
	char why[SENTENCE_MAX];
	const char *wrong;

	if (fetched->status == STS_STATUS_NO_SLOT) {
		no_slot(f, arena, fetched->why, now);
	} else if (fetched->status != STS_STATUS_POLICY) {
		no_policy(f, arena, fetched->status, fetched->why, STS_RETRY_S,
		    now);
	} else if (!take_policy(f, arena, fetched->text, fetched->len,
	    &wrong)) {
		(void)snprintf(why, sizeof(why), "the policy is not valid: %s",
		    wrong);
		no_policy(f, arena, STS_STATUS_INVALID, why, STS_RETRY_S, now);
		f->invalid_text = keep_invalid(arena, fetched);
	} else {
		f->tried = STS_STATUS_POLICY;
		f->why = NULL;
		f->checked_at = f->fetched_at = now;
		f->expires_at = now + f->policy.max_age_s;
		f->fetched = f->changed = true;
	}
}

/* --- rows */

static bool
read_error(struct sts_facts *f, struct arena *arena, const char *text)
{
	const char *colon;

	if (text == NULL) {
		f->tried = f->text != NULL ? STS_STATUS_POLICY :
		    STS_STATUS_NO_RECORD;
		return true;
	}
	colon = strstr(text, ": ");
	for (size_t i = 0; colon != NULL && i < ARRAY_LEN(type_names); i++)
		if (strlen(type_names[i]) == (size_t)(colon - text) &&
		    strncmp(text, type_names[i], (size_t)(colon - text)) == 0) {
			f->tried = (enum sts_status)i;
			f->why = arena_strdup(arena, colon + 2);
			return f->tried != STS_STATUS_POLICY;
		}
	return false;
}

static bool
read_policy(struct sts_facts *f, struct arena *arena,
    const struct spool_sts_cache *row)
{
	const char *why;

	/* The text says it all; mode and mx are for who reads the table. */
	if (!take_policy(f, arena, row->policy, strlen(row->policy), &why) ||
	    strcmp(policy_sts_mode_name(f->policy.mode), row->mode) != 0 ||
	    row->fetched_at < 0)
		return false;
	f->fetched_at = row->fetched_at;
	/* Never longer than its own max_age (RFC 8461 3.2). */
	if (f->expires_at > f->fetched_at + f->policy.max_age_s)
		f->expires_at = f->fetched_at + f->policy.max_age_s;
	return true;
}

bool
sts_facts_from_row(struct sts_facts *facts_r, struct arena *arena,
    const struct spool_sts_cache *row)
{
	struct sts_facts *f = facts_r;

	memset(f, 0, sizeof(*f));
	f->fetched_at = -1;
	f->checked_at = row->checked_at;
	f->expires_at = row->expires_at;
	if (row->txt_id != NULL && strlen(row->txt_id) <= STS_ID_MAX)
		(void)snprintf(f->id, sizeof(f->id), "%s", row->txt_id);
	if ((row->mode == NULL) != (row->policy == NULL) ||
	    (row->policy != NULL && !read_policy(f, arena, row)))
		return false;
	return read_error(f, arena, row->last_error);
}

static const char *
mx_text(struct arena *arena, const struct policy_sts *policy)
{
	const char **names = arena_alloc(arena, sizeof(*names) * policy->n_mx);
	struct policy_sts_pattern mx = { NULL, 0 };
	struct buf json = BUF_INIT;
	size_t n = 0;
	char *text;

	while (policy_sts_next_mx(policy, &mx)) {
		text = arena_alloc(arena, mx.len + 1);
		memcpy(text, mx.text, mx.len);
		text[mx.len] = '\0';
		names[n++] = text;
	}
	assert(n == policy->n_mx);
	records_write_texts(&json, names, n);
	text = arena_strdup(arena, buf_str(&json));
	buf_free(&json);
	return text;
}

static const char *
error_text(struct arena *arena, const struct sts_facts *f)
{
	char text[2 * SENTENCE_MAX];

	/* That most domains have no policy is no error. */
	if (f->why == NULL || (f->text == NULL &&
	    f->tried == STS_STATUS_NO_RECORD))
		return NULL;
	(void)snprintf(text, sizeof(text), "%s: %s", type_names[f->tried],
	    f->why);
	return arena_strdup(arena, text);
}

void
sts_facts_to_row(struct spool_sts_cache *row_r, struct arena *arena,
    const char *domain, const struct sts_facts *f)
{
	*row_r = (struct spool_sts_cache){
		.domain = arena_strdup(arena, domain),
		.txt_id = f->id[0] != '\0' ? arena_strdup(arena, f->id) : NULL,
		.max_age = -1,
		.fetched_at = f->fetched_at,
		.expires_at = f->expires_at,
		.checked_at = f->checked_at,
		.last_error = error_text(arena, f),
	};
	if (f->text == NULL)
		return;
	row_r->mode = policy_sts_mode_name(f->policy.mode);
	row_r->mx = mx_text(arena, &f->policy);
	row_r->max_age = f->policy.max_age_s;
	row_r->policy = f->text;
}

/* --- results */

static const char *
reason(struct arena *arena, const char *domain, const struct sts_facts *f)
{
	char text[SENTENCE_MAX];

	if (f->why != NULL)
		return f->why;
	if (f->text != NULL)
		return NULL;
	(void)snprintf(text, sizeof(text), sts_domain_valid(domain) ?
	    "there is no MTA-STS record at _mta-sts.%.255s" :
	    "%.255s cannot have an MTA-STS policy", domain);
	return arena_strdup(arena, text);
}

struct sts_result *
sts_result_new(const char *domain, const struct sts_facts *f, bool cached)
{
	struct arena *arena = arena_new();
	struct sts_result *r = arena_alloc(arena, sizeof(*r));

	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->status = f->text != NULL ? STS_STATUS_POLICY : f->tried;
	r->fetched_at = f->fetched_at;
	r->expires_at = f->expires_at;
	r->reason = reason(arena, domain, f);
	r->cached = cached;
	memcpy(r->id, f->id, sizeof(r->id));
	if (f->text == NULL) {
		r->invalid_text = r->status == STS_STATUS_INVALID ?
		    f->invalid_text : NULL;
		return r;
	}
	r->text = f->text;
	r->policy = f->policy;
	if (r->expires_at > f->checked_at + STS_CHECK_S)
		r->expires_at = f->checked_at + STS_CHECK_S;
	return r;
}

void
sts_result_free(struct sts_result **result)
{
	if (*result != NULL)
		lookup_facts_release((*result)->facts, (*result)->arena);
	*result = NULL;
}
