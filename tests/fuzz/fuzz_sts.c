/*
 * MTA-STS texts.  What is accepted is shown to be so by other means: an id is
 * letters and digits, a pattern lies within the text, and names itself.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char alnum[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static void
read_txt(const char *text, size_t len)
{
	char id[STS_ID_MAX + 1];
	bool begins;
	size_t at;

	if (!policy_sts_txt_parse(text, len, id, &begins)) {
		assert(strlen(id) <= STS_ID_MAX);
		return;
	}
	assert(begins && memcmp(text, "v=STSv1", 7) == 0);
	/* Blanks may stand before the ";" (RFC 8461 3.1). */
	for (at = 7; at < len && (text[at] == ' ' || text[at] == '\t'); at++)
		;
	assert(at < len && text[at] == ';');
	assert(id[0] != '\0' && strspn(id, alnum) == strlen(id));
}

static void
look_at(const struct policy_sts *p, const struct policy_sts_pattern *mx)
{
	char *name = mem_zalloc(mx->len + 1);

	memcpy(name, mx->text, mx->len);
	assert(strspn(name, "*-.") < mx->len);
	if (name[0] == '*')
		name[0] = 'x';
	assert(policy_sts_pattern_matches(mx, name) && policy_sts_names(p,
	    name));
	free(name);
}

static void
read_policy(const char *text, size_t len)
{
	struct policy_sts_pattern mx = { NULL, 0 };
	struct policy_sts p;
	const char *why;
	size_t n = 0;

	if (!policy_sts_parse(&p, text, len, &why)) {
		assert(why != NULL);
		return;
	}
	assert(p.mode != STS_MODE_UNSET && p.n_mx <= STS_POLICY_MAX / 4);
	assert(p.n_mx > 0 || p.mode == STS_NONE);
	assert(p.max_age_s >= 0 && p.max_age_s <= STS_AGE_MAX_S);
	/* It may be kept as a string. */
	assert(memchr(text, '\0', len) == NULL);
	for (; policy_sts_next_mx(&p, &mx); n++) {
		assert(mx.text >= text && mx.text + mx.len <= text + len);
		look_at(&p, &mx);
	}
	assert(n == p.n_mx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* An exact copy, for the sanitizer to see an overrun. */
	char *text = mem_alloc(size > 0 ? size : 1);

	if (size > 0)
		memcpy(text, data, size);
	read_txt(text, size);
	read_policy(text, size);
	free(text);
	return 0;
}
