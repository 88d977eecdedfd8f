/*
 * Measures the cost of a claim in a given spool: claim DATABASE MAX
 *
 * Claims as the runner does, in a transaction of its own, and releases everything.
 * Reports the CPU of the claim and of its commit separately.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "spool/queue.h"
#include "spool/runners.h"
#include "spool/spool.h"

struct moment {
	double wall_ms, cpu_ms;
};

static double
read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct moment
look(void)
{
	return (struct moment){ read_clock(CLOCK_MONOTONIC),
		read_clock(CLOCK_THREAD_CPUTIME_ID) };
}

static void
tell(const char *what, struct moment from, struct moment to)
{
	printf("%-34s %8.2f ms, %.2f ms of CPU\n", what,
	    to.wall_ms - from.wall_ms, to.cpu_ms - from.cpu_ms);
}

static bool
claim(struct spool *spool, const char *token, size_t max, struct error *err)
{
	int64_t now = clock_now_s(), next_due, back;
	const struct spool_claim c = { .token = token, .now = now,
		.due_by = now, .lease_s = 900, .max = max };
	struct moment begun, claimed, asked, committed;
	struct spool_job *jobs, *next;
	size_t n;
	bool more;

	begun = look();
	if (!spool_begin(spool, err) ||
	    !spool_claim(spool, &c, &jobs, &n, &more, err))
		return false;
	claimed = look();
	if (!spool_next_due(spool, &next_due, err))
		return false;
	asked = look();
	if (!spool_commit(spool, err))
		return false;
	committed = look();
	for (; jobs != NULL; jobs = next) {
		next = jobs->next;
		spool_job_free(&jobs);
	}
	printf("%zu recipients claimed\n", n);
	tell("the claim", begun, claimed);
	tell("when the next one is due", claimed, asked);
	tell("the commit", asked, committed);
	return spool_begin(spool, err) &&
	    spool_claims_release(spool, token, &back, err) &&
	    spool_commit(spool, err);
}

int
main(int argc, char **argv)
{
	struct spool_runner *runner = NULL;
	struct spool *spool = NULL;
	struct error err;
	long max = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	bool ok;

	if (max < 1) {
		fprintf(stderr, "usage: claim DATABASE MAX\n");
		return 2;
	}
	ok = spool_open(&spool, argv[1], SPOOL_READ_WRITE, &err) &&
	    spool_runner_register(spool, clock_now_s(), &runner, &err) &&
	    claim(spool, spool_runner_token(runner), (size_t)max, &err);
	if (!ok)
		fprintf(stderr, "claim: %s\n", err.text);
	if (runner != NULL)
		spool_runner_unregister(spool, &runner);
	spool_close(&spool);
	return ok ? 0 : 1;
}
