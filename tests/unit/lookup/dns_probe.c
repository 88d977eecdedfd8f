/*
 * Asks for the MX, addresses, TLSA and _mta-sts records of many domains at once, as the
 * runner does for a burst of mail.  For the scenario dns-burst; no test by itself.
 *
 *	dns_probe UNBOUND-CONFIG TRUST-ANCHOR TIMEOUT-MS FIRST COUNT SUFFIX...
 *
 * The domains are dFIRST to d(FIRST+COUNT-1) followed by the suffix; those of the
 * first suffix are asked for first.  A line for each suffix:
 *	SUFFIX secure N insecure N none N txt N failed N within MS
 * and on standard error the reason of each failure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "lookup/lookup.h"
#include "lookup/mx.h"
#include "lookup/tlsa.h"
#include "net/loop.h"

enum { SUFFIXES_MAX = 8 };

struct suffix {
	const char *text;
	int secure, insecure, none, txt, failed;
	int64_t within_ms;
};

struct probe {
	struct lookups *lookups;
	struct loop *loop;
	struct suffix suffix[SUFFIXES_MAX];
	int open;
	int64_t began_ms;
};

struct domain {
	struct probe *probe;
	struct suffix *suffix;
};

static void
check(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "dns_probe: %s\n", err->text);
	exit(1);
}

static void
done(struct domain *d, int *count, const char *reason)
{
	struct probe *p = d->probe;

	++*count;
	if (reason != NULL)
		fprintf(stderr, "%s\n", reason);
	d->suffix->within_ms = clock_mono_ms() - p->began_ms;
	free(d);
	if (--p->open == 0)
		loop_stop(p->loop);
}

static void
on_tlsa(void *ctx, struct tlsa_result *r)
{
	struct domain *d = ctx;
	struct suffix *s = d->suffix;

	if (policy_dns_failed(r->status))
		done(d, &s->failed, r->reason);
	else if (r->status == DNS_INSECURE)
		done(d, &s->insecure, NULL);
	else
		done(d, r->count + r->too_short > 0 ? &s->secure : &s->none,
		    NULL);
	tlsa_result_free(&r);
}

static void
on_mx(void *ctx, struct mx_result *r)
{
	struct domain *d = ctx;
	struct probe *p = d->probe;

	if (r->count == 0)
		done(d, policy_dns_failed(r->status) ?
		    &d->suffix->failed : &d->suffix->none, r->reason);
	else
		(void)tlsa_lookup_start(p->lookups, r->hosts[0].host, 25,
		    p->loop, on_tlsa, d);
	mx_result_free(&r);
}

static void
on_txt(void *ctx, const struct dns_answer *a)
{
	struct domain *d = ctx;

	if (a->status == DNS_ERROR || a->status == DNS_BOGUS)
		done(d, &d->suffix->failed, a->why);
	else
		done(d, &d->suffix->txt, NULL);
}

static void
ask_txt(struct probe *p, struct suffix *suffix, const char *domain)
{
	struct domain *d = mem_zalloc(sizeof(*d));
	char *name = mem_printf("_mta-sts.%s", domain);

	d->probe = p;
	d->suffix = suffix;
	p->open++;
	(void)resolver_query(lookup_resolver(p->lookups), name,
	    DNS_TYPE_TXT, p->loop, on_txt, d);
	free(name);
}

static void
ask(struct probe *p, struct suffix *suffix, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		struct domain *d = mem_zalloc(sizeof(*d));
		char *name = mem_printf("d%d%s", i, suffix->text);

		d->probe = p;
		d->suffix = suffix;
		p->open++;
		ask_txt(p, suffix, name);
		(void)mx_lookup_start(p->lookups, name, p->loop, on_mx, d);
		free(name);
	}
}

int
main(int argc, char **argv)
{
	struct probe p = { .open = 0 };
	struct lookups_config config = { .spool = NULL };
	struct error err;
	int n = argc - 6;

	if (n < 1 || n > SUFFIXES_MAX)
		return EX_USAGE;
	config.dns.unbound_config = argv[1];
	config.dns.trust_anchor = argv[2];
	config.dns.timeout_ms = strtoll(argv[3], NULL, 10);
	check(loop_new(&p.loop, &err), &err);
	check(lookup_open(&p.lookups, &config, &err), &err);
	p.began_ms = clock_mono_ms();
	for (int i = 0; i < n; i++) {
		p.suffix[i].text = argv[6 + i];
		ask(&p, &p.suffix[i], (int)strtol(argv[4], NULL, 10),
		    (int)strtol(argv[5], NULL, 10));
	}
	loop_run(p.loop);
	for (int i = 0; i < n; i++)
		printf("%s secure %d insecure %d none %d txt %d failed %d within "
		    "%" PRId64 "\n", p.suffix[i].text, p.suffix[i].secure,
		    p.suffix[i].insecure, p.suffix[i].none, p.suffix[i].txt,
		    p.suffix[i].failed, p.suffix[i].within_ms);
	lookup_close(&p.lookups);
	loop_free(&p.loop);
	return 0;
}
