/*
 * tlsq explain: zones that are signed, but with what the resolver here cannot
 * check (an algorithm or a digest that it lacks).
 *
 * DNSSEC has them count as unsigned (RFC 4035 5.2), and libunbound does not tell
 * them apart.  Their parent does: it has a DS record, and still the zone's own
 * records are not secure.  Asked only here, since no decision depends on it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/explain_impl.h"
#include "lookup/lookup.h"
#include "nexthop/services.h"

enum { TYPE_SOA = 6, TYPE_DS = 43, DS_HEAD = 4 };

struct reply {
	struct loop *loop;
	enum dns_status status;
	bool answered, have_data;
	unsigned int algorithm, digest;	/* of the first DS */
};

static void
on_answer(void *ctx, const struct dns_answer *answer)
{
	struct reply *r = ctx;

	r->status = answer->status;
	r->have_data = answer->have_data;
	if (answer->have_data && answer->rdata[0].len > DS_HEAD) {
		r->algorithm = answer->rdata[0].data[2];
		r->digest = answer->rdata[0].data[3];
	}
	r->answered = true;
	loop_stop(r->loop);
}

static struct reply
ask(const struct explanation *e, const char *name, int rrtype)
{
	struct reply r = { .loop = e->loop };

	(void)resolver_query(lookups_resolver(services_lookups(e->settings)),
	    name, rrtype, e->loop, on_answer, &r);
	explain_wait(e, &r.answered);
	return r;
}

/* The nearest zone above name of which the parent's word is secure; NULL where it
 * is unsigned, or could be checked. */
static const char *
unchecked_zone(const struct explanation *e, const char *name,
    struct reply *ds_r)
{
	for (const char *zone = name; strchr(zone, '.') != NULL;
	    zone = strchr(zone, '.') + 1) {
		*ds_r = ask(e, zone, TYPE_DS);
		if (ds_r->status == DNS_INSECURE)
			continue;
		if (ds_r->status != DNS_SECURE || !ds_r->have_data)
			return NULL;
		return ask(e, zone, TYPE_SOA).status == DNS_INSECURE ? zone :
		    NULL;
	}
	return NULL;
}

static void
look_at(struct explanation *e, const char *name, char **last)
{
	struct reply ds;
	const char *zone = unchecked_zone(e, name, &ds);

	if (zone == NULL || (*last != NULL && strcmp(*last, zone) == 0))
		return;
	explain_text_unchecked(&e->out, zone, ds.algorithm, ds.digest);
	free(*last);
	*last = mem_strdup(zone);
}

void
explain_unchecked(struct explanation *e)
{
	const struct survey *s = &e->survey;
	char *last = NULL;

	if (s->mx_status == MX_INSECURE)
		look_at(e, e->rcpt.domain, &last);
	for (size_t i = 0; i < s->n_hosts; i++)
		if (s->host[i].address_status == DNS_INSECURE &&
		    s->host[i].n_addresses > 0 && s->host[i].name[0] != '[')
			look_at(e, s->host[i].name, &last);
	free(last);
}
