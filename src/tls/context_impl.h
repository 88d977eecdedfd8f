/*
 * Inside of the shared context.
 */
#ifndef TLSQ_TLS_CONTEXT_IMPL_H
#define TLSQ_TLS_CONTEXT_IMPL_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "tls/cert.h"

/* Trusted certificates of one subject, in the order of the file. */
struct stls_anchor {
	struct stls_cert cert;
	const struct stls_anchor *next;
};

/* NULL: none of that name (a whole Name element). */
const struct stls_anchor *stls_context_find(const struct stls_context *ctx,
    struct stls_blob subject);

WOLFSSL_CTX *stls_context_wolfssl(const struct stls_context *ctx);

#endif
