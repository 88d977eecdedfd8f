/*
 * tlsq submit: a message from standard input into the spool.
 *
 * Nothing is stored before the whole message was read and every option proved
 * good; then it is one transaction.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/host.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/user.h"
#include "cli/command_impl.h"
#include "cli/submit_impl.h"
#include "mail/intake.h"
#include "spool/checkpoint.h"
#include "spool/insert.h"
#include "spool/query.h"

enum { READ_SIZE = 65536, MESSAGE_ID_LEN = 320 };

/* The local spelling of REQUIRETLS. */
static const char *const removed_fields[] = { "Require-TLS-ESMTP", NULL };

/* --- the command line ---------------------------------------------------- */

static bool
take_body(void *ctx, const char *word, struct error *err)
{
	struct cli_submit_options *o = ctx;

	if (text_equal_nocase(word, "7bit"))
		o->body = CLI_SUBMIT_BODY_7BIT;
	else if (text_equal_nocase(word, "8bitmime"))
		o->body = CLI_SUBMIT_BODY_8BITMIME;
	else
		return error_set(err, EX_USAGE,
		    "--body \"%s\": the words are 7bit and 8bitmime", word);
	return true;
}

/* A wrong word on the command line is no bad data. */
static bool
as_usage(bool ok, struct error *err)
{
	if (!ok)
		err->code = EX_USAGE;
	return ok;
}

static bool
take_notify(void *ctx, const char *words, struct error *err)
{
	struct cli_submit_options *o = ctx;

	return as_usage(mail_notify_parse(&o->notify, words, err), err);
}

static bool
take_ret(void *ctx, const char *word, struct error *err)
{
	struct cli_submit_options *o = ctx;

	return as_usage(mail_ret_parse(&o->ret, word, err), err);
}

static void
keep_recipient(struct cli_submit_options *o, const struct mail_address *a)
{
	for (size_t i = 0; i < o->rcpt_count; i++)
		if (strcmp(o->rcpts[i].text, a->text) == 0)
			return;
	o->rcpts[o->rcpt_count++] = *a;
}

static bool
take_recipients(struct cli_submit_options *o, int count, char **args,
    struct error *err)
{
	struct mail_address a;

	if (count <= 0)
		return error_set(err, EX_USAGE, "no recipient given; see --help");
	o->rcpts = mem_alloc((size_t)count * sizeof(*o->rcpts));
	for (int i = 0; i < count; i++) {
		if (!mail_address_parse(&a, args[i], strlen(args[i]),
		    MAIL_ADDRESS_UTF8, err))
			return error_prefix(err, "recipient");
		o->smtputf8 |= a.utf8;
		keep_recipient(o, &a);
	}
	return true;
}

static bool
take_dsn(struct cli_submit_options *o, const char *envid, const char *orcpt,
    struct error *err)
{
	if (envid != NULL && !mail_envid_normalise(o->envid, envid,
	    strlen(envid), err))
		return error_prefix(err, "--envid");
	if (orcpt == NULL)
		return true;
	if (o->rcpt_count > 1)
		return error_set(err, EX_USAGE, "--orcpt is for exactly one "
		    "recipient, not for %zu", o->rcpt_count);
	return mail_orcpt_normalise(o->orcpt, orcpt, strlen(orcpt), err) ||
	    error_prefix(err, "--orcpt");
}

static bool
parse_options(struct cli_submit_options *o, struct cli *cli, int argc,
    char **argv, struct error *err)
{
	const char *sender = NULL, *envid = NULL, *orcpt = NULL;
	const struct option_row rows[] = {
		{ "sender", 'f', .text = &sender },
		{ "strategy", .text = &o->strategy },
		{ "hold", .flag = &o->hold },
		{ "notify", .take = take_notify, .ctx = o },
		{ "ret", .take = take_ret, .ctx = o },
		{ "envid", .text = &envid },
		{ "orcpt", .text = &orcpt },
		{ "body", .take = take_body, .ctx = o },
		{ "smtputf8", .flag = &o->smtputf8 },
		{ "require-tls", .flag = &o->require_tls },
		{ "tls-optional", .flag = &o->tls_optional },
		{ "quiet", .flag = &o->quiet },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 0, INT_MAX, err))
		return false;
	if (o->require_tls && o->tls_optional)
		return error_set(err, EX_USAGE,
		    "--require-tls and --tls-optional exclude each other");
	/* As the view `submission` does: an address in UTF-8 says it itself. */
	o->has_sender = sender != NULL;
	if (!cli_sender_parse(&o->sender, sender, err))
		return false;
	o->smtputf8 |= o->sender.utf8;
	return take_recipients(o, cli->arg_count, cli->args, err) &&
	    take_dsn(o, envid, orcpt, err);
}

bool
cli_submit_options_parse(struct cli_submit_options *o_r, struct cli *cli,
    int argc, char **argv, struct error *err)
{
	memset(o_r, 0, sizeof(*o_r));
	if (parse_options(o_r, cli, argc, argv, err))
		return true;
	cli_submit_options_free(o_r);
	return false;
}

void
cli_submit_options_free(struct cli_submit_options *o)
{
	free(o->rcpts);
	o->rcpts = NULL;
	o->rcpt_count = 0;
}

/* --- the message ---------------------------------------------------------- */

/* Who calls, as Sendmail would say it.  Before the change of user. */
static bool
default_sender(struct mail_address *sender_r, struct error *err)
{
	const struct passwd *user = getpwuid(getuid());
	char host[HOST_NAME_LEN], *text;
	bool ok;

	if (user == NULL)
		return error_set(err, EX_NOUSER, "user id %ld has no "
		    "name; give the sender with -f", (long)getuid());
	host_name(host);
	text = mem_printf("%s@%s", user->pw_name, host);
	ok = mail_address_parse(sender_r, text, strlen(text), 0, err);
	free(text);
	return ok || error_prefix(err, "default sender (give another one with -f)");
}

static void
make_message_id(char dst[static MESSAGE_ID_LEN], int64_t now)
{
	char host[HOST_NAME_LEN], hex[17];
	uint8_t bytes[8];
	ssize_t n = getrandom(bytes, sizeof(bytes), 0);

	assert(n == (ssize_t)sizeof(bytes));
	(void)n;
	text_hex(hex, bytes, sizeof(bytes));
	host_name(host);
	(void)snprintf(dst, MESSAGE_ID_LEN, "<%" PRId64 ".%s@%s>", now, hex,
	    host);
}

static bool
submit_keep(void *ctx, const void *data, size_t len, struct error *err)
{
	return spool_insert_content(ctx, data, len, err);
}

static bool
read_message(struct mail_intake *in, struct mail_intake_facts *facts_r,
    struct error *err)
{
	char data[READ_SIZE];
	ssize_t n;

	while ((n = read(STDIN_FILENO, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, EX_IOERR, "standard input: %s",
			    strerror(errno));
		if (!mail_intake_write(in, data, (size_t)n, err))
			return false;
	}
	if (!mail_intake_finish(in, facts_r, err))
		return false;
	if (facts_r->input == 0)
		return error_set(err, EX_NOINPUT,
		    "standard input: no message");
	if (facts_r->received > MAIL_HOPS_MAX)
		return error_set(err, EX_DATAERR, "standard input: mail loop: "
		    "the message has %u Received fields", facts_r->received);
	return true;
}

static bool
gather(struct spool_insert *ins, int64_t now,
    struct mail_intake_facts *facts_r, struct error *err)
{
	char date[CLOCK_RFC5322_LEN], id[MESSAGE_ID_LEN];
	struct mail_intake_options options = { .date = date,
		.message_id = id, .remove = removed_fields };
	struct mail_intake *in;
	bool ok;

	clock_rfc5322(date, now);
	make_message_id(id, now);
	in = mail_intake_new(&options, submit_keep, ins);
	ok = read_message(in, facts_r, err);
	mail_intake_free(&in);
	return ok;
}

static void
add_recipients(struct spool_insert *ins, const struct cli_submit_options *o)
{
	char notify[MAIL_NOTIFY_LEN];

	mail_notify_print(notify, o->notify);
	for (size_t i = 0; i < o->rcpt_count; i++)
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = o->rcpts[i].text,
		    .domain = o->rcpts[i].domain,
		    .notify = notify[0] != '\0' ? notify : NULL,
		    .orcpt = o->orcpt[0] != '\0' ? o->orcpt : NULL,
		    .held = o->hold });
}

/* What the content needs beats what was said of it: unlabelled 8-bit content
 * must not go to a server that cannot take it. */
static const char *
body_type(const struct cli_submit_options *o, const struct mail_intake_facts *f)
{
	return o->body == CLI_SUBMIT_BODY_8BITMIME || f->header_8bit ||
	    f->body_8bit ? "8BITMIME" : "7BIT";
}

static bool
submit_store(struct spool *spool, struct spool_insert *ins,
    const struct cli_submit_options *o, int64_t now, int64_t *id_r,
    struct error *err)
{
	struct mail_intake_facts facts;
	struct spool_message m;

	add_recipients(ins, o);
	if (!gather(ins, now, &facts, err))
		return false;
	if (facts.nuls > 0)
		log_warning("%" PRIu64 " NUL octets were removed from the "
		    "message", facts.nuls);
	m = (struct spool_message){
		.sender = o->sender.text, .source = "submit",
		.received_at = now, .wait_until = -1,
		.body_type = body_type(o, &facts), .smtputf8 = o->smtputf8,
		.ret = o->ret != MAIL_RET_UNSET ? mail_ret_name(o->ret) : NULL,
		.envid = o->envid[0] != '\0' ? o->envid : NULL,
		.tls_strategy = o->strategy,
		.require_tls = o->require_tls || facts.require_tls,
	};
	/* RFC 8689 3: the header yields to REQUIRETLS; so does the option
	 * where the header asks for it */
	m.tls_optional = !m.require_tls && (o->tls_optional ||
	    facts.tls_required_no);
	return spool_insert_commit(ins, spool, &m, id_r, err);
}

/* The schema would refuse it, too, but only after all was read. */
static bool
check_strategy(struct spool *spool, const char *id, struct error *err)
{
	struct spool_query q;
	bool found;

	if (id == NULL)
		return true;
	spool_query_start(&q, spool, SQL_CLI_STRATEGY_EXISTS);
	spool_query_put_text(&q, ":id", id);
	found = spool_query_next(&q);
	if (!spool_query_end(&q, err))
		return false;
	return found || error_set(err, EX_DATAERR, "--strategy \"%s\": there "
	    "is no such TLS strategy; \"tlsq config\" shows them", id);
}

static bool
submit(struct cli *cli, const struct cli_submit_options *o,
    struct error *err)
{
	struct spool_insert *ins;
	struct spool *spool = NULL;
	int64_t id;
	bool ok;

	if (!user_become(err) ||
	    !spool_open(&spool, cli->database, SPOOL_CREATE, err))
		return false;
	ins = spool_insert_new(spool_path(spool));
	ok = check_strategy(spool, o->strategy, err) &&
	    submit_store(spool, ins, o, clock_now_s(), &id, err);
	spool_insert_free(&ins);
	if (ok)
		spool_checkpoint_if_no_runner(spool);
	spool_close(&spool);
	if (!ok || o->quiet)
		return ok;
	(void)snprintf(cli->changed, sizeof(cli->changed), "stored: message %"
	    PRId64, id);
	(void)printf("%" PRId64 "\n", id);
	return true;
}

bool
cli_submit(struct cli *cli, int argc, char **argv, struct error *err)
{
	struct cli_submit_options o;
	bool ok;

	if (!cli_submit_options_parse(&o, cli, argc, argv, err))
		return false;
	ok = (o.has_sender || default_sender(&o.sender, err)) &&
	    submit(cli, &o, err);
	cli_submit_options_free(&o);
	return ok;
}
