/*
 * The steps of a session, in words.
 */
#include "smtp/transaction.h"

#include <assert.h>

#include "base/mem.h"

static const struct {
	const char *name, *waits;
} steps[] = {
	[SMTP_STEP_NONE] = { "none", "while idle" },
	[SMTP_STEP_CONNECT] = { "connect", "while connecting" },
	[SMTP_STEP_GREETING] = { "greeting", "while waiting for the greeting" },
	[SMTP_STEP_EHLO] = { "EHLO", "while waiting for the reply to EHLO" },
	[SMTP_STEP_HELO] = { "HELO", "while waiting for the reply to HELO" },
	[SMTP_STEP_TLS] = { "STARTTLS", "while negotiating TLS" },
	[SMTP_STEP_AUTH] = { "AUTH", "while waiting for the reply to AUTH" },
	[SMTP_STEP_MAIL] = { "MAIL FROM",
	    "while waiting for the reply to MAIL FROM" },
	[SMTP_STEP_RCPT] = { "RCPT TO",
	    "while waiting for the reply to RCPT TO" },
	[SMTP_STEP_DATA] = { "DATA",
	    "while waiting for the reply to DATA or BDAT" },
	[SMTP_STEP_BLOCK] = { "content", "while sending the message" },
	[SMTP_STEP_END] = { "end of message",
	    "while waiting for the reply to the end of the message" },
	[SMTP_STEP_RSET] = { "RSET", "while waiting for the reply to RSET" },
	[SMTP_STEP_QUIT] = { "QUIT", "while waiting for the reply to QUIT" },
};
static_assert(ARRAY_LEN(steps) == SMTP_STEP_COUNT, "");

const char *
smtp_step_name(enum smtp_step step)
{
	return step < SMTP_STEP_COUNT ? steps[step].name : "none";
}

const char *
smtp_step_waits(enum smtp_step step)
{
	return steps[step].waits;
}
