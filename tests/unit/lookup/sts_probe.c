/*
 * Asks for MTA-STS policies as the runner does, by a clock that can be set
 * forward.  For tests/e2e/mta-sts-lookup; no test by itself.
 *
 *	sts_probe DB UNBOUND-CONFIG TRUST-ANCHOR CA-FILE PORT COMMAND...
 *
 * Commands, in their order:	ask DOMAIN[,DOMAIN...]	recheck DOMAIN[,DOMAIN...]
 *	clock SECONDS	forward; all commands together
 *	wait MS		for what goes on in the background
 *	timeout MS	of the questions that follow (5000)
 * A line for each answer, in the order of the questions:
 *	DOMAIN STATUS|MODE cached|fetched ID|- REASON|-
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lookup/lookup.h"
#include "lookup/sts.h"
#include "net/loop.h"
#include "spool/spool.h"

enum { QUESTIONS_MAX = 1000 };

struct probe {
	struct lookups *lookups;
	struct loop *loop;
	struct spool *reads, *writes;
	struct sts_result *results[QUESTIONS_MAX];
	size_t asked, answered;
	int64_t timeout_ms;
};

struct question {
	struct probe *probe;
	size_t number;
};

static atomic_llong ahead_s;

static int64_t
now_s(void)
{
	return clock_now_s() + atomic_load(&ahead_s);
}

static void
check(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "sts_probe: %s\n", err->text);
	exit(1);
}

static void
store(void *ctx, struct lookup_row *row)
{
	struct probe *p = ctx;
	struct error err;

	check(lookup_row_put(p->writes, row, &err), &err);
	lookup_row_free(&row);
}

static void
on_result(void *ctx, struct sts_result *result)
{
	struct question *q = ctx;
	struct probe *p = q->probe;

	p->results[q->number] = result;
	free(q);
	if (++p->answered == p->asked)
		loop_stop(p->loop);
}

static void
show(const char *domain, const struct sts_result *r)
{
	static const char *const names[] = { "failed", NULL, "no-record",
		"invalid", "webpki", "no-slot" };

	printf("%s %s %s %s %s\n", domain, r->status == STS_STATUS_POLICY ?
	    policy_sts_mode_name(r->policy.mode) : names[r->status],
	    r->cached ? "cached" : "fetched", r->id[0] != '\0' ? r->id : "-",
	    r->reason != NULL ? r->reason : "-");
	fflush(stdout);
}

static void
ask(struct probe *p, const char *list, bool recheck)
{
	char *names = mem_strdup(list), *save = NULL, *name[QUESTIONS_MAX];
	size_t n = 0;

	for (char *s = strtok_r(names, ",", &save); s != NULL &&
	    n < QUESTIONS_MAX; s = strtok_r(NULL, ",", &save))
		name[n++] = s;
	p->asked = n;
	p->answered = 0;
	for (size_t i = 0; i < n; i++) {
		struct question *q = mem_alloc(sizeof(*q));

		q->probe = p;
		q->number = i;
		(void)sts_lookup_start(p->lookups, name[i], p->timeout_ms,
		    recheck, p->loop, on_result, q);
	}
	loop_run(p->loop);
	for (size_t i = 0; i < n; i++) {
		show(name[i], p->results[i]);
		sts_result_free(&p->results[i]);
	}
	free(names);
}

static void
run(struct probe *p, const char *command, const char *value)
{
	if (strcmp(command, "ask") == 0)
		ask(p, value, false);
	else if (strcmp(command, "recheck") == 0)
		ask(p, value, true);
	else if (strcmp(command, "clock") == 0)
		atomic_fetch_add(&ahead_s, strtoll(value, NULL, 10));
	else if (strcmp(command, "wait") == 0)
		usleep((useconds_t)strtoul(value, NULL, 10) * 1000);
	else if (strcmp(command, "timeout") == 0)
		p->timeout_ms = strtoll(value, NULL, 10);
	else
		fprintf(stderr, "sts_probe: %s?\n", command);
}

int
main(int argc, char **argv)
{
	struct probe p = { .timeout_ms = 5000 };
	struct lookups_config config = { .store = store, .store_ctx = &p,
		.clock_s = now_s };
	struct error err;

	if (argc < 6)
		return EX_USAGE;
	(void)signal(SIGPIPE, SIG_IGN);
	config.dns.unbound_config = argv[2];
	config.dns.trust_anchor = argv[3];
	config.dns.timeout_ms = 3000;
	config.sts.ca_file = argv[4];
	config.sts.port = (uint16_t)strtoul(argv[5], NULL, 10);
	check(spool_open(&p.reads, argv[1], SPOOL_READ_WRITE, &err) &&
	    spool_open(&p.writes, argv[1], SPOOL_READ_WRITE, &err) &&
	    loop_new(&p.loop, &err), &err);
	config.spool = p.reads;
	check(lookup_open(&p.lookups, &config, &err), &err);
	for (int i = 6; i + 1 < argc; i += 2)
		run(&p, argv[i], argv[i + 1]);
	lookup_close(&p.lookups);
	loop_free(&p.loop);
	spool_close(&p.reads);
	spool_close(&p.writes);
	return 0;
}
