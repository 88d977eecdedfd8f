/*
 * Names of the DNS states.
 */
#include "policy/dns.h"

#include <assert.h>

static const char *const names[] = {
	[DNS_ERROR] = "error",
	[DNS_BOGUS] = "bogus",
	[DNS_INSECURE] = "insecure",
	[DNS_SECURE] = "secure",
};
static_assert(sizeof(names) / sizeof(names[0]) == DNS_STATUS_COUNT, "");

const char *
policy_dns_status_name(enum policy_dns_status status)
{
	return status < DNS_STATUS_COUNT ? names[status] : "error";
}
