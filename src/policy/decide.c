/*
 * The policy before contact: what DANE and MTA-STS each contribute, as a table
 * of situations and wants, then the highest of the levels.
 */
#include "policy/decide.h"

#include <assert.h>
#include <stddef.h>

enum { WANT_COUNT = WANT_DISABLE + 1 };

/* One cell: refuse (LEVEL_UNSET, as a cell that is all zero does), or contribute a
 * level. */
#define RULE(proves, word, code, type, text, section) { .level = (proves), \
	.error = (word), .status = (code), .result_type = (type), \
	.why = (text), .source = (section) }

/* The facts about DNS and DANE, as far as rules tell them apart. */
enum dane_case {
	DANE_MX_FAILED,
	DANE_ADDRESS_FAILED,
	DANE_TLSA_FAILED,
	DANE_USABLE,
	DANE_UNUSABLE,
	DANE_ABSENT,
	DANE_INSECURE,
	DANE_HOST_ONLY,
	DANE_CASE_COUNT
};

#define REFUSE_MX RULE(LEVEL_UNSET, "dns", "4.4.3", NULL, \
	"the MX lookup failed or its answer is bogus", "RFC 7672 2.1.2")
#define REFUSE_ADDRESS RULE(LEVEL_UNSET, "dns", "4.4.3", NULL, \
	"the host's address lookup failed or its answer is bogus", \
	"RFC 7672 2.2.2")
#define REFUSE_TLSA RULE(LEVEL_UNSET, "dane", "4.7.5", "dnssec-invalid", \
	"the TLSA lookup failed or its answer is bogus", "RFC 7672 2.1.2")
#define REQUIRED(text) RULE(LEVEL_UNSET, "dane", "4.7.5", "dane-required", \
	text, "RFC 7672 6")
#define NO_DANE(text, section) RULE(LEVEL_NONE, NULL, NULL, NULL, text, section)
#define DANE_OFF NO_DANE("DANE is disabled by the strategy", "configuration")

static const struct policy_verdict dane_cells[DANE_CASE_COUNT][WANT_COUNT] = {
	[DANE_MX_FAILED] = { REFUSE_MX, REFUSE_MX, REFUSE_MX },
	[DANE_ADDRESS_FAILED] = { REFUSE_ADDRESS, REFUSE_ADDRESS,
	    REFUSE_ADDRESS },
	[DANE_TLSA_FAILED] = { REFUSE_TLSA, REFUSE_TLSA, DANE_OFF },
	[DANE_USABLE] = {
		[WANT_REQUIRE] = RULE(LEVEL_DANE, NULL, NULL, NULL,
		    "usable TLSA records under a secure MX", "RFC 7672 2.2"),
		[WANT_OPTIONAL] = RULE(LEVEL_DANE, NULL, NULL, NULL,
		    "usable TLSA records under a secure MX", "RFC 7672 2.2"),
		[WANT_DISABLE] = DANE_OFF,
	},
	[DANE_UNUSABLE] = {
		[WANT_REQUIRE] = RULE(LEVEL_UNSET, "dane", "4.7.5",
		    "tlsa-invalid", "DANE is required and no TLSA record of "
		    "the host is usable", "RFC 7672 6"),
		[WANT_OPTIONAL] = RULE(LEVEL_MANDATORY, NULL, NULL,
		    "tlsa-invalid", "TLSA records exist and none is usable: "
		    "TLS is mandatory", "RFC 7672 2.2"),
		[WANT_DISABLE] = DANE_OFF,
	},
	[DANE_ABSENT] = {
		[WANT_REQUIRE] = REQUIRED(
		    "DANE is required and the host has no TLSA record"),
		[WANT_OPTIONAL] = NO_DANE("no TLSA record, securely denied",
		    "RFC 7672 2.2"),
		[WANT_DISABLE] = DANE_OFF,
	},
	[DANE_INSECURE] = {
		[WANT_REQUIRE] = REQUIRED("DANE is required and the MX or the "
		    "host's zone is not signed"),
		[WANT_OPTIONAL] = NO_DANE("the MX or the host's zone is not "
		    "signed", "RFC 7672 2.2.2"),
		[WANT_DISABLE] = DANE_OFF,
	},
	[DANE_HOST_ONLY] = {
		[WANT_REQUIRE] = REQUIRED("DANE is required and the MX record "
		    "is not signed"),
		[WANT_OPTIONAL] = RULE(LEVEL_DANE, NULL, NULL, NULL,
		    "usable TLSA records; the MX record itself is not signed",
		    "RFC 7672 2.2.1"),
		[WANT_DISABLE] = DANE_OFF,
	},
};

#define NO_STS(text) RULE(LEVEL_NONE, NULL, NULL, NULL, text, "RFC 8461 3")
#define STS_OFF RULE(LEVEL_NONE, NULL, NULL, NULL, \
	"MTA-STS is disabled by the strategy", "configuration")
#define STS_APPLIES RULE(LEVEL_MTA_STS, NULL, NULL, NULL, \
	"the MTA-STS policy names the host", "RFC 8461 5")
#define STS_MISMATCH RULE(LEVEL_UNSET, "mta-sts", "4.7.5", \
	"validation-failure", "the host is not in the MTA-STS policy", \
	"RFC 8461 4.1")
#define STS_WANTED(type, text) RULE(LEVEL_UNSET, "mta-sts", "4.7.5", type, \
	text, "configuration")
/* Ours to mend: "no policy" is what the domain's servers say. */
#define STS_NOT_TRIED RULE(LEVEL_UNSET, "io", "4.4.3", NULL, \
	"the MTA-STS policy has not been fetched yet, since too many other " \
	"fetches are under way", "RFC 8461 3.3")
/* RFC 8461 3.3: without a policy mail goes as if there were none. */
#define STS_AS_NONE(type, text) RULE(LEVEL_NONE, NULL, NULL, type, text, \
	"RFC 8461 3.3")

static const struct policy_verdict sts_cells[STS_FACT_COUNT][WANT_COUNT] = {
	[STS_ENFORCE_MISMATCH] = { STS_MISMATCH, STS_MISMATCH, STS_OFF },
	[STS_ENFORCE_MATCH] = { STS_APPLIES, STS_APPLIES, STS_OFF },
	[STS_TESTING_MISMATCH] = {
		[WANT_REQUIRE] = STS_MISMATCH,
		[WANT_OPTIONAL] = RULE(LEVEL_NONE, NULL, NULL,
		    "validation-failure", "the host is not in the MTA-STS "
		    "policy, which is in testing", "RFC 8461 5"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_TESTING_MATCH] = {
		[WANT_REQUIRE] = STS_APPLIES,
		[WANT_OPTIONAL] = NO_STS("the MTA-STS policy is in testing"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_MODE_NONE] = {
		[WANT_REQUIRE] = STS_WANTED("sts-policy-invalid",
		    "MTA-STS is required and the policy's mode is none"),
		[WANT_OPTIONAL] = NO_STS("the MTA-STS policy's mode is none"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_NO_RECORD] = {
		[WANT_REQUIRE] = STS_WANTED("sts-policy-fetch-error",
		    "MTA-STS is required and the domain has no policy"),
		[WANT_OPTIONAL] = NO_STS("no MTA-STS record"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_FETCH_FAILED] = {
		[WANT_REQUIRE] = STS_WANTED("sts-policy-fetch-error",
		    "MTA-STS is required and the policy could not be fetched"),
		[WANT_OPTIONAL] = STS_AS_NONE("sts-policy-fetch-error",
		    "the MTA-STS policy could not be fetched, none is cached"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_INVALID] = {
		[WANT_REQUIRE] = STS_WANTED("sts-policy-invalid",
		    "MTA-STS is required and the policy is not valid"),
		[WANT_OPTIONAL] = STS_AS_NONE("sts-policy-invalid",
		    "the MTA-STS policy is not valid, none is cached"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_WEBPKI_INVALID] = {
		[WANT_REQUIRE] = STS_WANTED("sts-webpki-invalid",
		    "MTA-STS is required and the policy host's certificate is "
		    "not valid"),
		[WANT_OPTIONAL] = STS_AS_NONE("sts-webpki-invalid",
		    "the MTA-STS policy host's certificate is not valid, no "
		    "policy is cached"),
		[WANT_DISABLE] = STS_OFF,
	},
	[STS_NO_SLOT] = { STS_NOT_TRIED, STS_NOT_TRIED, STS_OFF },
	[STS_NOT_ASKED] = {
		[WANT_REQUIRE] = STS_WANTED("sts-policy-fetch-error",
		    "MTA-STS is required and no policy was asked for"),
		[WANT_OPTIONAL] = NO_STS("MTA-STS does not apply"),
		[WANT_DISABLE] = STS_OFF,
	},
};

static const struct policy_verdict starttls_cells[WANT_COUNT] = {
	[WANT_REQUIRE] = RULE(LEVEL_MANDATORY, NULL, NULL, NULL,
	    "the strategy requires TLS", "configuration"),
	[WANT_OPTIONAL] = RULE(LEVEL_OPPORTUNISTIC, NULL, NULL, NULL,
	    "TLS where the host offers it", "configuration"),
	[WANT_DISABLE] = RULE(LEVEL_NONE, NULL, NULL, NULL, "the strategy "
	    "uses no TLS where the domain demands none", "configuration"),
};

static const char *const tlsa_names[] = {
	[TLSA_FAILED] = "error",
	[TLSA_USABLE] = "usable",
	[TLSA_UNUSABLE] = "unusable",
	[TLSA_ABSENT] = "none",
	[TLSA_INSECURE] = "insecure",
	[TLSA_NOT_ASKED] = "not asked",
};
static_assert(sizeof(tlsa_names) / sizeof(tlsa_names[0]) == TLSA_FACT_COUNT,
    "");

static const char *const sts_names[] = {
	[STS_ENFORCE_MISMATCH] = "enforce, host not in policy",
	[STS_ENFORCE_MATCH] = "enforce",
	[STS_TESTING_MISMATCH] = "testing, host not in policy",
	[STS_TESTING_MATCH] = "testing",
	[STS_MODE_NONE] = "mode none",
	[STS_NO_RECORD] = "none",
	[STS_FETCH_FAILED] = "fetch failed",
	[STS_INVALID] = "invalid",
	[STS_WEBPKI_INVALID] = "certificate of the policy host invalid",
	[STS_NO_SLOT] = "not tried",
	[STS_NOT_ASKED] = "not asked",
};
static_assert(sizeof(sts_names) / sizeof(sts_names[0]) == STS_FACT_COUNT, "");

const char *
policy_tlsa_fact_name(enum policy_tlsa_fact fact)
{
	return fact < TLSA_FACT_COUNT ? tlsa_names[fact] : "error";
}

const char *
policy_sts_fact_name(enum policy_sts_fact fact)
{
	return fact < STS_FACT_COUNT ? sts_names[fact] : "fetch failed";
}

static enum dane_case
dane_case_of(const struct policy_host_facts *f)
{
	bool secure = f->mx == DNS_SECURE && f->address == DNS_SECURE;

	if (policy_dns_failed(f->mx))
		return DANE_MX_FAILED;
	if (policy_dns_failed(f->address))
		return DANE_ADDRESS_FAILED;
	switch (f->tlsa) {
	case TLSA_USABLE:
		/* Records under an insecure address are not to be asked for;
		 * whoever did gains nothing by it. */
		if (f->address != DNS_SECURE)
			return DANE_INSECURE;
		return secure ? DANE_USABLE : DANE_HOST_ONLY;
	case TLSA_UNUSABLE:
		return secure ? DANE_UNUSABLE : DANE_INSECURE;
	case TLSA_ABSENT:
		return secure ? DANE_ABSENT : DANE_INSECURE;
	case TLSA_INSECURE:
	case TLSA_NOT_ASKED:
		return DANE_INSECURE;
	case TLSA_FAILED:
	case TLSA_FACT_COUNT:
		break;
	}
	return DANE_TLSA_FAILED;
}

static struct policy_verdict
decide_refuse(const struct policy_verdict *rule)
{
	struct policy_verdict v = *rule;

	v.refused = true;
	return v;
}

struct policy_verdict
policy_decide(const struct policy_host_facts *facts,
    const struct policy_wants *wants)
{
	enum dane_case dc = dane_case_of(facts);
	const struct policy_verdict *dane, *sts;
	struct policy_verdict v = starttls_cells[wants->starttls];

	assert(facts->sts < STS_FACT_COUNT);
	/* starttls has no say in these: what a domain demands is turned off by
	 * its own key only. */
	dane = &dane_cells[dc][wants->dane];
	sts = &sts_cells[facts->sts][wants->mta_sts];
	if (dane->level == LEVEL_UNSET)
		return decide_refuse(dane);
	/* RFC 8461 2: MTA-STS is not asked of a host that DANE authenticates
	 * by a secure MX, unless the strategy requires both. */
	if (dc == DANE_USABLE && dane->level == LEVEL_DANE &&
	    wants->mta_sts != WANT_REQUIRE)
		sts = &sts_cells[STS_NOT_ASKED][WANT_OPTIONAL];
	if (sts->level == LEVEL_UNSET)
		return decide_refuse(sts);
	v.result_type = sts->result_type;
	if (sts->level > v.level)
		v = *sts;
	if (dane->level > v.level)
		v = *dane;
	else if (dane->result_type != NULL)
		v.result_type = dane->result_type;
	v.sts_too = v.level == LEVEL_DANE && sts->level == LEVEL_MTA_STS;
	v.host_only = v.level == LEVEL_DANE && dc == DANE_HOST_ONLY;
	v.by_dane = v.level == LEVEL_MANDATORY && dane->level == LEVEL_MANDATORY;
	return v;
}

struct policy_wants
policy_waive(const struct policy_wants *wants, enum policy_required_no mode,
    bool pinned, bool *allow_invalid_r)
{
	struct policy_wants w = *wants;

	if (mode == REQUIRED_NO_NEVER || (pinned && mode != REQUIRED_NO_ALWAYS))
		return w;
	if (w.dane == WANT_OPTIONAL || mode == REQUIRED_NO_ALWAYS)
		w.dane = WANT_DISABLE;
	if (w.mta_sts == WANT_OPTIONAL || mode == REQUIRED_NO_ALWAYS)
		w.mta_sts = WANT_DISABLE;
	if (w.starttls == WANT_REQUIRE && mode == REQUIRED_NO_ALWAYS)
		w.starttls = WANT_OPTIONAL;
	if (w.dane == WANT_DISABLE && w.mta_sts == WANT_DISABLE &&
	    w.starttls != WANT_REQUIRE)
		*allow_invalid_r = true;
	return w;
}
