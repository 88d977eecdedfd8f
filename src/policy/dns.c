/*
 * Names of the DNS states.
 */
#include "policy/dns.h"

#include <assert.h>
#include <string.h>

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

bool
policy_dns_status_find(enum policy_dns_status *status_r, const char *name)
{
	for (int i = 0; i < DNS_STATUS_COUNT; i++)
		if (strcmp(name, names[i]) == 0) {
			*status_r = (enum policy_dns_status)i;
			return true;
		}
	return false;
}

bool
policy_dns_failed(enum policy_dns_status status)
{
	return status != DNS_SECURE && status != DNS_INSECURE;
}
