/*
 * The names of steps and outcomes.
 */
#include "smtp/transaction.h"

#include <assert.h>

#include "base/mem.h"

static const char *const step_names[] = {
	[SMTP_STEP_NONE] = "none",
	[SMTP_STEP_CONNECT] = "connect",
	[SMTP_STEP_GREETING] = "greeting",
	[SMTP_STEP_EHLO] = "EHLO",
	[SMTP_STEP_HELO] = "HELO",
	[SMTP_STEP_TLS] = "STARTTLS",
	[SMTP_STEP_AUTH] = "AUTH",
	[SMTP_STEP_MAIL] = "MAIL FROM",
	[SMTP_STEP_RCPT] = "RCPT TO",
	[SMTP_STEP_DATA] = "DATA",
	[SMTP_STEP_BLOCK] = "content",
	[SMTP_STEP_END] = "end of message",
	[SMTP_STEP_RSET] = "RSET",
	[SMTP_STEP_QUIT] = "QUIT",
};
static_assert(ARRAY_LEN(step_names) == SMTP_STEP_COUNT, "");

static const char *const outcome_names[] = {
	[SMTP_NOT_TRIED] = "not tried",
	[SMTP_TEMPORARY] = "temporary",
	[SMTP_PERMANENT] = "permanent",
	[SMTP_DELIVERED] = "delivered",
};
static_assert(ARRAY_LEN(outcome_names) == SMTP_OUTCOME_COUNT, "");

const char *
smtp_step_name(enum smtp_step step)
{
	return step < SMTP_STEP_COUNT ? step_names[step] : "none";
}

const char *
smtp_outcome_name(enum smtp_outcome outcome)
{
	return outcome < SMTP_OUTCOME_COUNT ? outcome_names[outcome] :
	    "not tried";
}
