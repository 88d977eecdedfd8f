/*
 * tlsq list: the queue, as mailq shows it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/command_impl.h"
#include "spool/query.h"

struct filter {
	bool json, has_sender, has_domain;
	const char *state;	/* NULL: the undelivered ones */
	struct mail_address sender;
	char domain[MAIL_DOMAIN_MAX + 1];
};

/* The columns of cli_list. */
enum column {
	COL_ID, COL_MESSAGE, COL_SENDER, COL_ADDRESS, COL_STATE, COL_ATTEMPTS,
	COL_AGE, COL_NEXT, COL_ERROR, COL_REPLY, COL_JSON,
};

static bool
take_state(void *ctx, const char *word, struct error *err)
{
	struct filter *f = ctx;

	for (size_t i = 0; i < CLI_STATES; i++)
		if (strcmp(word, cli_states[i]) == 0)
			f->state = cli_states[i];
	return f->state != NULL || error_set(err, EX_USAGE, "--state \"%s\": the "
	    "states are queued, active, deferred, held, delivered, failed, "
	    "expired, withdrawn and deleted", word);
}

static bool
parse(struct filter *f, struct cli *cli, int argc, char **argv,
    struct error *err)
{
	const char *domain = NULL, *sender = NULL;
	const struct option_row rows[] = {
		{ "json", .flag = &f->json },
		{ "domain", .text = &domain },
		{ "sender", .text = &sender },
		{ "state", .take = take_state, .ctx = f },
		CLI_COMMON_OPTIONS(cli)
	};

	memset(f, 0, sizeof(*f));
	if (!cli_parse(cli, argc, argv, rows, 0, 0, err))
		return false;
	f->has_domain = domain != NULL;
	f->has_sender = sender != NULL;
	return cli_domain_parse(f->domain, domain, err) &&
	    cli_sender_parse(&f->sender, sender, err);
}

static void
print_row(struct spool_query *q, int64_t *message)
{
	int64_t id = spool_query_int(q, COL_MESSAGE);
	const char *next = spool_query_text(q, COL_NEXT);
	const char *error = spool_query_text(q, COL_ERROR);
	char age[CLOCK_DELAY_LEN];

	if (id != *message) {
		clock_delay(age, spool_query_int(q, COL_AGE));
		(void)printf("%-8" PRId64 " %12s  ", id, age);
		cli_print_address(spool_query_text(q, COL_SENDER));
		(void)putchar('\n');
		*message = id;
	}
	(void)printf("         %-9s %-20s  ", spool_query_text(q, COL_STATE),
	    next != NULL ? next : "");
	cli_print_address(spool_query_text(q, COL_ADDRESS));
	(void)putchar('\n');
	if (error == NULL && spool_query_is_null(q, COL_REPLY))
		return;
	(void)printf("           (%" PRId64 " tried%s%s: ",
	    spool_query_int(q, COL_ATTEMPTS), error != NULL ? ", " : "",
	    error != NULL ? error : "");
	cli_print_text(spool_query_text(q, COL_REPLY));
	(void)puts(")");
}

struct listing {
	const struct filter *filter;
	int64_t after;		/* recipient.id of the last row */
	int64_t message;	/* whose rows are being printed */
	uint64_t rows;
};

/* One page; *more_r tells whether it had any row. */
static bool
print_page(struct spool *spool, struct listing *l, bool *more_r,
    struct error *err)
{
	const struct filter *f = l->filter;
	struct spool_query q;

	*more_r = false;
	spool_query_start(&q, spool, SQL_CLI_LIST);
	spool_query_put_int(&q, ":after", l->after);
	spool_query_put_text(&q, ":state", f->state);
	spool_query_put_text(&q, ":domain", f->has_domain ? f->domain : NULL);
	spool_query_put_text(&q, ":sender",
	    f->has_sender ? f->sender.text : NULL);
	while (spool_query_next(&q)) {
		if (f->json) {
			(void)fputs(l->rows > 0 ? ",\n " : "", stdout);
			cli_print_json(spool_query_text(&q, COL_JSON));
		} else
			print_row(&q, &l->message);
		l->after = spool_query_int(&q, COL_ID);
		l->rows++;
		*more_r = true;
	}
	return spool_query_end(&q, err);
}

static bool
print_all(struct spool *spool, const struct filter *f, struct error *err)
{
	struct listing l = { .filter = f };
	bool more = true;

	if (f->json)
		(void)putchar('[');
	else
		(void)puts("ID       Age           Sender\n"
		    "         State     Next attempt          Recipient");
	while (more && !ferror(stdout))
		if (!print_page(spool, &l, &more, err))
			return false;
	if (f->json)
		(void)puts("]");
	else
		(void)printf("%" PRIu64 " recipient%s\n", l.rows,
		    l.rows == 1 ? "" : "s");
	return true;
}

bool
cli_list(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct spool *spool = NULL;
	struct filter f;
	bool ok;

	if (!parse(&f, cli, argc, argv, err) ||
	    !cli_spool_open(&spool, cli, err))
		return false;
	ok = print_all(spool, &f, err);
	spool_close(&spool);
	return ok;
}
