/*
 * cli: the command lines of tlsq submit and of the commands that change the queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/admin_impl.h"
#include "cli/command_impl.h"
#include "cli/submit_impl.h"

enum { ARGS_MAX = 16 };

/* Of one of the two commands; cli is as after it. */
static bool
parse(struct cli_submit_options *submit, struct cli_admin_options *admin,
    struct cli *cli, const char *const *args, struct error *err)
{
	char *argv[ARGS_MAX + 2], *copy[ARGS_MAX + 2];
	int argc = 1;
	bool ok;

	memset(cli, 0, sizeof(*cli));
	argv[0] = mem_strdup(submit != NULL ? "submit" : "delete");
	while (args[argc - 1] != NULL) {
		argv[argc] = mem_strdup(args[argc - 1]);
		argc++;
	}
	argv[argc] = NULL;
	memcpy(copy, argv, sizeof(argv));	/* getopt permutes */
	ok = submit != NULL ?
	    cli_submit_options_parse(submit, cli, argc, argv, err) :
	    cli_admin_options_parse(admin, cli, argc, argv, err);
	/* what is borrowed is compared before it goes */
	if (ok && submit != NULL && submit->strategy != NULL)
		assert_string_equal(submit->strategy, "secure");
	if (ok && admin != NULL)
		assert_true(cli_admin_options_find(admin, NULL, err));
	for (int i = 0; i < argc; i++)
		free(copy[i]);
	return ok;
}

/* --- submit ------------------------------------------------------------- */

static void
options_stand_anywhere(void **state)
{
	static const char *const args[] = { "a@b.example", "--hold", "-f",
		"s@b.example", "c@d.example", "--strategy", "secure",
		"--notify=success,delay", "--ret", "hdrs", "--envid", "a+b",
		"--body", "8BITMIME", NULL };
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(&o, NULL, &cli, args, &err));
	assert_true(o.hold && o.has_sender && !o.quiet);
	assert_string_equal(o.sender.text, "s@b.example");
	assert_int_equal(o.rcpt_count, 2);
	assert_string_equal(o.rcpts[1].domain, "d.example");
	assert_int_equal(o.notify, MAIL_NOTIFY_SUCCESS | MAIL_NOTIFY_DELAY);
	assert_int_equal(o.ret, MAIL_RET_HDRS);
	assert_int_equal(o.body, CLI_SUBMIT_BODY_8BITMIME);
	assert_string_equal(o.envid, "a+b");
	cli_submit_options_free(&o);
}

static void
nothing_given_is_nothing_asked(void **state)
{
	static const char *const args[] = { "a@b.example", NULL };
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(&o, NULL, &cli, args, &err));
	assert_false(o.has_sender || o.hold || o.quiet || o.smtputf8 ||
	    o.require_tls || o.tls_optional);
	assert_int_equal(o.notify, MAIL_NOTIFY_UNSET);
	assert_int_equal(o.ret, MAIL_RET_UNSET);
	assert_int_equal(o.body, CLI_SUBMIT_BODY_BY_CONTENT);
	assert_string_equal(o.envid, "");
	assert_string_equal(o.orcpt, "");
	cli_submit_options_free(&o);
}

static void
a_recipient_counts_once(void **state)
{
	static const char *const args[] = { "a@b.example", "<a@B.example>",
		"A@b.example", NULL };
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(&o, NULL, &cli, args, &err));
	assert_int_equal(o.rcpt_count, 2);	/* local parts have case */
	cli_submit_options_free(&o);
}

static void
null_sender(void **state)
{
	static const char *const forms[][4] = {
		{ "-f", "", "a@b.example", NULL },
		{ "-f", "<>", "a@b.example", NULL },
		{ "--sender=", "a@b.example", NULL },
	};
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		assert_true(parse(&o, NULL, &cli, forms[i], &err));
		assert_true(o.has_sender);
		assert_string_equal(o.sender.text, "");
		cli_submit_options_free(&o);
	}
}

static void
bad_submissions_are_refused(void **state)
{
	static const struct {
		const char *why, *args[6];
		int code;
		const char *says;
	} rows[] = {
		{ "no recipient", { "-f", "a@b.example" }, EX_USAGE,
		  "no recipient" },
		{ "unknown option", { "--nope", "a@b.example" }, EX_USAGE,
		  "--nope" },
		{ "unknown letter", { "-x", "a@b.example" }, EX_USAGE, "-x" },
		{ "value missing", { "a@b.example", "--envid" }, EX_USAGE,
		  "--envid needs a value" },
		{ "value not taken", { "--hold=yes", "a@b.example" },
		  EX_USAGE, "--hold=yes" },
		{ "word of --notify", { "--notify", "maybe", "a@b.example" },
		  EX_USAGE, "maybe" },
		{ "never and more", { "--notify", "never,delay",
		  "a@b.example" }, EX_USAGE, "NEVER cannot be" },
		{ "word of --ret", { "--ret", "half", "a@b.example" },
		  EX_USAGE, "half" },
		{ "word of --body", { "--body", "9bit", "a@b.example" },
		  EX_USAGE, "9bit" },
		{ "required and optional", { "--require-tls",
		  "--tls-optional", "a@b.example" }, EX_USAGE, "exclude" },
		{ "whose orcpt?", { "--orcpt", "o@b.example", "a@b.example",
		  "c@b.example" }, EX_USAGE, "one recipient" },
		{ "bad recipient", { "a@b.example", "nobody" }, EX_DATAERR,
		  "recipient: address \"nobody\"" },
		{ "null recipient", { "" }, EX_DATAERR, "empty" },
		{ "bad sender", { "-f", "x", "a@b.example" }, EX_DATAERR,
		  "sender: address \"x\"" },
		{ "bad envid", { "--envid", "a\nb", "a@b.example" },
		  EX_DATAERR, "--envid" },
		{ "empty envid", { "--envid", "", "a@b.example" },
		  EX_DATAERR, "--envid" },
		{ "bad orcpt", { "--orcpt", "a\nb", "a@b.example" },
		  EX_DATAERR, "--orcpt" },
		{ "help is no error", { "--help" }, EX_OK, "" },
	};
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (parse(&o, NULL, &cli, rows[i].args, &err))
			fail_msg("%s: accepted", rows[i].why);
		if (err.code != rows[i].code ||
		    strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: %d %s", rows[i].why, err.code,
			    err.text);
		assert_null(o.rcpts);
	}
	assert_true(cli.help);
}

static void
utf8_with_its_option(void **state)
{
	static const char *const args[] = { "\xc3\xbc@b.example",
		"--smtputf8", "--orcpt", "\xc3\xa4@b.example", NULL };
	static const char *const by_itself[] = { "-f", "\xc3\xbc@b.example",
		"a@b.example", NULL };
	static const char *const domain[] = { "a@\xc3\xbc.example", NULL };
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(&o, NULL, &cli, args, &err));
	assert_true(o.smtputf8 && o.rcpts[0].utf8);
	assert_string_equal(o.orcpt, "utf-8;\xc3\xa4@b.example");
	cli_submit_options_free(&o);
	/* An address says it itself; a domain has A-labels. */
	assert_true(parse(&o, NULL, &cli, by_itself, &err));
	assert_true(o.smtputf8);
	cli_submit_options_free(&o);
	assert_true(parse(&o, NULL, &cli, domain, &err));
	assert_false(o.smtputf8);
	cli_submit_options_free(&o);
}

static void
after_two_hyphens_all_are_recipients(void **state)
{
	static const char *const args[] = { "--", "-f@b.example", NULL };
	struct cli_submit_options o;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(&o, NULL, &cli, args, &err));
	assert_string_equal(o.rcpts[0].text, "-f@b.example");
	cli_submit_options_free(&o);
}

static void
message_ids(void **state)
{
	static const char *const bad[] = { "", "0", "-1", "+1", " 1", "1x",
		"0x1", "99999999999999999999" };
	struct error err;
	int64_t id;

	(void)state;
	assert_true(option_message_id(&id, "9223372036854775807", &err));
	assert_true(id == INT64_MAX);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(option_message_id(&id, bad[i], &err));
		assert_int_equal(err.code, EX_USAGE);
	}
}

/* --- retry, hold, release, delete, bounce ------------------------------- */

static void
selectors_stand_anywhere(void **state)
{
	static const char *const args[] = { "17", "--domain", "B\xc3\x9c.Example.",
		"3", "--sender=A.b@X.example", "17", "--dry-run", "-v", NULL };
	struct cli_admin_options o;
	struct spool_selector s;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(NULL, &o, &cli, args, &err));
	assert_true(o.dry_run && !o.all);
	assert_int_equal(cli.verbosity, 1);
	s = cli_admin_options_selector(&o);
	assert_string_equal(s.domain, "xn--b-eha.example");
	assert_string_equal(s.sender, "A.b@x.example");
	assert_int_equal(s.message_count, 2);	/* each once */
	assert_int_equal(s.messages[0], 3);
	assert_int_equal(s.messages[1], 17);
	cli_admin_options_free(&o);
}

static void
what_is_not_given_is_no_condition(void **state)
{
	static const char *const rows[][3] = { { "--all", NULL },
		{ "--sender", "", NULL }, { "--sender", "<>", NULL } };
	struct cli_admin_options o;
	struct spool_selector s;
	struct cli cli;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(parse(NULL, &o, &cli, rows[i], &err));
		s = cli_admin_options_selector(&o);
		assert_null(s.domain);
		assert_int_equal(s.message_count, 0);
		if (i == 0)
			assert_null(s.sender);
		else
			assert_string_equal(s.sender, "");
		cli_admin_options_free(&o);
	}
}

static void
bad_selections_are_refused(void **state)
{
	static const struct {
		const char *why;
		const char *args[4];
		int code;
		const char *says;
	} rows[] = {
		{ "the whole queue is never meant by silence", { NULL },
		  EX_USAGE, "delete: no recipients selected" },
		{ "a dry run neither", { "--dry-run" }, EX_USAGE, "--all" },
		{ "all and some", { "--all", "7" }, EX_USAGE, "--all cannot" },
		{ "all and a domain", { "--all", "--domain", "b.example" },
		  EX_USAGE, "--all cannot" },
		{ "no id", { "x" }, EX_USAGE, "\"x\" is not a message id" },
		{ "an id that is none among others", { "3", "0", "4" },
		  EX_USAGE, "\"0\" is not a message id" },
		{ "an address for a domain", { "--domain", "a@b.example" },
		  EX_DATAERR, "--domain" },
		{ "an empty domain", { "--domain", "" }, EX_DATAERR,
		  "--domain" },
		{ "a pattern", { "--domain", "*.example" }, EX_DATAERR,
		  "--domain" },
		{ "a domain for an address", { "--sender", "b.example" },
		  EX_DATAERR, "--sender" },
		{ "value missing", { "--sender" }, EX_USAGE,
		  "--sender needs a value" },
		{ "value not taken", { "--all=yes" }, EX_USAGE, "--all=yes" },
		{ "unknown option", { "--json", "3" }, EX_USAGE, "--json" },
		{ "help is no error", { "--help" }, EX_OK, "" },
	};
	struct cli_admin_options o;
	struct cli cli;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (parse(NULL, &o, &cli, rows[i].args, &err))
			fail_msg("%s: accepted", rows[i].why);
		if (err.code != rows[i].code ||
		    strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: %d %s", rows[i].why, err.code,
			    err.text);
		assert_null(o.messages);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(nothing_given_is_nothing_asked),
		cmocka_unit_test(a_recipient_counts_once),
		cmocka_unit_test(null_sender),
		cmocka_unit_test(bad_submissions_are_refused),
		cmocka_unit_test(utf8_with_its_option),
		cmocka_unit_test(after_two_hyphens_all_are_recipients),
		cmocka_unit_test(message_ids),
		cmocka_unit_test(selectors_stand_anywhere),
		cmocka_unit_test(what_is_not_given_is_no_condition),
		cmocka_unit_test(bad_selections_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
