/*
 * Replies: sysexits codes to SMTP's.
 */
#include "milter/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

bool
milter_reply_set(struct milter_reply *r, const char *code, const char *status,
    const char *fmt, ...)
{
	va_list ap;

	(void)text_copy(r->code, sizeof(r->code), code);
	(void)text_copy(r->status, sizeof(r->status), status);
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	/* RFC 5321 4.2: textstring; libmilter refuses line ends. */
	for (char *c = r->text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return false;
}

/* RFC 3463 3.4: the mail system's state. */
static const struct {
	int code;
	const char *smtp, *status, *text;
} failures[] = {
	{ .code = EX_TEMPFAIL, .smtp = "451", .status = "4.3.0",
	  .text = "the mail queue is busy" },
	{ .code = EX_IOERR, .smtp = "452", .status = "4.3.1",
	  .text = "the mail queue is full or not writable" },
	{ .code = EX_CANTCREAT, .smtp = "452", .status = "4.3.1",
	  .text = "the mail queue is not writable" },
	{ .code = EX_NOPERM, .smtp = "451", .status = "4.3.5",
	  .text = "no permission to write to the mail queue" },
	{ .code = EX_CONFIG, .smtp = "451", .status = "4.3.5",
	  .text = "configuration error in the mail queue" },
};

bool
milter_reply_failure(struct milter_reply *r, const char *what,
    const struct error *err)
{
	log_error("%s: %s", what, err->text);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (failures[i].code == err->code)
			return milter_reply_set(r, failures[i].smtp,
			    failures[i].status,
			    "%s", failures[i].text);
	return milter_reply_set(r, "451", "4.3.0",
	    "the mail queue is not usable");
}

/* What follows a word at the beginning of text; text itself where it does not
 * begin with it. */
static const char *
skip_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(text, word, len) != 0 ||
	    (text[len] != ' ' && text[len] != '\0'))
		return text;
	return text + len + strspn(text + len, " ");
}

void
milter_reply_failed(struct milter_reply *r, const char *status,
    const char *reply)
{
	char code[4] = "550";
	const char *text;

	if (status == NULL || status[0] != '5')
		status = "5.0.0";
	if (reply == NULL)
		reply = "";
	if (reply[0] == '5' && strspn(reply, "0123456789") == 3)
		memcpy(code, reply, 3);
	text = skip_word(skip_word(reply, code), status);
	(void)milter_reply_set(r, code, status, "%s",
	    text[0] != '\0' ? text : "the message cannot be delivered");
}
