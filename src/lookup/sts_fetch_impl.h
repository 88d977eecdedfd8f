/*
 * Inside lookup: one fetch, as libcurl sees it, in the resolver thread.
 */
#ifndef TLSQ_LOOKUP_STS_FETCH_IMPL_H
#define TLSQ_LOOKUP_STS_FETCH_IMPL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "lookup/sts_fetch.h"

/* easy is NULL while it waits for a slot. */
struct sts_fetch {
	LIST_ENTRY(sts_fetch) link;	/* in fetcher->running */
	TAILQ_ENTRY(sts_fetch) wait_link; /* in fetcher->waiting */
	struct loop_timer *patience;	/* while it waits */
	struct net_address *address;	/* the first one says whose slot it is */
	size_t count;
	int64_t timeout_ms;
	struct sts_fetcher *fetcher;
	CURL *easy;
	/* An address cache of its own, since what CURLOPT_RESOLVE says stays in
	 * that of the multi handle for ever. */
	CURLSH *share;
	struct curl_slist *resolve;
	char *host;
	struct buf body;
	size_t header_len;
	bool too_big;
	bool chunked;
	bool tls_closed;	/* close_notify has come */
	char detail[CURL_ERROR_SIZE];
	void (*fn)(void *ctx, const struct sts_fetched *fetched);
	void *ctx;
};

/* Fills easy, share and resolve of a fetch that has all of the above. */
void sts_fetch_prepare(struct sts_fetch *fetch, const char *ca_file,
    uint16_t port);
/* A CURLOPT_SSL_CTX_FUNCTION; arg is the fetch. */
CURLcode sts_fetch_tls(CURL *easy, void *ssl_ctx, void *arg);
/* What the answer is worth, once libcurl has ended with code.  Texts borrow from
 * the fetch and from why. */
enum { STS_WHY_MAX = 512 };
void sts_fetch_judge(struct sts_fetched *fetched_r,
    char why[static STS_WHY_MAX], const struct sts_fetch *fetch, CURLcode code);
/* That it failed, and on what. */
void sts_fetch_failed(struct sts_fetched *fetched_r,
    char why[static STS_WHY_MAX], enum sts_status status,
    const struct sts_fetch *fetch, const char *what);

#endif
