/*
 * The answer of tlsq whatif: in 80 columns, and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/whatif_impl.h"

enum { SHOWN = 20, COLUMNS = 80 };

const char *const cli_whatif_names[WHATIF_OUTCOMES] = {
	"delivered", "deferred", "failed", "unknown",
};

static int64_t
messages_changed(const struct cli_whatif_domain *d)
{
	int64_t n = 0;

	for (int now = 0; now < WHATIF_OUTCOMES; now++)
		for (int then = 0; then < WHATIF_UNKNOWN; then++)
			if (now != then)
				n += d->to[now][then].messages;
	return n;
}

static int
compare_worst(const void *a, const void *b)
{
	const struct cli_whatif_domain *const *x = a, *const *y = b;
	int64_t lost_x = 0, lost_y = 0;

	/* What would no longer be delivered comes first. */
	for (int then = WHATIF_DEFERRED; then < WHATIF_UNKNOWN; then++) {
		lost_x += (*x)->to[WHATIF_DELIVERED][then].messages;
		lost_y += (*y)->to[WHATIF_DELIVERED][then].messages;
	}
	if (lost_x == lost_y) {
		lost_x = messages_changed(*x);
		lost_y = messages_changed(*y);
	}
	return lost_x != lost_y ? (lost_x < lost_y) - (lost_x > lost_y) :
	    strcmp((*x)->name, (*y)->name);
}

/* All domains, worst first; the caller frees it. */
static struct cli_whatif_domain **
sort_domains(const struct cli_whatif *w, size_t *n_r)
{
	size_t n = 0, count = HASH_COUNT(w->domains);
	struct cli_whatif_domain **list = mem_alloc((count + 1) *
	    sizeof(*list)), *d, *next;

	HASH_ITER(hh, w->domains, d, next)
		list[n++] = d;
	qsort(list, n, sizeof(struct cli_whatif_domain *), compare_worst);
	*n_r = n;
	return list;
}

static int64_t
messages_then(const struct cli_whatif *w, int then)
{
	int64_t n = 0;

	for (int now = 0; now < WHATIF_OUTCOMES; now++)
		n += w->all[now][then].messages;
	return n;
}

static int64_t
messages_now(const struct cli_whatif *w, int now)
{
	int64_t n = 0;

	for (int then = 0; then < WHATIF_OUTCOMES; then++)
		n += w->all[now][then].messages;
	return n;
}

static int64_t
domains_then(const struct cli_whatif *w, int then)
{
	struct cli_whatif_domain *d, *next;
	int64_t n = 0;

	HASH_ITER(hh, w->domains, d, next)
		for (int now = 0; now < WHATIF_OUTCOMES; now++)
			if (d->to[now][then].messages > 0) {
				n++;
				break;
			}
	return n;
}

static int64_t
domains_seen_once(const struct cli_whatif *w)
{
	struct cli_whatif_domain *d, *next;
	int64_t n = 0;

	HASH_ITER(hh, w->domains, d, next)
		n += d->attempts == 1;
	return n;
}

/* --- text ----------------------------------------------------------------- */

static void
print_window(const struct cli_whatif *w)
{
	char first[CLOCK_ISO_LEN] = "-", last[CLOCK_ISO_LEN] = "-";

	if (w->first_at > 0) {
		clock_iso(first, w->first_at);
		clock_iso(last, w->last_at);
	}
	(void)printf("attempts     %" PRId64 ", from %s to %s\n"
	    "domains      %u, %" PRId64 " of them seen once\n", w->attempts,
	    first, last, HASH_COUNT(w->domains), domains_seen_once(w));
	if (w->shadow)
		return;
	(void)printf("agreement    %" PRId64 " of %" PRId64 " attempts come out "
	    "as recorded under their own strategy\n",
	    w->agree, w->agree + w->disagree);
	if (w->unsure > 0)
		(void)printf("             %" PRId64 " lack facts for that\n",
		    w->unsure);
	if (w->disagree > 0)
		(void)printf("             %" PRId64 " do not (the last one: "
		    "attempt %" PRId64 "): the strategy has changed since,\n"
		    "             or it is a bug in tlsq\n", w->disagree,
		    w->disagree_id);
}

static void
print_totals(const struct cli_whatif *w)
{
	(void)printf("\n%-12s %10s %10s %10s\n", "messages", "recorded",
	    w->shadow ? "shadow" : w->strategy, "domains");
	for (int i = 0; i < WHATIF_OUTCOMES; i++)
		(void)printf("%-12s %10" PRId64 " %10" PRId64 " %10" PRId64
		    "\n", cli_whatif_names[i], messages_now(w, i),
		    messages_then(w, i), domains_then(w, i));
}

static void
print_change(const struct cli_whatif_domain *d, int now, int then)
{
	char at[CLOCK_ISO_LEN], shown[4 * MAIL_DOMAIN_MAX + 1];

	mail_address_display(shown, sizeof(shown), d->name);
	clock_iso(at, d->example[now][then].at);
	(void)printf("%-36.36s %6" PRId64 "  %s -> %s\n", shown,
	    d->to[now][then].messages, cli_whatif_names[now],
	    cli_whatif_names[then]);
	if (d->example[now][then].why != NULL)
		(void)printf("    %.*s\n", COLUMNS - 4,
		    d->example[now][then].why);
	(void)printf("    see attempt %" PRId64 " of %s\n",
	    d->example[now][then].id, at);
}

static void
print_domain(const struct cli_whatif_domain *d)
{
	for (int now = 0; now < WHATIF_OUTCOMES; now++)
		for (int then = 0; then < WHATIF_UNKNOWN; then++)
			if (now != then && d->to[now][then].messages > 0)
				print_change(d, now, then);
}

static void
print_unknown(const struct cli_whatif *w)
{
	struct cli_whatif_domain *d, *next;
	int64_t unknown = domains_then(w, WHATIF_UNKNOWN);

	if (unknown == 0)
		return;
	if (!w->probe) {
		(void)printf("\nunknown: what %" PRId64 " domain%s would need "
		    "was not asked for then", unknown,
		    unknown == 1 ? "" : "s");
		if (!w->shadow)
			(void)printf("; to ask now:\n    tlsq whatif "
			    "--strategy %s --probe", w->strategy);
		(void)putchar('\n');
		return;
	}
	(void)puts("\nasked now, for what was unknown:");
	HASH_ITER(hh, w->domains, d, next)
		if (d->probed) {
			(void)printf("%-43.43s  %s\n", d->name,
			    cli_whatif_names[d->found]);
			if (d->why[0] != '\0')
				(void)printf("    %.*s\n", COLUMNS - 4, d->why);
		}
}

void
cli_whatif_print(const struct cli_whatif *w, bool all)
{
	struct cli_whatif_domain **list;
	size_t n, changed = 0;

	print_window(w);
	print_totals(w);
	list = sort_domains(w, &n);
	while (changed < n && messages_changed(list[changed]) > 0)
		changed++;
	(void)printf("\n%zu domain%s would change%s\n", changed,
	    changed == 1 ? "" : "s", changed > 0 ? ", the worst first:" : "");
	for (size_t i = 0; i < changed && (all || i < SHOWN); i++)
		print_domain(list[i]);
	if (!all && changed > SHOWN)
		(void)printf("(-v shows %zu more)\n", changed - SHOWN);
	free(list);
	print_unknown(w);
}

/* --- JSON ------------------------------------------------------------------ */

static void
json_changes(struct json *j, const struct cli_whatif_domain *d)
{
	for (int now = 0; now < WHATIF_OUTCOMES; now++)
		for (int then = 0; then < WHATIF_OUTCOMES; then++) {
			if (d->to[now][then].messages == 0 || now == then)
				continue;
			json_open_object(j, NULL);
			json_text(j, "recorded", cli_whatif_names[now]);
			json_text(j, "predicted", cli_whatif_names[then]);
			json_int(j, "messages", d->to[now][then].messages);
			json_text(j, "why", d->example[now][then].why);
			json_int(j, "attempt", d->example[now][then].id);
			json_int(j, "at", d->example[now][then].at);
			json_close_object(j);
		}
}

static void
json_domain(struct json *j, const struct cli_whatif_domain *d)
{
	json_open_object(j, NULL);
	json_text(j, "domain", d->name);
	json_int(j, "attempts", d->attempts);
	json_open_array(j, "changes");
	json_changes(j, d);
	json_close_array(j);
	if (d->probed) {
		json_text(j, "probed", cli_whatif_names[d->found]);
		json_text(j, "why", d->why);
	}
	json_close_object(j);
}

void
cli_whatif_print_json(const struct cli_whatif *w)
{
	struct cli_whatif_domain **list;
	struct buf out = BUF_INIT;
	struct json j = { .out = &out };
	size_t n;

	json_open_object(&j, NULL);
	json_text(&j, "strategy", w->strategy);
	json_bool(&j, "shadow", w->shadow);
	json_int(&j, "first_at", w->first_at);
	json_int(&j, "last_at", w->last_at);
	json_int(&j, "attempts", w->attempts);
	json_open_object(&j, "agreement");
	json_int(&j, "agree", w->agree);
	json_int(&j, "disagree", w->disagree);
	json_int(&j, "unknown", w->unsure);
	json_close_object(&j);
	json_open_object(&j, "messages");
	for (int i = 0; i < WHATIF_OUTCOMES; i++) {
		json_open_object(&j, cli_whatif_names[i]);
		json_int(&j, "recorded", messages_now(w, i));
		json_int(&j, "predicted", messages_then(w, i));
		json_int(&j, "domains", domains_then(w, i));
		json_close_object(&j);
	}
	json_close_object(&j);
	json_int(&j, "domains_seen_once", domains_seen_once(w));
	json_open_array(&j, "domains");
	list = sort_domains(w, &n);
	for (size_t i = 0; i < n; i++)
		json_domain(&j, list[i]);
	free(list);
	json_close_array(&j);
	json_close_object(&j);
	(void)fwrite(buf_str(&out), 1, out.len, stdout);
	(void)putchar('\n');
	buf_free(&out);
}
