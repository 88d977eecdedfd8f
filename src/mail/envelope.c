/*
 * The words of MAIL and RCPT.
 */
#include "mail/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* The value of "KEYWORD=value", NULL where arg is another parameter. */
static const char *
value_of(const char *arg, const char *keyword)
{
	size_t len = strlen(keyword);

	if (!text_starts_nocase(arg, keyword) || arg[len] != '=')
		return NULL;
	return arg + len + 1;
}

/* RFC 1870 6.1; what is no number declares nothing. */
static int64_t
parse_size(const char *text)
{
	char *end;
	long long size;

	errno = 0;
	size = strtoll(text, &end, 10);
	return errno != 0 || end == text || *end != '\0' || size < 0 ? 0 : size;
}

static bool
take_mail_parameter(struct mail_sender *s, const char *arg,
    struct error *err)
{
	const char *value;

	if (text_equal_nocase(arg, "SMTPUTF8"))
		s->smtputf8 = true;
	else if ((value = value_of(arg, "SIZE")) != NULL)
		s->size = parse_size(value);
	else if ((value = value_of(arg, "BODY")) != NULL)
		s->body_8bitmime = text_equal_nocase(value, "8BITMIME");
	else if ((value = value_of(arg, "RET")) != NULL)
		return mail_ret_parse(&s->ret, value, err);
	else if ((value = value_of(arg, "ENVID")) != NULL &&
	    !mail_envid_decode(s->envid, value, strlen(value), NULL))
		s->envid[0] = '\0';
	return true;
}

/* "<root>" or "root": RFC 5321 knows it for postmaster only, Sendmail for
 * every local user. */
static bool
has_domain(const char *path)
{
	return strchr(path, '@') != NULL || strcmp(path, "<>") == 0 ||
	    path[0] == '\0';
}

static bool
parse_path(struct mail_address *address_r, const char *path,
    const char *own_name, unsigned flags, struct error *err)
{
	size_t len = strlen(path), skip = path[0] == '<';
	char *full;
	bool ok;

	if (has_domain(path) || own_name == NULL)
		return mail_address_parse(address_r, path, len, flags, err);
	if (skip == 1 && path[len - 1] == '>')
		len--;
	full = mem_printf("%.*s@%s", (int)(len - skip), path + skip, own_name);
	ok = mail_address_parse(address_r, full, strlen(full), flags, err);
	free(full);
	return ok;
}

bool
mail_sender_parse(struct mail_sender *s_r, const char *const *argv,
    const char *own_name, struct error *err)
{
	memset(s_r, 0, sizeof(*s_r));
	for (const char *const *arg = argv + 1; *arg != NULL; arg++)
		if (!take_mail_parameter(s_r, *arg, err))
			return false;
	return parse_path(&s_r->address, argv[0], own_name, MAIL_ADDRESS_NULL |
	    (s_r->smtputf8 ? MAIL_ADDRESS_UTF8 : 0), err);
}

static bool
take_rcpt_parameter(struct mail_recipient *r, const char *arg,
    struct error *err)
{
	const char *value;

	if ((value = value_of(arg, "NOTIFY")) != NULL)
		return mail_notify_parse(&r->notify, value, err);
	if ((value = value_of(arg, "ORCPT")) != NULL &&
	    !mail_orcpt_decode(r->orcpt, value, strlen(value), NULL))
		r->orcpt[0] = '\0';
	return true;
}

/* RFC 3461 5.2.1 lets a relay add ORCPT; it does no harm where the client's
 * address is none. */
static void
remember_first(struct mail_recipient *r, const char *path, unsigned flags)
{
	struct mail_address first;

	if (r->orcpt[0] != '\0' || !mail_address_parse(&first, path,
	    strlen(path), flags, NULL) ||
	    text_equal_nocase(first.text, r->address.text))
		return;
	if (!mail_orcpt_normalise(r->orcpt, first.text, strlen(first.text),
	    NULL))
		r->orcpt[0] = '\0';
}

bool
mail_recipient_parse(struct mail_recipient *r_r, const char *const *argv,
    const char *resolved, bool smtputf8, struct error *err)
{
	unsigned flags = smtputf8 ? MAIL_ADDRESS_UTF8 : MAIL_ADDRESS_STRICT;
	const char *path = argv[0];

	memset(r_r, 0, sizeof(*r_r));
	for (const char *const *arg = argv + 1; *arg != NULL; arg++)
		if (!take_rcpt_parameter(r_r, *arg, err))
			return false;
	if (resolved != NULL && strchr(resolved, '@') != NULL)
		path = resolved;
	if (!mail_address_parse(&r_r->address, path, strlen(path), flags, err))
		return false;
	remember_first(r_r, argv[0], flags);
	return true;
}
