/*
 * tlsq show, tlsq cat: one message.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/command_impl.h"
#include "spool/message.h"
#include "spool/query.h"

static bool
no_message(int64_t id, struct error *err)
{
	return error_set(err, EX_NOINPUT, "message %" PRId64 ": not in this "
	    "spool", id);
}

/* Columns from `first` on, each on a line of its own under its label, where it
 * is not NULL. */
static void
print_columns(struct spool_query *q, const char *indent,
    const char *const *labels, size_t count, int first)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = spool_query_text(q, first + (int)i);

		if (text == NULL)
			continue;
		(void)printf("%s%-12s ", indent, labels[i]);
		cli_print_text(text);
		(void)putchar('\n');
	}
}

static bool
print_attempts(struct spool *spool, int64_t recipient, struct error *err)
{
	static const char *const labels[] = {
		"attempt", "took", "host", "strategy", "by rule", "level",
		"outcome", "error", "result type", "reply", "tls", "protocol",
		"cipher", "key exchange", "signature", "session", "dane", "mta-sts", "certificate",
		"issuer", "valid until", "sha256", "tlsa", "not verified",
	};
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CLI_SHOW_ATTEMPTS);
	spool_query_put_int(&q, ":recipient", recipient);
	while (spool_query_next(&q))
		print_columns(&q, "    ", labels, ARRAY_LEN(labels), 0);
	return spool_query_end(&q, err);
}

static bool
print_recipients(struct spool *spool, int64_t id, struct error *err)
{
	static const char *const labels[] = {
		"state", "attempts", "next", "expires", "finished",
		"claimed by", "notify", "orcpt", "error", "reply",
	};
	struct spool_query q;
	bool ok = true;

	spool_query_start(&q, spool, SQL_CLI_SHOW_RECIPIENTS);
	spool_query_put_int(&q, ":id", id);
	while (ok && spool_query_next(&q)) {
		(void)printf("recipient      ");
		cli_print_address(spool_query_text(&q, 1));
		(void)putchar('\n');
		print_columns(&q, "  ", labels, ARRAY_LEN(labels), 2);
		ok = print_attempts(spool, spool_query_int(&q, 0), err);
	}
	return spool_query_end(&q, ok ? err : NULL) && ok;
}

static bool
print_message(struct spool *spool, int64_t id, struct error *err)
{
	static const char *const labels[] = {
		"mta id", "source", "received", "size", "tls", "strategy",
		"ret", "envid", "client", "user", "finished",
	};
	struct spool_query q;
	bool found;

	spool_query_start(&q, spool, SQL_CLI_SHOW_MESSAGE);
	spool_query_put_int(&q, ":id", id);
	if ((found = spool_query_next(&q))) {
		(void)printf("message        %" PRId64 "\nsender         ",
		    id);
		cli_print_address(spool_query_text(&q, 0));
		(void)putchar('\n');
		print_columns(&q, "  ", labels, ARRAY_LEN(labels), 1);
	}
	if (!spool_query_end(&q, err))
		return false;
	return found ? print_recipients(spool, id, err) : no_message(id, err);
}

static bool
print_json(struct spool *spool, int64_t id, struct error *err)
{
	struct spool_query q;
	bool found;

	spool_query_start(&q, spool, SQL_CLI_SHOW_JSON);
	spool_query_put_int(&q, ":id", id);
	spool_query_put_int(&q, ":limit", -1);
	if ((found = spool_query_next(&q))) {
		cli_print_json(spool_query_text(&q, 0));
		(void)putchar('\n');
	}
	if (!spool_query_end(&q, err))
		return false;
	return found || no_message(id, err);
}

bool
cli_show(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct spool *spool = NULL;
	bool json = false, ok;
	const struct option_row rows[] = {
		{ "json", .flag = &json },
		CLI_COMMON_OPTIONS(cli)
	};
	int64_t id;

	if (!cli_parse(cli, argc, argv, rows, 1, 1, err) ||
	    !cli_check_id(cli->args[0], err) ||
	    !cli_spool_open(&spool, cli, err))
		return false;
	ok = cli_find_message(spool, cli->args[0], &id, err) &&
	    (json ? print_json(spool, id, err) : print_message(spool, id, err));
	spool_close(&spool);
	return ok;
}

/* Is what was printed all of it? */
static bool
check_whole(struct spool *spool, int64_t id, uint64_t octets,
    struct error *err)
{
	struct spool_query q;
	bool found, finished;
	int64_t size;

	spool_query_start(&q, spool, SQL_CLI_MESSAGE_EXISTS);
	spool_query_put_int(&q, ":id", id);
	found = spool_query_next(&q);
	finished = found && spool_query_int(&q, 1) != 0;
	size = found ? spool_query_int(&q, 2) : 0;
	if (!spool_query_end(&q, err))
		return false;
	if (!found)
		return no_message(id, err);
	if (octets > 0 && octets != (uint64_t)size)
		return error_set(err, EX_DATAERR, "message %" PRId64
		    ": damaged: %" PRIu64 " of %" PRId64 " octets of its "
		    "content are stored", id, octets, size);
	return octets > 0 || error_set(err, EX_NOINPUT, "message %" PRId64 ": its content "
	    "%s", id, finished ? "was deleted when it was finished" : "is missing");
}

static bool
print_content(struct spool *spool, int64_t id, struct error *err)
{
	struct buf piece = BUF_INIT;
	bool found = true, ok = true;
	uint64_t octets = 0;
	int64_t seq = 0;

	for (; ok && !ferror(stdout); seq++) {
		ok = spool_content_read(spool, id, seq, &piece, &found, NULL,
		    err);
		if (!ok || !found)
			break;
		octets += piece.len;
		(void)fwrite(piece.data, 1, piece.len, stdout);
	}
	buf_free(&piece);
	return ok && (ferror(stdout) ||
	    check_whole(spool, id, octets, err));
}

bool
cli_cat(struct cli *cli, int argc, char **argv, struct error *err)
{
	const struct option_row rows[] = { CLI_COMMON_OPTIONS(cli) };
	struct spool *spool = NULL;
	int64_t id;
	bool ok;

	if (!cli_parse(cli, argc, argv, rows, 1, 1, err) ||
	    !cli_check_id(cli->args[0], err) ||
	    !cli_spool_open(&spool, cli, err))
		return false;
	ok = cli_find_message(spool, cli->args[0], &id, err) &&
	    print_content(spool, id, err);
	spool_close(&spool);
	return ok;
}
