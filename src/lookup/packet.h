/*
 * Reading a DNS message for the answer to one question.  PURE; any thread.
 *
 * The message is libunbound's, written anew from what it has checked; still
 * nothing in it is taken for granted, and what cannot be read is false rather
 * than "no such record".
 */
#ifndef TLSQ_LOOKUP_PACKET_H
#define TLSQ_LOOKUP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "lookup/resolver.h"

/* 255 octets, each as \DDD at worst, dots and NUL: ns_name_ntop(). */
enum { PACKET_NAME_LEN = 1025 };

struct packet_answer {
	int rcode;
	const char *canonical;	/* where aliases end; NULL: there was none */
	size_t count;		/* at most DNS_RDATA_MAX */
	const struct dns_rdata *rdata;
	/* The least of the answer; where it has no data, of the authority too
	 * (RFC 2308 5).  0 where there is no record at all. */
	int64_t ttl_s;
};

/* The name (text, "\" escapes as in zone files) in the one way of writing it
 * in which names are compared here.  False: no name. */
bool packet_name(char text[static PACKET_NAME_LEN], const char *name);

/*
 * The records of rrtype, class IN, at the end of the chain of aliases that
 * begins with name.  False where the packet is not well-formed, is truncated or
 * has another question than this.  What is found lives in the arena.
 */
bool packet_read(struct packet_answer *answer_r, struct arena *arena,
    const char *name, int rrtype, const uint8_t *packet, size_t len);

#endif
