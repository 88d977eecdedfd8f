/*
 * report: which DSN is owed, and its text.  The text is written in all
 * combinations of facts and read by Python's email package (dsn_parse.py),
 * which nobody here wrote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "dsn/dsn.h"
#include "policy/level.h"

/* --- what is owed ----------------------------------------------------- */

static void
notify_decides_what_is_owed(void **state)
{
	enum { NONE = DSN_ACTION_NONE, FAILED = DSN_ACTION_FAILED,
	    DELAYED = DSN_ACTION_DELAYED, RELAYED = DSN_ACTION_RELAYED };
	static const struct {
		const char *notify;
		int owed[DSN_OWED_EVENT_COUNT]; /* failed delayed on over */
	} rows[] = {
		{ NULL, { FAILED, DELAYED, NONE, NONE } },
		{ "nonsense", { FAILED, DELAYED, NONE, NONE } },
		{ "NEVER", { NONE, NONE, NONE, NONE } },
		{ "SUCCESS", { NONE, NONE, NONE, RELAYED } },
		{ "FAILURE", { FAILED, NONE, NONE, NONE } },
		{ "DELAY", { NONE, DELAYED, NONE, NONE } },
		{ "SUCCESS,FAILURE", { FAILED, NONE, NONE, RELAYED } },
		{ "SUCCESS,DELAY", { NONE, DELAYED, NONE, RELAYED } },
		{ "FAILURE,DELAY", { FAILED, DELAYED, NONE, NONE } },
		{ "SUCCESS,FAILURE,DELAY",
		  { FAILED, DELAYED, NONE, RELAYED } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int e = 0; e < DSN_OWED_EVENT_COUNT; e++) {
			if ((int)dsn_owed_decide((enum dsn_event)e, "a@x.example",
			    rows[i].notify) != rows[i].owed[e])
				fail_msg("%s, event %d", rows[i].notify, e);
			if (dsn_owed_decide((enum dsn_event)e, "",
			    rows[i].notify) != DSN_ACTION_NONE)
				fail_msg("the null sender is owed one");
		}
}

static void
notices_are_counted_by_age(void **state)
{
	static const int64_t times[] = { 60, 3600 };

	(void)state;
	assert_int_equal(dsn_owed_notices(times, 2, 59), 0);
	assert_int_equal(dsn_owed_notices(times, 2, 60), 1);
	assert_int_equal(dsn_owed_notices(times, 2, 86400), 2);
	assert_int_equal(dsn_owed_notices(NULL, 0, 86400), 0);
}

static void
actions_have_the_words_of_the_spool(void **state)
{
	(void)state;
	for (int a = DSN_ACTION_NONE + 1; a < DSN_ACTION_COUNT; a++)
		assert_int_equal(dsn_action_find(dsn_action_name(
		    (enum dsn_action)a)), a);
	assert_null(dsn_action_name(DSN_ACTION_NONE));
	assert_int_equal(dsn_action_find(NULL), DSN_ACTION_NONE);
	assert_int_equal(dsn_action_find("lost"), DSN_ACTION_NONE);
}

static void
the_header_ends_at_the_empty_line(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} rows[] = {
		{ "A: b\r\n\r\nbody", 6 }, { "A: b\n\nbody", 5 },
		{ "A: b\r\n c\r\nD: e\r\n\r\n", 16 }, { "\r\nbody", 0 },
		{ "A: b\r\nC: cut", 6 }, { "no line at all", 0 }, { "", 0 },
		{ "A: b\r\n", 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(dsn_header_len(rows[i].data,
		    strlen(rows[i].data)), rows[i].len);
}

/* --- all combinations, to a file -------------------------------------- */

/* One axis of the product: a value and how many there are. */
static size_t
pick(size_t *n, size_t count)
{
	size_t i = *n % count;

	*n /= count;
	return i;
}

static void
put_text(FILE *f, const char *name, const char *text)
{
	if (text == NULL) {
		fprintf(f, "\"%s\": null, ", name);
		return;
	}
	fprintf(f, "\"%s\": \"", name);
	for (; *text != '\0'; text++)
		fprintf(f, "%02x", (unsigned char)*text);
	fprintf(f, "\", ");
}

static void
put_recipient(FILE *f, const struct spool_owed_rcpt *r)
{
	fprintf(f, "{");
	put_text(f, "action", r->owed);
	put_text(f, "address", r->address);
	put_text(f, "orcpt", r->orcpt);
	put_text(f, "status", r->status);
	put_text(f, "error", r->last_error);
	put_text(f, "result_type", r->result_type);
	put_text(f, "reply", r->reply);
	put_text(f, "mx", r->mx);
	put_text(f, "strategy", r->strategy);
	put_text(f, "verify_error", r->verify_error);
	fprintf(f, "\"expired\": %d, \"last_attempt_at\": %lld, "
	    "\"retry_until_at\": %lld}", r->expired,
	    (long long)r->last_attempt_at, (long long)r->expires_at);
}

static const char content[] = "Subject: hello\r\nX-Long: a\r\n b\r\n\r\n"
    "--boundary\r\n.\r\nbody\r\n";
static const char content_8bit[] = "Subject: gr\xc3\xbc\xc3\x9f\x65\r\n\r\n"
    "b\xc3\xb6\r\nno line end";

static void
put_dsn(FILE *f, const struct dsn *d)
{
	const char *returned = d->returned_8bit ? content_8bit : content;
	const struct spool_message *m = &d->about->message;
	struct dsn_encoder e = { .n = 0 };
	struct buf out = BUF_INIT;
	size_t len = d->returned == DSN_RETURN_NOTHING ? 0 :
	    d->returned == DSN_RETURN_FULL ? strlen(returned) :
	    dsn_header_len(returned, strlen(returned));

	dsn_write_head(&out, d);
	/* In pieces of any size. */
	for (size_t at = 0, step = 1; at < len; at += step) {
		step = len - at < 7 ? len - at : 7;
		dsn_write_returned(&out, d, &e, returned + at, step);
	}
	dsn_write_tail(&out, d, &e);
	fprintf(f, "{");
	put_text(f, "host", d->host);
	put_text(f, "from_name", d->from_name);
	put_text(f, "from_address", d->from_address);
	put_text(f, "to", m->sender);
	put_text(f, "message_id", d->message_id);
	put_text(f, "mta_id", m->mta_id);
	put_text(f, "envid", m->envid);
	put_text(f, "received_from", m->client_name);
	fprintf(f, "\"arrived_at\": %lld, \"now\": %lld, \"log_id\": %lld, "
	    "\"smtputf8\": %d, \"returned\": %d, \"returned_8bit\": %d, "
	    "\"length\": %zu, \"content_length\": %zu, \"rcpts\": [",
	    (long long)m->received_at, (long long)d->now, (long long)m->id,
	    m->smtputf8, (int)d->returned, d->returned_8bit, out.len, len);
	for (size_t i = 0; i < d->about->rcpt_count; i++) {
		fprintf(f, "%s", i > 0 ? ", " : "");
		put_recipient(f, &d->about->rcpts[i]);
	}
	fprintf(f, "]}\n");
	assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
	buf_free(&out);
}

static const struct dsn usual = {
	.host = "runner.test", .from_name = "Mail Delivery Subsystem",
	.from_address = "MAILER-DAEMON@runner.test",
	.boundary = "0123456789abcdef0123456789abcdef",
	.message_id = "dsn.42.0123@runner.test", .now = 1795000000,
	.returned = DSN_RETURN_HEADERS
};
static const struct spool_message usual_message = {
	.id = 42, .sender = "a@sender.test", .received_at = 1794990000
};

/* What a recipient may have met; many of them in each DSN. */
static size_t
put_recipients(FILE *f)
{
	static const char *const errors[] = { NULL, "dns", "connection", "tls",
		"dane", "mta-sts", "unexpected-reply", "rate", "concurrency",
		"io" };
	static const char *const types[] = { NULL, "tlsa-invalid",
		"dane-required" };
	static const char *const statuses[] = { NULL, "4.7.5", "5.1.1",
		"2.0.0", "5.123.123", "" };
	static const char *const replies[] = { NULL, "550 5.1.1 no such user",
		"250 2.0.0 ok", "no TLSA record matches its certificate",
		"451 4.0.0 evil\r\nX-Forged: yes\r\n\r\nAction: delivered\x01\x7f"
		"\xff\xc2\x85", "554 \xd0\xbd\xd0\xb5\xd1\x82 such \xe2\x82\xac" };
	enum { PER_DSN = 96 };
	struct spool_owed_rcpt all[PER_DSN];
	char *longest = mem_alloc(3001);
	struct spool_owed o = { .message = usual_message, .rcpts = all };
	struct dsn d = usual;
	size_t n, i, count = 0;

	memset(longest, 'x', 3000);
	memset(longest + 100, ' ', 1000);
	memcpy(longest, "550 ", 4);
	longest[3000] = '\0';
	for (n = 0; n < (size_t)4 * 2 * 10 * 3 * 2 * 6 * LEVEL_COUNT; n++) {
		struct spool_owed_rcpt *r = &all[count++];
		enum dsn_action action;
		enum policy_level level;

		i = n;
		*r = (struct spool_owed_rcpt){ .address = "b@bank.example",
			.mx_address = "192.0.2.1", .strategy = "secure",
			.last_attempt_at = 1794999999,
			.expires_at = i % 2 == 0 ? 1795430000 : -1 };
		action = (enum dsn_action)(1 + pick(&i, 4));
		r->owed = dsn_action_name(action);
		r->expired = pick(&i, 2) == 1 && action == DSN_ACTION_FAILED;
		r->last_error = errors[pick(&i, ARRAY_LEN(errors))];
		r->result_type = types[pick(&i, ARRAY_LEN(types))];
		r->mx = pick(&i, 2) > 0 ? "mx.bank.example" : NULL;
		r->reply = n % 11 == 0 ? longest :
		    replies[pick(&i, ARRAY_LEN(replies))];
		level = (enum policy_level)pick(&i, LEVEL_COUNT);
		r->level = level == LEVEL_UNSET ? NULL :
		    policy_level_name(level);
		r->status = statuses[n % ARRAY_LEN(statuses)];
		r->verify_error = n % 7 == 0 ? "expired yesterday" : NULL;
		if (count < PER_DSN)
			continue;
		o.rcpt_count = count;
		d.about = &o;
		put_dsn(f, &d);
		count = 0;
	}
	free(longest);
	return n / PER_DSN;
}

/* What the frame may have to hold. */
static size_t
put_frames(FILE *f)
{
	static const char *const tos[] = { "a@sender.test",
		"\xc3\xa4@sender.test", "\"a b\"@sender.test" };
	static const char *const names[] = { "Mail Delivery Subsystem",
		"Post, \"Amt\"", ("\xd0\x9f\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0 "
		"\xd0\xbe\xd1\x87\xd0\xb5\xd0\xbd\xd1\x8c") };
	static const char *const addresses[] = { "b@bank.example",
		"b\xc3\xb6@bank.example", "\"b c\"@bank.example" };
	static const char *const orcpts[] = { NULL, "rfc822;a+b@c.example",
		"utf-8;\xc3\xa4@c.example", "x400;/C=de/S=b=c",
		"rfc822\r\nX-Forged: yes\r\n\r\n;a@b.example" };
	size_t n, i;

	for (n = 0; n < (size_t)3 * 3 * 3 * 5 * 2 * 3 * 2 * 2; n++) {
		struct spool_owed_rcpt r = { .status = "5.1.1", .reply = "550 5.1.1 nobody",
			.mx = "mx.bank.example", .last_error = "unexpected-reply",
			.last_attempt_at = -1, .expires_at = -1 };
		struct spool_owed o = { .message = usual_message, .rcpts = &r,
			.rcpt_count = 1 };
		struct spool_message *m = &o.message;
		struct dsn d = usual;

		i = n;
		m->sender = tos[pick(&i, 3)];
		d.from_name = names[pick(&i, 3)];
		r.address = addresses[pick(&i, 3)];
		r.orcpt = orcpts[pick(&i, 5)];
		m->smtputf8 = pick(&i, 2) == 1;
		d.returned = (enum dsn_return)pick(&i, 3);
		d.returned_8bit = pick(&i, 2) == 1;
		m->envid = pick(&i, 2) == 1 ? "QQ+314=159" : NULL;
		m->mta_id = m->envid == NULL ? "4ANHYxyz012345" : NULL;
		m->client_name = n % 5 == 0 ? "client.test" : NULL;
		r.owed = dsn_action_name((enum dsn_action)(1 + n % 4));
		d.about = &o;
		put_dsn(f, &d);
	}
	return n;
}

static void
pythons_email_package_reads_every_dsn(void **state)
{
	const char *top = getenv("top_srcdir");
	char path[] = "/tmp/tlsq-dsn.XXXXXX", script[512], count[16];
	int fd = mkstemp(path), status;
	FILE *f;
	pid_t pid;
	size_t n;

	(void)state;
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	n = put_recipients(f) + put_frames(f);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(script, sizeof(script), "%s/tests/unit/dsn/parse.py",
	    top != NULL ? top : ".");
	(void)snprintf(count, sizeof(count), "%zu", n);
	pid = fork();
	if (pid == 0) {
		(void)dup2(STDERR_FILENO, STDOUT_FILENO);
		(void)execlp("python3", "python3", script, path, count,
		    (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)unlink(path);
	assert_int_equal(status, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(notify_decides_what_is_owed),
		cmocka_unit_test(notices_are_counted_by_age),
		cmocka_unit_test(actions_have_the_words_of_the_spool),
		cmocka_unit_test(the_header_ends_at_the_empty_line),
		cmocka_unit_test(pythons_email_package_reads_every_dsn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
