/*
 * Walking the hosts of a destination.
 */
#include "delivery/host_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
delivery_plan_init(struct delivery_plan *plan_r, size_t n_hosts)
{
	plan_r->host = mem_zalloc(n_hosts * sizeof(*plan_r->host));
	plan_r->n_hosts = n_hosts;
}

void
delivery_plan_add_addresses(struct delivery_plan_host *host, size_t n)
{
	host->address = mem_zalloc(n * sizeof(*host->address));
	host->n_addresses = n;
}

enum delivery_plan_next
delivery_plan_next(const struct delivery_plan *plan, struct delivery_place from,
    struct delivery_place *place_r)
{
	struct delivery_place p = from;

	for (; p.host < plan->n_hosts; p = delivery_place_after_host(p)) {
		const struct delivery_plan_host *h = &plan->host[p.host];

		if (h->failed != NULL)
			continue;
		if (!h->resolved) {
			*place_r = p;
			return PLAN_WAIT;
		}
		for (; p.address < h->n_addresses; p.address++)
			if (h->address[p.address].failed == NULL) {
				*place_r = p;
				return PLAN_TRY;
			}
	}
	p.address = 0;
	*place_r = p;
	return PLAN_END;
}

enum delivery_blame
delivery_plan_blame(int message_drops, int host_drops)
{
	if (host_drops >= 3)
		return PLAN_DROP_HOST;
	return message_drops >= 2 ? PLAN_DROP_MESSAGE : PLAN_DROP_AGAIN;
}

struct delivery_place
delivery_place_after_address(struct delivery_place place)
{
	place.address++;
	return place;
}

struct delivery_place
delivery_place_after_host(struct delivery_place place)
{
	place.host++;
	place.address = 0;
	return place;
}

bool
delivery_place_same(struct delivery_place a, struct delivery_place b)
{
	return a.host == b.host && a.address == b.address;
}

void
delivery_plan_clear(struct delivery_plan *plan)
{
	for (size_t h = 0; h < plan->n_hosts; h++) {
		struct delivery_plan_host *host = &plan->host[h];

		delivery_attempt_unref(&host->failed);
		delivery_attempt_unref(&host->rechecked);
		free(host->decision);
		for (size_t a = 0; a < host->n_addresses; a++)
			delivery_attempt_unref(&host->address[a].failed);
		free(host->address);
	}
	free(plan->host);
	memset(plan, 0, sizeof(*plan));
}
