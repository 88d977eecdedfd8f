/*
 * Wire format of messages (RFC 1035 4), by libc's <arpa/nameser.h>.
 */
#include "lookup/packet.h"

#include <arpa/nameser.h>
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "lookup/rdata.h"

static_assert(PACKET_NAME_LEN >= NS_MAXDNAME, "");

enum { SOA_NUMBERS = 20, SOA_MINIMUM = 4 };

/* RDATA with names that may be compressed (RFC 3597 4): so many octets, then so
 * many names, then what is left. */
static const struct layout { int rrtype; size_t fixed, names; } layouts[] = {
	{ .rrtype = ns_t_ns, .names = 1 },
	{ .rrtype = ns_t_cname, .names = 1 },
	{ .rrtype = ns_t_soa, .names = 2 },
	{ .rrtype = ns_t_ptr, .names = 1 },
	{ .rrtype = ns_t_mx, .fixed = 2, .names = 1 },
};

struct reading {
	ns_msg msg;
	struct arena *arena;
	int rrtype;
	char owner[PACKET_NAME_LEN];	/* the end of the chain so far */
	const char *canonical;
	struct dns_rdata rdata[DNS_RDATA_MAX];
	size_t count;
	int64_t ttl_s;			/* -1: no record yet */
};

bool
packet_name(char text[static PACKET_NAME_LEN], const char *name)
{
	uint8_t wire[NS_MAXCDNAME];

	return ns_name_pton(name, wire, sizeof(wire)) >= 0 &&
	    ns_name_ntop(wire, text, PACKET_NAME_LEN) >= 0;
}

/* The name at *p, which must end before end, uncompressed; 0 where it is none. */
static size_t
unpack(const ns_msg *msg, const uint8_t **p, const uint8_t *end,
    uint8_t wire[static NS_MAXCDNAME])
{
	const uint8_t *after = wire;
	int n;

	if (*p >= end)
		return 0;
	n = ns_name_unpack(ns_msg_base(*msg), ns_msg_end(*msg), *p, wire,
	    NS_MAXCDNAME);
	if (n < 0 || n > end - *p ||
	    ns_name_skip(&after, wire + NS_MAXCDNAME) != 0)
		return 0;
	*p += n;
	return (size_t)(after - wire);
}

static const struct layout *
layout_of(int rrtype)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (layouts[i].rrtype == rrtype)
			return &layouts[i];
	return NULL;
}

/* The RDATA with its names in full; data is NULL where they are none. */
static struct dns_rdata
expand(const struct reading *r, const struct layout *layout, const ns_rr *rr)
{
	const uint8_t *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
	uint8_t *data = arena_alloc(r->arena, layout->fixed +
	    layout->names * NS_MAXCDNAME + ns_rr_rdlen(*rr));
	size_t len = layout->fixed, n;

	if ((size_t)(end - p) < layout->fixed)
		return (struct dns_rdata){ NULL, 0 };
	memcpy(data, p, layout->fixed);
	p += layout->fixed;
	for (size_t i = 0; i < layout->names; i++) {
		uint8_t wire[NS_MAXCDNAME];

		if ((n = unpack(&r->msg, &p, end, wire)) == 0)
			return (struct dns_rdata){ NULL, 0 };
		memcpy(data + len, wire, n);
		len += n;
	}
	memcpy(data + len, p, (size_t)(end - p));
	return (struct dns_rdata){ data, len + (size_t)(end - p) };
}

static bool
keep(struct reading *r, const ns_rr *rr)
{
	const struct layout *layout = layout_of(r->rrtype);
	struct dns_rdata *kept;
	uint8_t *data;

	if (r->count == DNS_RDATA_MAX)
		return true;
	kept = &r->rdata[r->count++];
	if (layout != NULL) {
		*kept = expand(r, layout, rr);
		return kept->data != NULL;
	}
	data = arena_alloc(r->arena, ns_rr_rdlen(*rr));
	memcpy(data, ns_rr_rdata(*rr), ns_rr_rdlen(*rr));
	*kept = (struct dns_rdata){ data, ns_rr_rdlen(*rr) };
	return true;
}

static bool
follow(struct reading *r, const ns_rr *rr)
{
	const uint8_t *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
	char text[RDATA_NAME_LEN];
	uint8_t wire[NS_MAXCDNAME];
	size_t len = unpack(&r->msg, &p, end, wire);

	if (len == 0 || p != end || !rdata_name(text, wire, len) ||
	    ns_name_ntop(wire, r->owner, sizeof(r->owner)) < 0)
		return false;
	r->canonical = arena_strdup(r->arena, text);
	return true;
}

/* Aliases stand in their order (libunbound sees to it), so once through the
 * section is enough, and a circle ends. */
static bool
take(struct reading *r, const ns_rr *rr)
{
	int rrtype = (int)ns_rr_type(*rr);

	if (ns_rr_class(*rr) != ns_c_in ||
	    !text_equal_nocase(ns_rr_name(*rr), r->owner))
		return true;
	if (rrtype == r->rrtype)
		return keep(r, rr);
	return rrtype != ns_t_cname || r->count > 0 || follow(r, rr);
}

static void
lower_ttl(struct reading *r, uint32_t ttl)
{
	/* RFC 2181 8: with the highest bit it is zero */
	int64_t ttl_s = ttl > INT32_MAX ? 0 : (int64_t)ttl;

	if (r->ttl_s < 0 || ttl_s < r->ttl_s)
		r->ttl_s = ttl_s;
}

/* The last of the numbers behind two names. */
static bool
lower_ttl_by_soa(struct reading *r, const ns_rr *rr)
{
	const uint8_t *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
	uint8_t wire[NS_MAXCDNAME];
	uint32_t minimum;

	for (int names = 0; names < 2; names++)
		if (unpack(&r->msg, &p, end, wire) == 0)
			return false;
	if (end - p != SOA_NUMBERS)
		return false;
	p = end - SOA_MINIMUM;
	NS_GET32(minimum, p);
	lower_ttl(r, minimum);
	return true;
}

/* Is it the answer to what was asked? */
static bool
read_question(struct reading *r)
{
	ns_rr rr;

	return ns_msg_count(r->msg, ns_s_qd) == 1 &&
	    ns_parserr(&r->msg, ns_s_qd, 0, &rr) == 0 &&
	    text_equal_nocase(ns_rr_name(rr), r->owner) &&
	    (int)ns_rr_type(rr) == r->rrtype && ns_rr_class(rr) == ns_c_in;
}

static bool
read_answers(struct reading *r)
{
	ns_rr rr;

	for (int i = 0; i < ns_msg_count(r->msg, ns_s_an); i++) {
		if (ns_parserr(&r->msg, ns_s_an, i, &rr) != 0 || !take(r, &rr))
			return false;
		lower_ttl(r, (uint32_t)ns_rr_ttl(rr));
	}
	return true;
}

static bool
read_authority(struct reading *r)
{
	ns_rr rr;

	for (int i = 0; i < ns_msg_count(r->msg, ns_s_ns); i++) {
		if (ns_parserr(&r->msg, ns_s_ns, i, &rr) != 0)
			return false;
		lower_ttl(r, (uint32_t)ns_rr_ttl(rr));
		if (ns_rr_type(rr) == ns_t_soa && !lower_ttl_by_soa(r, &rr))
			return false;
	}
	return true;
}

static void
put_answer(struct packet_answer *answer, const struct reading *r)
{
	size_t size = sizeof(r->rdata[0]) * r->count;
	struct dns_rdata *rdata = arena_alloc(r->arena, size);

	memcpy(rdata, r->rdata, size);
	answer->rdata = rdata;
	answer->count = r->count;
	answer->canonical = r->canonical;
	answer->ttl_s = r->ttl_s < 0 ? 0 : r->ttl_s;
	answer->rcode = ns_msg_getflag(r->msg, ns_f_rcode);
}

bool
packet_read(struct packet_answer *answer_r, struct arena *arena,
    const char *name, int rrtype, const uint8_t *packet, size_t len)
{
	struct reading r = { .arena = arena, .rrtype = rrtype, .ttl_s = -1 };

	*answer_r = (struct packet_answer){ .rcode = 0 };
	if (len < NS_HFIXEDSZ || len > NS_MAXMSG ||
	    !packet_name(r.owner, name) ||
	    ns_initparse(packet, (int)len, &r.msg) != 0 ||
	    ns_msg_getflag(r.msg, ns_f_tc) || !read_question(&r) ||
	    !read_answers(&r) || (r.count == 0 && !read_authority(&r)))
		return false;
	put_answer(answer_r, &r);
	return true;
}
