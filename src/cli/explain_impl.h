/*
 * Inside tlsq explain: what was found out, for the two ways of printing it.
 */
#ifndef TLSQ_CLI_EXPLAIN_IMPL_H
#define TLSQ_CLI_EXPLAIN_IMPL_H

#include "base/buf.h"
#include "base/json.h"
#include "cli/command_impl.h"
#include "mail/address.h"
#include "policy/retry.h"
#include "nexthop/chooser.h"
#include "nexthop/decision.h"
#include "nexthop/discovery.h"
#include "smtp/client.h"
#include "spool/rule.h"
#include "tls/chain.h"

/* What a connection showed (--connect). */
struct cli_explain_session {
	bool tried, ready, failed;
	struct smtp_client *client;	/* closed: for its evidence */
	struct smtp_failure failure;	/* where failed */
	char tlsa[160];			/* the record that matched */
	/* Of a relay that asks for credentials. */
	enum { CLI_EXPLAIN_AUTH_NONE, CLI_EXPLAIN_AUTH_TRIED,
	    CLI_EXPLAIN_AUTH_UNPROVED, CLI_EXPLAIN_AUTH_NO_SECRET } auth;
};

/* What the spool says of the domain; times are -1 where there is none. */
struct cli_explain_record {
	int64_t last_attempt_at, last_delivered_at, failing_since;
	int64_t waiting, oldest_at;
	char error[32], status[16], reply[700];	/* of the last attempt */
	struct spool_rule suspend, except;	/* to be cleared */
};

struct cli_explain_address {
	struct nexthop_decision decision;
	char problem[512];		/* no rule could decide: why */
	struct cli_explain_session session;
};

struct cli_explanation {
	/* The question. */
	struct mail_address rcpt;
	const char *sender;
	bool domain_only;		/* the local part was made up */
	int64_t now;
	/* The attempt. */
	struct spool_message message;
	struct spool_recipient job_rcpt;
	struct settings *settings;
	struct nexthop_chooser *chooser;
	struct loop *loop;
	char own_name[256];
	struct nexthop_choice way;
	char rule[256];			/* way.rule */
	/* How it is told. */
	bool json_wanted;
	struct buf out;
	struct json json;		/* into out */
	bool mx_shown, sts_shown;
	size_t hosts_shown;
	/* The answer. */
	struct cli_explain_record record;
	size_t pass;			/* 0; then those after a fallback */
	struct nexthop_discovery survey;
	bool surveyed;			/* every host is ready */
	struct cli_explain_address *address[NEXTHOP_HOSTS_MAX];
	/* What becomes of the mail. */
	bool sent;			/* to the host of this index: */
	size_t sent_host;
	struct policy_outcome outcome;		/* where not sent */
	char why[700];
	char booked_status[16];		/* of the pass before: job_rcpt.status */
	/* After error tls: the strategy that is tried at once, or NULL. */
	const struct conf_tls_strategy *fallback;
};

/* --- explain_record.c */

bool cli_explain_record_read(struct cli_explain_record *record_r,
    struct spool *spool, const char *domain, int64_t now, struct error *err)
    MUST_CHECK;

/* --- explain.c */

/* `tlsq explain --strategy ID --connect DOMAIN` without a word: delivered, deferred
 * or failed (static), and why. */
bool cli_explain_probe(struct cli *cli, const char *domain,
    const char *strategy, const char **outcome_r, char *why, size_t room,
    struct error *err) MUST_CHECK;

/* --- cli_explain_unchecked.c */

/* Says, as text or in the array "dnssec", which zones count as unsigned although
 * they are signed; blocks until DNS has answered. */
void cli_explain_unchecked(struct cli_explanation *e);

/* --- cli_explain_connect.c */

/* Blocks until a callback on e->loop has set *done and stopped the loop.  One stop
 * is not enough: a fact of the survey may come late, and stops it again. */
void cli_explain_wait(const struct cli_explanation *e, const bool *done);

/* The handshake with one address; blocks until it is over. */
void cli_explain_connect(struct cli_explanation *e, size_t host,
    size_t address);

/* --- explain_text.c: lines, as what they tell becomes known */

void cli_explain_text_start(struct buf *out, const struct cli_explanation *e);
void cli_explain_text_way(struct buf *out, const struct cli_explanation *e);
void cli_explain_text_mx(struct buf *out, const struct cli_explanation *e);
void cli_explain_text_sts(struct buf *out, const struct cli_explanation *e);
void cli_explain_text_unchecked(struct buf *out, const char *zone,
    unsigned int algorithm, unsigned int digest, unsigned int iterations);
void cli_explain_text_host(struct buf *out, const struct cli_explanation *e,
    size_t host);
void cli_explain_text_verdicts(struct buf *out, const struct cli_explanation *e,
    size_t host);
void cli_explain_text_connect(struct buf *out, const struct cli_explanation *e,
    size_t host, size_t address);
void cli_explain_text_session(struct buf *out,
    const struct cli_explain_session *s);
void cli_explain_text_result(struct buf *out, const struct cli_explanation *e);

/* --- explain_json.c: one document; a pass after a fallback is within the one
 * before, as "retry" */

void cli_explain_json_start(struct json *j, const struct cli_explanation *e);
void cli_explain_json_pass(struct json *j, const struct cli_explanation *e);
void cli_explain_json_end(struct json *j, const struct cli_explanation *e);

#endif
