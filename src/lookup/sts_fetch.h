/*
 * Fetching a policy by HTTPS (RFC 8461 3.3): libcurl on the loop of the resolver
 * thread.  Nothing here blocks; libc's resolver, proxies, redirects and caches
 * have no part in it.
 *
 * But for opening and closing all is the resolver thread's.  The program ignores
 * SIGPIPE: libcurl is told to leave signals alone.
 */
#ifndef TLSQ_LOOKUP_STS_FETCH_H
#define TLSQ_LOOKUP_STS_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "lookup/sts.h"
#include "net/address.h"

struct loop;
struct sts_fetcher;

struct sts_fetch_config {
	const char *ca_file;	/* mta-sts.ca-file, or NULL: the system's */
	uint16_t port;		/* mta-sts.port; 0: 443 */
};

/* STS_STATUS_POLICY: a text came, which nobody has read yet.  Else why, a
 * sentence. */
struct sts_fetched {
	enum sts_status status;	/* or FETCH_FAILED, WEBPKI, NO_SLOT */
	const char *text;	/* not NUL-terminated; at most STS_POLICY_MAX */
	size_t len;
	const char *why;
};

/* EX_NOINPUT, EX_CONFIG: the file is missing or has no certificate in it. */
bool sts_fetcher_open(struct sts_fetcher **fetcher_r,
    const struct sts_fetch_config *config, struct error *err) MUST_CHECK;
/* Once the thread has ended: lets go of the loop.  What is under way fails, by its
 * callback at once; what is still asked for fails by the loop. */
void sts_fetcher_stop(struct sts_fetcher *fetcher);
/* Accepts NULL. */
void sts_fetcher_close(struct sts_fetcher **fetcher);

/*
 * Fetches the policy of domain (sts_domain_valid()) from one of the addresses
 * of mta-sts.DOMAIN (at least one), their ports not counting.  The answer is
 * borrowed for the time of the callback, which never comes before this returns.
 * timeout_ms, at most a minute of it, is for the fetch; and timeout_ms again for
 * the time before it in which it waits for others: then STS_STATUS_NO_SLOT.
 */
void sts_fetch_start(struct sts_fetcher *fetcher, struct loop *loop,
    const char *domain, const struct net_address *address, size_t count,
    int64_t timeout_ms,
    void (*fn)(void *ctx, const struct sts_fetched *fetched), void *ctx);

#endif
