/*
 * milter.failing-domains: what a client hears at RCPT of a domain that mail
 * cannot be delivered to now, as DANE, MTA-STS or TLS fails there.
 *
 * Of such a domain one recipient is let through in each milter.failing-probe, so
 * that the runner finds out when it was mended.
 */
#ifndef TLSQ_MILTER_STATUS_H
#define TLSQ_MILTER_STATUS_H

#include <stdint.h>

#include "base/error.h"
#include "conf/config.h"
#include "milter/reply.h"

struct milter_status;

bool milter_status_open(struct milter_status **status_r, const char *database,
    struct error *err) MUST_CHECK;
void milter_status_close(struct milter_status **status);

/*
 * True where a recipient of the domain may be taken; else the reply says since
 * when its mail fails and why.  What cannot be read refuses nobody: the policy
 * is enforced at delivery.  Any thread.
 */
bool milter_status_admits(struct milter_status *status,
    const struct conf_milter_settings *settings, const char *domain,
    int64_t now, struct milter_reply *reply_r) MUST_CHECK;

#endif
