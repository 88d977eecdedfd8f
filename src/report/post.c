/*
 * libcurl, kept from all that a TXT record of a stranger could make it do: no
 * other scheme, no redirects, no proxy, no names of its own, bounded in time and
 * octets.  The certificate does not have to be good (RFC 8460 3): a report may be
 * about the very mistake that spoilt it.
 */
#include "report/post.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum {
	TIMEOUT_MS = 60000,
	ANSWER_MAX = 65536,	/* octets, which nobody reads */
	ADDRESSES_MAX = 8,
	HTTPS_PORT = 443
};

bool
report_post_host(const char *uri, char host[static REPORT_HOST_LEN],
    unsigned *port_r)
{
	char *name = NULL, *port = NULL;
	CURLU *u = curl_url();
	bool ok;

	assert(u != NULL);
	ok = curl_url_set(u, CURLUPART_URL, uri, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
	    text_copy(host, REPORT_HOST_LEN, name);
	if (ok && curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_OK)
		*port_r = (unsigned)strtoul(port, NULL, 10);
	else
		*port_r = HTTPS_PORT;
	curl_free(port);
	curl_free(name);
	curl_url_cleanup(u);
	return ok;
}

static size_t
drop_answer(char *data, size_t size, size_t n, void *arg)
{
	size_t *left = arg;

	(void)data;
	if (size * n > *left)
		return 0;
	*left -= size * n;
	return size * n;
}

struct stop {
	bool (*stopped)(void *ctx);
	void *ctx;
};

/* About once a second, and whenever something comes. */
static int
on_progress(void *arg, curl_off_t unused1, curl_off_t unused2,
    curl_off_t unused3, curl_off_t unused4)
{
	const struct stop *stop = arg;

	(void)unused1;
	(void)unused2;
	(void)unused3;
	(void)unused4;
	return stop->stopped != NULL && stop->stopped(stop->ctx) ? 1 : 0;
}

/* libcurl has been given the addresses, and must not ask for others. */
static int
refuse_names(void *state, void *reserved, void *arg)
{
	(void)state;
	(void)reserved;
	(void)arg;
	return 1;
}

#define SET(option, value) do { \
	CURLcode set_ = curl_easy_setopt(easy, option, value); \
	assert(set_ == CURLE_OK); \
} while (0)

static void
set_bounds(CURL *easy, size_t *left)
{
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "tlsq");
	SET(CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	SET(CURLOPT_SSL_VERIFYPEER, 0L);
	SET(CURLOPT_SSL_VERIFYHOST, 0L);
	SET(CURLOPT_RESOLVER_START_FUNCTION, refuse_names);
	SET(CURLOPT_WRITEFUNCTION, drop_answer);
	SET(CURLOPT_WRITEDATA, left);
	SET(CURLOPT_HEADERFUNCTION, drop_answer);
	SET(CURLOPT_HEADERDATA, left);
}

/* CURLOPT_RESOLVE: "host:port:address,address". */
static struct curl_slist *
addresses_of(const char *host, unsigned port, const struct net_address *address,
    size_t count)
{
	struct buf text = BUF_INIT;
	struct curl_slist *list;
	char ip[NET_ADDRESS_TEXT_LEN];

	(void)buf_printf(&text, "%s:%u:", host, port);
	for (size_t i = 0; i < count && i < ADDRESSES_MAX; i++) {
		net_address_text(ip, &address[i]);
		(void)buf_printf(&text, i > 0 ? ",%s" : "%s", ip);
	}
	list = curl_slist_append(NULL, buf_str(&text));
	assert(list != NULL);
	buf_free(&text);
	return list;
}

static bool
perform(CURL *easy, char why[static REPORT_WHY_LEN])
{
	char detail[CURL_ERROR_SIZE] = "", raw[REPORT_WHY_LEN];
	long status = 0;
	CURLcode code;

	SET(CURLOPT_ERRORBUFFER, detail);
	code = curl_easy_perform(easy);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 0)
		(void)snprintf(raw, sizeof(raw), "HTTP status %ld", status);
	else
		(void)snprintf(raw, sizeof(raw), "%s", detail[0] != '\0' ?
		    detail : curl_easy_strerror(code));
	text_escape(why, REPORT_WHY_LEN, raw, strlen(raw));
	return status >= 200 && status < 300 &&
	    (code == CURLE_OK || code == CURLE_WRITE_ERROR);
}

bool
report_post(const char *uri, const struct net_address *address, size_t count,
    const void *data, size_t len, bool (*stopped)(void *ctx), void *ctx,
    char why[static REPORT_WHY_LEN])
{
	const struct stop stop = { .stopped = stopped, .ctx = ctx };
	struct curl_slist *resolve, *headers;
	char host[REPORT_HOST_LEN];
	size_t left = ANSWER_MAX;
	unsigned port;
	CURL *easy;
	bool ok;

	if (!report_post_host(uri, host, &port))
		return text_copy(why, REPORT_WHY_LEN, "not a URI") && false;
	easy = curl_easy_init();
	assert(easy != NULL);
	resolve = addresses_of(host, port, address, count);
	headers = curl_slist_append(NULL,
	    "Content-Type: application/tlsrpt+gzip");
	assert(headers != NULL);
	set_bounds(easy, &left);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, &stop);
	SET(CURLOPT_URL, uri);
	SET(CURLOPT_RESOLVE, resolve);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POSTFIELDS, data);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	ok = perform(easy, why);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	curl_slist_free_all(resolve);
	return ok;
}
