/*
 * DNS messages.  The first octets are the question's type, "NAME" NUL follows,
 * the rest is the packet.  What is found is within its bounds and can be read.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/packet.h"
#include "lookup/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct packet_answer *a, int rrtype)
{
	struct rdata_mx mx;

	assert(a->count <= DNS_RDATA_MAX && a->ttl_s >= 0 &&
	    a->ttl_s <= INT32_MAX && a->rcode >= 0 && a->rcode < 16);
	assert(a->canonical == NULL || (a->canonical[0] != '\0' &&
	    strlen(a->canonical) < RDATA_NAME_LEN));
	for (size_t i = 0; i < a->count; i++) {
		free(mem_dup(a->rdata[i].data, a->rdata[i].len));
		if (rrtype == DNS_TYPE_MX)
			(void)rdata_mx(&mx, a->rdata[i].data, a->rdata[i].len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size < 3 ? NULL : memchr(data + 2, 0, size - 2);
	char canon[PACKET_NAME_LEN];
	struct packet_answer a;
	struct arena *arena;
	uint8_t *packet;
	const char *name;
	int rrtype;
	size_t len;

	if (end == NULL)
		return 0;
	arena = arena_new();
	rrtype = data[0] << 8 | data[1];
	name = (const char *)data + 2;
	if (packet_name(canon, name))
		assert(canon[0] != '\0' && strlen(canon) < sizeof(canon));
	/* An exact copy, for the sanitizer to see an overrun. */
	len = (size_t)(data + size - end - 1);
	packet = mem_dup(end + 1, len);
	if (packet_read(&a, arena, name, rrtype, packet, len))
		check(&a, rrtype);
	free(packet);
	arena_free(&arena);
	return 0;
}
