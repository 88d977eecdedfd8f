/*
 * What libcurl leaves undone in TLS, by OpenSSL itself.  This file knows OpenSSL's
 * headers; those of wolfSSL, which take its names, must not be in it.
 */
#include "lookup/sts_fetch_impl.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* libcurl takes a connection that was cut for one that was closed, and its BIO
 * hides the difference from SSL_OP_IGNORE_UNEXPECTED_EOF. */
static void
note_close(const SSL *ssl, int where, int alert)
{
	struct sts_fetch *f = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (where == SSL_CB_READ_ALERT &&
	    (alert & 0xff) == SSL_AD_CLOSE_NOTIFY)
		f->tls_closed = true;
}

/* RFC 8461 3.3: the policy host's name must be a DNS-ID; libcurl would take the
 * common name where there is none. */
CURLcode
sts_fetch_tls(CURL *easy, void *ssl_ctx, void *arg)
{
	SSL_CTX *ctx = ssl_ctx;
	struct sts_fetch *f = arg;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	(void)easy;
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(param, f->host, 0) != 1 ||
	    SSL_CTX_set_app_data(ctx, f) != 1)
		return CURLE_OUT_OF_MEMORY;
	SSL_CTX_set_info_callback(ctx, note_close);
	return CURLE_OK;
}
