/*
 * tlsq retry, hold, release, delete, bounce: first what is meant is selected,
 * then it is changed, or only shown (--dry-run).
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/admin_impl.h"
#include "cli/command_impl.h"

/* --- the command line ---------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

bool
cli_admin_options_find(struct cli_admin_options *o, struct spool *spool,
    struct error *err)
{
	struct cli_ids ids = { .n = 0 };
	size_t kept = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < o->text_count; i++)
		ok = cli_find_messages(spool, o->texts[i], &ids, err);
	if (ids.n > 0)
		qsort(ids.id, ids.n, sizeof(*ids.id), by_value);
	for (size_t i = 0; i < ids.n; i++)
		if (kept == 0 || ids.id[i] != ids.id[kept - 1])
			ids.id[kept++] = ids.id[i];
	o->messages = ids.id;
	o->message_count = kept;
	return ok;
}

static bool
check_ids(struct cli_admin_options *o, int count, char **args,
    struct error *err)
{
	o->texts = args;
	o->text_count = (size_t)count;
	for (int i = 0; i < count; i++)
		if (!cli_check_id(args[i], err))
			return false;
	return true;
}

/* The whole queue is never meant by leaving something out. */
static bool
check_selection(const struct cli_admin_options *o, const char *name,
    struct error *err)
{
	bool narrowed = o->has_domain || o->has_sender || o->text_count > 0;

	if (o->all && narrowed)
		return error_set(err, EX_USAGE, "--all cannot be combined "
		    "with message ids, --domain or --sender");
	return o->all || narrowed || error_set(err, EX_USAGE, "%s: no "
	    "recipients selected; give message ids, --domain or --sender, or "
	    "--all", name);
}

bool
cli_admin_options_parse(struct cli_admin_options *o_r, struct cli *cli,
    int argc, char **argv, struct error *err)
{
	const char *domain = NULL, *sender = NULL;
	const struct option_row rows[] = {
		{ "domain", .text = &domain },
		{ "sender", .text = &sender },
		{ "dry-run", .flag = &o_r->dry_run },
		{ "all", .flag = &o_r->all },
		CLI_COMMON_OPTIONS(cli)
	};

	memset(o_r, 0, sizeof(*o_r));
	if (!cli_parse(cli, argc, argv, rows, 0, INT_MAX, err) ||
	    !cli_domain_parse(o_r->domain, domain, err) ||
	    !cli_sender_parse(&o_r->sender, sender, err))
		return false;
	o_r->has_domain = domain != NULL;
	o_r->has_sender = sender != NULL;
	if (check_ids(o_r, cli->arg_count, cli->args, err) &&
	    check_selection(o_r, argv[0], err))
		return true;
	cli_admin_options_free(o_r);
	return false;
}

void
cli_admin_options_free(struct cli_admin_options *o)
{
	free(o->messages);
	o->messages = NULL;
	o->message_count = 0;
}

struct spool_selector
cli_admin_options_selector(const struct cli_admin_options *o)
{
	return (struct spool_selector){
	    .domain = o->has_domain ? o->domain : NULL,
	    .sender = o->has_sender ? o->sender.text : NULL,
	    .messages = o->messages, .message_count = o->message_count };
}

/* --- what it does -------------------------------------------------------- */

struct verb {
	enum spool_action action;
	const char *name, *done; /* as the summary says it */
};

struct selected {
	const struct verb *verb;
	bool show;			/* each, as it is found */
	struct spool_target *targets;
	size_t count, room;
	/* What a dry run says. */
	struct spool_changed would;
	int64_t message;
};

static void
show(const struct spool_found *f)
{
	(void)printf("%-8" PRId64 " %-9s ", f->message_id, f->state);
	cli_print_address(f->address);
	(void)putchar('\n');
}

static void
count(struct selected *s, const struct spool_found *f)
{
	struct spool_changed *w = &s->would;
	bool applies = spool_action_applies(s->verb->action, f->state);

	if (!applies) {
		w->left++;
		return;
	}
	w->recipients++;
	w->messages += f->message_id != s->message;
	s->message = f->message_id;
	/* of the states that an action is for, this one has a runner */
	w->in_delivery += f->state[0] == 'a';
	if (s->show)
		show(f);
}

static void
found(void *ctx, const struct spool_found *f)
{
	struct selected *s = ctx;

	count(s, f);
	if (s->count == s->room) {
		s->room = s->room > 0 ? 2 * s->room : 64;
		s->targets = mem_realloc(s->targets,
		    s->room * sizeof(*s->targets));
	}
	s->targets[s->count++] = (struct spool_target){ .id = f->id,
	    .message_id = f->message_id };
}

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void
summary(struct cli *cli, const struct verb *v, const struct spool_changed *c,
    bool dry_run)
{
	char text[sizeof(cli->changed)];

	(void)snprintf(text, sizeof(text), "%s: %" PRId64 " recipient%s of %"
	    PRId64 " message%s", v->done, c->recipients,
	    plural(c->recipients), c->messages, plural(c->messages));
	(void)printf("%s%s\n", dry_run ? "would be " : "", text);
	if (!dry_run && c->recipients > 0)
		memcpy(cli->changed, text, sizeof(text));
	if (c->in_delivery > 0)
		(void)printf("in delivery: %" PRId64 " of them; one that its "
		    "server still accepts counts as delivered\n",
		    c->in_delivery);
	if (c->left > 0)
		(void)printf("skipped: %" PRId64 " recipient%s whose state does "
		    "not allow it\n", c->left, plural(c->left));
}

static bool
act(struct cli *cli, struct spool *spool, const struct selected *s,
    struct error *err)
{
	struct spool_changed changed;
	bool ok = spool_act(spool, s->verb->action, s->targets, s->count,
	    clock_now_s(), &changed, err);

	/* What is done before an error stays done. */
	if (ok || changed.recipients > 0)
		summary(cli, s->verb, &changed, false);
	return ok;
}

static bool
verb_run(const struct verb *v, struct cli *cli, struct cli_admin_options *o,
    struct error *err)
{
	struct selected s = { .verb = v, .message = -1,
		.show = o->dry_run || cli->verbosity > 0 };
	struct spool_selector selector;
	struct spool *spool = NULL;
	bool ok;

	if (!cli_spool_open(&spool, cli, err))
		return false;
	ok = cli_admin_options_find(o, spool, err);
	selector = cli_admin_options_selector(o);
	ok = ok && spool_select(spool, &selector, found, &s, err);
	if (ok && o->dry_run)
		summary(cli, v, &s.would, true);
	else if (ok)
		ok = act(cli, spool, &s, err);
	free(s.targets);
	spool_close(&spool);
	return ok;
}

bool
cli_act(struct cli *cli, int argc, char **argv, struct error *err)
{
	static const struct verb verbs[] = {
		{ SPOOL_RETRY, "retry", "due now" },
		{ SPOOL_HOLD, "hold", "held" },
		{ SPOOL_RELEASE, "release", "released" },
		{ SPOOL_DELETE, "delete", "deleted" },
		{ SPOOL_BOUNCE, "bounce", "returned to the sender" },
	};
	const struct verb *verb = verbs;
	struct cli_admin_options o;
	bool ok;

	while (strcmp(verb->name, argv[0]) != 0)
		verb++;
	if (!cli_admin_options_parse(&o, cli, argc, argv, err))
		return false;
	ok = verb_run(verb, cli, &o, err);
	cli_admin_options_free(&o);
	return ok;
}
