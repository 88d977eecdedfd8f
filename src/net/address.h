/*
 * An IP address with a port: parsing, printing, comparing.  No I/O and no DNS;
 * any thread.
 */
#ifndef TLSQ_NET_ADDRESS_H
#define TLSQ_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct net_address {
	socklen_t len;		/* 0: unset */
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sa;
};

enum { NET_ADDRESS_TEXT_LEN = INET6_ADDRSTRLEN };

/* "192.0.2.1" or "2001:db8::1", no brackets; false where it is neither. */
bool net_address_parse(struct net_address *addr_r, const char *text,
    uint16_t port);
/* From the rdata of an A (4 octets) or AAAA (16 octets) record. */
bool net_address_from_rdata(struct net_address *addr_r, const void *rdata,
    size_t len, uint16_t port);
void net_address_text(char dst[NET_ADDRESS_TEXT_LEN],
    const struct net_address *addr);
uint16_t net_address_port(const struct net_address *addr);
int net_address_family(const struct net_address *addr);
/* Not one that the whole Internet knows: private, loopback, link-local, multicast
 * (RFC 6890, RFC 4291 2.4). */
bool net_address_is_private(const struct net_address *addr);

#endif
