/*
 * policy: the session rules over all combinations, the retry schedule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "policy/decide.h"
#include "policy/mx.h"
#include "policy/retry.h"

static void
each_rule_of_the_session(void **state)
{
	static const struct {
		const char *why;
		int level;
		enum policy_event event;
		bool allow_invalid;
		enum policy_action action;
		const char *error, *status, *type;
	} rows[] = {
		{ "RFC 7435: opportunistic goes on in plaintext",
		  LEVEL_OPPORTUNISTIC, EVENT_STARTTLS_MISSING, false,
		  ACTION_CONTINUE_PLAIN, "tls", "4.7.4",
		  "starttls-not-supported" },
		{ "a refused STARTTLS is a missing one", LEVEL_OPPORTUNISTIC,
		  EVENT_STARTTLS_REFUSED, false, ACTION_CONTINUE_PLAIN, "tls",
		  "4.7.4", "starttls-not-supported" },
		{ "starttls = require", LEVEL_MANDATORY,
		  EVENT_STARTTLS_MISSING, true, ACTION_SKIP_HOST, "tls",
		  "4.7.4", "starttls-not-supported" },
		{ "RFC 7672 2.2: usable TLSA needs TLS", LEVEL_DANE,
		  EVENT_STARTTLS_MISSING, true, ACTION_SKIP_HOST, "dane",
		  "4.7.4", "starttls-not-supported" },
		{ "a stripped STARTTLS is what DANE forbids", LEVEL_DANE,
		  EVENT_STARTTLS_REFUSED, false, ACTION_SKIP_HOST, "dane",
		  "4.7.4", "starttls-not-supported" },
		{ "so is a broken handshake", LEVEL_DANE,
		  EVENT_HANDSHAKE_FAILED, false, ACTION_SKIP_HOST, "dane",
		  "4.7.5", "validation-failure" },
		{ "and response injection", LEVEL_DANE, EVENT_EARLY_OCTETS,
		  false, ACTION_SKIP_HOST, "dane", "4.7.5",
		  "validation-failure" },
		{ "an enforced policy forbids it, too", LEVEL_MTA_STS,
		  EVENT_STARTTLS_MISSING, true, ACTION_SKIP_HOST, "mta-sts",
		  "4.7.4", "starttls-not-supported" },
		{ "and a broken handshake", LEVEL_MTA_STS,
		  EVENT_HANDSHAKE_FAILED, false, ACTION_SKIP_HOST, "mta-sts",
		  "4.7.5", "validation-failure" },
		{ "a failed handshake is never followed by plaintext",
		  LEVEL_OPPORTUNISTIC, EVENT_HANDSHAKE_FAILED, true,
		  ACTION_SKIP_HOST, "tls", "4.7.5", "validation-failure" },
		{ "response injection", LEVEL_OPPORTUNISTIC,
		  EVENT_EARLY_OCTETS, true, ACTION_SKIP_HOST, "tls", "4.7.5",
		  "validation-failure" },
		{ "opportunistic validates unless told otherwise",
		  LEVEL_OPPORTUNISTIC, EVENT_CERT_NOT_TRUSTED, false,
		  ACTION_SKIP_HOST, "tls", "4.7.5", "certificate-not-trusted" },
		{ "allow-invalid-certs", LEVEL_MANDATORY, EVENT_CERT_EXPIRED,
		  true, ACTION_CONTINUE, "tls", "4.7.5",
		  "certificate-expired" },
		{ "allow-invalid-certs never weakens mta-sts", LEVEL_MTA_STS,
		  EVENT_CERT_HOST_MISMATCH, true, ACTION_SKIP_HOST, "mta-sts",
		  "4.7.5", "certificate-host-mismatch" },
		{ "RFC 7672 3.1: only TLSA decides", LEVEL_DANE,
		  EVENT_CERT_EXPIRED, false, ACTION_CONTINUE, "dane", "4.7.5",
		  "certificate-expired" },
		{ "no TLSA record matches", LEVEL_DANE, EVENT_TLSA_MISMATCH,
		  true, ACTION_SKIP_HOST, "dane", "4.7.5",
		  "validation-failure" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_consequence c = policy_session_event(
		    &(struct policy_demand){
			.level = (enum policy_level)rows[i].level,
			.allow_invalid = rows[i].allow_invalid },
		    rows[i].event);

		if (c.action != rows[i].action ||
		    strcmp(c.error, rows[i].error) != 0 ||
		    strcmp(c.status, rows[i].status) != 0 ||
		    strcmp(c.result_type, rows[i].type) != 0)
			fail_msg("%s: %d %s %s %s", rows[i].why, c.action,
			    c.error, c.status, c.result_type);
	}
}

static void
no_combination_weakens_what_is_required(void **state)
{
	(void)state;
	for (int level = LEVEL_NONE; level < LEVEL_COUNT; level++)
		for (int event = 0; event < EVENT_COUNT; event++) {
			struct policy_consequence strict, loose;

			struct policy_demand demand = {
				.level = (enum policy_level)level };

			strict = policy_session_event(&demand,
			    (enum policy_event)event);
			demand.allow_invalid = true;
			loose = policy_session_event(&demand,
			    (enum policy_event)event);
			if (level >= LEVEL_MANDATORY) {
				assert_int_not_equal(strict.action,
				    ACTION_CONTINUE_PLAIN);
				assert_int_not_equal(loose.action,
				    ACTION_CONTINUE_PLAIN);
			}
			if (level >= LEVEL_MTA_STS)
				assert_int_equal(strict.action, loose.action);
			if (strict.action == ACTION_SKIP_HOST) {
				assert_non_null(strict.error);
				assert_int_equal(strict.status[0], '4');
				assert_non_null(strict.result_type);
			}
		}
}

/* Unusable TLSA records demand TLS and say nothing of the certificate. */
static void
unusable_records_demand_tls_only(void **state)
{
	(void)state;
	for (int event = 0; event < EVENT_COUNT; event++) {
		struct policy_demand demand = { .level = LEVEL_MANDATORY };
		struct policy_consequence mine, domains;
		bool cert = event >= EVENT_CERT_EXPIRED &&
		    event <= EVENT_CERT_INVALID;

		mine = policy_session_event(&demand, (enum policy_event)event);
		demand.by_dane = true;
		domains = policy_session_event(&demand,
		    (enum policy_event)event);
		assert_int_equal(mine.action, domains.action);
		if (event != EVENT_TLSA_MISMATCH)
			assert_string_equal(mine.error, "tls");
		assert_string_equal(domains.error, cert ? "tls" : "dane");
	}
}

static void
wants_and_levels_have_their_words(void **state)
{
	static const struct {
		enum policy_want want;
		const char *name;
		enum policy_level level;
	} rows[] = {
		{ WANT_OPTIONAL, "optional", LEVEL_OPPORTUNISTIC },
		{ WANT_DISABLE, "disable", LEVEL_NONE },
		{ WANT_REQUIRE, "require", LEVEL_MANDATORY },
	};

	const struct policy_host_facts none = { DNS_SECURE, DNS_SECURE,
		TLSA_ABSENT, STS_NO_RECORD };

	(void)state;
	assert_int_equal(WANT_REQUIRE, 0); /* unset is the strictest */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct policy_wants alone = { WANT_OPTIONAL,
			WANT_OPTIONAL, rows[i].want };

		assert_string_equal(policy_want_name(rows[i].want),
		    rows[i].name);
		assert_int_equal(policy_decide(&none, &alone).level,
		    rows[i].level);
	}
	assert_string_equal(policy_level_name(LEVEL_MTA_STS), "mta-sts");
}

static void
the_last_delay_repeats_until_expiry(void **state)
{
	static const int64_t delays[] = { 120, 300 };
	static const struct policy_retry_schedule days = { delays, 2, 86400,
	    0 };
	static const struct policy_retry_schedule tries = { delays, 2, 0, 3 };
	static const struct {
		const char *why;
		const struct policy_retry_schedule *s;
		int64_t attempts, now;
		int jitter;
		bool expired;
		int64_t next;
	} rows[] = {
		{ "first delay", &days, 1, 1000, 0, false, 1120 },
		{ "second delay", &days, 2, 1200, 0, false, 1500 },
		{ "the last repeats", &days, 9, 2000, 0, false, 2300 },
		{ "jitter adds up to a tenth", &days, 1, 1000, 999, false,
		  1131 },
		{ "one last attempt at the very end", &days, 9, 87300, 0,
		  false, 87400 },
		{ "expired", &days, 9, 87400, 0, true, 0 },
		{ "attempts left", &tries, 2, 1000, 0, false, 1300 },
		{ "attempts used up", &tries, 3, 1000, 0, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_retry_verdict v = policy_retry_after(rows[i].s,
		    1000, rows[i].attempts, rows[i].now, rows[i].jitter);

		if (v.expired != rows[i].expired ||
		    v.next_attempt_at != rows[i].next)
			fail_msg("%s: %d %lld", rows[i].why, v.expired,
			    (long long)v.next_attempt_at);
	}
	assert_int_equal(policy_retry_expires_at(&tries, 5), 0);
}

static void
the_most_preferred_policy_failure_decides(void **state)
{
	static const struct {
		const char *why;
		struct policy_outcome_fact facts[3];
		size_t n;
		bool bounce, permanent;
		size_t deciding;
		const char *status;
	} rows[] = {
		{ "a policy failure is not hidden by a later refusal",
		  { { "connection", "4.4.1" }, { "tls", "4.7.5" },
		    { "connection", "4.4.1" } }, 3, false, false, 1, "4.7.5" },
		{ "of two policy failures the first",
		  { { "dane", "4.7.5" }, { "tls", "4.7.4" } }, 2, false, false,
		  0, "4.7.5" },
		{ "no policy failure: the last one tried",
		  { { "connection", "4.4.1" }, { "connection", "4.4.2" } }, 2,
		  false, false, 1, "4.4.2" },
		{ "a host without address does not make a dead one permanent",
		  { { "connection", "4.4.1" }, { "dns", "5.4.4" } }, 2, false,
		  false, 0, "4.4.1" },
		{ "no host has an address", { { "dns", "5.4.4" },
		  { "dns", "5.4.4" } }, 2, false, true, 1, "5.4.4" },
		{ "on-policy-failure = bounce", { { "tls", "4.7.4" },
		  { "connection", "4.4.1" } }, 2, true, true, 0, "5.7.4" },
		{ "bounce is for policy only", { { "connection", "4.4.1" } },
		  1, true, false, 0, "4.4.1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_outcome o = policy_outcome_decide(rows[i].facts,
		    rows[i].n, rows[i].bounce);

		if (o.permanent != rows[i].permanent ||
		    o.deciding != rows[i].deciding ||
		    strcmp(o.status, rows[i].status) != 0)
			fail_msg("%s: %d %zu %s", rows[i].why, o.permanent,
			    o.deciding, o.status);
	}
}

static void
hosts_are_tried_in_order_and_never_in_a_circle(void **state)
{
	struct policy_mx_choice list[] = { { 20, "c" }, { 10, "a" }, { 10,
	    "b" },
		{ 30, "us" }, { 30, "d" } };
	struct policy_mx_choice best[] = { { 10, "US" }, { 20, "x" } };
	static const char *const own[] = { "me", "us", NULL };
	size_t n = 5, first_a = 0;

	(void)state;
	assert_int_equal(policy_mx_order(list, &n, own, 5, 1), MX_ORDER_OK);
	assert_int_equal(n, 3); /* we and our equals are dropped */
	assert_string_equal(list[2].host, "c");
	n = 2;
	assert_int_equal(policy_mx_order(best, &n, own, 5, 1), MX_ORDER_LOOP);
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct policy_mx_choice two[] = { { 1, "a" }, { 1, "b" } };

		n = 2;
		(void)policy_mx_order(two, &n, own, 5, seed);
		first_a += two[0].host[0] == 'a';
	}
	assert_in_range(first_a, 400, 600);
	n = 2;
	best[0].host = "y";
	assert_int_equal(policy_mx_order(best, &n, own, 1, 1), MX_ORDER_OK);
	assert_int_equal(n, 1);
	n = 0;
	assert_int_equal(policy_mx_order(best, &n, own, 1, 1), MX_ORDER_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_of_the_session),
		cmocka_unit_test(no_combination_weakens_what_is_required),
		cmocka_unit_test(unusable_records_demand_tls_only),
		cmocka_unit_test(wants_and_levels_have_their_words),
		cmocka_unit_test(the_last_delay_repeats_until_expiry),
		cmocka_unit_test(the_most_preferred_policy_failure_decides),
		cmocka_unit_test(
		    hosts_are_tried_in_order_and_never_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
