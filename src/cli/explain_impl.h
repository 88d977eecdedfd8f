/*
 * Inside tlsq explain: what was found out, for the two ways of printing it.
 */
#ifndef TLSQ_CLI_EXPLAIN_IMPL_H
#define TLSQ_CLI_EXPLAIN_IMPL_H

#include "base/buf.h"
#include "mail/address.h"
#include "policy/outcome.h"
#include "runner/chooser.h"
#include "runner/decision.h"
#include "runner/survey.h"
#include "smtp/client.h"
#include "tls/dane.h"

/* What a connection showed (--connect). */
struct explain_session {
	bool tried, ready, failed;
	struct smtp_client *client;	/* closed: for its evidence */
	struct smtp_failure failure;	/* where failed */
	char tlsa[160];			/* the record that matched */
};

struct explain_address {
	struct decision decision;
	char problem[512];		/* no rule could decide: why */
	struct explain_session session;
};

struct explanation {
	/* The question. */
	struct mail_address rcpt;
	const char *sender;
	bool domain_only;		/* the local part was made up */
	int64_t now;
	/* The attempt. */
	struct spool_job message;
	struct spool_job_rcpt job_rcpt;
	struct snapshot *snapshot;
	struct chooser *chooser;
	struct loop *loop;
	char own_name[256];
	struct way way;
	char rule[256];			/* way.rule */
	/* The answer. */
	struct survey survey;
	struct explain_address *address[SURVEY_HOSTS_MAX];
	/* What becomes of the mail. */
	bool sent;			/* to the host of this index: */
	size_t sent_host;
	struct outcome outcome;		/* where not sent */
	char why[700];
	/* After error tls: the strategy that is tried at once, or NULL. */
	const struct conf_tls_strategy *fallback;
};

/* --- explain_connect.c */

/* The handshake with one address; blocks until it is over. */
void explain_connect(struct explanation *e, size_t host, size_t address);

/* --- explain_text.c, explain_json.c */

void explain_text(struct buf *out, const struct explanation *e);
void explain_json(struct buf *out, const struct explanation *e);

#endif
