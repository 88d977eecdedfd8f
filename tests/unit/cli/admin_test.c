/*
 * cli: the command line of the commands that change the queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/admin_options.h"
#include "cli/command_impl.h"

enum { ARGS_MAX = 16 };

static bool
parse(struct admin_options *o, struct cli *cli, const char *const *args,
    struct error *err)
{
	char *argv[ARGS_MAX + 2], *copy[ARGS_MAX + 2];
	int argc = 1;
	bool ok;

	memset(cli, 0, sizeof(*cli));
	argv[0] = mem_strdup("delete");
	while (args[argc - 1] != NULL) {
		argv[argc] = mem_strdup(args[argc - 1]);
		argc++;
	}
	argv[argc] = NULL;
	memcpy(copy, argv, sizeof(argv));	/* getopt permutes */
	cli_option_start();
	ok = admin_options_parse(o, cli, argc, argv, err);
	for (int i = 0; i < argc; i++)
		free(copy[i]);
	return ok;
}

static void
selectors_stand_anywhere(void **state)
{
	static const char *const args[] = { "17", "--domain", "B\xc3\x9c.Example.",
		"3", "--sender=A.b@X.example", "17", "--dry-run", "-v", NULL };
	struct admin_options o;
	struct spool_selector s;
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(parse(&o, &cli, args, &err));
	assert_true(o.dry_run && !o.all);
	assert_int_equal(cli.verbosity, 1);
	s = admin_options_selector(&o);
	assert_string_equal(s.domain, "xn--b-eha.example");
	assert_string_equal(s.sender, "A.b@x.example");
	assert_int_equal(s.message_count, 2);	/* each once */
	assert_int_equal(s.messages[0], 3);
	assert_int_equal(s.messages[1], 17);
	admin_options_free(&o);
}

static void
what_is_not_given_is_no_condition(void **state)
{
	static const char *const rows[][3] = { { "--all", NULL },
		{ "--sender", "", NULL }, { "--sender", "<>", NULL } };
	struct admin_options o;
	struct spool_selector s;
	struct cli cli;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(parse(&o, &cli, rows[i], &err));
		s = admin_options_selector(&o);
		assert_null(s.domain);
		assert_int_equal(s.message_count, 0);
		if (i == 0)
			assert_null(s.sender);
		else
			assert_string_equal(s.sender, "");
		admin_options_free(&o);
	}
}

static void
bad_command_lines_are_refused(void **state)
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
		{ "all and some", { "--all", "7" }, EX_USAGE, "--all goes" },
		{ "all and a domain", { "--all", "--domain", "b.example" },
		  EX_USAGE, "--all goes" },
		{ "no id", { "x" }, EX_USAGE, "x: no message id" },
		{ "an id that is none among others", { "3", "0", "4" },
		  EX_USAGE, "0: no message id" },
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
	struct admin_options o;
	struct cli cli;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (parse(&o, &cli, rows[i].args, &err))
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
		cmocka_unit_test(selectors_stand_anywhere),
		cmocka_unit_test(what_is_not_given_is_no_condition),
		cmocka_unit_test(bad_command_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
