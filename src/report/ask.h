/*
 * What the sending of reports asks of DNS: where a domain wants its reports, and
 * the addresses of an https receiver.  Blocks until the answer has come or the
 * program ends; on the thread that sends reports.
 */
#ifndef TLSQ_REPORT_ASK_H
#define TLSQ_REPORT_ASK_H

#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "lookup/host.h"
#include "lookup/lookup.h"
#include "report/post.h"
#include "report/txt.h"

struct report_ask {
	struct lookups *lookups;	/* kept */
	bool (*stopped)(void *ctx);	/* the program ends; may be NULL */
	void *ctx;
	/* private */
	struct loop *loop;
	struct loop_timer *timer;
};

bool report_ask_open(struct report_ask *ask_r, struct lookups *lookups,
    bool (*stopped)(void *ctx), void *ctx, struct error *err) MUST_CHECK;
/* Accepts what was zeroed and never opened. */
void report_ask_close(struct report_ask *ask);
bool report_ask_stopped(const struct report_ask *ask);

/* The targets of _smtp._tls.DOMAIN, none where it has not exactly one record; texts
 * in the arena.  False, with why, where DNS failed. */
bool report_ask_targets(struct report_ask *ask, struct arena *arena,
    const char *domain, struct report_txt *txt_r,
    char why_r[static REPORT_WHY_LEN]);
/* The addresses of a host, to be freed; perhaps none, with the reason.  False, with
 * why, only where the program ends. */
bool report_ask_host(struct report_ask *ask, const char *name,
    struct host_result **host_r, char why_r[static REPORT_WHY_LEN]);

#endif
