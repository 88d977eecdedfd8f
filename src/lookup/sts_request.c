/*
 * The request for a policy, and what its answer is worth (RFC 8461 3.3).
 */
#include "lookup/sts_fetch_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum {
	ADDRESSES_MAX = 8,
	FETCH_MAX_MS = 60000,	/* RFC 8461 3.3 */
	HEADER_MAX = 65536,	/* octets, of all lines together */
	CA_KEEP_S = 3600	/* the file is parsed again after this */
};

/* --- what arrives */

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct sts_fetch *f = arg;

	if (!buf_append(&f->body, data, size * n)) {
		f->too_big = true;
		return 0;
	}
	return size * n;
}

static size_t
on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char encoding[] = "transfer-encoding:";
	struct sts_fetch *f = arg;

	if (size * n > strlen(encoding) &&
	    strncasecmp(data, encoding, strlen(encoding)) == 0)
		f->chunked = true;
	f->header_len += size * n;
	if (f->header_len > HEADER_MAX) {
		f->too_big = true;
		return 0;
	}
	return size * n;
}

/* libcurl is about to ask libc for an address: it has been given some, and there
 * is nothing to ask. */
static int
refuse_to_resolve(void *state, void *reserved, void *arg)
{
	(void)state;
	(void)reserved;
	(void)arg;
	return 1;
}

/* --- the request */

#define SET(option, value) do { \
	CURLcode set_ = curl_easy_setopt(f->easy, option, value); \
	assert(set_ == CURLE_OK); \
} while (0)

/* RFC 8461 3.3, and what else keeps the environment out of it. */
static void
set_protocol(struct sts_fetch *f)
{
	long timeout_ms = f->timeout_ms < FETCH_MAX_MS ? (long)f->timeout_ms :
	    FETCH_MAX_MS;

	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_USERAGENT, "tlsq");
	SET(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, timeout_ms);
	/* Refuses an announced length at once; on_body() counts the others. */
	SET(CURLOPT_MAXFILESIZE, (long)STS_POLICY_MAX);
}

static void
set_tls(struct sts_fetch *f, const char *ca_file)
{
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_CAINFO, ca_file);
	/* Its default would be trusted as well. */
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_CA_CACHE_TIMEOUT, (long)CA_KEEP_S);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_SSL_CTX_FUNCTION, sts_fetch_tls);
	SET(CURLOPT_SSL_CTX_DATA, f);
}

static void
set_callbacks(struct sts_fetch *f)
{
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, f);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, f);
	SET(CURLOPT_RESOLVER_START_FUNCTION, refuse_to_resolve);
	SET(CURLOPT_ERRORBUFFER, f->detail);
	SET(CURLOPT_PRIVATE, f);
}

static void
set_place(struct sts_fetch *f, uint16_t port)
{
	struct buf text = BUF_INIT;
	char addr[NET_ADDRESS_TEXT_LEN];

	(void)buf_printf(&text, "https://%s:%u/.well-known/mta-sts.txt",
	    f->host, port);
	SET(CURLOPT_URL, buf_str(&text));
	buf_clear(&text);
	(void)buf_printf(&text, "%s:%u:", f->host, port);
	for (size_t i = 0; i < f->count && i < ADDRESSES_MAX; i++) {
		net_address_text(addr, &f->address[i]);
		(void)buf_printf(&text, i > 0 ? ",%s" : "%s", addr);
	}
	f->resolve = curl_slist_append(NULL, buf_str(&text));
	assert(f->resolve != NULL);
	SET(CURLOPT_RESOLVE, f->resolve);
	buf_free(&text);
}

static void
set_share(struct sts_fetch *f)
{
	f->share = curl_share_init();
	assert(f->share != NULL);
	(void)curl_share_setopt(f->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	SET(CURLOPT_SHARE, f->share);
}

void
sts_fetch_prepare(struct sts_fetch *f, const char *ca_file, uint16_t port)
{
	f->easy = curl_easy_init();
	assert(f->easy != NULL);
	f->body.limit = STS_POLICY_MAX;
	set_protocol(f);
	set_tls(f, ca_file);
	set_callbacks(f);
	set_share(f);
	set_place(f, port);
}

/* --- the answer */

void
sts_fetch_failed(struct sts_fetched *r, char why[static STS_WHY_MAX],
    enum sts_status status, const struct sts_fetch *f, const char *what)
{
	char raw[1024];

	r->status = status;
	r->why = why;
	(void)snprintf(raw, sizeof(raw), "no policy from %.255s: %s", f->host,
	    what);
	/* libcurl's words repeat those of the server and its certificate. */
	text_escape(why, STS_WHY_MAX, raw, strlen(raw));
}

/* The certificate was what it failed on (RFC 8460 4.3.2.2: sts-webpki-invalid). */
static bool
is_certificate(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_ISSUER_ERROR ||
	    code == CURLE_SSL_INVALIDCERTSTATUS;
}

/* RFC 9112 8: without a length, and not in chunks, an answer is complete only where
 * TLS was closed. */
static bool
is_cut(const struct sts_fetch *f)
{
	curl_off_t length = -1;

	(void)curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
	    &length);
	return length < 0 && !f->chunked && !f->tls_closed;
}

/* RFC 8461 3.2: text/plain, with whatever parameters. */
static bool
is_plain_text(const char *type)
{
	static const char plain[] = "text/plain";
	size_t len = strlen(plain);

	return type != NULL && strncasecmp(type, plain, len) == 0 &&
	    strchr("; \t", type[len]) != NULL;
}

void
sts_fetch_judge(struct sts_fetched *r, char why[static STS_WHY_MAX],
    const struct sts_fetch *f, CURLcode code)
{
	long status = 0;
	char *type = NULL, text[128];

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(f->easy, CURLINFO_CONTENT_TYPE, &type);
	/* First of all, since who reads it wants to know, and not that the page
	 * that explains it was too big. */
	if (status >= 300 || (code == CURLE_OK && status != 200)) {
		(void)snprintf(text, sizeof(text), "HTTP status %ld", status);
		sts_fetch_failed(r, why, STS_STATUS_FETCH_FAILED, f, text);
	} else if (f->too_big || code == CURLE_FILESIZE_EXCEEDED) {
		sts_fetch_failed(r, why, STS_STATUS_FETCH_FAILED, f,
		    "the answer is longer than 64 KiB");
	} else if (code != CURLE_OK) {
		sts_fetch_failed(r, why, is_certificate(code) ?
		    STS_STATUS_WEBPKI : STS_STATUS_FETCH_FAILED, f,
		    f->detail[0] != '\0' ? f->detail :
		    curl_easy_strerror(code));
	} else if (is_cut(f)) {
		sts_fetch_failed(r, why, STS_STATUS_FETCH_FAILED, f,
		    "the answer may be truncated: it has no length, and TLS "
		    "was not closed properly");
	} else if (!is_plain_text(type)) {
		(void)snprintf(text, sizeof(text), "the media type is %.80s, "
		    "not text/plain", type != NULL ? type : "missing");
		sts_fetch_failed(r, why, STS_STATUS_FETCH_FAILED, f, text);
	} else {
		r->status = STS_STATUS_POLICY;
		r->text = buf_str(&f->body);
		r->len = f->body.len;
	}
}
