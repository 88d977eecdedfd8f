/*
 * policy/decide: each rule as a row, and the properties over all combinations of
 * facts and wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "policy/decide.h"

#define REQ WANT_REQUIRE
#define OPT WANT_OPTIONAL
#define DIS WANT_DISABLE

struct row {
	const char *why;
	struct policy_host_facts facts;
	struct policy_wants wants;
	enum policy_level level;	/* UNSET: refused */
	const char *error, *status, *type;
	bool sts_too, host_only;
};

#define FACTS(m, a, t, s) { DNS_##m, DNS_##a, TLSA_##t, STS_##s }

static const struct row rows[] = {
	{ "an MX error is never a reason for the address record",
	  FACTS(ERROR, SECURE, USABLE, NO_RECORD), { DIS, DIS, DIS },
	  LEVEL_UNSET, "dns", "4.4.3", NULL, 0, 0 },
	{ "a bogus MX is no answer", FACTS(BOGUS, SECURE, ABSENT, NO_RECORD),
	  { OPT, OPT, OPT }, LEVEL_UNSET, "dns", "4.4.3", NULL, 0, 0 },
	{ "a bogus address is no answer",
	  FACTS(SECURE, BOGUS, NOT_ASKED, NO_RECORD), { DIS, OPT, OPT },
	  LEVEL_UNSET, "dns", "4.4.3", NULL, 0, 0 },
	{ "usable TLSA", FACTS(SECURE, SECURE, USABLE, NO_RECORD),
	  { OPT, OPT, OPT }, LEVEL_DANE, NULL, NULL, NULL, 0, 0 },
	{ "usable TLSA, DANE required", FACTS(SECURE, SECURE, USABLE,
	  NO_RECORD), { REQ, OPT, OPT }, LEVEL_DANE, NULL, NULL, NULL, 0, 0 },
	{ "usable TLSA, DANE off", FACTS(SECURE, SECURE, USABLE, NO_RECORD),
	  { DIS, OPT, OPT }, LEVEL_OPPORTUNISTIC, NULL, NULL, NULL, 0, 0 },
	{ "unusable TLSA: TLS without authentication", FACTS(SECURE, SECURE,
	  UNUSABLE, NO_RECORD), { OPT, OPT, OPT }, LEVEL_MANDATORY, NULL,
	  NULL, "tlsa-invalid", 0, 0 },
	{ "unusable TLSA, DANE required", FACTS(SECURE, SECURE, UNUSABLE,
	  NO_RECORD), { REQ, OPT, OPT }, LEVEL_UNSET, "dane", "4.7.5",
	  "tlsa-invalid", 0, 0 },
	{ "a failing TLSA lookup is not an absent record", FACTS(SECURE,
	  SECURE, FAILED, NO_RECORD), { OPT, OPT, OPT }, LEVEL_UNSET, "dane",
	  "4.7.5", "dnssec-invalid", 0, 0 },
	{ "nor is it below an unsigned MX", FACTS(INSECURE, SECURE, FAILED,
	  NO_RECORD), { OPT, OPT, OPT }, LEVEL_UNSET, "dane", "4.7.5",
	  "dnssec-invalid", 0, 0 },
	{ "securely absent", FACTS(SECURE, SECURE, ABSENT, NO_RECORD),
	  { OPT, OPT, OPT }, LEVEL_OPPORTUNISTIC, NULL, NULL, NULL, 0, 0 },
	{ "securely absent, DANE required", FACTS(SECURE, SECURE, ABSENT,
	  NO_RECORD), { REQ, OPT, OPT }, LEVEL_UNSET, "dane", "4.7.5",
	  "dane-required", 0, 0 },
	{ "insecure address", FACTS(SECURE, INSECURE, NOT_ASKED, NO_RECORD),
	  { OPT, OPT, REQ }, LEVEL_MANDATORY, NULL, NULL, NULL, 0, 0 },
	{ "insecure address, DANE required", FACTS(SECURE, INSECURE, NOT_ASKED,
	  NO_RECORD), { REQ, OPT, OPT }, LEVEL_UNSET, "dane", "4.7.5",
	  "dane-required", 0, 0 },
	{ "insecure MX, unusable TLSA", FACTS(INSECURE, SECURE, UNUSABLE,
	  NO_RECORD), { OPT, OPT, OPT }, LEVEL_OPPORTUNISTIC, NULL, NULL,
	  NULL, 0, 0 },
	{ "host only", FACTS(INSECURE, SECURE, USABLE, NO_RECORD),
	  { OPT, OPT, OPT }, LEVEL_DANE, NULL, NULL, NULL, 0, 1 },
	{ "host only does not satisfy a requirement", FACTS(INSECURE, SECURE,
	  USABLE, NO_RECORD), { REQ, OPT, OPT }, LEVEL_UNSET, "dane", "4.7.5",
	  "dane-required", 0, 0 },
	{ "host only: MTA-STS applies as well", FACTS(INSECURE, SECURE, USABLE,
	  ENFORCE_MATCH), { OPT, OPT, OPT }, LEVEL_DANE, NULL, NULL, NULL, 1,
	  1 },
	{ "host only, host not in the policy", FACTS(INSECURE, SECURE, USABLE,
	  ENFORCE_MISMATCH), { OPT, OPT, OPT }, LEVEL_UNSET, "mta-sts",
	  "4.7.5", "validation-failure", 0, 0 },
	{ "MTA-STS never overrides DANE", FACTS(SECURE, SECURE, USABLE,
	  ENFORCE_MISMATCH), { OPT, OPT, OPT }, LEVEL_DANE, NULL, NULL, NULL,
	  0, 0 },
	{ "both required: both must pass", FACTS(SECURE, SECURE, USABLE,
	  ENFORCE_MATCH), { REQ, REQ, OPT }, LEVEL_DANE, NULL, NULL, NULL, 1,
	  0 },
	{ "both required, policy does not name the host", FACTS(SECURE, SECURE,
	  USABLE, ENFORCE_MISMATCH), { OPT, REQ, OPT }, LEVEL_UNSET,
	  "mta-sts", "4.7.5", "validation-failure", 0, 0 },
	{ "enforce", FACTS(INSECURE, INSECURE, NOT_ASKED, ENFORCE_MATCH),
	  { OPT, OPT, OPT }, LEVEL_MTA_STS, NULL, NULL, NULL, 0, 0 },
	{ "enforce outranks mandatory TLS", FACTS(SECURE, SECURE, UNUSABLE,
	  ENFORCE_MATCH), { OPT, OPT, REQ }, LEVEL_MTA_STS, NULL, NULL,
	  "tlsa-invalid", 0, 0 },
	{ "enforce, host not in the policy", FACTS(INSECURE, INSECURE,
	  NOT_ASKED, ENFORCE_MISMATCH), { OPT, OPT, OPT }, LEVEL_UNSET,
	  "mta-sts", "4.7.5", "validation-failure", 0, 0 },
	{ "enforce, MTA-STS off", FACTS(INSECURE, INSECURE, NOT_ASKED,
	  ENFORCE_MISMATCH), { OPT, DIS, OPT }, LEVEL_OPPORTUNISTIC, NULL,
	  NULL, NULL, 0, 0 },
	{ "testing enforces nothing", FACTS(INSECURE, INSECURE, NOT_ASKED,
	  TESTING_MISMATCH), { OPT, OPT, OPT }, LEVEL_OPPORTUNISTIC, NULL,
	  NULL, "validation-failure", 0, 0 },
	{ "testing, MTA-STS required: as enforce", FACTS(INSECURE, INSECURE,
	  NOT_ASKED, TESTING_MATCH), { OPT, REQ, OPT }, LEVEL_MTA_STS, NULL,
	  NULL, NULL, 0, 0 },
	{ "testing, required, mismatch", FACTS(INSECURE, INSECURE, NOT_ASKED,
	  TESTING_MISMATCH), { OPT, REQ, OPT }, LEVEL_UNSET, "mta-sts",
	  "4.7.5", "validation-failure", 0, 0 },
	{ "mode none, MTA-STS required", FACTS(INSECURE, INSECURE, NOT_ASKED,
	  MODE_NONE), { OPT, REQ, OPT }, LEVEL_UNSET, "mta-sts", "4.7.5",
	  "sts-policy-invalid", 0, 0 },
	{ "no record, MTA-STS required", FACTS(INSECURE, INSECURE, NOT_ASKED,
	  NO_RECORD), { OPT, REQ, OPT }, LEVEL_UNSET, "mta-sts", "4.7.5",
	  "sts-policy-fetch-error", 0, 0 },
	{ "RFC 8461 3.3: a failed fetch is no policy", FACTS(INSECURE,
	  INSECURE, NOT_ASKED, FETCH_FAILED), { OPT, OPT, OPT },
	  LEVEL_OPPORTUNISTIC, NULL, NULL, "sts-policy-fetch-error", 0, 0 },
	{ "a failed fetch, MTA-STS required", FACTS(INSECURE, INSECURE,
	  NOT_ASKED, WEBPKI_INVALID), { OPT, REQ, OPT }, LEVEL_UNSET,
	  "mta-sts", "4.7.5", "sts-webpki-invalid", 0, 0 },
	{ "starttls = disable does not turn DANE off", FACTS(SECURE, SECURE,
	  USABLE, ENFORCE_MATCH), { OPT, OPT, DIS }, LEVEL_DANE, NULL, NULL,
	  NULL, 0, 0 },
	{ "nor what unusable records demand", FACTS(SECURE, SECURE, UNUSABLE,
	  NO_RECORD), { OPT, OPT, DIS }, LEVEL_MANDATORY, NULL, NULL,
	  "tlsa-invalid", 0, 0 },
	{ "nor a TLSA lookup that fails", FACTS(SECURE, SECURE, FAILED,
	  NO_RECORD), { OPT, OPT, DIS }, LEVEL_UNSET, "dane", "4.7.5",
	  "dnssec-invalid", 0, 0 },
	{ "nor MTA-STS", FACTS(SECURE, SECURE, USABLE, ENFORCE_MATCH),
	  { DIS, OPT, DIS }, LEVEL_MTA_STS, NULL, NULL, NULL, 0, 0 },
	{ "dane and mta-sts = disable do", FACTS(SECURE, SECURE, USABLE,
	  ENFORCE_MATCH), { DIS, DIS, DIS }, LEVEL_NONE, NULL, NULL, NULL, 0,
	  0 },
	{ "plaintext where the domain demands nothing", FACTS(SECURE, SECURE,
	  ABSENT, TESTING_MATCH), { OPT, OPT, DIS }, LEVEL_NONE, NULL, NULL,
	  NULL, 0, 0 },
};

static bool
same(const char *a, const char *b)
{
	return (a == NULL && b == NULL) ||
	    (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
each_rule_before_contact(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct policy_verdict v = policy_decide(&r->facts, &r->wants);

		if (v.refused != (r->level == LEVEL_UNSET) ||
		    v.level != r->level || !same(v.error, r->error) ||
		    !same(v.status, r->status) ||
		    !same(v.result_type, r->type) ||
		    v.sts_too != r->sts_too || v.host_only != r->host_only)
			fail_msg("%s: %d %s %s %s %s", r->why, v.refused,
			    policy_level_name(v.level), v.error, v.status,
			    v.result_type);
	}
}

/* --- all combinations ------------------------------------------------- */

static void
each_combination(void (*fn)(const struct policy_host_facts *,
    const struct policy_wants *))
{
	struct policy_host_facts f;
	struct policy_wants w;

	for (int n = 0; n < DNS_STATUS_COUNT * DNS_STATUS_COUNT *
	    TLSA_FACT_COUNT * STS_FACT_COUNT * 27; n++) {
		int k = n;

		f.mx = (enum policy_dns_status)(k % DNS_STATUS_COUNT);
		k /= DNS_STATUS_COUNT;
		f.address = (enum policy_dns_status)(k % DNS_STATUS_COUNT);
		k /= DNS_STATUS_COUNT;
		f.tlsa = (enum policy_tlsa_fact)(k % TLSA_FACT_COUNT);
		k /= TLSA_FACT_COUNT;
		f.sts = (enum policy_sts_fact)(k % STS_FACT_COUNT);
		k /= STS_FACT_COUNT;
		w.dane = (enum policy_want)(k % 3);
		w.mta_sts = (enum policy_want)(k / 3 % 3);
		w.starttls = (enum policy_want)(k / 9 % 3);
		fn(&f, &w);
	}
}

/* RFC 7672 2.2.1: a signed host under an MX record that is not. */
static bool
host_only(const struct policy_host_facts *f)
{
	return f->mx == DNS_INSECURE && f->address == DNS_SECURE;
}

static void
requirement_holds(const struct policy_host_facts *f,
    const struct policy_wants *w)
{
	struct policy_verdict v = policy_decide(f, w);
	bool secure = f->mx == DNS_SECURE && f->address == DNS_SECURE;

	if (v.refused) {
		assert_non_null(v.error);
		assert_int_equal(v.status[0], '4');
		assert_true(v.result_type != NULL ||
		    strcmp(v.error, "dns") == 0 ||
		    strcmp(v.error, "io") == 0);
		assert_non_null(v.why);
		assert_non_null(v.source);
		return;
	}
	assert_null(v.error);
	assert_non_null(v.why);
	if (w->dane == WANT_REQUIRE)
		assert_true(v.level == LEVEL_DANE && !v.host_only);
	if (w->mta_sts == WANT_REQUIRE)
		assert_true(v.level == LEVEL_MTA_STS || v.sts_too);
	if (w->starttls == WANT_REQUIRE)
		assert_true(v.level >= LEVEL_MANDATORY);
	if (w->dane != WANT_DISABLE && (secure || host_only(f)) &&
	    f->tlsa == TLSA_USABLE)
		assert_int_equal(v.level, LEVEL_DANE);
	if (w->dane != WANT_DISABLE && secure && f->tlsa == TLSA_UNUSABLE)
		assert_true(v.level >= LEVEL_MTA_STS ||
		    (v.level == LEVEL_MANDATORY && v.by_dane));
	else
		assert_false(v.by_dane);
	if (w->mta_sts != WANT_DISABLE && f->sts == STS_ENFORCE_MATCH)
		assert_true(v.level >= LEVEL_MTA_STS);
}

static void
what_is_required_is_never_given_up(void **state)
{
	(void)state;
	each_combination(requirement_holds);
}

static int
rank(const struct policy_verdict *v)
{
	return v->refused ? LEVEL_COUNT : (int)v->level;
}

/* The verdict with one lookup turned into an error is at least as strict. */
static void
errors_weaken_nothing(const struct policy_host_facts *f,
    const struct policy_wants *w)
{
	struct policy_verdict v = policy_decide(f, w), e;
	struct policy_host_facts worse = *f;

	worse.mx = DNS_ERROR;
	e = policy_decide(&worse, w);
	assert_true(rank(&e) >= rank(&v));
	worse = *f;
	worse.address = DNS_BOGUS;
	e = policy_decide(&worse, w);
	assert_true(rank(&e) >= rank(&v));
	worse = *f;
	worse.tlsa = TLSA_FAILED;
	e = policy_decide(&worse, w);
	assert_true(rank(&e) >= rank(&v));
}

static void
an_error_of_dns_never_weakens(void **state)
{
	(void)state;
	each_combination(errors_weaken_nothing);
}

static void
compare(const struct policy_host_facts *f, const struct policy_wants *loose,
    const struct policy_wants *strict)
{
	struct policy_verdict l = policy_decide(f, loose);
	struct policy_verdict s = policy_decide(f, strict);

	if (l.refused && !s.refused)
		assert_int_equal(s.level, LEVEL_DANE);
	else
		assert_true(rank(&s) >= rank(&l));
}

static void
one_step_stricter(const struct policy_host_facts *f,
    const struct policy_wants *w)
{
	struct policy_wants s = *w;

	if (w->dane > WANT_REQUIRE) {
		s.dane = (enum policy_want)(w->dane - 1);
		compare(f, w, &s);
		s = *w;
	}
	if (w->mta_sts > WANT_REQUIRE) {
		s.mta_sts = (enum policy_want)(w->mta_sts - 1);
		compare(f, w, &s);
		s = *w;
	}
	if (w->starttls > WANT_REQUIRE) {
		s.starttls = (enum policy_want)(w->starttls - 1);
		compare(f, w, &s);
	}
}

static void
stricter_never_lowers(void **state)
{
	(void)state;
	each_combination(one_step_stricter);
}

/* --- sequences of attempts -------------------------------------------- */

/* What the domain itself demands of the host, where the strategy has not turned
 * that off in so many words. */
static enum policy_level
domains_demand(const struct policy_host_facts *f, const struct policy_wants *w)
{
	bool secure = f->mx == DNS_SECURE && f->address == DNS_SECURE;

	if (w->dane != WANT_DISABLE && (secure || host_only(f)) &&
	    f->tlsa == TLSA_USABLE)
		return LEVEL_DANE;
	if (w->mta_sts != WANT_DISABLE && f->sts == STS_ENFORCE_MATCH)
		return LEVEL_MTA_STS;
	if (w->dane != WANT_DISABLE && secure && f->tlsa == TLSA_UNUSABLE)
		return LEVEL_MANDATORY;
	return LEVEL_NONE;
}

/*
 * One attempt in which the event happens: the error that is recorded, or NULL
 * where mail went out.  Fails where it went out with less than is demanded.
 */
static const char *
attempt(const struct policy_host_facts *f, const struct policy_wants *w,
    bool allow_invalid, enum policy_event event)
{
	struct policy_verdict v = policy_decide(f, w);
	struct policy_demand d = { v.level, v.by_dane, allow_invalid };
	enum policy_level demand = domains_demand(f, w);
	struct policy_consequence c;

	if (v.refused)
		return v.error;
	if (v.level == LEVEL_NONE) {
		assert_int_equal(demand, LEVEL_NONE);
		return NULL;
	}
	/* RFC 8461 2: only DANE under a secure MX stands for MTA-STS. */
	if (w->mta_sts != WANT_DISABLE && f->sts == STS_ENFORCE_MATCH &&
	    host_only(f))
		assert_true(v.level == LEVEL_MTA_STS || v.sts_too);
	c = policy_session_event(&d, event);
	if (c.action == ACTION_SKIP_HOST)
		return c.error;
	/* In plaintext, or with a certificate that proves nothing. */
	if (c.action == ACTION_CONTINUE_PLAIN)
		assert_int_equal(demand, LEVEL_NONE);
	else if (v.level != LEVEL_DANE)
		assert_true(demand < LEVEL_MTA_STS);
	return NULL;
}

static struct policy_wants
wants_numbered(int k)
{
	return (struct policy_wants){ (enum policy_want)(k % 3),
		(enum policy_want)(k / 3 % 3), (enum policy_want)(k / 9) };
}

/*
 * Any strategy first, then any other that a rule on the recorded error chooses:
 * the rule is the attacker's friend, the event the attacker's.  Where the
 * domain's demand was not met the error is never tls, and the second attempt
 * gives up nothing, unless the second strategy says disable.
 */
static void
each_sequence_of(const struct policy_host_facts *f)
{
	for (int n = 0; n < 27 * 2 * EVENT_COUNT; n++) {
		struct policy_wants first = wants_numbered(n % 27);
		enum policy_event event = (enum policy_event)(n / 54);
		const char *error = attempt(f, &first, n / 27 % 2 != 0, event);
		enum policy_level demand = domains_demand(f, &first);

		if (error == NULL)
			continue;
		if (demand >= LEVEL_MTA_STS)
			assert_string_not_equal(error, "tls");
		if (demand == LEVEL_MANDATORY && (event < EVENT_CERT_EXPIRED ||
		    event > EVENT_CERT_INVALID))
			assert_string_not_equal(error, "tls");
		for (int k = 0; k < 54 * EVENT_COUNT; k++) {
			struct policy_wants then = wants_numbered(k % 27);

			(void)attempt(f, &then, k / 27 % 2 != 0,
			    (enum policy_event)(k / 54));
		}
	}
}

static void
no_order_of_failures_gives_up_a_demand(void **state)
{
	static const enum policy_dns_status dns[] = { DNS_SECURE,
	    DNS_INSECURE };

	(void)state;
	for (int n = 0; n < 4 * TLSA_FACT_COUNT * STS_FACT_COUNT; n++) {
		struct policy_host_facts f = { dns[n % 2], dns[n / 2 % 2],
			(enum policy_tlsa_fact)(n / 4 % TLSA_FACT_COUNT),
			(enum policy_sts_fact)(n / 4 / TLSA_FACT_COUNT) };

		each_sequence_of(&f);
	}
}

static void
a_waiver_leaves_requirements_alone(void **state)
{
	static const struct {
		const char *why;
		struct policy_wants wants;
		enum policy_required_no mode;
		bool pinned;
		struct policy_wants out;
		bool allow_invalid;
	} w[] = {
		{ "what is optional is lowered", { OPT, OPT, OPT },
		  REQUIRED_NO_OPTIONAL, false, { DIS, DIS, OPT }, true },
		{ "a requirement stands", { REQ, OPT, OPT },
		  REQUIRED_NO_OPTIONAL, false, { REQ, DIS, OPT }, false },
		{ "required TLS stands, with its certificates",
		  { OPT, OPT, REQ }, REQUIRED_NO_OPTIONAL, false,
		  { DIS, DIS, REQ }, false },
		{ "a pinned strategy stands", { OPT, OPT, OPT },
		  REQUIRED_NO_OPTIONAL, true, { OPT, OPT, OPT }, false },
		{ "always lowers all", { REQ, REQ, REQ },
		  REQUIRED_NO_ALWAYS, true, { DIS, DIS, OPT }, true },
		{ "never lowers nothing", { OPT, OPT, OPT },
		  REQUIRED_NO_NEVER, false, { OPT, OPT, OPT }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		bool allow = false;
		struct policy_wants out = policy_waive(&w[i].wants, w[i].mode,
		    w[i].pinned, &allow);

		if (out.dane != w[i].out.dane ||
		    out.mta_sts != w[i].out.mta_sts ||
		    out.starttls != w[i].out.starttls ||
		    allow != w[i].allow_invalid)
			fail_msg("%s", w[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_before_contact),
		cmocka_unit_test(what_is_required_is_never_given_up),
		cmocka_unit_test(an_error_of_dns_never_weakens),
		cmocka_unit_test(stricter_never_lowers),
		cmocka_unit_test(no_order_of_failures_gives_up_a_demand),
		cmocka_unit_test(a_waiver_leaves_requirements_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
