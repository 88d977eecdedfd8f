/*
 * Making jobs of a claim, counting them, keeping their attempts.
 */
#include "delivery/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int
by_domain(const void *a, const void *b)
{
	const struct spool_recipient *x = a, *y = b;
	int order = strcmp(x->domain, y->domain);

	return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

static struct delivery_job *
job_new(struct spool_job *claimed, struct delivery_job *whole,
    struct settings *settings, size_t first, size_t count)
{
	struct delivery_job *job = mem_zalloc(sizeof(*job));

	atomic_init(&job->refs, 1);
	job->claimed = claimed;
	job->whole = whole != NULL ? delivery_job_ref(whole) : NULL;
	job->settings = settings_ref(settings);
	job->first = first;
	job->count = job->open = count;
	job->progress = mem_zalloc(count * sizeof(*job->progress));
	return job;
}

void
delivery_job_make(struct delivery_job_list *list, struct spool_job *claimed,
    struct settings *settings, size_t per_transaction)
{
	struct spool_recipient *r = claimed->rcpts;
	size_t n = claimed->rcpt_count, first, end;
	struct delivery_job *whole = NULL, *job;

	qsort(r, n, sizeof(*r), by_domain);
	for (first = 0; first < n; first = end) {
		for (end = first + 1; end < n &&
		    end - first < per_transaction && strcmp(r[end].domain,
		    r[first].domain) == 0; end++)
			continue;
		job = job_new(claimed, whole, settings, first, end - first);
		if (whole == NULL)
			whole = job;
		TAILQ_INSERT_TAIL(list, job, entry);
	}
}

struct delivery_job *
delivery_job_split(struct delivery_job *job, size_t n)
{
	struct delivery_job *rest = job_new(job->claimed,
	    job->whole != NULL ? job->whole : job, job->settings,
	    job->first + n, job->count - n);

	assert(n < job->count && job->open == job->count);
	job->count = job->open = n;
	return rest;
}

void
delivery_job_set_choice(struct delivery_job *job,
    const struct nexthop_choice *choice)
{
	job->choice = *choice;
	free(job->rule);
	job->rule = mem_strdup(choice->rule);
	job->choice.rule = job->rule;
}

void
delivery_job_swap(struct delivery_job *job, size_t i, size_t k)
{
	struct spool_recipient *r = job->claimed->rcpts + job->first;
	struct spool_recipient kept = r[i];

	r[i] = r[k];
	r[k] = kept;
}

struct delivery_job *
delivery_job_ref(struct delivery_job *job)
{
	(void)atomic_fetch_add(&job->refs, 1);
	return job;
}

void
delivery_job_unref(struct delivery_job **job)
{
	struct delivery_job *j = *job;

	*job = NULL;
	if (j == NULL || atomic_fetch_sub(&j->refs, 1) != 1)
		return;
	for (size_t i = 0; i < j->count; i++) {
		for (size_t k = 0; k < j->progress[i].n_attempts; k++)
			delivery_attempt_unref(&j->progress[i].attempts[k]);
		free(j->progress[i].attempts);
	}
	free(j->progress);
	free(j->rule);
	settings_unref(&j->settings);
	if (j->whole != NULL)
		delivery_job_unref(&j->whole);
	else
		spool_job_free(&j->claimed);
	free(j);
}

const struct spool_recipient *
delivery_job_rcpt(const struct delivery_job *job, size_t i)
{
	return &job->claimed->rcpts[job->first + i];
}

struct nexthop_case
delivery_job_case(const struct delivery_job *job, size_t i, int64_t now)
{
	return (struct nexthop_case){ .message = &job->claimed->message,
		.rcpt = delivery_job_rcpt(job, i), .now = now };
}

const char *
delivery_job_domain(const struct delivery_job *job)
{
	return delivery_job_rcpt(job, 0)->domain;
}

void
delivery_job_add_attempt(struct delivery_job *job, size_t i,
    struct delivery_attempt *a)
{
	struct delivery_progress *p = &job->progress[i];

	p->attempts = mem_realloc(p->attempts,
	    (p->n_attempts + 1) * sizeof(struct delivery_attempt *));
	p->attempts[p->n_attempts++] = delivery_attempt_ref(a);
}

void
delivery_job_add_attempt_to_all(struct delivery_job *job,
    struct delivery_attempt *a)
{
	for (size_t i = 0; i < job->count; i++)
		if (!job->progress[i].finished)
			delivery_job_add_attempt(job, i, a);
}

void
delivery_job_finish(struct delivery_job *job, size_t i)
{
	assert(!job->progress[i].finished && job->open > 0);
	job->progress[i].finished = true;
	job->open--;
}
