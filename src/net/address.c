/*
 * struct net_address: no names are resolved here, only numbers read.
 */
#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"

bool
net_address_from_rdata(struct net_address *addr_r, const void *rdata,
    size_t len, uint16_t port)
{
	memset(addr_r, 0, sizeof(*addr_r));
	if (len == sizeof(addr_r->sa.v4.sin_addr)) {
		addr_r->len = sizeof(addr_r->sa.v4);
		addr_r->sa.v4.sin_family = AF_INET;
		addr_r->sa.v4.sin_port = htons(port);
		memcpy(&addr_r->sa.v4.sin_addr, rdata, len);
		return true;
	}
	if (len == sizeof(addr_r->sa.v6.sin6_addr)) {
		addr_r->len = sizeof(addr_r->sa.v6);
		addr_r->sa.v6.sin6_family = AF_INET6;
		addr_r->sa.v6.sin6_port = htons(port);
		memcpy(&addr_r->sa.v6.sin6_addr, rdata, len);
		return true;
	}
	return false;
}

bool
net_address_parse(struct net_address *addr_r, const char *text, uint16_t port)
{
	unsigned char raw[16];

	if (inet_pton(AF_INET, text, raw) == 1)
		return net_address_from_rdata(addr_r, raw, 4, port);
	if (inet_pton(AF_INET6, text, raw) == 1)
		return net_address_from_rdata(addr_r, raw, 16, port);
	memset(addr_r, 0, sizeof(*addr_r));
	return false;
}

void
net_address_text(char dst[NET_ADDRESS_TEXT_LEN], const struct net_address *addr)
{
	const void *raw = net_address_family(addr) == AF_INET6 ?
	    (const void *)&addr->sa.v6.sin6_addr :
	    (const void *)&addr->sa.v4.sin_addr;

	dst[0] = '\0';
	if (addr->len > 0)
		(void)inet_ntop(net_address_family(addr), raw, dst,
		    NET_ADDRESS_TEXT_LEN);
}

uint16_t
net_address_port(const struct net_address *addr)
{
	return ntohs(net_address_family(addr) == AF_INET6 ?
	    addr->sa.v6.sin6_port : addr->sa.v4.sin_port);
}

int
net_address_family(const struct net_address *addr)
{
	return addr->len > 0 ? addr->sa.any.sa_family : AF_UNSPEC;
}

bool
net_address_is_private(const struct net_address *a)
{
	static const struct {
		uint32_t net, mask;
	} nets[] = {
		{ 0x00000000, 0xff000000 }, { 0x0a000000, 0xff000000 },
		{ 0x64400000, 0xffc00000 }, { 0x7f000000, 0xff000000 },
		{ 0xa9fe0000, 0xffff0000 }, { 0xac100000, 0xfff00000 },
		{ 0xc0a80000, 0xffff0000 }, { 0xe0000000, 0xe0000000 },
	};
	const struct in6_addr *v6 = &a->sa.v6.sin6_addr;

	if (net_address_family(a) == AF_INET6)
		/* Global unicast is 2000::/3 (RFC 4291 2.4). */
		return (v6->s6_addr[0] & 0xe0) != 0x20;
	for (size_t i = 0; i < ARRAY_LEN(nets); i++)
		if ((ntohl(a->sa.v4.sin_addr.s_addr) & nets[i].mask) ==
		    nets[i].net)
			return true;
	return false;
}
