/*
 * MTA-STS texts (RFC 8461 3): the TXT record, the policy, and whether a policy
 * names a host.  PURE, any thread: octets in, facts out; nothing is allocated.
 *
 * A policy that is refused protects nobody.  So blanks around the ";" of the
 * record, blank and indented lines of the policy are taken beyond the letter of
 * the ABNF; what is said in them is read strictly.
 */
#ifndef TLSQ_POLICY_STS_H
#define TLSQ_POLICY_STS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STS_ID_MAX = 32,		/* RFC 8461 3.1 */
	STS_POLICY_MAX = 65536,		/* octets, RFC 8461 3.3 */
	STS_AGE_MAX_S = 31557600	/* RFC 8461 3.2 */
};

enum policy_sts_mode { STS_MODE_UNSET, STS_ENFORCE, STS_TESTING, STS_NONE };
/* "enforce", "testing", "none" */
const char *policy_sts_mode_name(enum policy_sts_mode mode);

/*
 * One TXT record of _mta-sts.DOMAIN, its strings joined.  True where it is an
 * MTA-STS record with a valid id; *begins_r where it begins with "v=STSv1" and
 * ";" at all: the domain has a policy where exactly one record begins so and that one
 * is valid (RFC 8461 3.1).
 */
bool policy_sts_txt_parse(const char *text, size_t len,
    char id_r[STS_ID_MAX + 1], bool *begins_r);

/* A slice of the policy's text. */
struct policy_sts_pattern {
	const char *text;	/* not NUL-terminated */
	size_t len;
};

/* Its patterns are read from the text when they are asked for: most domains have
 * no policy, and a policy has few. */
struct policy_sts {
	enum policy_sts_mode mode;
	int64_t max_age_s;	/* cut at STS_AGE_MAX_S */
	size_t n_mx;
	const char *text;	/* borrowed */
	size_t len;
};

/* False with a sentence (static) in *why_r.  The policy borrows text. */
bool policy_sts_parse(struct policy_sts *policy_r, const char *text, size_t len,
    const char **why_r);
/* From one pattern to the next; to the first where mx->text is NULL.  False after
 * the last. */
bool policy_sts_next_mx(const struct policy_sts *policy,
    struct policy_sts_pattern *mx);

/* RFC 8461 4.1: equal but for case, or "*." for exactly one whole leftmost label.
 * A trailing dot of host does not count. */
bool policy_sts_pattern_matches(const struct policy_sts_pattern *pattern,
    const char *host);
bool policy_sts_names(const struct policy_sts *policy, const char *host);

#endif
