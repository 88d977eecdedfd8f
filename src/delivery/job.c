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

static struct job *
job_new(struct spool_job *claimed, struct job *whole, struct settings *settings,
    size_t first, size_t count)
{
	struct job *job = mem_zalloc(sizeof(*job));

	atomic_init(&job->refs, 1);
	job->claimed = claimed;
	job->whole = whole != NULL ? job_ref(whole) : NULL;
	job->settings = settings_ref(settings);
	job->first = first;
	job->count = job->open = count;
	job->progress = mem_zalloc(count * sizeof(*job->progress));
	return job;
}

void
job_make(struct job_list *list, struct spool_job *claimed,
    struct settings *settings, size_t per_transaction)
{
	struct spool_recipient *r = claimed->rcpts;
	size_t n = claimed->rcpt_count, first, end;
	struct job *whole = NULL, *job;

	qsort(r, n, sizeof(*r), by_domain);
	for (first = 0; first < n; first = end) {
		for (end = first + 1; end < n && end - first < per_transaction &&
		    strcmp(r[end].domain, r[first].domain) == 0; end++)
			continue;
		job = job_new(claimed, whole, settings, first, end - first);
		if (whole == NULL)
			whole = job;
		TAILQ_INSERT_TAIL(list, job, entry);
	}
}

struct job *
job_split(struct job *job, size_t n)
{
	struct job *rest = job_new(job->claimed,
	    job->whole != NULL ? job->whole : job, job->settings,
	    job->first + n, job->count - n);

	assert(n < job->count && job->open == job->count);
	job->count = job->open = n;
	return rest;
}

void
job_set_choice(struct job *job, const struct way *choice)
{
	job->choice = *choice;
	free(job->rule);
	job->rule = mem_strdup(choice->rule);
	job->choice.rule = job->rule;
}

void
job_swap(struct job *job, size_t i, size_t k)
{
	struct spool_recipient *r = job->claimed->rcpts + job->first;
	struct spool_recipient kept = r[i];

	r[i] = r[k];
	r[k] = kept;
}

struct job *
job_ref(struct job *job)
{
	(void)atomic_fetch_add(&job->refs, 1);
	return job;
}

void
job_unref(struct job **job)
{
	struct job *j = *job;

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
		job_unref(&j->whole);
	else
		spool_job_free(&j->claimed);
	free(j);
}

const struct spool_recipient *
job_rcpt(const struct job *job, size_t i)
{
	return &job->claimed->rcpts[job->first + i];
}

struct way_case
job_case(const struct job *job, size_t i, int64_t now)
{
	return (struct way_case){ .message = &job->claimed->message,
		.rcpt = job_rcpt(job, i), .now = now };
}

bool
job_waives_tls(const struct job *job)
{
	return job->claimed->message.tls_optional && !job->claimed->message.require_tls;
}

const char *
job_domain(const struct job *job)
{
	return job_rcpt(job, 0)->domain;
}

void
job_add_attempt(struct job *job, size_t i, struct delivery_attempt *a)
{
	struct job_progress *p = &job->progress[i];

	p->attempts = mem_realloc(p->attempts,
	    (p->n_attempts + 1) * sizeof(struct delivery_attempt *));
	p->attempts[p->n_attempts++] = delivery_attempt_ref(a);
}

void
job_add_attempt_to_all(struct job *job, struct delivery_attempt *a)
{
	for (size_t i = 0; i < job->count; i++)
		if (!job->progress[i].finished)
			job_add_attempt(job, i, a);
}

void
job_finish(struct job *job, size_t i)
{
	assert(!job->progress[i].finished && job->open > 0);
	job->progress[i].finished = true;
	job->open--;
}
