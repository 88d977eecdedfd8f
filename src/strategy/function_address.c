/*
 * Functions on mail and IP addresses.  An IPv4 address written in IPv6
 * (::ffff:192.0.2.1) is the IPv4 address.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "strategy/expr_impl.h"

struct ip {
	uint8_t octet[16];
	int bits;		/* 32 or 128 */
};

static bool
ip_parse(struct ip *ip, const char *text)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	*ip = (struct ip){ .bits = 32 };
	if (inet_pton(AF_INET, text, ip->octet) == 1)
		return true;
	if (inet_pton(AF_INET6, text, ip->octet) != 1)
		return false;
	ip->bits = 128;
	if (memcmp(ip->octet, mapped, sizeof(mapped)) == 0) {
		memmove(ip->octet, ip->octet + sizeof(mapped), 4);
		ip->bits = 32;
	}
	return true;
}

/* ADDRESS or ADDRESS/BITS. */
static bool
net_parse(struct ip *net, int *prefix_r, const char *text)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	bool v6;
	long n;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	v6 = strchr(address, ':') != NULL;
	if (!ip_parse(net, address))
		return false;
	*prefix_r = net->bits;
	if (slash == NULL)
		return true;
	if (strlen(slash + 1) < 1 || strlen(slash + 1) > 3 ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1))
		return false;
	n = strtol(slash + 1, NULL, 10);
	if (v6 && net->bits == 32) /* bits of the IPv4 address within */
		n -= 96;
	if (n < 0 || n > net->bits)
		return false;
	*prefix_r = (int)n;
	return true;
}

static bool
net_contains(const struct ip *net, int prefix, const struct ip *ip)
{
	int whole = prefix / 8, rest = prefix % 8;

	if (net->bits != ip->bits ||
	    memcmp(net->octet, ip->octet, (size_t)whole) != 0)
		return false;
	return rest == 0 ||
	    (net->octet[whole] ^ ip->octet[whole]) >> (8 - rest) == 0;
}

static void
call_is_ip_in_cidr(const struct strategy_call *c)
{
	struct ip net, ip;
	int prefix;

	if (!net_parse(&net, &prefix, c->arg[1]))
		sqlite3_result_error(c->ctx, "is_ip_in_cidr: the second "
		    "argument is no network (192.0.2.0/24, 2001:db8::/32)", -1);
	else
		sqlite3_result_int(c->ctx, ip_parse(&ip, c->arg[0]) &&
		    net_contains(&net, prefix, &ip));
}

static bool
is_address(const struct strategy_call *c, int family)
{
	uint8_t octets[16];

	return inet_pton(family, c->arg[0], octets) == 1;
}

static void
call_is_ip_addr(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, is_address(c, AF_INET) ||
	    is_address(c, AF_INET6));
}

static void
call_is_ipv4_addr(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, is_address(c, AF_INET));
}

static void
call_is_ipv6_addr(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, is_address(c, AF_INET6));
}

/* The last @ parts them: a quoted local part may hold others (RFC 5321 4.1.2).
 * Without one it is all local part ("postmaster"). */
static void
call_email_part(const struct strategy_call *c)
{
	const char *address = c->arg[0], *at = strrchr(address, '@');
	int local_len = at != NULL ? (int)(at - address) : -1; /* -1: all */

	if (strcmp(c->arg[1], "local") == 0)
		sqlite3_result_text(c->ctx, address, local_len,
		    SQLITE_TRANSIENT);
	else if (strcmp(c->arg[1], "domain") == 0)
		sqlite3_result_text(c->ctx, at != NULL ? at + 1 : "", -1,
		    SQLITE_TRANSIENT);
	else
		sqlite3_result_error(c->ctx, "email_part: the second argument "
		    "is 'local' or 'domain'", -1);
}

const struct strategy_function strategy_functions_address[] = {
	{ .name = "is_ip_in_cidr", .arguments = 2,
	  .call = call_is_ip_in_cidr },
	{ .name = "is_ip_addr", .arguments = 1, .call = call_is_ip_addr },
	{ .name = "is_ipv4_addr", .arguments = 1, .call = call_is_ipv4_addr },
	{ .name = "is_ipv6_addr", .arguments = 1, .call = call_is_ipv6_addr },
	{ .name = "email_part", .arguments = 2, .call = call_email_part },
	{ .name = NULL },
};
