/*
 * The wishes of NOTIFY against what happened.
 */
#include "dsn/owed.h"

#include <assert.h>

#include "base/mem.h"
#include "mail/dsn_params.h"

static const struct {
	enum dsn_action action;
	unsigned asked;		/* by which word of NOTIFY */
	bool unasked;		/* also where NOTIFY was not given */
} rows[] = {
	[OWED_FAILED] = { DSN_ACTION_FAILED, DSN_FAILURE, true },
	[OWED_DELAYED] = { DSN_ACTION_DELAYED, DSN_DELAY, true },
	/* RFC 3461 5.2.1: the next host took that duty with the message. */
	[OWED_HANDED_ON] = { DSN_ACTION_NONE, 0, false },
	/* RFC 3461 5.2.2 */
	[OWED_HANDED_OVER] = { DSN_ACTION_RELAYED, DSN_SUCCESS, false },
};
static_assert(ARRAY_LEN(rows) == OWED_EVENT_COUNT, "");

enum dsn_action
owed_decide(enum owed_event event, const char *sender, const char *notify)
{
	unsigned asked = DSN_NOTIFY_UNSET;

	/* RFC 3461 6.1 (and RFC 5321 4.5.5): there is nobody to tell. */
	if (sender[0] == '\0')
		return DSN_ACTION_NONE;
	if (notify != NULL && !dsn_notify_parse(&asked, notify, NULL))
		asked = DSN_NOTIFY_UNSET;
	if (asked == DSN_NOTIFY_UNSET ? rows[event].unasked :
	    (asked & rows[event].asked) != 0)
		return rows[event].action;
	return DSN_ACTION_NONE;
}

int
owed_notices(const int64_t *notify_s, size_t n, int64_t age_s)
{
	int due = 0;

	for (size_t i = 0; i < n; i++)
		if (notify_s[i] <= age_s)
			due++;
	return due;
}
