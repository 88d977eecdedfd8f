/*
 * Counting attempts, sessions and recipients by what their columns say.  Pure.
 *
 * The words come from the spool, which others can write: there is room for a
 * bounded number of them, and the rest is counted as "other".
 */
#ifndef TLSQ_WEB_TALLY_H
#define TLSQ_WEB_TALLY_H

#include <stddef.h>
#include <stdint.h>

enum {
	WEB_TALLY_MAX = 48,	/* the last one is "other" */
	WEB_WORD_MAX = 40,
	WEB_WORDS = 2,
	WEB_BOUNDS = 13,
};

struct web_tally {
	struct {
		char words[WEB_WORDS][WEB_WORD_MAX + 1];
		int64_t count;
	} entries[WEB_TALLY_MAX];
	size_t used;
};

/* NULL is the word "none"; n may be 0, so that a series begins before its
 * first event. */
void web_tally_add(struct web_tally *tally, const char *first,
    const char *second, int64_t n);

/* How long attempts took.  counts: of each bucket alone, the last without a
 * bound. */
extern const int64_t web_bounds_ms[WEB_BOUNDS];
struct web_durations {
	int64_t counts[WEB_BOUNDS + 1];
	int64_t sum_ms;
};
void web_durations_add(struct web_durations *d, int64_t ms);

/* All that is counted row by row. */
struct web_ledger {
	struct web_tally recipients;	/* state */
	struct web_tally attempts;	/* outcome, error */
	struct web_tally results;	/* RFC 8460 result type */
	struct web_tally sessions;	/* what TLS proved */
	struct web_tally dane, mta_sts;	/* their results */
	struct web_durations durations;
};

/* All zero, with every word there is in the schema. */
void web_ledger_init(struct web_ledger *ledger);

#endif
