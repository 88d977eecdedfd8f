/*
 * Reading of the tls tests' certificates.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *
fixture_path(char dst[FIXTURE_PATH], const char *name, const char *suffix)
{
	const char *top = getenv("top_builddir");

	(void)snprintf(dst, FIXTURE_PATH, "%s/tests/certs/made/%s%s",
	    top != NULL ? top : ".", name, suffix);
	return dst;
}

struct stls_blob
fixture_der(const char *name)
{
	char path[FIXTURE_PATH];
	FILE *f = fopen(fixture_path(path, name, ".der"), "rb");
	uint8_t *data = mem_alloc(65536);
	struct stls_blob b = { data, 0 };

	if (f == NULL) {
		perror(path);
		abort();
	}
	b.len = fread(data, 1, 65536, f);
	(void)fclose(f);
	return b;
}

void
fixture_peer(struct stls_peer *peer, const char *names)
{
	char copy[512], *save = NULL, *name;

	memset(peer, 0, sizeof(*peer));
	(void)snprintf(copy, sizeof(copy), "%s", names);
	for (name = strtok_r(copy, " ", &save); name != NULL;
	    name = strtok_r(NULL, " ", &save))
		peer->chain[peer->n_chain++] = fixture_der(name);
}

void
fixture_free_peer(struct stls_peer *peer)
{
	for (size_t i = 0; i < peer->n_chain; i++)
		free((void *)(uintptr_t)peer->chain[i].data);
	peer->n_chain = 0;
}
