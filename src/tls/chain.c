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

/* A peer can send ten certificates of one name: 10! paths.  Real chains, cross
 * signed ones too, take a handful of steps. */
enum { STEPS_MAX = 200, SIGNATURES_MAX = 48 };

struct search {
	const struct stls_context *ctx;
	struct stls_cert certs[STLS_CHAIN_MAX];
	bool usable[STLS_CHAIN_MAX];
	size_t n;
	int64_t now;
	struct chain_budget budget;
	int steps_left;
	struct chain_path path;
	size_t deepest;		/* of the paths that led nowhere */
	bool failed;		/* failure is that of a complete path */
	struct stls_result failure;
};

/* Of several paths that fail the report is of the one that came furthest. */
static const unsigned char progress[STLS_VERDICT_COUNT] = {
	[STLS_NOT_TRUSTED] = 1,
	[STLS_INVALID] = 2,
	[STLS_CONSTRAINED] = 3,
	[STLS_NOT_YET_VALID] = 4,
	[STLS_EXPIRED] = 5,
};

static bool
try_path(struct search *s)
{
	struct stls_result r = { .verdict = STLS_INVALID };

	if (stls_path_verify(&s->path, s->now, &s->budget, &r)) {
		s->failure = r;
		return true;
	}
	if (!s->failed || progress[r.verdict] > progress[s->failure.verdict])
		s->failure = r;
	s->failed = true;
	return false;
}

static bool
try_anchors(struct search *s)
{
	const struct stls_cert *top = s->path.certs[s->path.n - 1];
	const struct stls_anchor *a;

	for (a = stls_context_find(s->ctx, top->issuer); a != NULL;
	    a = a->next) {
		s->path.anchor.cert = &a->cert;
		s->path.anchor.key = &a->cert.key;
		if (--s->steps_left >= 0 && try_path(s))
			return true;
	}
	return false;
}

static bool
in_path(const struct chain_path *path, const struct stls_cert *cert)
{
	for (size_t i = 0; i < path->n; i++)
		if (stls_blob_equal(path->certs[i]->der, cert->der))
			return true;
	return false;
}

/* Why the search came to nothing, told of the longest line of issuers. */
static void
note_dead_end(struct search *s)
{
	const struct stls_cert *top = s->path.certs[s->path.n - 1];
	char issuer[200];

	if (s->failed || s->path.n <= s->deepest)
		return;
	s->deepest = s->path.n;
	stls_name_text(top->issuer, issuer, sizeof(issuer));
	if (!stls_blob_equal(top->issuer, top->subject))
		(void)stls_result_fail(&s->failure, STLS_NOT_TRUSTED,
		    s->path.n - 1, "no certificate of the issuer %s is "
		    "trusted or was sent", issuer);
	else
		(void)stls_result_fail(&s->failure, STLS_NOT_TRUSTED,
		    s->path.n - 1, "the self-signed certificate %s is not "
		    "trusted", issuer);
}

/* Depth first from the last certificate of the path; anchors before what was
 * sent, so that an old cross-signed root at the end does no harm. */
static bool
find_path(struct search *s)
{
	const struct stls_cert *top = s->path.certs[s->path.n - 1];

	if (--s->steps_left < 0)
		return false;
	if (try_anchors(s))
		return true;
	for (size_t i = 1; i < s->n && s->path.n < STLS_CHAIN_MAX; i++) {
		if (!s->usable[i] ||
		    !stls_blob_equal(s->certs[i].subject, top->issuer) ||
		    in_path(&s->path, &s->certs[i]))
			continue;
		s->path.certs[s->path.n++] = &s->certs[i];
		if (find_path(s))
			return true;
		s->path.n--;
	}
	note_dead_end(s);
	return false;
}

/* The server's own certificate is in the file of anchors. */
static bool
leaf_is_anchor(struct search *s)
{
	const struct stls_anchor *a;

	for (a = stls_context_find(s->ctx, s->certs[0].subject); a != NULL;
	    a = a->next) {
		if (!stls_blob_equal(a->cert.der, s->certs[0].der))
			continue;
		s->path.n = 0;
		s->path.anchor.cert = &a->cert;
		s->path.anchor.key = &a->cert.key;
		return true;
	}
	return false;
}

static void
match_names(const struct stls_cert *leaf, const char *const *names,
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

void
stls_verify_pkix(const struct stls_context *ctx, const struct stls_peer *peer,
    const char *const *names, size_t n_names, int64_t now,
    struct stls_result *r)
{
	struct search s = { .ctx = ctx, .n = peer->n_chain, .now = now,
		.budget = { SIGNATURES_MAX }, .steps_left = STEPS_MAX };
	const char *why = "";

	memset(r, 0, sizeof(*r));
	if (peer->n_chain == 0) {
		(void)stls_result_fail(r, STLS_NO_CERTIFICATE, 0,
		    "the server showed no certificate");
		return;
	}
	for (size_t i = s.n; i-- > 0;)
		s.usable[i] = stls_cert_parse(peer->chain[i].data,
		    peer->chain[i].len, &s.certs[i], &why);
	if (!s.usable[0]) {
		(void)stls_result_fail(r, STLS_INVALID, 0,
		    "the certificate cannot be used: %s", why);
		return;
	}
	s.path.certs[0] = &s.certs[0];
	s.path.n = 1;
	if (leaf_is_anchor(&s) ? try_path(&s) : find_path(&s)) {
		*r = s.failure;
		match_names(&s.certs[0], names, n_names, r);
		return;
	}
	*r = s.failure;
	if (s.steps_left < 0 && !s.failed)
		(void)stls_result_fail(r, STLS_INVALID, 0,
		    "too many ways through the certificates sent");
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
