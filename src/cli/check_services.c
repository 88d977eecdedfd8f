/*
 * tlsq check: trust anchors and the resolver, as the runner would use them.
 */
#include "cli/check_impl.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "lookup/resolver.h"
#include "net/loop.h"
#include "tls/stls.h"

enum { DNS_TYPE_SOA = 6 };

static bool
check_certificates(const char *ca_file, struct error *err)
{
	struct stls_context *context;

	if (!stls_context_open(&context, ca_file, err))
		return error_prefix(err, "tls.ca-file");
	(void)printf("certificates: %zu trusted roots in %s\n",
	    stls_context_anchors(context),
	    ca_file != NULL ? ca_file : "the system's store");
	stls_context_close(&context);
	return true;
}

struct root {
	struct loop *loop;
	enum dns_status status;
	char why[256];
};

static void
answered(void *ctx, const struct dns_answer *answer)
{
	struct root *r = ctx;

	r->status = answer->status;
	if (answer->why != NULL)
		(void)text_copy(r->why, sizeof(r->why), answer->why);
	loop_stop(r->loop);
}

/* Every answer of the DNS hangs on the root, its security too. */
static bool
judge_root(const struct root *r, struct error *err)
{
	switch (r->status) {
	case DNS_SECURE:
		(void)puts("resolver: working, the DNS root is secure");
		return true;
	case DNS_ERROR:
		return error_set(err, EX_UNAVAILABLE, "resolver: the root of "
		    "the DNS: %s", r->why);
	case DNS_BOGUS:
		return error_set(err, EX_CONFIG, "resolver: the trust anchor "
		    "does not match the root zone's keys: %s", r->why);
	case DNS_INSECURE:
	case DNS_STATUS_COUNT:
		break;
	}
	return error_set(err, EX_CONFIG, "resolver: there is no trust "
	    "anchor for the DNS root, so DANE cannot be used");
}

/* The algorithms of DNSSEC that are in use (RFC 8624 3.1). */
static void
say_algorithms(void)
{
	static const struct { int number; const char *name; } algorithms[] = {
		{ 5, "RSASHA1" }, { 7, "RSASHA1-NSEC3-SHA1" },
		{ 8, "RSASHA256" }, { 10, "RSASHA512" },
		{ 13, "ECDSAP256SHA256" }, { 14, "ECDSAP384SHA384" },
		{ 15, "ED25519" }, { 16, "ED448" },
	};

	for (int known = 1; known >= 0; known--) {
		const char *before = known ? "resolver: can check " :
		    "resolver: cannot check (a zone signed only with these "
		    "counts as unsigned): ";
		bool some = false;

		for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
			if (resolver_knows_algorithm(algorithms[i].number) !=
			    (known == 1))
				continue;
			(void)printf("%s%s", some ? ", " : before,
			    algorithms[i].name);
			some = true;
		}
		if (some)
			(void)puts("");
	}
}

static bool
check_resolver(const struct conf *conf, struct error *err)
{
	const struct resolver_config config = {
		.unbound_config = conf->dns.unbound_config,
		.trust_anchor = conf->dns.trust_anchor,
		.timeout_ms = conf->dns.timeout_s * 1000 };
	struct resolver *resolver;
	struct root root = { .why = "" };

	if (!loop_new(&root.loop, err))
		return false;
	if (!resolver_open(&resolver, &config, err)) {
		loop_free(&root.loop);
		return error_prefix(err, "resolver");
	}
	(void)resolver_query(resolver, ".", DNS_TYPE_SOA, root.loop, answered,
	    &root);
	loop_run(root.loop);
	resolver_close(&resolver);
	loop_free(&root.loop);
	say_algorithms();
	return judge_root(&root, err);
}

bool
check_services(const struct conf *conf, struct error *err)
{
	bool ok;

	if (!stls_global_init(err))
		return false;
	ok = check_certificates(conf->tls.ca_file, err) &&
	    check_anchor(conf, err) && check_resolver(conf, err);
	stls_global_cleanup();
	return ok;
}
