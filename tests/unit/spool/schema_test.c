/*
 * spool: the schema refuses bad values in words, the submission view takes mail
 * from SQL alone, every named block fits the schema.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "spool/query.h"
#include "testing.h"

struct refusal {
	const char *why, *sql, *words;
};

static void
check_refusals(struct scratch *s, const struct refusal *rows, size_t n)
{
	char sql[1024];

	for (size_t i = 0; i < n; i++) {
		const char *said;

		/* Each starts from a message and a recipient. */
		(void)snprintf(sql, sizeof(sql), "BEGIN; INSERT INTO message "
		    "(id, sender, size) VALUES (1, 'a@x.example', 1);"
		    "INSERT INTO recipient (id, message_id, address, domain) "
		    "VALUES (1, 1, 'b@y.example', 'y.example');%s",
		    rows[i].sql);
		said = scratch_sql(s, sql);
		if (rows[i].words == NULL ? *said != '\0' :
		    strstr(said, rows[i].words) == NULL)
			fail_msg("%s: said \"%s\"", rows[i].why, said);
	}
}

static void
tables_refuse_what_makes_no_sense(void **state)
{
	static const struct refusal rows[] = {
		{ "the rows of each case are good", "SELECT 1", NULL },
		{ "a state that is none", "UPDATE recipient SET state = 'x'",
		  "recipient.state is one of queued, active" },
		{ "final without a time",
		  "UPDATE recipient SET state = 'failed'",
		  "recipient.finished_at is set in the states" },
		{ "a time without being final",
		  "UPDATE recipient SET finished_at = 1",
		  "recipient.finished_at is set in the states" },
		{ "active without a claim",
		  "UPDATE recipient SET state = 'active'",
		  "recipient.claimed_by and claimed_until" },
		{ "a claim without an end",
		  "UPDATE recipient SET state = 'active', claimed_by = 'x'",
		  "recipient.claimed_by and claimed_until" },
		{ "a claim that outlives its state",
		  "UPDATE recipient SET claimed_by = 'x', claimed_until = 1",
		  "recipient.claimed_by and claimed_until" },
		{ "an unknown word for an error",
		  "UPDATE recipient SET last_error = 'timeout'",
		  "recipient.last_error is NULL or one of dns" },
		{ "no enhanced code", "UPDATE recipient SET status = '450'",
		  "recipient.status is NULL or like 4.7.5" },
		{ "a class that does not exist",
		  "UPDATE recipient SET status = '3.1.1'",
		  "recipient.status is NULL or like 4.7.5" },
		{ "all of notify",
		  "UPDATE recipient SET notify = 'DELAY,SUCCESS,FAILURE'",
		  NULL },
		{ "never goes with nothing else (RFC 3461 4.1)",
		  "UPDATE recipient SET notify = 'NEVER,DELAY'",
		  "recipient.notify is NULL, NEVER or some of" },
		{ "the same twice", "UPDATE recipient SET notify = "
		  "'DELAY,DELAY'", "recipient.notify is NULL" },
		{ "an empty list", "UPDATE recipient SET notify = ''",
		  "recipient.notify is NULL" },
		{ "orcpt needs a type", "UPDATE recipient SET orcpt = 'a@b'",
		  "recipient.orcpt is type;address" },
		{ "UTF-8 in orcpt needs its type (RFC 6533 3)",
		  "UPDATE recipient SET orcpt = 'rfc822;\xc3\xbc@y.example'",
		  "recipient.orcpt is type;address" },
		{ "and has it", "UPDATE recipient SET "
		  "orcpt = 'utf-8;\xc3\xbc@y.example'", NULL },
		{ "a line end in orcpt would start a command",
		  "UPDATE recipient SET orcpt = 'rfc822;a' || char(10)",
		  "recipient.orcpt is type;address" },
		{ "STRICT: text is no time",
		  "UPDATE recipient SET next_attempt_at = 'soon'",
		  "cannot store TEXT value in INTEGER column" },
		{ "a recipient must be due some time",
		  "UPDATE recipient SET next_attempt_at = NULL",
		  "NOT NULL constraint failed: recipient.next_attempt_at" },
		{ "a source that is none", "UPDATE message SET source = 'x'",
		  "message.source is one of milter, submit" },
		{ "a body type of another RFC",
		  "UPDATE message SET body_type = 'BINARYMIME'",
		  "message.body_type is 7BIT or 8BITMIME" },
		{ "ret", "UPDATE message SET ret = 'full'",
		  "message.ret is NULL, FULL or HDRS" },
		{ "a line end in envid would start a command",
		  "UPDATE message SET envid = 'a' || char(13)",
		  "message.envid has 1 to 100 printable characters" },
		{ "an envid that is too long (RFC 3461 4.4)",
		  "UPDATE message SET envid = hex(zeroblob(51))",
		  "message.envid has 1 to 100 printable characters" },
		{ "a flag that is no flag",
		  "UPDATE message SET require_tls = 2",
		  "message.require_tls is 0 or 1" },
		{ "size is needed", "INSERT INTO message (sender) VALUES ('')",
		  "NOT NULL constraint failed: message.size" },
		{ "an empty piece", "INSERT INTO content (message_id, seq, data)"
		  " VALUES (1, 0, x'')", "content.data has 1 to 262144 octets" },
		{ "a piece that is too big", "INSERT INTO content (message_id, "
		  "seq, data) VALUES (1, 0, zeroblob(262145))",
		  "content.data has 1 to 262144 octets" },
		{ "content is octets, not text", "INSERT INTO content "
		  "(message_id, seq, data) VALUES (1, 0, 'text')",
		  "cannot store TEXT value in BLOB column content.data" },
		{ "the same piece twice", "INSERT INTO content (message_id, "
		  "seq, data) VALUES (1, 0, x'61'), (1, 0, x'62')",
		  "UNIQUE constraint failed: content.message_id, content.seq" },
		{ "evidence of no kind", "INSERT INTO session (started_at, tls) "
		  "VALUES (1, 'yes')", "session.tls is one of none, encrypted" },
		{ "an outcome that is none", "INSERT INTO attempt (message_id, "
		  "recipient_id, domain, started_at, outcome) VALUES (1, 1, "
		  "'y.example', 1, 'ok')", "attempt.outcome is one of" },
		{ "facts that are no JSON object", "INSERT INTO attempt "
		  "(message_id, recipient_id, domain, started_at, outcome, "
		  "facts) VALUES (1, 1, 'y.example', 1, 'failed', 'x')",
		  "attempt.facts is a JSON object" },
		{ "a cache status that is none", "INSERT INTO mx_cache VALUES "
		  "('y.example', 'ok', '[]', 1, 2, NULL)", "mx_cache.status is one" },
		{ "a strategy that contradicts itself", "INSERT INTO "
		  "tls_strategy (id, dane, starttls) VALUES ('x', 'require', "
		  "'disable')", "starttls = disable cannot go with dane" },
		{ "a strategy that gives up at once", "INSERT INTO tls_strategy "
		  "(id, timeout_tls) VALUES ('x', 0)",
		  "tls_strategy.timeout_tls is positive" },
		{ "a rule of no kind", "INSERT INTO strategy_rule VALUES "
		  "('dns', 0, NULL, 'x')", "strategy_rule.kind is one of" },
		{ "a day that is none", "INSERT INTO tls_report (day, domain, "
		  "policy_type) VALUES ('today', 'y.example', 'tlsa')",
		  "tls_report.day is YYYY-MM-DD" },
	};

	check_refusals(*state, rows, ARRAY_LEN(rows));
}

static void
direct_producers_are_checked_too(void **state)
{
	static const struct refusal rows[] = {
		{ "a sender without a domain", "INSERT INTO message (sender, "
		  "size) VALUES ('root', 1)", "bad address: it has no @" },
		{ "the null sender", "INSERT INTO message (sender, size) "
		  "VALUES ('', 1)", NULL },
		{ "a strategy that does not exist", "INSERT INTO message "
		  "(sender, size, tls_strategy) VALUES ('', 1, 'secure')",
		  "unknown TLS strategy" },
		{ "the shipped strategies exist", "INSERT INTO message (sender, "
		  "size, tls_strategy) VALUES ('', 1, 'invalid-tls'), "
		  "('', 1, 'default')", NULL },
		{ "no recipient is null", "INSERT INTO recipient (message_id, "
		  "address, domain) VALUES (1, '', '')", "bad address" },
		{ "another domain than the address has: mail would go astray",
		  "INSERT INTO recipient (message_id, address, domain) VALUES "
		  "(1, 'b@y.example', 'z.example')", "recipient.domain must be" },
		{ "a domain in upper case", "INSERT INTO recipient (message_id,"
		  " address, domain) VALUES (1, 'b@Y.example', 'Y.example')",
		  "recipient.domain must be" },
	};

	check_refusals(*state, rows, ARRAY_LEN(rows));
}

static void
addresses_are_checked(void **state)
{
	static const struct {
		const char *why, *address, *words;	/* NULL: accepted */
	} rows[] = {
		{ "plain", "b@y.example", NULL },
		{ "all of atext (RFC 5322 3.2.3)",
		  "!#$%&''*+-/=?^_`{|}~9@y.example", NULL },
		{ "quoted: blanks and @ (RFC 5321 4.1.2)",
		  "\"b @ c\"@y.example", NULL },
		{ "quoted: escaped quote and backslash",
		  "\"b\\\"\\\\\"@y.example", NULL },
		{ "quoted: nothing", "\"\"@y.example", NULL },
		{ "UTF-8 before the @ (RFC 6531)", "\xc3\xbc@y.example", NULL },
		{ "IPv4 literal (RFC 5321 4.1.3)", "b@[192.0.2.1]", NULL },
		{ "IPv6 literal", "b@[IPv6:2001:db8::1]", NULL },
		{ "A-label", "b@xn--bcher-kva.example", NULL },
		{ "dots anywhere before the @", ".b..c.@y.example", NULL },
		{ "one label", "b@localhost", NULL },
		{ "label of 63", "b@123456789012345678901234567890123456789012"
		  "345678901234567890123.example", NULL },
		{ "label of 64 (RFC 1035 2.3.4)",
		  "b@1234567890123456789012345678901234567890123456789012345678"
		  "901234.example", "not a host name" },
		{ "no @", "b", "it has no @" },
		{ "nothing before the @", "@y.example", "nothing before the @" },
		{ "nothing after it", "b@", "not a host name" },
		{ "a line end would start a command", "b@y.example\nc",
		  "control characters" },
		{ "a tab", "b\tc@y.example", "control characters" },
		{ "a blank without quotes", "b c@y.example", "need quotes" },
		{ "> would end the path", "b>c@y.example", "need quotes" },
		{ "two @", "b@c@y.example", "need quotes" },
		{ "a quote within quotes", "\"b\"c\"@y.example",
		  "not well-formed" },
		{ "the closing quote is escaped", "\"b\\\"@y.example",
		  "not well-formed" },
		{ "a lone quote", "\"@y.example", "need quotes" },
		{ "U-label: producers give A-labels", "b@b\xc3\xbc" "cher.example",
		  "A-labels" },
		{ "dot at the end of the domain: only submission drops it",
		  "b@y.example.", "not a host name" },
		{ "empty label", "b@y..example", "not a host name" },
		{ "hyphen at the start of a label", "b@-y.example",
		  "not a host name" },
		{ "hyphen at the end of a label", "b@y-.example",
		  "not a host name" },
		{ "blank in the domain", "b@y .example", "not a host name" },
		{ "literal without its end", "b@[192.0.2.1", "not a host name" },
		{ "empty literal", "b@[]", "literal" },
		{ "literal with a blank", "b@[192.0.2.1 x]", "literal" },
	};
	struct scratch *s = *state;
	char sql[512];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *said;

		(void)snprintf(sql, sizeof(sql), "BEGIN; INSERT INTO message "
		    "(sender, size) VALUES ('%s', 1)", rows[i].address);
		said = scratch_sql(s, sql);
		if (rows[i].words == NULL ? *said != '\0' :
		    strstr(said, "bad address: ") != said ||
		    strstr(said, rows[i].words) == NULL)
			fail_msg("%s: said \"%s\"", rows[i].why, said);
	}
}

#define SUBMIT "INSERT INTO submission (sender, recipients, content"

static void
submission_refuses_in_words(void **state)
{
	static const struct refusal rows[] = {
		{ "no sender", SUBMIT ") VALUES (NULL, '[\"b@y.example\"]', "
		  "'x')", "sender must be given" },
		{ "no recipients at all", SUBMIT ") VALUES ('', NULL, 'x')",
		  "recipients must be a JSON array" },
		{ "an address instead of an array",
		  SUBMIT ") VALUES ('', 'b@y.example', 'x')",
		  "recipients must be a JSON array" },
		{ "an object", SUBMIT ") VALUES ('', '{\"a\":1}', 'x')",
		  "recipients must be a JSON array" },
		{ "broken JSON", SUBMIT ") VALUES ('', '[\"b@y.example\",]', "
		  "'x')", "malformed JSON" },
		{ "an empty array", SUBMIT ") VALUES ('', ' [ ] ', 'x')",
		  "at least one address" },
		{ "a number", SUBMIT ") VALUES ('', '[1]', 'x')",
		  "addresses as JSON strings" },
		{ "null", SUBMIT ") VALUES ('', '[null]', 'x')",
		  "addresses as JSON strings" },
		{ "one bad address among good ones", SUBMIT ") VALUES ('', "
		  "'[\"b@y.example\", \"c\"]', 'x')", "bad address" },
		{ "readfile() of a missing file gives NULL", SUBMIT
		  ") VALUES ('', '[\"b@y.example\"]', NULL)",
		  "content must be given" },
		{ "nothing in it", SUBMIT
		  ") VALUES ('', '[\"b@y.example\"]', x'')",
		  "content must be given" },
		{ "unknown strategy", SUBMIT ", tls_strategy) VALUES ('', "
		  "'[\"b@y.example\"]', 'x', 'secure')",
		  "unknown TLS strategy" },
		{ "notify", SUBMIT ", notify) VALUES ('', "
		  "'[\"b@y.example\"]', 'x', 'maybe')",
		  "recipient.notify is NULL, NEVER" },
		{ "ret", SUBMIT ", ret) VALUES ('', '[\"b@y.example\"]', 'x', "
		  "'some')", "message.ret is NULL, FULL or HDRS" },
		{ "hold", SUBMIT ", hold) VALUES ('', '[\"b@y.example\"]', "
		  "'x', 'yes')", "hold is 0 or 1" },
		{ "require_tls", SUBMIT ", require_tls) VALUES ('', "
		  "'[\"b@y.example\"]', 'x', 7)", "message.require_tls" },
	};
	struct scratch *s = *state;

	check_refusals(s, rows, ARRAY_LEN(rows));
	assert_int_equal(scratch_number(s, "SELECT (SELECT count(*) FROM "
	    "message) + (SELECT count(*) FROM content)"), 0);
}

static void
submission_stores_a_whole_message(void **state)
{
	struct scratch *s = *state;

	assert_string_equal(scratch_sql(s, SUBMIT ", mta_id, notify, ret, envid,"
	    " require_tls, tls_optional, hold, tls_strategy) VALUES "
	    "('\"a b\"@x.example', '[\"b@Y.Example\", \"c@z.example\", "
	    "\"b@Y.Example\"]', 'Subject: x' || char(10), 'job-7', "
	    "'success,failure', 'hdrs', 'id+2B', 1, 0, 1, 'default')"), "");
	assert_string_equal(scratch_text(s, "SELECT sender || '|' || source "
	    "|| '|' || size || body_type || smtputf8 || ret || envid || "
	    "require_tls || tls_optional || tls_strategy || mta_id FROM "
	    "message"), "\"a b\"@x.example|spool|117BIT0HDRSid+2B10default"
	    "job-7");
	assert_true(scratch_number(s, "SELECT abs(received_at - unixepoch()) "
	    "FROM message") < 5);
	assert_string_equal(scratch_text(s, "SELECT group_concat(address || ' '"
	    " || domain || ' ' || state || ' ' || notify) FROM recipient"),
	    "b@Y.Example y.example held SUCCESS,FAILURE,"
	    "c@z.example z.example held SUCCESS,FAILURE");
	assert_string_equal(scratch_text(s, "SELECT hex(data) FROM content"),
	    "5375626A6563743A20780A"); /* as given: CRLF comes on the way out */
	assert_string_equal(scratch_text(s, "SELECT recipient || ' ' || state "
	    "|| ' ' || strategy FROM queue WHERE mta_id = 'job-7'"),
	    "b@Y.Example held default");
}

static void
submission_cuts_content_into_pieces(void **state)
{
	static const struct {
		const char *why, *content, *pieces;
		int size;
	} rows[] = {
		{ "one octet", "'x'", "0:1", 1 },
		{ "just one piece", "zeroblob(262144)", "0:262144", 262144 },
		{ "one octet more", "zeroblob(262145)", "0:262144,1:1",
		  262145 },
		{ "three", "zeroblob(600000)",
		  "0:262144,1:262144,2:75712", 600000 },
		{ "text counts octets, not characters",
		  "replace(hex(zeroblob(100000)), '0', '\xc3\xbc')",
		  "0:262144,1:137856", 400000 },
	};
	struct scratch *s = *state;
	char sql[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *said;

		(void)snprintf(sql, sizeof(sql), "DELETE FROM content;"
		    SUBMIT ") VALUES ('', '[\"b@y.example\"]', %s)",
		    rows[i].content);
		said = scratch_sql(s, sql);
		if (*said != '\0')
			fail_msg("%s: %s", rows[i].why, said);
		said = scratch_text(s, "SELECT group_concat(seq || ':' || "
		    "length(data)) FROM content");
		if (strcmp(said, rows[i].pieces) != 0)
			fail_msg("%s: %s", rows[i].why, said);
		assert_int_equal(scratch_number(s, "SELECT size FROM message "
		    "ORDER BY id DESC LIMIT 1"), rows[i].size);
	}
	assert_string_equal(scratch_text(s, "SELECT body_type FROM message "
	    "ORDER BY id DESC LIMIT 1"), "8BITMIME");
}

static void
submission_notices_eight_bits(void **state)
{
	static const struct {
		const char *why, *values, *flags;
	} rows[] = {
		{ "plain", "'a@x.example', '[\"b@y.example\"]', 'x'", "7BIT0" },
		{ "UTF-8 content", "'', '[\"b@y.example\"]', '\xc3\xbc'",
		  "8BITMIME0" },
		{ "an octet that is no UTF-8", "'', '[\"b@y.example\"]', "
		  "x'61e962'", "8BITMIME0" },
		{ "UTF-8 in a recipient (RFC 6531)", "'', "
		  "'[\"a@y.example\", \"\xc3\xbc@y.example\"]', 'x'",
		  "7BIT1" },
		{ "UTF-8 in the sender", "'\xc3\xbc@x.example', "
		  "'[\"b@y.example\"]', 'x'", "7BIT1" },
	};
	struct scratch *s = *state;
	char sql[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(sql, sizeof(sql), SUBMIT ") VALUES (%s)",
		    rows[i].values);
		assert_string_equal(scratch_sql(s, sql), "");
		if (strcmp(scratch_text(s, "SELECT body_type || smtputf8 FROM "
		    "message ORDER BY id DESC LIMIT 1"), rows[i].flags) != 0)
			fail_msg("%s", rows[i].why);
	}
}

/* As SQLite's shell may be set up, and as our own connections are. */
static void
the_schema_works_without_trust(void **state)
{
	struct scratch *s = *state;

	assert_string_equal(scratch_sql(s, "PRAGMA trusted_schema = OFF;"
	    SUBMIT ") VALUES ('a@x.example', '[\"b@y.example\"]', 'x');"
	    "INSERT INTO session (started_at) VALUES (1);"
	    "SELECT * FROM queue; SELECT * FROM history;"
	    "SELECT * FROM tls_by_domain; SELECT * FROM problems;"
	    "SELECT * FROM submission"), "");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM queue"), 1);
}

static bool
changes_the_schema(enum sql_id id)
{
	return strncmp(sql_texts[id].name, "schema_", 7) == 0 ||
	    strncmp(sql_texts[id].name, "upgrade_", 8) == 0;
}

static void
every_block_fits_the_schema(void **state)
{
	struct scratch *s = *state;
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_true(SQL_COUNT > 50);
	for (int id = 0; id < SQL_COUNT; id++) {
		const char *text = sql_texts[id].text;

		if (changes_the_schema((enum sql_id)id))
			continue;
		do {
			sqlite3_stmt *stmt = NULL;

			if (sqlite3_prepare_v2(db, text, -1, &stmt, &text) !=
			    SQLITE_OK)
				fail_msg("%s: %s", sql_texts[id].name,
				    sqlite3_errmsg(db));
			(void)sqlite3_finalize(stmt);
			text += strspn(text, " \t\n");
		} while (*text != '\0');
	}
	(void)sqlite3_close(db);
}

/* A table scan where rows are many: the plan of each block of the queue. */
static void
the_queue_is_never_read_as_a_whole(void **state)
{
	static const enum sql_id ids[] = {
		SQL_CLAIM_SCAN, SQL_CLAIM_SCAN_DOMAIN, SQL_CLAIM_SCAN_MESSAGE,
		SQL_CLAIM_READ, SQL_CLAIM_TAKE, SQL_MESSAGE_READ,
		SQL_CLAIM_EXPIRE,
		SQL_CLAIM_RENEW, SQL_CLAIM_RELEASE_ALL, SQL_RESULT_SET,
		SQL_RESULT_LATE, SQL_MESSAGE_FINISH, SQL_CONTENT_READ,
		SQL_CONTENT_DELETE, SQL_WAIT_OVER, SQL_STRAYS,
		SQL_PURGE_MESSAGES, SQL_PURGE_SESSIONS,
	};
	struct scratch *s = *state;
	sqlite3 *db = NULL;
	char sql[2048];

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		sqlite3_stmt *stmt = NULL;

		(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s",
		    sql_texts[ids[i]].text);
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
		    SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char *step =
			    (const char *)sqlite3_column_text(stmt, 3);

			/* What is claimed now is few. */
			if (strstr(step, "INDEX recipient_active") != NULL)
				continue;
			if (strstr(step, "SCAN") != NULL ||
			    strstr(step, "TEMP B-TREE") != NULL)
				fail_msg("%s: %s", sql_texts[ids[i]].name,
				    step);
		}
		(void)sqlite3_finalize(stmt);
	}
	(void)sqlite3_close(db);
}

#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(tables_refuse_what_makes_no_sense),
		SPOOL_TEST(direct_producers_are_checked_too),
		SPOOL_TEST(addresses_are_checked),
		SPOOL_TEST(submission_refuses_in_words),
		SPOOL_TEST(submission_stores_a_whole_message),
		SPOOL_TEST(submission_cuts_content_into_pieces),
		SPOOL_TEST(submission_notices_eight_bits),
		SPOOL_TEST(the_schema_works_without_trust),
		SPOOL_TEST(every_block_fits_the_schema),
		SPOOL_TEST(the_queue_is_never_read_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
