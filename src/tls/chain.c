/*
 * Finding a path from the leaf to an anchor, and the host's name.
 */
#include "tls/chain.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "tls/chain_impl.h"
#include "tls/context_impl.h"
#include "tls/der_impl.h"

/*
 * A peer can send ten certificates of one name: 10! paths.  Real chains, cross
 * signed ones too, take a handful of steps.  The longest path that wolfSSL takes
 * has nine signatures: enough for two of them, and at 1 ms each (P-521, RSA of
 * 4096 bits with the largest exponent) 20 ms of the thread.
 */
enum { STEPS_MAX = 200, SIGNATURES_MAX = 20 };

/* Of several paths that fail the report is of the one that came furthest. */
static const unsigned char progress[STLS_VERDICT_COUNT] = {
	[STLS_NOT_TRUSTED] = 1,
	[STLS_INVALID] = 2,
	[STLS_CONSTRAINED] = 3,
	[STLS_NOT_YET_VALID] = 4,
	[STLS_EXPIRED] = 5,
};

static bool
try_path(struct chain_search *s)
{
	struct stls_result r = { .verdict = STLS_INVALID };

	if (stls_path_verify(&s->path, s->now, &s->budget, &r)) {
		s->result = r;
		return true;
	}
	if (!s->complete || progress[r.verdict] > progress[s->result.verdict])
		s->result = r;
	s->complete = true;
	return false;
}

bool
chain_search_try(struct chain_search *s, const struct chain_anchor *anchor)
{
	bool ok;

	s->path.anchor = *anchor;
	ok = --s->steps_left >= 0 && try_path(s);
	/* What it points to may be the caller's alone. */
	memset(&s->path.anchor, 0, sizeof(s->path.anchor));
	return ok;
}

bool
chain_search_passes(const struct chain_search *s, const struct stls_cert *cert)
{
	for (size_t i = 0; i < s->path.n; i++)
		if (stls_blob_equal(s->path.certs[i]->der, cert->der))
			return true;
	return false;
}

/* Why the search came to nothing, told of the longest line of issuers. */
static void
note_dead_end(struct chain_search *s)
{
	const struct stls_cert *top = s->path.certs[s->path.n - 1];
	char issuer[200];

	if (s->complete || s->path.n <= s->deepest)
		return;
	s->deepest = s->path.n;
	stls_name_text(top->issuer, issuer, sizeof(issuer));
	if (!stls_blob_equal(top->issuer, top->subject))
		(void)stls_result_fail(&s->result, STLS_NOT_TRUSTED,
		    s->path.n - 1, "the certificate of the issuer %s is not "
		    "trusted and was not sent", issuer);
	else
		(void)stls_result_fail(&s->result, STLS_NOT_TRUSTED,
		    s->path.n - 1, "the self-signed certificate %s is not "
		    "trusted", issuer);
}

/* Anchors before what was sent, so that an old cross-signed root at the end
 * does no harm. */
static bool
find_path(struct chain_search *s)
{
	const struct stls_cert *top = s->path.certs[s->path.n - 1];

	if (--s->steps_left < 0)
		return false;
	if (s->anchors(s))
		return true;
	for (size_t i = 1; i < s->n && s->path.n < STLS_CHAIN_MAX; i++) {
		if (!s->usable[i] ||
		    !stls_blob_equal(s->certs[i].subject, top->issuer) ||
		    chain_search_passes(s, &s->certs[i]))
			continue;
		s->path.certs[s->path.n++] = &s->certs[i];
		if (find_path(s))
			return true;
		s->path.n--;
	}
	note_dead_end(s);
	return false;
}

bool
chain_search_start(struct chain_search *s, const struct stls_peer *peer,
    int64_t now)
{
	const char *why = "";

	memset(s, 0, sizeof(*s));
	s->n = peer->n_chain;
	s->now = now;
	s->budget.signatures = SIGNATURES_MAX;
	s->steps_left = STEPS_MAX;
	if (s->n == 0)
		return stls_result_fail(&s->result, STLS_NO_CERTIFICATE, 0,
		    "the server sent no certificate");
	for (size_t i = s->n; i-- > 0;)
		s->usable[i] = stls_cert_parse(peer->chain[i].data,
		    peer->chain[i].len, &s->certs[i], &why);
	if (!s->usable[0])
		return stls_result_fail(&s->result, STLS_INVALID, 0,
		    "the certificate cannot be used: %s", why);
	s->path.certs[0] = &s->certs[0];
	s->path.n = 1;
	return true;
}

bool
chain_search_run(struct chain_search *s)
{
	if (find_path(s))
		return true;
	if (s->steps_left < 0 && !s->complete)
		(void)stls_result_fail(&s->result, STLS_INVALID, 0,
		    "too many possible chains in the certificates sent");
	return false;
}

void
chain_match_names(const struct stls_cert *leaf, const char *const *names,
    size_t n_names, struct stls_result *r)
{
	char subject[160], host[160];

	for (size_t i = 0; i < n_names; i++)
		if (stls_cert_matches_host(leaf, names[i], r->matched,
		    sizeof(r->matched), &r->matched_cn))
			return;
	stls_name_text(leaf->subject, subject, sizeof(subject));
	text_escape(host, sizeof(host), n_names > 0 ? names[0] : "",
	    n_names > 0 ? strlen(names[0]) : 0);
	(void)stls_result_fail(r, STLS_HOST_MISMATCH, 0,
	    "the certificate (%s) does not name %s%s", subject,
	    n_names > 0 ? host : "any host",
	    n_names > 1 ? " or the other names asked for" : "");
}

/* --- PKIX: the anchors are those of the context */

static bool
store_anchors(struct chain_search *s)
{
	const struct stls_cert *top = s->path.certs[s->path.n - 1];
	const struct stls_anchor *a;
	struct chain_anchor anchor = { NULL, NULL, false };

	for (a = stls_context_find(s->ctx, top->issuer); a != NULL;
	    a = a->next) {
		anchor.cert = &a->cert;
		anchor.key = &a->cert.key;
		if (chain_search_try(s, &anchor))
			return true;
	}
	return false;
}

/* The server's own certificate is in the file of anchors. */
static const struct stls_cert *
anchored_leaf(const struct stls_context *ctx, const struct stls_cert *leaf)
{
	const struct stls_anchor *a;

	for (a = stls_context_find(ctx, leaf->subject); a != NULL; a = a->next)
		if (stls_blob_equal(a->cert.der, leaf->der))
			return &a->cert;
	return NULL;
}

void
stls_verify_pkix(const struct stls_context *ctx, const struct stls_peer *peer,
    const char *const *names, size_t n_names, int64_t now,
    struct stls_result *r)
{
	struct chain_anchor own = { NULL, NULL, false };
	struct chain_search s;
	bool ok = chain_search_start(&s, peer, now);

	s.anchors = store_anchors;
	s.ctx = ctx;
	if (ok)
		own.cert = anchored_leaf(ctx, &s.certs[0]);
	if (own.cert != NULL) {
		own.key = &own.cert->key;
		s.path.n = 0;
		ok = chain_search_try(&s, &own);
	} else if (ok) {
		ok = chain_search_run(&s);
	}
	*r = s.result;
	if (ok)
		chain_match_names(&s.certs[0], names, n_names, r);
}

static const struct {
	const char *name, *report;
} words[STLS_VERDICT_COUNT] = {
	/* RFC 8460 section 4.3 */
	[STLS_INVALID] = { "invalid", "validation-failure" },
	[STLS_VERIFIED] = { "verified", "" },
	[STLS_NO_CERTIFICATE] = { "no-certificate", "validation-failure" },
	[STLS_NOT_TRUSTED] = { "not-trusted", "certificate-not-trusted" },
	[STLS_EXPIRED] = { "expired", "certificate-expired" },
	[STLS_NOT_YET_VALID] = { "not-yet-valid", "validation-failure" },
	[STLS_HOST_MISMATCH] = { "host-mismatch",
	    "certificate-host-mismatch" },
	[STLS_CONSTRAINED] = { "constrained", "validation-failure" },
};

const char *
stls_verdict_name(enum stls_verdict v)
{
	return words[v].name;
}

const char *
stls_verdict_report(enum stls_verdict v)
{
	return words[v].report;
}
