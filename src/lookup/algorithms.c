/*
 * Which algorithms of DNSSEC libunbound can check.
 *
 * It has no function for that.  But it says so in its log when a trust anchor has
 * an algorithm that it cannot, before any question is asked of the network.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "lookup/resolver.h"

static const char complaint[] = "has no supported algorithms";

/* False where it cannot be found out. */
static bool
start_with_anchor(const char *anchor, FILE *log)
{
	struct ub_ctx *ctx = ub_ctx_create();
	struct ub_result *result = NULL;
	bool ok;

	if (ctx == NULL)
		return false;
	(void)ub_ctx_debugout(ctx, log);
	/* A name that it answers out of its head. */
	ok = ub_ctx_add_ta(ctx, anchor) == 0 &&
	    ub_resolve(ctx, "localhost.", DNS_TYPE_A, 1, &result) == 0;
	ub_resolve_free(result);
	(void)ub_ctx_debugout(ctx, NULL);
	ub_ctx_delete(ctx);
	return ok;
}

bool
resolver_knows_algorithm(int algorithm)
{
	char anchor[128], *text = NULL;
	size_t len = 0;
	FILE *log = open_memstream(&text, &len);
	bool ok;

	if (log == NULL)
		return false;
	(void)snprintf(anchor, sizeof(anchor), "example.invalid. DS 1 %d 2 "
	    "%064d", algorithm, 0);
	ok = start_with_anchor(anchor, log);
	(void)fclose(log);
	ok = ok && strstr(text, complaint) == NULL;
	free(text);
	return ok;
}
