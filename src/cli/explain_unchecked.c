/*
 * tlsq explain: zones that are signed, but with what the resolver here cannot
 * check: an algorithm or a digest that it lacks, or more NSEC3 iterations than it
 * follows.
 *
 * DNSSEC has the first count as unsigned (RFC 4035 5.2), and libunbound does not
 * tell them apart.  Their parent does: it has a DS record, and still the zone's
 * own records are not secure.  Of the others only the denials count as unsigned
 * (RFC 9276 3.2): what there is, is secure.  Asked only here, since no decision
 * depends on it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/explain_impl.h"
#include "lookup/lookup.h"
#include "nexthop/services.h"

enum {
	TYPE_SOA = 6, TYPE_DS = 43, TYPE_NSEC3PARAM = 51,
	TYPE_NOBODY_HAS = 65280,	/* private use: RFC 6895 3.1 */
	HEAD = 4			/* octets before what ends the record */
};

struct reply {
	struct loop *loop;
	enum policy_dns_status status;
	bool answered, have_data;
	uint8_t head[HEAD];		/* of the first record */
};

static void
unchecked_on_answer(void *ctx, const struct dns_answer *answer)
{
	struct reply *r = ctx;

	r->status = answer->status;
	r->have_data = answer->have_data;
	if (answer->have_data && answer->rdata[0].len > HEAD)
		memcpy(r->head, answer->rdata[0].data, HEAD);
	r->answered = true;
	loop_stop(r->loop);
}

static struct reply
unchecked_ask(const struct cli_explanation *e, const char *name, int rrtype)
{
	struct reply r = { .loop = e->loop };

	(void)resolver_query(lookup_resolver(nexthop_services_lookups(
	    e->settings)), name, rrtype, e->loop, unchecked_on_answer, &r);
	cli_explain_wait(e, &r.answered);
	return r;
}

/* The nearest zone above name of which the parent's word is secure; NULL where it
 * is unsigned, or could be checked. */
static const char *
unchecked_zone(const struct cli_explanation *e, const char *name,
    struct reply *ds_r)
{
	for (const char *zone = name; strchr(zone, '.') != NULL;
	    zone = strchr(zone, '.') + 1) {
		*ds_r = unchecked_ask(e, zone, TYPE_DS);
		if (ds_r->status == DNS_INSECURE)
			continue;
		if (ds_r->status != DNS_SECURE || !ds_r->have_data)
			return NULL;
		return unchecked_ask(e, zone, TYPE_SOA).status == DNS_INSECURE ?
		    zone :
		    NULL;
	}
	return NULL;
}

static void
unchecked_tell(struct cli_explanation *e, const char *zone,
    const struct reply *ds, unsigned int iterations)
{
	struct json *j = &e->json;

	if (!e->json_wanted) {
		cli_explain_text_unchecked(&e->out, zone, ds != NULL ?
		    ds->head[2] :
		    0, ds != NULL ? ds->head[3] : 0, iterations);
		return;
	}
	json_open_object(j, NULL);
	json_text(j, "zone", zone);
	json_text(j, "unchecked", ds != NULL ? "algorithm" :
	    "nsec3-iterations");
	if (ds != NULL) {
		json_int(j, "algorithm", ds->head[2]);
		json_int(j, "digest_type", ds->head[3]);
	} else {
		json_int(j, "iterations", iterations);
	}
	json_close_object(j);
}

static bool
is_new(char **last, const char *zone)
{
	if (zone == NULL || (*last != NULL && strcmp(*last, zone) == 0))
		return false;
	free(*last);
	*last = mem_strdup(zone);
	return true;
}

static void
look_at_algorithm(struct cli_explanation *e, const char *name, char **last)
{
	struct reply ds;
	const char *zone = unchecked_zone(e, name, &ds);

	if (is_new(last, zone))
		unchecked_tell(e, zone, &ds, 0);
}

/* The host is secure, and that it has no TLSA record is not. */
static void
look_at_denial(struct cli_explanation *e, const char *name, char **last)
{
	const char *zone = name;
	struct reply param;

	while (strchr(zone, '.') != NULL && !unchecked_ask(e, zone,
	    TYPE_SOA).have_data)
		zone = strchr(zone, '.') + 1;
	param = unchecked_ask(e, zone, TYPE_NSEC3PARAM);
	if (param.status == DNS_SECURE && param.have_data &&
	    unchecked_ask(e, zone, TYPE_NOBODY_HAS).status == DNS_INSECURE &&
	    is_new(last, zone))
		unchecked_tell(e, zone, NULL, (unsigned int)param.head[2] << 8 |
		    param.head[3]);
}

void
cli_explain_unchecked(struct cli_explanation *e)
{
	const struct nexthop_discovery *s = &e->survey;
	char *last = NULL;

	if (e->json_wanted)
		json_open_array(&e->json, "dnssec");
	if (s->mx_status == DNS_INSECURE && s->mx_finding == LOOKUP_MX_HOSTS)
		look_at_algorithm(e, e->rcpt.domain, &last);
	for (size_t i = 0; i < s->n_hosts; i++) {
		const struct nexthop_host *h = &s->host[i];

		if (h->n_addresses == 0 || h->name[0] == '[')
			continue;
		if (h->address_status == DNS_INSECURE)
			look_at_algorithm(e, h->name, &last);
		else if (h->address_status == DNS_SECURE && h->tlsa != NULL &&
		    h->tlsa->status == DNS_INSECURE)
			look_at_denial(e, h->name, &last);
	}
	if (e->json_wanted)
		json_close_array(&e->json);
	free(last);
}
