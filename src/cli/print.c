/*
 * Texts of foreign origin on a terminal.
 */
#include "cli/print_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"

void
cli_print_text(const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;
	size_t room = 4 * len + 1;	/* all of it as \xHH */
	char *shown = mem_alloc(room);

	if (text != NULL) {
		text_escape(shown, room, text, len);
		(void)fputs(shown, stdout);
	}
	free(shown);
}

void
cli_print_json(const char *json)
{
	size_t left = strlen(json), n;

	for (; left > 0; json += n, left -= n) {
		n = text_utf8_len(json, left);
		if (n == 2 && text_printable_len(json, n) == 0)
			(void)printf("\\u%04x", (unsigned char)json[1]);
		else if (n > 0)
			(void)fwrite(json, 1, n, stdout);
		else {
			(void)fputs("\\ufffd", stdout);
			n = 1;
		}
	}
}

void
cli_print_address(const char *address)
{
	char shown[4 * MAIL_ADDRESS_MAX + 1];

	mail_address_display(shown, sizeof(shown), address);
	(void)printf("<%s>", shown);
}
