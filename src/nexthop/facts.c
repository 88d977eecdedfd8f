/*
 * Words out, words in.
 */
#include "nexthop/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/tlsa.h"
#include "tls/stls.h"

enum { SET_ID_LEN = 16 };

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The records, whatever their order, told apart by a digest of them all. */
static void
put_tlsa_set(struct json *j, const struct tlsa_result *tlsa)
{
	char **texts = mem_zalloc((tlsa->count + 1) * sizeof(*texts));
	char hex[STLS_SHA256_HEX_LEN];
	struct buf all = BUF_INIT;

	for (size_t i = 0; i < tlsa->count; i++) {
		size_t room = 16 + 2 * tlsa->records[i].len;

		texts[i] = mem_alloc(room);
		policy_tlsa_text(texts[i], room, &tlsa->records[i]);
	}
	qsort(texts, tlsa->count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < tlsa->count; i++) {
		(void)buf_printf(&all, "%s\n", texts[i]);
		free(texts[i]);
	}
	stls_sha256_hex(hex, buf_str(&all), all.len);
	hex[SET_ID_LEN] = '\0';
	json_text(j, "tlsa_set", hex);
	buf_free(&all);
	free(texts);
}

static void
put_decision(struct json *j, const struct nexthop_discovery *survey,
    const struct nexthop_host *h, const struct nexthop_decision *d)
{
	json_text(j, "address", policy_dns_status_name(d->facts.address));
	json_text(j, "tlsa", policy_tlsa_fact_name(d->facts.tlsa));
	if (h->tlsa != NULL && h->tlsa->status == DNS_SECURE &&
	    h->tlsa->count + h->tlsa->too_short > 0) {
		json_int(j, "tlsa_records",
		    (int64_t)(h->tlsa->count + h->tlsa->too_short));
		json_int(j, "tlsa_usable", (int64_t)h->n_usable);
		put_tlsa_set(j, h->tlsa);
	}
	json_text(j, "mta_sts", policy_sts_fact_name(d->facts.sts));
	if (survey->sts != NULL && survey->sts->id[0] != '\0')
		json_text(j, "mta_sts_id", survey->sts->id);
	json_text(j, "why", d->verdict.why);
	json_text(j, "source", d->verdict.source);
}

static void
put_seen(struct json *j, const struct nexthop_seen *seen)
{
	if (seen->tls != POLICY_TLS_UNSEEN)
		json_text(j, "starttls", policy_seen_tls_name(seen->tls));
	if (seen->pkix != POLICY_PKIX_UNSEEN)
		json_text(j, "pkix", policy_pkix_name(seen->pkix));
	if (seen->dane != POLICY_DANE_UNSEEN)
		json_text(j, "dane", policy_seen_dane_name(seen->dane));
}

void
nexthop_facts_write(struct buf *out, const struct nexthop_discovery *survey,
    size_t host, const struct nexthop_decision *decision,
    const struct nexthop_seen *seen)
{
	struct json j = { .out = out };

	json_open_object(&j, NULL);
	json_text(&j, "mx", lookup_mx_word(survey->mx_status,
	    survey->mx_finding));
	if (survey->config.route->type == CONF_ROUTE_RELAY)
		json_bool(&j, "relay", true);
	if (survey->n_hosts > 0)
		json_int(&j, "hosts", (int64_t)survey->n_hosts);
	if (decision != NULL)
		put_decision(&j, survey, &survey->host[host], decision);
	put_seen(&j, seen);
	json_close_object(&j);
}

void
nexthop_facts_seen(struct policy_seen *s, const struct nexthop_decision *d,
    const struct nexthop_seen *seen)
{
	*s = (struct policy_seen){ .facts = d->facts,
		.tlsa_asked = d->facts.tlsa != TLSA_NOT_ASKED ||
		    d->facts.address != DNS_SECURE,
		.sts_asked = d->facts.sts != STS_NOT_ASKED,
		.tls = seen->tls, .pkix = seen->pkix, .dane = seen->dane };
}

/* --- reading ------------------------------------------------------------- */

/* The value that has this name; -1: none. */
static int
find(const char *word, int count, const char *(*name)(int value))
{
	for (int i = 0; word != NULL && i < count; i++)
		if (strcmp(name(i), word) == 0)
			return i;
	return -1;
}

static const char *
dns_name(int i)
{
	return policy_dns_status_name((enum policy_dns_status)i);
}

static const char *
tlsa_name(int i)
{
	return policy_tlsa_fact_name((enum policy_tlsa_fact)i);
}

static const char *
sts_name(int i)
{
	return policy_sts_fact_name((enum policy_sts_fact)i);
}

static const char *
tls_name(int i)
{
	return policy_seen_tls_name((enum policy_seen_tls)i);
}

static const char *
pkix_name(int i)
{
	return policy_pkix_name((enum policy_pkix)i);
}

static const char *
dane_name(int i)
{
	return policy_seen_dane_name((enum policy_seen_dane)i);
}

bool
nexthop_facts_read(struct policy_seen *s,
    const struct nexthop_facts_words *w)
{
	int mx = find(w->mx, DNS_STATUS_COUNT, dns_name);
	int address = find(w->address, DNS_STATUS_COUNT, dns_name);
	int tlsa = find(w->tlsa, TLSA_FACT_COUNT, tlsa_name);
	int sts = find(w->mta_sts, STS_FACT_COUNT, sts_name);
	int tls = find(w->starttls, POLICY_SEEN_TLS_COUNT, tls_name);
	int pkix = find(w->pkix, POLICY_PKIX_COUNT, pkix_name);
	int dane = find(w->dane, POLICY_SEEN_DANE_COUNT, dane_name);

	if (mx < 0 || address < 0 || tlsa < 0 || sts < 0)
		return false;
	*s = (struct policy_seen){
		.facts = { .mx = (enum policy_dns_status)mx,
		    .address = (enum policy_dns_status)address,
		    .tlsa = (enum policy_tlsa_fact)tlsa,
		    .sts = (enum policy_sts_fact)sts },
		.tlsa_asked = tlsa != TLSA_NOT_ASKED || address != DNS_SECURE,
		.sts_asked = sts != STS_NOT_ASKED,
		.tls = tls < 0 ? POLICY_TLS_UNSEEN : (enum policy_seen_tls)tls,
		.pkix = pkix < 0 ? POLICY_PKIX_UNSEEN : (enum policy_pkix)pkix,
		.dane = dane < 0 ? POLICY_DANE_UNSEEN :
		    (enum policy_seen_dane)dane };
	return true;
}
