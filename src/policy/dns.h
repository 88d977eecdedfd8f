/*
 * What a DNS lookup found, as far as policy cares.  PURE.
 */
#ifndef TLSQ_POLICY_DNS_H
#define TLSQ_POLICY_DNS_H

#include <stdbool.h>

/*
 * RFC 4035 4.3 and RFC 7672 2.1.1.  0 is the state that stops delivery.  NXDOMAIN
 * and no data are answers, secure or not; an error is
 * not.
 */
enum policy_dns_status {
	DNS_ERROR,		/* SERVFAIL, timeout, no server: no answer */
	DNS_BOGUS,		/* validation failed: an answer not to be used */
	DNS_INSECURE,		/* an answer from an unsigned zone */
	DNS_SECURE,		/* an answer with a valid chain of signatures */
	DNS_STATUS_COUNT
};

/* "error", "bogus", "insecure", "secure". */
const char *policy_dns_status_name(enum policy_dns_status status);
/* The state that has this name; false: none. */
bool policy_dns_status_find(enum policy_dns_status *status_r, const char *name);
/* No answer that may be used: all but DNS_INSECURE and DNS_SECURE. */
bool policy_dns_failed(enum policy_dns_status status);

#endif
