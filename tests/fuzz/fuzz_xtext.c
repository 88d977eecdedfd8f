/*
 * ENVID, ORCPT, NOTIFY and RET from any octets: what is decoded holds no
 * control character, and encodes to something that decodes to it again.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "mail/dsn_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_wire(const char *s)
{
	for (; *s != '\0'; s++)
		assert((uint8_t)*s > 0x20 && *s != 0x7f && *s != '=');
}

static void
try_envid(const char *s, size_t len)
{
	char plain[MAIL_ENVID_MAX + 1], wire[MAIL_ENVID_MAX + 1];
	char again[MAIL_ENVID_MAX + 1];
	struct error err;
	bool ok;

	if (!mail_envid_decode(plain, s, len, &err))
		return;
	/* a value that came in needlessly encoded only gets shorter */
	ok = mail_envid_encode(wire, plain, strlen(plain), &err);
	assert(ok);
	check_wire(wire);
	ok = mail_envid_decode(again, wire, strlen(wire), &err);
	assert(ok && strcmp(again, plain) == 0);
}

static void
try_orcpt(const char *s, size_t len)
{
	char plain[MAIL_ORCPT_MAX + 1], wire[MAIL_ORCPT_MAX + 1];
	char again[MAIL_ORCPT_MAX + 1];
	struct error err;

	if (mail_orcpt_normalise(again, s, len, &err))
		assert(again[0] != '\0');
	if (!mail_orcpt_decode(plain, s, len, &err))
		return;
	for (int form = MAIL_ORCPT_ASCII; form <= MAIL_ORCPT_SMTPUTF8;
	    form++) {
		bool ok;

		/* raw UTF-8 may be too long in the ASCII form */
		if (!mail_orcpt_encode(wire, plain, strlen(plain),
		    (enum mail_orcpt_form)form, &err))
			continue;
		check_wire(wire);
		ok = mail_orcpt_decode(again, wire, strlen(wire), &err);
		assert(ok && strcmp(again, plain) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[128], printed[MAIL_NOTIFY_LEN];
	unsigned notify, again;
	enum mail_ret ret;
	struct error err;

	try_envid((const char *)data, size);
	try_orcpt((const char *)data, size);
	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (mail_ret_parse(&ret, text, &err))
		assert(ret != MAIL_RET_UNSET);
	if (!mail_notify_parse(&notify, text, &err))
		return 0;
	mail_notify_print(printed, notify);
	if (!mail_notify_parse(&again, printed, &err) || again != notify)
		assert(false && "NOTIFY does not read back");
	return 0;
}
