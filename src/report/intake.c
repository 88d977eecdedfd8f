/*
 * Three fields of report/mail.c, and the d= of a DKIM-Signature.
 */
#include "report/intake.h"

#include <string.h>

#include "base/text.h"

enum { DOMAIN_MAX = 255 };

/* The value of tag d (RFC 6376 3.2, 3.5), lower case; "": none. */
static void
signing_domain(char domain[static DOMAIN_MAX + 1], const char *value)
{
	static const char blanks[] = " \t\r\n";
	size_t n = 0;

	domain[0] = '\0';
	while (*value != '\0') {
		value += strspn(value, blanks);
		if (value[0] == 'd' && value[1 + strspn(value + 1, blanks)] ==
		    '=') {
			value = strchr(value, '=') + 1;
			value += strspn(value, blanks);
			n = strcspn(value, " \t\r\n;");
			if (n > DOMAIN_MAX)
				n = 0;
			memcpy(domain, value, n);
			domain[n] = '\0';
			text_lower(domain);
			return;
		}
		value += strcspn(value, ";");
		value += *value == ';';
	}
}

/* The domain itself, or one above it (RFC 6376 3.10). */
static bool
is_within(const char *domain, const char *parent)
{
	size_t n = strlen(domain), m = strlen(parent);

	return m > 0 && n >= m && strcmp(domain + n - m, parent) == 0 &&
	    (n == m || domain[n - m - 1] == '.');
}

static void
keep_id(struct report_intake *in, const char *value)
{
	size_t len;

	value += strspn(value, " \t\r\n");
	len = strcspn(value, ">");
	in->id[0] = '\0';
	if (value[0] != '<' || value[len] != '>' || len - 1 > REPORT_ID_MAX ||
	    !text_is_identifier(value + 1, len - 1))
		return;
	memcpy(in->id, value + 1, len - 1);
	in->id[len - 1] = '\0';
}

void
report_intake_header(struct report_intake *in, const char *domain,
    const char *name, const char *value)
{
	char signer[DOMAIN_MAX + 1];

	if (text_equal_nocase(name, "TLS-Report-Domain"))
		in->has_domain = true;
	else if (text_equal_nocase(name, "TLS-Report-Submitter"))
		in->has_submitter = true;
	else if (text_equal_nocase(name, "Message-ID"))
		keep_id(in, value);
	else if (text_equal_nocase(name, "DKIM-Signature")) {
		signing_domain(signer, value);
		in->is_signed |= is_within(domain, signer);
	}
}

bool
report_intake_is_report(const struct report_intake *in)
{
	return in->has_domain && in->has_submitter && in->id[0] != '\0';
}
