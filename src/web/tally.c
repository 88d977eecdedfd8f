/*
 * Tallies.
 */
#include "web/tally.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* From a greeting on the same net to the timeouts of RFC 5321 4.5.3.2. */
const int64_t web_bounds_ms[WEB_BOUNDS] = {
	10, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 180000,
	600000,
};

/* The words of the schema, so that a series begins before its first event. */
static const struct {
	size_t tally;
	const char *words[10];
} known[] = {
	{ offsetof(struct web_ledger, recipients), { "queued", "active",
	    "deferred", "held", "delivered", "failed", "expired", "withdrawn",
	    "deleted" } },
	{ offsetof(struct web_ledger, sessions), { "none", "encrypted", "pkix",
	    "dane", "mta-sts" } },
	{ offsetof(struct web_ledger, dane), { "none", "verified", "host-only",
	    "unusable", "failed" } },
	{ offsetof(struct web_ledger, mta_sts), { "none", "testing", "verified",
	    "failed" } },
};
static const char *const errors[] = {
	"dns", "connection", "tls", "dane", "mta-sts", "unexpected-reply",
	"rate", "concurrency", "io",
};

static void
word_copy(char dst[WEB_WORD_MAX + 1], const char *word)
{
	(void)text_copy(dst, WEB_WORD_MAX + 1, word != NULL ? word : "none");
}

void
web_tally_add(struct web_tally *t, const char *first, const char *second,
    int64_t n)
{
	char words[WEB_WORDS][WEB_WORD_MAX + 1];
	size_t i;

	word_copy(words[0], first);
	word_copy(words[1], second);
	for (i = 0; i < t->used; i++)
		if (strcmp(t->entries[i].words[0], words[0]) == 0 &&
		    strcmp(t->entries[i].words[1], words[1]) == 0)
			break;
	if (i >= WEB_TALLY_MAX - 1) {
		i = WEB_TALLY_MAX - 1;
		word_copy(words[0], "other");
		word_copy(words[1], "other");
	}
	if (i == t->used) {
		t->used++;
		memcpy(t->entries[i].words, words, sizeof(words));
		t->entries[i].count = 0;
	}
	t->entries[i].count += n;
}

void
web_durations_add(struct web_durations *d, int64_t ms)
{
	size_t i = 0;

	while (i < WEB_BOUNDS && ms > web_bounds_ms[i])
		i++;
	d->counts[i]++;
	d->sum_ms += ms > 0 ? ms : 0;
}

void
web_ledger_init(struct web_ledger *l)
{
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		for (const char *const *w = known[i].words; *w != NULL; w++)
			web_tally_add((void *)((char *)l + known[i].tally), *w,
			    NULL, 0);
	web_tally_add(&l->attempts, "delivered", NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		web_tally_add(&l->attempts, "deferred", errors[i], 0);
		web_tally_add(&l->attempts, "failed", errors[i], 0);
	}
}
