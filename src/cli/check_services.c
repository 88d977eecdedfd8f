/*
 * tlsq check: trust anchors and the resolver, as the runner would use them.
 */
#include "cli/check_impl.h"

#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lookup/resolver.h"
#include "net/loop.h"
#include "tls/stls.h"

enum {
	DNS_TYPE_SOA = 6,
	ALGORITHM_RSASHA256 = 8,
	KSK_2017 = 20326,	/* revoked on 2027-01-11 */
	KSK_2024 = 38696,	/* signs since 2026-10-11 */
	LINE_LEN = 4096, FIELDS_MAX = 8, KEY_MAX = 2048
};

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

/* --- the trust anchor ---------------------------------------------------- */

struct anchor_keys { bool ksk_2017, ksk_2024; };

/* RFC 4034 appendix B */
static unsigned int
key_tag(const uint8_t *rdata, size_t len)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? rdata[i] : (unsigned long)rdata[i] << 8;
	return (unsigned int)((sum + (sum >> 16 & 0xffff)) & 0xffff);
}

/* field: flags, protocol, algorithm, key */
static unsigned int
dnskey_tag(char *const *field)
{
	unsigned long flags = strtoul(field[0], NULL, 10);
	uint8_t rdata[4 + KEY_MAX] = {
		(uint8_t)(flags >> 8), (uint8_t)flags,
		(uint8_t)strtoul(field[1], NULL, 10),
		(uint8_t)strtoul(field[2], NULL, 10),
	};
	int n = b64_pton(field[3], rdata + 4, KEY_MAX);

	return n < 0 ? 0 : key_tag(rdata, 4 + (size_t)n);
}

static void
note_key(struct anchor_keys *keys, unsigned long tag, const char *algorithm)
{
	if (strtoul(algorithm, NULL, 10) != ALGORITHM_RSASHA256)
		return;
	keys->ksk_2017 |= tag == KSK_2017;
	keys->ksk_2024 |= tag == KSK_2024;
}

/* Owner, perhaps ttl and class, type, and the first four fields. */
static void
read_anchor(struct anchor_keys *keys, char *line)
{
	char *field[FIELDS_MAX], *save = NULL;
	size_t n = 0, at = 1;

	line[strcspn(line, ";")] = '\0';
	for (char *s = strtok_r(line, " \t\r\n", &save); s != NULL &&
	    n < FIELDS_MAX; s = strtok_r(NULL, " \t\r\n", &save))
		field[n++] = s;
	if (n == 0 || strcmp(field[0], ".") != 0)
		return;
	while (at < n && !text_equal_nocase(field[at], "DS") &&
	    !text_equal_nocase(field[at], "DNSKEY"))
		at++;
	if (n - at < 5)
		return;
	if (text_equal_nocase(field[at], "DS"))
		note_key(keys, strtoul(field[at + 1], NULL, 10),
		    field[at + 2]);
	else
		note_key(keys, dnskey_tag(&field[at + 1]), field[at + 3]);
}

/* Only the anchor of the real root is judged, known by one of its keys: has it the
 * key that the root is signed with now?  A record that goes over several lines is
 * not read: nothing is said then. */
static bool
check_anchor(const struct conf *conf, struct error *err)
{
	const char *file = conf->dns.trust_anchor;
	struct anchor_keys keys = { false, false };
	char line[LINE_LEN];
	FILE *f;

	/* That file may name anchors of its own. */
	if (file == NULL && conf->dns.unbound_config != NULL)
		return true;
	if (file == NULL)
		file = RESOLVER_ROOT_KEY;
	f = fopen(file, "re");
	/* The resolver will say what is wrong with the file. */
	if (f == NULL)
		return true;
	while (fgets(line, sizeof(line), f) != NULL)
		read_anchor(&keys, line);
	(void)fclose(f);
	return !keys.ksk_2017 || keys.ksk_2024 || error_set(err, EX_CONFIG,
	    "dns.trust-anchor: %s: lacks the key that has signed the root "
	    "since 2026-10-11 (tag %d), so every signed domain would be "
	    "refused; upgrade the package dns-root-data", file, KSK_2024);
}

/* --- the resolver -------------------------------------------------------- */

struct root {
	struct loop *loop;
	enum policy_dns_status status;
	char why[256];
};

static void
check_answered(void *ctx, const struct dns_answer *answer)
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
	(void)resolver_query(resolver, ".", DNS_TYPE_SOA, root.loop,
	    check_answered, &root);
	loop_run(root.loop);
	resolver_close(&resolver);
	loop_free(&root.loop);
	say_algorithms();
	return judge_root(&root, err);
}

bool
cli_check_services(const struct conf *conf, struct error *err)
{
	bool ok;

	if (!stls_global_init(err))
		return false;
	ok = check_certificates(conf->tls.ca_file, err) &&
	    check_anchor(conf, err) && check_resolver(conf, err);
	stls_global_cleanup();
	return ok;
}
