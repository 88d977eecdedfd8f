/*
 * What strangers say to TLS reports: the TXT record with its URIs, and the header of
 * a report that comes back.  What is accepted is shown to be so by other means.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/address.h"
#include "report/intake.h"
#include "report/post.h"
#include "report/txt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at(const struct report_target *t)
{
	char host[REPORT_HOST_LEN];
	struct mail_address a;
	struct error err;
	unsigned port;

	assert(t->text != NULL && t->text[0] != '\0');
	for (const char *p = t->text; *p != '\0'; p++)
		assert(*p != '\r' && *p != '\n');
	if (!t->https) {
		assert(mail_address_parse(&a, t->text, strlen(t->text),
		    MAIL_ADDRESS_UTF8, &err));
		assert(!a.literal && strcmp(a.text, t->text) == 0);
		return;
	}
	assert(strncasecmp(t->text, "https://", 8) == 0);
	if (report_post_host(t->text, host, &port))
		assert(host[0] != '\0' && port <= 65535);
}

static void
read_header(const char *text, size_t len)
{
	struct report_intake in = { .has_domain = false };
	char *value = malloc(len + 1);

	assert(value != NULL);
	memcpy(value, text, len);
	value[len] = '\0';
	report_intake_header(&in, "relay.test", "DKIM-Signature", value);
	/* Its domain stands in it. */
	assert(!in.is_signed || strcasestr(value, "relay.test") != NULL ||
	    strcasestr(value, "test") != NULL);
	report_intake_header(&in, "relay.test", "Message-ID", value);
	assert(strlen(in.id) <= REPORT_ID_MAX && strpbrk(in.id, "<> \t\r\n") ==
	    NULL);
	free(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct arena *arena = arena_new();
	struct report_txt txt;

	if (report_txt_parse(&txt, arena, text, size))
		assert(report_txt_is_record(text, size));
	else
		assert(txt.n == 0 || txt.n <= REPORT_TARGETS_MAX);
	assert(txt.n <= REPORT_TARGETS_MAX);
	for (size_t i = 0; i < txt.n; i++)
		look_at(&txt.target[i]);
	read_header(text, size);
	arena_free(&arena);
	return 0;
}
