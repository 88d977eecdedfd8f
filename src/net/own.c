/*
 * The interfaces' addresses, kept for a second.
 */
#include "net/own.h"

#include <ifaddrs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { KEEP_MS = 1000 };

static struct {
	pthread_mutex_t lock;
	struct net_address *address;	/* as plain() has them */
	size_t n, room;
	bool read;
	int64_t read_ms;
} own = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Port 0; IPv4 that is spelled in IPv6 as what it is. */
static struct net_address
plain(const struct net_address *a)
{
	struct net_address p;

	if (net_address_family(a) == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&a->sa.v6.sin6_addr))
		(void)net_address_from_rdata(&p,
		    a->sa.v6.sin6_addr.s6_addr + 12, 4, 0);
	else if (net_address_family(a) == AF_INET6)
		(void)net_address_from_rdata(&p, &a->sa.v6.sin6_addr, 16, 0);
	else
		(void)net_address_from_rdata(&p, &a->sa.v4.sin_addr, 4, 0);
	return p;
}

static bool
same(const struct net_address *a, const struct net_address *b)
{
	return a->len == b->len && memcmp(&a->sa, &b->sa, a->len) == 0;
}

bool
net_address_same_host(const struct net_address *a, const struct net_address *b)
{
	struct net_address p = plain(a), q = plain(b);

	return same(&p, &q);
}

static bool
is_unspecified(const struct net_address *p)
{
	return net_address_family(p) == AF_INET6 ?
	    IN6_IS_ADDR_UNSPECIFIED(&p->sa.v6.sin6_addr) :
	    p->sa.v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

static void
add(const struct sockaddr *sa)
{
	struct net_address a = { .len = 0 };

	if (sa == NULL || (sa->sa_family != AF_INET &&
	    sa->sa_family != AF_INET6))
		return;
	a.len = sa->sa_family == AF_INET6 ? sizeof(a.sa.v6) : sizeof(a.sa.v4);
	memcpy(&a.sa, sa, a.len);
	if (own.n == own.room) {
		own.room = own.room > 0 ? own.room * 2 : 8;
		own.address = mem_realloc(own.address,
		    own.room * sizeof(*own.address));
	}
	own.address[own.n++] = plain(&a);
}

/* Where they cannot be read, those of before serve. */
static void
read_interfaces(void)
{
	int64_t now_ms = clock_mono_ms();
	struct ifaddrs *list;

	if (own.read && now_ms - own.read_ms < KEEP_MS)
		return;
	own.read = true;
	own.read_ms = now_ms;
	if (getifaddrs(&list) != 0) {
		log_debug("cannot read the addresses of the network "
		    "interfaces");
		return;
	}
	own.n = 0;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		add(i->ifa_addr);
	freeifaddrs(list);
}

bool
net_address_is_own(const struct net_address *addr)
{
	struct net_address p = plain(addr);
	bool found = is_unspecified(&p);

	(void)pthread_mutex_lock(&own.lock);
	if (!found)
		read_interfaces();
	for (size_t i = 0; i < own.n && !found; i++)
		found = same(&p, &own.address[i]);
	(void)pthread_mutex_unlock(&own.lock);
	return found;
}
