/*
 * A loop of its own, run until what was asked for is there.
 */
#include "report/ask.h"

#include <stdio.h>

#include "base/buf.h"
#include "lookup/rdata.h"
#include "mail/address.h"
#include "net/loop.h"

enum { STOP_LOOK_MS = 200 };

bool
report_ask_stopped(const struct report_ask *a)
{
	return a->stopped != NULL && a->stopped(a->ctx);
}

static void
look_at_stop(void *arg)
{
	struct report_ask *a = arg;

	if (report_ask_stopped(a))
		loop_stop(a->loop);
	else
		loop_timer_set(a->timer, STOP_LOOK_MS);
}

bool
report_ask_open(struct report_ask *a, struct lookups *lookups,
    bool (*stopped)(void *ctx), void *ctx, struct error *err)
{
	*a = (struct report_ask){ .lookups = lookups, .stopped = stopped,
		.ctx = ctx };
	if (!loop_new(&a->loop, err))
		return false;
	a->timer = loop_timer_new(a->loop, look_at_stop, a);
	return true;
}

void
report_ask_close(struct report_ask *a)
{
	loop_timer_free(&a->timer);
	loop_free(&a->loop);
}

/* False, with why: the program ends, and the answer comes no more. */
static bool
wait_for(struct report_ask *a, struct lookup_request *request,
    const bool *arrived, char why[static REPORT_WHY_LEN])
{
	loop_timer_set(a->timer, STOP_LOOK_MS);
	while (!*arrived) {
		if (report_ask_stopped(a)) {
			lookup_cancel(&request);
			(void)snprintf(why, REPORT_WHY_LEN, "interrupted");
			return false;
		}
		loop_run(a->loop);
	}
	loop_timer_clear(a->timer);
	return true;
}

/* --- where to: the TXT record ------------------------------------------- */

struct txt_answer {
	struct report_ask *ask;
	struct arena *arena;
	bool arrived, failed;
	size_t records;
	struct report_txt txt;
	char *why;
};

static void
add_record(struct txt_answer *t, const struct dns_rdata *rdata)
{
	struct buf text = BUF_INIT;

	if (rdata_txt(&text, rdata->data, rdata->len) &&
	    report_txt_is_record(buf_str(&text), text.len)) {
		t->records++;
		(void)report_txt_parse(&t->txt, t->arena, buf_str(&text),
		    text.len);
	}
	buf_free(&text);
}

static void
on_txt(void *ctx, const struct dns_answer *answer)
{
	struct txt_answer *t = ctx;

	t->arrived = true;
	t->failed = policy_dns_failed(answer->status);
	if (t->failed)
		(void)snprintf(t->why, REPORT_WHY_LEN, "%s", answer->why);
	else
		for (size_t i = 0; i < answer->count; i++)
			add_record(t, &answer->rdata[i]);
	loop_stop(t->ask->loop);
}

/* More than one record is none (RFC 8460 3). */
bool
report_ask_targets(struct report_ask *a, struct arena *arena,
    const char *domain, struct report_txt *txt,
    char why[static REPORT_WHY_LEN])
{
	struct txt_answer t = { .ask = a, .arena = arena, .why = why };
	char name[MAIL_DOMAIN_MAX + sizeof("_smtp._tls.")];

	(void)snprintf(name, sizeof(name), "_smtp._tls.%s", domain);
	if (!wait_for(a, resolver_query(lookup_resolver(a->lookups), name,
	    DNS_TYPE_TXT, a->loop, on_txt, &t), &t.arrived, why))
		return false;
	*txt = t.txt;
	if (t.records != 1)
		txt->n = 0;
	return !t.failed;
}

/* --- addresses ------------------------------------------------------------ */

struct host_answer {
	struct report_ask *ask;
	bool arrived;
	struct host_result *result;
};

static void
on_host(void *ctx, struct host_result *result)
{
	struct host_answer *h = ctx;

	h->result = result;
	h->arrived = true;
	loop_stop(h->ask->loop);
}

bool
report_ask_host(struct report_ask *a, const char *name,
    struct host_result **host, char why[static REPORT_WHY_LEN])
{
	struct host_answer h = { .ask = a };

	if (!wait_for(a, host_lookup_start(a->lookups, name, HOST_ANY, a->loop,
	    on_host, &h), &h.arrived, why))
		return false;
	*host = h.result;
	return true;
}
