/*
 * The configuration, typed and with the defaults filled in, for programs that
 * run: made of rows (conf/rows.h), which is what the database holds.  An object
 * that is configured (queue.route.local, say) replaces the shipped one of that id
 * altogether.
 *
 * Nothing here blocks, does I/O or knows the database.  Results belong to the
 * caller, are never changed after they are made, and may be read by any number
 * of threads.
 */
#ifndef TLSQ_CONF_CONFIG_H
#define TLSQ_CONF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "conf/rows.h"
#include "policy/decide.h"
#include "policy/retry.h"

/*
 * Appends the rows as TOML, in the order of the manual and then by id, whatever
 * order they came in; what is as shipped is left out.  `tlsq load` makes the
 * same rows of it.  EX_CONFIG, naming the key, where a row is none that
 * `tlsq load` would have stored.
 */
bool conf_rows_print(struct buf *out, const struct conf_rows *rows,
    struct error *err) MUST_CHECK;

/* "90s", "3m", "4h", "5d", "90" (seconds) */
bool conf_syntax_duration(const char *text, int64_t *seconds_r);

/* --- the snapshot ----------------------------------------------------- */

enum conf_allow_invalid {
	CONF_INVALID_REFUSE, CONF_INVALID_ALLOW, CONF_INVALID_BY_EXPRESSION
};

enum conf_policy_failure { CONF_FAILURE_DEFER, CONF_FAILURE_BOUNCE };
enum conf_tls_version { CONF_TLS_1_3, CONF_TLS_1_2 };

struct conf_tls_strategy {
	const char *id;
	struct policy_wants wants;
	enum conf_allow_invalid allow_invalid_certs;
	const char *allow_invalid_expression; /* else NULL */
	int64_t timeout_tls_s, timeout_mta_sts_s;
	enum conf_policy_failure on_policy_failure;
	enum conf_tls_version min_version;
};

enum conf_route_type { CONF_ROUTE_UNSET, CONF_ROUTE_MX, CONF_ROUTE_RELAY };
enum conf_ip_lookup {
	CONF_IP_V4_THEN_V6, CONF_IP_V6_THEN_V4, CONF_IP_V4_ONLY,
	CONF_IP_V6_ONLY
};

struct conf_route {
	const char *id;
	enum conf_route_type type;
	/* relay */
	const char *address;	/* host name or address literal, no brackets */
	int port;
	bool tls_implicit, tls_allow_invalid_certs;
	const char *auth_username; /* NULL: no authentication */
	const char *auth_secret; /* NULL where it stands in a file */
	const char *auth_secret_file; /* path for the runner to read, or NULL */
	/* mx */
	int limits_mx, limits_multihomed; /* hosts; addresses of each */
	enum conf_ip_lookup ip_lookup;
};

struct conf_texts {
	const char *const *item;
	size_t count;
};

struct conf_durations {
	const int64_t *item_s;
	size_t count;
};

struct conf_connection {
	const char *id;
	const char *ehlo_hostname; /* NULL: the system's host name */
	struct conf_texts source_ips; /* IPv4 and IPv6 address texts */
	int port;
	int64_t timeout_connect_s, timeout_greeting_s, timeout_ehlo_s,
	    timeout_mail_from_s, timeout_rcpt_to_s, timeout_data_s;
};

struct conf_schedule {
	const char *id;
	struct policy_retry_schedule retry;
	struct conf_durations notify; /* rising, since the message came */
	const char *queue_name;	/* a virtual queue that exists */
};

struct conf_virtual {
	const char *id;
	int threads_per_node;	/* sessions at a time */
};

/* The first rule whose condition holds gives the result; the last has none. */
struct conf_rule {
	const char *condition;	/* NULL: always */
	const char *result;
};

struct conf_rules {
	const struct conf_rule *item;
	size_t count;		/* at least 1 */
};

/* An expression that was given, for who knows their language. */
struct conf_expression {
	const char *key, *text;
	unsigned int line;	/* 0: of a table */
	int position;		/* in a list of rules, else -1 */
	bool milter;		/* its variables are the milter's */
	bool condition;		/* it is true or false; else it gives an id */
	bool or_null;		/* or none */
	bool words;		/* it gives a word that is no id */
	bool known;		/* that is there: it is nothing but the id */
	enum conf_rule_kind kind; /* of what that is the id */
};

enum conf_failing_domains {
	CONF_FAILING_REJECT, CONF_FAILING_TEMPFAIL, CONF_FAILING_ACCEPT
};

/* NULL paths mean the system's own (tlsq.toml(5)). */
struct conf_queue_settings {
	enum policy_required_no tls_required_no;
	const char *requiretls;	/* expression; never NULL */
	int sessions_per_domain, messages_per_session,
	    recipients_per_transaction;
	int64_t retention_s;
	const char *min_free_space; /* octets or "5%"; NULL: the spool's own */
};

struct conf_dns_settings {
	int64_t timeout_s;
	const char *unbound_config; /* NULL: full recursion */
	const char *trust_anchor; /* NULL: Debian's dns-root-data */
};

struct conf_mta_sts_settings {
	const char *ca_file;
	int port;
};

struct conf_tls_settings {
	const char *ca_file;
};

struct conf_milter_settings {
	const char *take;	/* expression; never NULL */
	const char *tls_strategy; /* expression; "NULL" pins none */
	const char *strategy_header; /* "" is off */
	enum conf_failing_domains failing_domains;
	int64_t failing_max_age_s, failing_probe_s, wait_s;
	int64_t max_message_size; /* octets */
};

struct conf_http_settings {
	const char *listen;	/* "" is off */
};

struct conf_report_settings {
	bool tls_enable, tls_only_failures;
	int tls_max_per_day;
	const char *tls_from, *tls_org_name, *tls_contact_info; /* or NULL */
	const char *dsn_from_name;
	const char *dsn_from_address; /* NULL: MAILER-DAEMON at host name */
};

struct conf {
	struct conf_rules rules[CONF_RULE_COUNT];
	struct conf_queue_settings queue;
	struct conf_dns_settings dns;
	struct conf_mta_sts_settings mta_sts;
	struct conf_tls_settings tls;
	struct conf_milter_settings milter;
	struct conf_http_settings http;
	struct conf_report_settings report;
	const struct conf_lookup_row *lookup; /* the maps */
	size_t lookup_count;
	const struct conf_expression *expression; /* what was given */
	size_t expression_count;
	struct conf_store *store; /* private: objects by id, texts */
};

/*
 * Makes the snapshot; rows may be freed afterwards.  NULL rows, or none, give
 * the defaults.  EX_CONFIG, naming the key, where a stored value does not
 * parse, a key is unknown, or objects contradict each other: the same checks
 * as at load, since the tables can be edited by hand.  Expressions are not
 * compiled here.
 */
bool conf_build(struct conf **conf_r, const struct conf_rows *rows,
    struct error *err) MUST_CHECK;
void conf_free(struct conf **conf);

/*
 * Objects by id, the shipped ones included.  NULL: there is none of that id (an
 * error for the attempt that asked; never a reason to take the default).
 */
const struct conf_tls_strategy *conf_tls_strategy(const struct conf *conf,
    const char *id);
const struct conf_route *conf_route(const struct conf *conf, const char *id);
const struct conf_connection *conf_connection(const struct conf *conf,
    const char *id);
const struct conf_schedule *conf_schedule(const struct conf *conf,
    const char *id);
const struct conf_virtual *conf_virtual(const struct conf *conf,
    const char *id);

/* The longest of all schedules: between two attempts; until mail expires. */
int64_t conf_longest_retry_s(const struct conf *conf);
int64_t conf_longest_expire_s(const struct conf *conf);

#endif
