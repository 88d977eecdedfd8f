/*
 * lookup: MTA-STS, the pure parts: when TXT is asked and the policy fetched over
 * time, what is answered meanwhile, and the rows of mta_sts_cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "lookup/sts_facts.h"

enum { T0 = 1000000, DAY = 86400, TTL = 900 };

#define POLICY(mode, max_age) "version: STSv1\r\nmode: " mode \
	"\r\nmx: *.mx.example\r\nmx: a.example\r\nmax_age: " max_age "\r\n"
#define ENFORCE POLICY("enforce", "604800")
#define TESTING POLICY("testing", "604800")

/* --- questions over time
 *
 * A question's txt: the id, or what is there instead.  fetch: the text served,
 * or why there is none; NULL: nothing may be fetched.  want: what happens, T for
 * a TXT query, F for a fetch, and the answer where it is given: before them,
 * then, from the cache.
 */
#define TXT_NONE "-"
#define TXT_ERROR "!error"
#define TXT_BOGUS "!bogus"
#define TXT_TWO "!two"
#define TXT_WRONG "!wrong"
#define GET_404 "!404"
#define GET_CERT "!cert"

struct question {
	int64_t at;
	const char *txt, *fetch, *want;
	bool recheck;
};

static const struct {
	const char *why;
	struct question q[8];
} stories[] = {
	{ "a policy is fetched, and answers", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ 1, NULL, NULL, "enforce", false },
		{ 299, NULL, NULL, "enforce", false },
	} },
	{ "after five minutes TXT is asked, behind the answer", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ 300, "1", NULL, "enforce T", false },
		{ 599, NULL, NULL, "enforce", false },
		{ 600, "1", NULL, "enforce T", false },
	} },
	{ "a new id is fetched behind the answer", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ 400, "2", TESTING, "enforce TF", false },
		{ 401, NULL, NULL, "testing", false },
	} },
	{ "once a day the policy is fetched though the id is the same", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ DAY - 1, "1", NULL, "enforce T", false },
		{ DAY + 300, "1", TESTING, "enforce TF", false },
		{ 2 * DAY, "1", NULL, "testing T", false },
	} },
	{ "at half of its life a policy that lives a day", {
		{ 0, "1", POLICY("enforce", "86400"), "TF enforce", false },
		{ DAY / 2 - 1, "1", NULL, "enforce T", false },
		{ DAY / 2 + 300, "1", GET_404, "enforce TF", false },
		{ DAY - 1, "1", ENFORCE, "enforce TF", false },
	} },
	{ "a valid policy survives every failure until its max_age", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ DAY, "1", GET_404, "enforce TF", false },
		{ 2 * DAY, "2", GET_CERT, "enforce TF", false },
		{ 3 * DAY, TXT_ERROR, NULL, "enforce T", false },
		{ 4 * DAY, TXT_NONE, NULL, "enforce T", false },
		{ 5 * DAY, TXT_TWO, NULL, "enforce T", false },
		{ 7 * DAY - 1, "2", "rubbish", "enforce TF", false },
		{ 7 * DAY, TXT_NONE, NULL, "T no-record", false },
	} },
	{ "max_age counts from the last fetch that succeeded", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ 6 * DAY, "1", ENFORCE, "enforce TF", false },
		{ 7 * DAY - 1, "1", NULL, "enforce T", false },
		{ 13 * DAY - 1, TXT_ERROR, NULL, "enforce T", false },
		{ 13 * DAY, TXT_ERROR, NULL, "T failed", false },
	} },
	{ "a failed fetch is not repeated for five minutes", {
		{ 0, "1", GET_404, "TF failed", false },
		{ 299, NULL, NULL, "failed", false },
		{ 300, "1", ENFORCE, "TF enforce", false },
	} },
	{ "nor by a recheck, unless the id is another", {
		{ 0, "1", GET_404, "TF failed", false },
		{ 100, "1", NULL, "T failed", true },
		{ 299, "1", NULL, "T failed", true },
		{ 299, "2", GET_CERT, "TF webpki", true },
		{ 500, "2", NULL, "T webpki", true },
		{ 599, "2", ENFORCE, "TF enforce", true },
	} },
	{ "a failed fetch of a new id is repeated, with a policy cached", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ 400, "2", GET_404, "enforce TF", false },
		{ 500, "2", NULL, "T enforce", true },
		{ 699, NULL, NULL, "enforce", false },
		{ 700, "2", TESTING, "enforce TF", false },
		{ 701, NULL, NULL, "testing", false },
	} },
	{ "a recheck asks TXT and waits", {
		{ 0, "1", ENFORCE, "TF enforce", false },
		{ 1, "1", NULL, "T enforce", true },
		{ 2, "2", TESTING, "TF testing", true },
		{ 3, TXT_ERROR, NULL, "T testing", true },
		{ 4, NULL, NULL, "testing", false },
	} },
	{ "mode none is a policy", {
		{ 0, "1", POLICY("none", "86400"), "TF none", false },
		{ 1, NULL, NULL, "none", false },
	} },
	{ "no record holds for the TTL of the denial", {
		{ 0, TXT_NONE, NULL, "T no-record", false },
		{ TTL - 1, NULL, NULL, "no-record", false },
		{ TTL, "1", ENFORCE, "TF enforce", false },
	} },
	{ "more than one record is none, and so is one that is wrong", {
		{ 0, TXT_TWO, NULL, "T invalid", false },
		{ TTL, TXT_WRONG, NULL, "T invalid", false },
		{ TTL + 1, "1", ENFORCE, "TF enforce", true },
	} },
	{ "an error of DNS holds for less than a minute", {
		{ 0, TXT_ERROR, NULL, "T failed", false },
		{ 29, NULL, NULL, "failed", false },
		{ 30, TXT_BOGUS, NULL, "T failed", false },
		{ 60, "1", ENFORCE, "TF enforce", false },
	} },
	{ "a text that is no policy", {
		{ 0, "1", "<html>", "TF invalid", false },
		{ 299, NULL, NULL, "invalid", false },
		{ 300, "1", ENFORCE, "TF enforce", false },
	} },
	{ "max_age 0 answers once", {
		{ 0, "1", POLICY("enforce", "0"), "TF enforce", false },
		{ 0, "1", ENFORCE, "TF enforce", false },
	} },
	{ "a clock that goes back asks again and drops nothing", {
		{ 10 * DAY, "1", ENFORCE, "TF enforce", false },
		{ DAY, "1", GET_404, "enforce TF", false },
		{ DAY + 300, TXT_NONE, NULL, "enforce T", false },
	} },
};

static void
add_txt_record(struct dns_answer *a, struct dns_rdata *rdata, const char *text)
{
	uint8_t *data = mem_alloc(strlen(text) + 1);

	data[0] = (uint8_t)strlen(text);
	memcpy(data + 1, text, strlen(text));
	rdata[a->count].data = data;
	rdata[a->count].len = strlen(text) + 1;
	a->rdata = rdata;
	a->count++;
	a->have_data = true;
}

static bool
answer_txt(struct sts_facts *f, struct arena *arena, const char *txt,
    int64_t now)
{
	struct dns_answer a = { .status = DNS_INSECURE, .ttl_s = TTL };
	struct dns_rdata rdata[3];
	char record[64];
	bool fetch;

	(void)snprintf(record, sizeof(record), "v=STSv1; id=%s;", txt);
	/* Others at the same name do not count. */
	add_txt_record(&a, rdata, "v=spf1 -all");
	if (strcmp(txt, TXT_ERROR) == 0 || strcmp(txt, TXT_BOGUS) == 0) {
		a.status = txt[1] == 'e' ? DNS_ERROR : DNS_BOGUS;
		a.why = "DNS says no";
		a.ttl_s = DNS_TTL_ERROR_S;
	} else if (strcmp(txt, TXT_TWO) == 0) {
		add_txt_record(&a, rdata, "v=STSv1; id=1;");
		add_txt_record(&a, rdata, "v=STSv1; id=2;");
	} else if (strcmp(txt, TXT_WRONG) == 0) {
		add_txt_record(&a, rdata, "v=STSv1; id=1-2;");
	} else if (strcmp(txt, TXT_NONE) != 0) {
		add_txt_record(&a, rdata, record);
	}
	fetch = sts_facts_add_txt(f, arena, "b.example", &a, now);
	for (size_t i = 0; i < a.count; i++)
		free((void *)(uintptr_t)rdata[i].data);
	return fetch;
}

static void
answer_fetch(struct sts_facts *f, struct arena *arena, const char *fetch,
    int64_t now)
{
	struct sts_fetched r = { .status = STS_STATUS_POLICY, .text = fetch,
		.len = strlen(fetch) };

	if (fetch[0] == '!') {
		r.status = strcmp(fetch, GET_CERT) == 0 ? STS_STATUS_WEBPKI :
		    STS_STATUS_FETCH_FAILED;
		r.why = fetch + 1;
	}
	sts_facts_add_fetched(f, arena, &r, now);
}

static void
put(struct buf *out, const char *word)
{
	(void)buf_printf(out, out->len > 0 &&
	    (word[0] >= 'a' || out->data[out->len - 1] >= 'a') ? " %s" : "%s",
	    word);
}

static void
put_result(struct buf *out, const struct sts_facts *f)
{
	static const char *const names[] = { "failed", NULL, "no-record",
		"invalid", "webpki" };
	struct sts_result *r = sts_result_new("b.example", f, true);

	if (r->status == STS_STATUS_POLICY) {
		put(out, policy_sts_mode_name(r->policy.mode));
		assert_true(policy_sts_names(&r->policy, "a.example"));
		assert_true(r->expires_at <= f->checked_at + STS_CHECK_S);
	} else {
		put(out, names[r->status]);
		assert_non_null(r->reason);
		assert_null(r->text);
		assert_int_equal(r->fetched_at, -1);
	}
	sts_result_free(&r);
	assert_null(r);
}

/* Through a row, as if another process had been the last. */
static void
keep(struct sts_facts *f, struct arena *arena)
{
	struct spool_sts_cache row;

	sts_facts_to_row(&row, arena, "b.example", f);
	assert_true(sts_facts_from_row(f, arena, &row));
}

static void
play(struct sts_facts *f, struct arena *arena, const struct question *q,
    bool *known, struct buf *out)
{
	const int64_t now = T0 + q->at;
	enum lookup_use use = *known && f->expires_at > now ?
	    sts_facts_use(f, q->recheck, now) : LOOKUP_ASK;
	struct sts_facts next;

	if (use != LOOKUP_ASK)
		put_result(out, f);
	if (use == LOOKUP_ANSWER)
		return;
	put(out, "T");
	if (q->txt == NULL)
		return;
	sts_facts_begin(&next, arena, *known ? f : NULL, now);
	if (answer_txt(&next, arena, q->txt, now)) {
		put(out, "F");
		if (q->fetch == NULL)
			return;
		answer_fetch(&next, arena, q->fetch, now);
	}
	if (use == LOOKUP_ASK)
		put_result(out, &next);
	if (next.changed) {
		keep(&next, arena);
		*f = next;
		*known = true;
	}
}

static void
policies_over_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		struct arena *arena = arena_new();
		struct sts_facts f;
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(stories[i].q) &&
		    stories[i].q[k].want != NULL; k++) {
			struct buf got = BUF_INIT;

			play(&f, arena, &stories[i].q[k], &known, &got);
			if (strcmp(buf_str(&got), stories[i].q[k].want) != 0)
				fail_msg("%s, question %zu: \"%s\" and not "
				    "\"%s\"", stories[i].why, k + 1,
				    buf_str(&got), stories[i].q[k].want);
			buf_free(&got);
		}
		arena_free(&arena);
	}
}

/* --- what a result says */

static void
results_say_where_they_come_from(void **state)
{
	struct arena *arena = arena_new();
	struct sts_facts f, next;
	struct sts_result *r;

	(void)state;
	sts_facts_begin(&f, arena, NULL, T0);
	assert_true(answer_txt(&f, arena, "1", T0));
	answer_fetch(&f, arena, ENFORCE, T0 + 1);
	assert_true(f.fetched);
	r = sts_result_new("b.example", &f, false);
	assert_int_equal(r->status, STS_STATUS_POLICY);
	assert_string_equal(r->text, ENFORCE);
	assert_string_equal(r->id, "1");
	assert_int_equal(r->policy.n_mx, 2);
	assert_int_equal(r->fetched_at, T0 + 1);
	assert_int_equal(r->expires_at, T0 + 1 + STS_CHECK_S);
	assert_false(r->cached);
	assert_null(r->reason);
	sts_result_free(&r);
	/* A refresh that fails: the same policy, and why. */
	sts_facts_begin(&next, arena, &f, T0 + DAY);
	assert_false(next.fetched);
	assert_true(answer_txt(&next, arena, "2", T0 + DAY));
	sts_facts_fail(&next, arena, "no policy within 5 s", STS_RETRY_S,
	    T0 + DAY);
	r = sts_result_new("b.example", &next, true);
	assert_int_equal(r->status, STS_STATUS_POLICY);
	assert_string_equal(r->reason, "no policy within 5 s");
	assert_int_equal(r->fetched_at, T0 + 1);
	assert_string_equal(r->id, "2");
	sts_result_free(&r);
	arena_free(&arena);
}

static void
the_answer_ends_with_the_policy(void **state)
{
	struct arena *arena = arena_new();
	struct sts_facts f;
	struct sts_result *r;

	(void)state;
	sts_facts_begin(&f, arena, NULL, T0);
	assert_true(answer_txt(&f, arena, "1", T0));
	answer_fetch(&f, arena, POLICY("enforce", "100"), T0);
	r = sts_result_new("b.example", &f, false);
	assert_int_equal(r->expires_at, T0 + 100);
	sts_result_free(&r);
	arena_free(&arena);
}

static void
names_that_cannot_have_a_policy(void **state)
{
	static const struct { const char *domain; bool valid; } rows[] = {
		{ "example.com", true }, { "xn--p1ai", true },
		{ "_a.example", true }, { "1and1.example", true },
		{ "[192.0.2.1]", false }, { "", false }, { ".", false },
		{ "a..example", false }, { ".example", false },
		{ "a/b.example", false }, { "a@b.example", false },
		{ "a:80", false }, { "a b", false }, { "a\\046b", false },
		{ "\303\244.example", false },
	};
	char longest[260];
	struct sts_facts f;
	struct sts_result *r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (sts_domain_valid(rows[i].domain) != rows[i].valid)
			fail_msg("\"%s\"", rows[i].domain);
	memset(longest, 'a', sizeof(longest));
	longest[244] = '\0';
	assert_true(sts_domain_valid(longest));
	longest[244] = 'a';
	longest[245] = '\0';
	assert_false(sts_domain_valid(longest));
	sts_facts_without_domain(&f, T0);
	r = sts_result_new("[192.0.2.1]", &f, true);
	assert_int_equal(r->status, STS_STATUS_NO_RECORD);
	assert_string_equal(r->reason,
	    "[192.0.2.1] cannot have an MTA-STS policy");
	sts_result_free(&r);
}

/* --- rows */

static void
rows_can_be_read_by_people(void **state)
{
	struct arena *arena = arena_new();
	struct spool_sts_cache row;
	struct sts_facts f;

	(void)state;
	sts_facts_begin(&f, arena, NULL, T0);
	assert_true(answer_txt(&f, arena, "1", T0));
	answer_fetch(&f, arena, ENFORCE, T0);
	sts_facts_to_row(&row, arena, "b.example", &f);
	assert_string_equal(row.domain, "b.example");
	assert_string_equal(row.txt_id, "1");
	assert_string_equal(row.mode, "enforce");
	assert_string_equal(row.mx, "[\"*.mx.example\",\"a.example\"]");
	assert_int_equal(row.max_age, 604800);
	assert_string_equal(row.policy, ENFORCE);
	assert_int_equal(row.fetched_at, T0);
	assert_int_equal(row.expires_at, T0 + 604800);
	assert_int_equal(row.checked_at, T0);
	assert_null(row.last_error);
	sts_facts_begin(&f, arena, NULL, T0);
	assert_true(answer_txt(&f, arena, "1", T0));
	answer_fetch(&f, arena, GET_CERT, T0);
	sts_facts_to_row(&row, arena, "b.example", &f);
	assert_null(row.mode);
	assert_null(row.mx);
	assert_null(row.policy);
	assert_int_equal(row.max_age, -1);
	assert_int_equal(row.fetched_at, -1);
	assert_int_equal(row.expires_at, T0 + STS_RETRY_S);
	assert_string_equal(row.last_error, "sts-webpki-invalid: cert");
	sts_facts_begin(&f, arena, NULL, T0);
	assert_false(answer_txt(&f, arena, TXT_NONE, T0));
	sts_facts_to_row(&row, arena, "b.example", &f);
	assert_null(row.txt_id);
	assert_null(row.last_error);
	arena_free(&arena);
}

static const struct {
	const char *why;
	const char *mode, *policy, *last_error;
	int64_t fetched_at;
	bool ok;
} rows[] = {
	{ "a policy", "enforce", ENFORCE, NULL, T0, true },
	{ "a policy, and a failure since", "enforce", ENFORCE,
	    "sts-policy-fetch-error: 404", T0, true },
	{ "none", NULL, NULL, NULL, -1, true },
	{ "none, and why", NULL, NULL, "sts-webpki-invalid: x", -1, true },
	{ "a mode that is not the text's", "none", ENFORCE, NULL, T0, false },
	{ "a mode without a text", "enforce", NULL, NULL, T0, false },
	{ "a text without a mode", NULL, ENFORCE, NULL, T0, false },
	{ "a text that is no policy", "enforce", "version: STSv1\n", NULL, T0,
	    false },
	{ "a policy never fetched", "enforce", ENFORCE, NULL, -1, false },
	{ "an unknown kind of failure", NULL, NULL, "bad luck: x", -1, false },
	{ "a failure of no kind", NULL, NULL, "x", -1, false },
	{ "a failure called success", NULL, NULL, ": x", -1, false },
};

static void
rows_of_others_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena = arena_new();
		struct spool_sts_cache row = { "b.example", "1", rows[i].mode,
			"[]", 1, rows[i].policy, rows[i].fetched_at,
			T0 + 400 * DAY, T0, rows[i].last_error };
		struct sts_facts f;

		if (sts_facts_from_row(&f, arena, &row) != rows[i].ok)
			fail_msg("%s", rows[i].why);
		/* Whatever the row says, not longer than max_age. */
		if (rows[i].ok && f.text != NULL)
			assert_int_equal(f.expires_at, T0 + 604800);
		arena_free(&arena);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_over_time),
		cmocka_unit_test(results_say_where_they_come_from),
		cmocka_unit_test(the_answer_ends_with_the_policy),
		cmocka_unit_test(names_that_cannot_have_a_policy),
		cmocka_unit_test(rows_can_be_read_by_people),
		cmocka_unit_test(rows_of_others_are_refused),
	};

	return cmocka_run_group_tests_name("lookup_sts", tests, NULL, NULL);
}
