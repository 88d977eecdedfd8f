/*
 * Order among mail exchangers.
 */
#include "policy/mx.h"

#include <stdlib.h>

#include "base/text.h"

static int
by_preference(const void *a, const void *b)
{
	const struct policy_mx_choice *x = a, *y = b;

	return (x->preference > y->preference) -
	    (x->preference < y->preference);
}

/* splitmix64: good enough to spread load, and nothing here is a secret. */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void
shuffle(struct policy_mx_choice *hosts, size_t n, uint64_t *seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)(next_random(seed) % i);
		struct policy_mx_choice swap = hosts[i - 1];

		hosts[i - 1] = hosts[k];
		hosts[k] = swap;
	}
}

static bool
is_own(const char *host, const char *const *own)
{
	for (; *own != NULL; own++)
		if (text_equal_nocase(host, *own))
			return true;
	return false;
}

enum policy_mx_order
policy_mx_order(struct policy_mx_choice *hosts, size_t *n,
    const char *const *own, size_t limit, uint64_t seed)
{
	size_t start, end, had = *n;

	if (had > 0)
		qsort(hosts, had, sizeof(*hosts), by_preference);
	/* RFC 5321 5.1: the full list is searched, before any limit. */
	for (size_t i = 0; i < *n; i++)
		if (is_own(hosts[i].host, own)) {
			while (i > 0 &&
			    hosts[i - 1].preference == hosts[i].preference)
				i--;
			*n = i;
			break;
		}
	for (start = 0; start < *n; start = end) {
		for (end = start + 1; end < *n && hosts[end].preference ==
		    hosts[start].preference; end++)
			continue;
		shuffle(hosts + start, end - start, &seed);
	}
	if (*n > limit)
		*n = limit;
	return had > 0 && *n == 0 ? MX_ORDER_LOOP : MX_ORDER_OK;
}
