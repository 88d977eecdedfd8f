/*
 * Any octets as a request's target: what is found in it is a name or a number
 * that is what it seems, and no octet of control reaches a query.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/escape.h"
#include "web/expose.h"
#include "web/listen.h"
#include "web/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const char *name)
{
	assert(strlen(name) <= WEB_NAME_MAX);
	for (; *name != '\0'; name++)
		assert((uint8_t)*name >= 0x20 && *name != 0x7f &&
		    !(*name >= 'A' && *name <= 'Z'));
}

/* Markup in none of the places where text may stand. */
static void
check_html(const char *text)
{
	struct buf out = BUF_INIT;

	web_put_html(&out, text);
	assert(strpbrk(buf_str(&out), "<>\"'") == NULL);
	buf_clear(&out);
	web_put_url(&out, text);
	assert(strpbrk(buf_str(&out), "<>\"'&#?/ ") == NULL);
	buf_clear(&out);
	web_put_json(&out, text);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct web_listen listen, loopback = { .local = false };
	struct web_route r;
	struct error err;
	char *text = malloc(size + 1);

	assert(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	web_route_parse(&r, text);
	assert((unsigned)r.page < WEB_PAGE_COUNT);
	check_name(r.domain);
	check_name(r.from);
	assert(strchr(r.domain, '/') == NULL);
	assert(r.id >= 0 && r.from_message >= 0 && r.from_recipient >= 0);
	assert(r.page != WEB_DOMAIN || r.domain[0] != '\0');
	check_html(text);
	(void)web_accepts_openmetrics(text);
	(void)web_host_is_ours(&loopback, text);
	if (web_listen_parse(&listen, text, &err))
		assert(listen.local || listen.len > 0);
	free(text);
	return 0;
}
