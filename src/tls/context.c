/*
 * What all sessions share: wolfSSL's context and the trusted certificates.
 *
 * The anchors are not given to wolfSSL.  A context that holds CAs remembers
 * every intermediate it verified, and takes a forged certificate with the name
 * of a trusted one for it in some versions (CVE-2026-93302).
 */
#include "tls/stls_impl.h"

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tls/selftest_impl.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

enum { CA_FILE_MAX = 16 * 1024 * 1024, ANCHOR_MAX = 64 * 1024 };

struct stls_context {
	WOLFSSL_CTX *wolfssl;
	struct stls_anchor *by_subject;
	size_t n;
};

bool
stls_global_init(struct error *err)
{
	const char *what = "", *wrong;

	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return error_set(err, EX_SOFTWARE, "cannot initialise wolfSSL");
	wrong = selftest_run(&what);
	/* The caller's thread may never make a handshake. */
	wc_ecc_fp_free();
	if (wrong == NULL)
		return true;
	return error_set(err, EX_CONFIG, "wolfSSL %s %s (%s), so its "
	    "certificate checks are not reliable; install libwolfssl35 "
	    "5.5.4-2+deb12u3 or later, or wolfSSL 5.9.1 or later",
	    wolfSSL_lib_version(), wrong, what);
}

void
stls_global_cleanup(void)
{
	stls_thread_end();
	(void)wolfSSL_Cleanup();
}

void
stls_thread_end(void)
{
	wolfSSL_ERR_clear_error();
	wc_ecc_fp_free();
}

static bool
tune(WOLFSSL_CTX *w)
{
	if (!stls_offer_set(w))
		return false;
	/* It would look ten times for what has not come yet. */
	(void)wolfSSL_CTX_clear_mode(w, SSL_MODE_AUTO_RETRY);
	/* Sessions are kept by the caller, under the policy they were made for;
	 * a cache that all sessions share would mix servers. */
	(void)wolfSSL_CTX_set_session_cache_mode(w, WOLFSSL_SESS_CACHE_OFF);
	return true;
}

static void
add_anchor(struct stls_context *ctx, const uint8_t *der, size_t len)
{
	struct stls_anchor *a = mem_zalloc(sizeof(*a) + len), *last;
	struct stls_blob subject;

	memcpy(a->der, der, len);
	if (!stls_cert_parse(a->der, len, &a->cert, NULL)) {
		free(a);
		return;
	}
	ctx->n++;
	subject = a->cert.subject;
	HASH_FIND(hh, ctx->by_subject, subject.data, subject.len, last);
	if (last == NULL) {
		HASH_ADD_KEYPTR(hh, ctx->by_subject, subject.data, subject.len,
		    a);
		return;
	}
	while (last->next != NULL)
		last = last->next;
	last->next = a;
}

/* Every "BEGIN CERTIFICATE" block of the text. */
static void
add_all(struct stls_context *ctx, const char *text)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	static const char end[] = "-----END CERTIFICATE-----";
	const char *at = text, *stop;
	uint8_t *der = mem_alloc(ANCHOR_MAX);
	int len;

	while ((at = strstr(at, begin)) != NULL &&
	    (stop = strstr(at, end)) != NULL) {
		stop += sizeof(end) - 1;
		len = wc_CertPemToDer((const byte *)at, (int)(stop - at), der,
		    ANCHOR_MAX, CERT_TYPE);
		if (len > 0)
			add_anchor(ctx, der, (size_t)len);
		at = stop;
	}
	free(der);
}

static bool
context_read_file(const char *path, struct buf *text, struct error *err)
{
	/* not waiting for the other end of a pipe */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char piece[16384];
	bool ok = true;
	ssize_t n = 0;

	if (fd < 0)
		return error_set(err, EX_CONFIG, "%s: %s", path,
		    strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		ok = error_set(err, EX_CONFIG, "%s: not a file", path);
	while (ok && (n = read(fd, piece, sizeof(piece))) > 0)
		ok = buf_append(text, piece, (size_t)n) ||
		    error_set(err, EX_CONFIG, "%s: larger than %d MB", path,
		    CA_FILE_MAX / (1024 * 1024));
	if (ok && n < 0)
		ok = error_set(err, EX_CONFIG, "%s: %s", path,
		    strerror(errno));
	(void)close(fd);
	return ok;
}

static bool
load_anchors(struct stls_context *ctx, const char *path, struct error *err)
{
	struct buf text = { NULL, 0, 0, CA_FILE_MAX };
	bool ok = context_read_file(path, &text, err);

	if (ok)
		add_all(ctx, buf_str(&text));
	buf_free(&text);
	if (ok && ctx->n == 0)
		return error_set(err, EX_CONFIG,
		    "%s: the file has no PEM certificate", path);
	return ok;
}

bool
stls_context_open(struct stls_context **ctx_r, const char *ca_file,
    struct error *err)
{
	struct stls_context *ctx = mem_zalloc(sizeof(*ctx));

	*ctx_r = NULL;
	if (!load_anchors(ctx, ca_file != NULL ? ca_file : SYSTEM_BUNDLE, err))
		goto fail;
	ctx->wolfssl = wolfSSL_CTX_new(wolfSSLv23_client_method());
	if (ctx->wolfssl == NULL || !tune(ctx->wolfssl)) {
		(void)error_set(err, EX_SOFTWARE, "wolfSSL %s lacks a feature "
		    "that tlsq needs (X25519, TLS 1.3, ChaCha20)",
		    wolfSSL_lib_version());
		goto fail;
	}
	*ctx_r = ctx;
	return true;
fail:
	stls_context_close(&ctx);
	return false;
}

void
stls_context_close(struct stls_context **ctx_p)
{
	struct stls_context *ctx = *ctx_p;
	struct stls_anchor *first, *rest, *a;

	*ctx_p = NULL;
	if (ctx == NULL)
		return;
	HASH_ITER(hh, ctx->by_subject, first, rest) {
		HASH_DEL(ctx->by_subject, first);
		while ((a = first) != NULL) {
			first = a->next;
			free(a);
		}
	}
	wolfSSL_CTX_free(ctx->wolfssl);
	free(ctx);
}

size_t
stls_context_anchors(const struct stls_context *ctx)
{
	return ctx->n;
}

const struct stls_anchor *
stls_context_find(const struct stls_context *ctx, struct stls_blob subject)
{
	struct stls_anchor *first;

	HASH_FIND(hh, ctx->by_subject, subject.data, subject.len, first);
	return first;
}

WOLFSSL_CTX *
stls_context_wolfssl(const struct stls_context *ctx)
{
	return ctx->wolfssl;
}
