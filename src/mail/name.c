/*
 * One form of a name, so that two spellings of it compare.
 */
#include "mail/name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"

char *
mail_name_fold(const char *text)
{
	const char *at = strrchr(text, '@');
	const char *domain = at != NULL ? at + 1 : text;
	char labels[MAIL_DOMAIN_MAX + 1], *name, *folded;
	struct error err;
	size_t len;

	if (domain[0] == '*' && domain[1] == '.')
		domain++;
	if (domain[0] == '.') /* "*.example", ".example" */
		domain++;
	name = mem_strdup(domain);
	text_lower(name);
	len = strlen(name);
	if (len > 1 && name[len - 1] == '.' && name[len - 2] != '.')
		name[--len] = '\0';
	if (text_has_8bit(name, len) &&
	    mail_domain_parse(labels, name, len, &err)) {
		free(name);
		name = mem_strdup(labels);
	}
	folded = mem_printf("%.*s%s", (int)(domain - text), text, name);
	free(name);
	return folded;
}
