/*
 * Any octets as an address: what is accepted is its own normal form, fits the
 * limits and can end no SMTP command.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned all = MAIL_ADDRESS_NULL | MAIL_ADDRESS_UTF8;
	struct mail_address a, b;
	char shown[512], domain[MAIL_DOMAIN_MAX + 1];
	struct error err;

	for (unsigned flags = 0; flags <= all; flags++) {
		if (!mail_address_parse(&a, (const char *)data, size, flags,
		    &err)) {
			assert(err.code == EX_DATAERR);
			continue;
		}
		for (const char *p = a.text; *p != '\0'; p++)
			assert((uint8_t)*p >= 0x20 && *p != 0x7f &&
			    (flags & MAIL_ADDRESS_UTF8 ||
			    (uint8_t)*p < 0x80));
		if (!mail_address_parse(&b, a.text, strlen(a.text), flags,
		    &err))
			assert(false && "the normal form is refused");
		assert(strcmp(a.text, b.text) == 0 &&
		    strcmp(a.domain, b.domain) == 0 && a.utf8 == b.utf8 &&
		    a.literal == b.literal);
		mail_address_display(shown, sizeof(shown), a.text);
	}
	if (mail_domain_parse(domain, (const char *)data, size, &err))
		mail_address_display(shown, sizeof(shown), domain);
	return 0;
}
