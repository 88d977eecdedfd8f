/*
 * struct net_address: no names are resolved here, only numbers read.
 */
#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>

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
