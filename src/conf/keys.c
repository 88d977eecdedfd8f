/*
 * The table of all settings.  A default is written as a stored value is, and
 * goes the same way into the snapshot.
 */
#include "conf/keys_impl.h"

#include <assert.h>

#include "conf/config.h"

static_assert(KEY_TLS_MIN_VERSION - KEY_TLS_DANE + 1 == CONF_TLS_COLUMN_COUNT,
    "a key for each column");

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* The object that a key is of, and its field there. */
#define CONF(name) .field = offsetof(struct conf, name)
#define TLS(name) .scope = SCOPE_TLS, \
	.field = offsetof(struct conf_tls_strategy, name)
#define ROUTE(name) .scope = SCOPE_ROUTE, \
	.field = offsetof(struct conf_route, name)
#define CONNECTION(name) .scope = SCOPE_CONNECTION, \
	.field = offsetof(struct conf_connection, name)
#define SCHEDULE(name) .scope = SCOPE_SCHEDULE, \
	.field = offsetof(struct conf_schedule, name)
#define VIRTUAL(name) .scope = SCOPE_VIRTUAL, \
	.field = offsetof(struct conf_virtual, name)
#define SECOND(object, name) .second_field = offsetof(struct object, name)
/* Types with their bounds and the default. */
#define WORD(list, text) .type = TYPE_WORD, .words = (list), .initial = (text)
#define BOOLEAN .type = TYPE_BOOLEAN, .initial = "false"
#define INTEGER(least, most, text) .type = TYPE_INTEGER, \
	.min = (least), .max = (most), .initial = (text)
#define DURATION(least, most, text) .type = TYPE_DURATION, \
	.min = (least), .max = (most), .initial = (text)
#define TIMEOUT(text) DURATION(1, DAY, text)
#define PORT(text) INTEGER(1, 65535, text)

static const struct conf_word wishes[] = {
	{ .name = "optional", .value = WANT_OPTIONAL },
	{ .name = "require", .value = WANT_REQUIRE },
	{ .name = "disable", .value = WANT_DISABLE },
	{ .name = NULL },
};

static const struct conf_word policy_failures[] = {
	{ .name = "defer", .value = CONF_FAILURE_DEFER },
	{ .name = "bounce", .value = CONF_FAILURE_BOUNCE },
	{ .name = NULL },
};

static const struct conf_word tls_versions[] = {
	{ .name = "1.2", .value = CONF_TLS_1_2 },
	{ .name = "1.3", .value = CONF_TLS_1_3 },
	{ .name = NULL },
};

static const struct conf_word route_types[] = {
	{ .name = "mx", .value = CONF_ROUTE_MX },
	{ .name = "relay", .value = CONF_ROUTE_RELAY },
	{ .name = NULL },
};

static const struct conf_word ip_lookups[] = {
	{ .name = "ipv4_then_ipv6", .value = CONF_IP_V4_THEN_V6 },
	{ .name = "ipv6_then_ipv4", .value = CONF_IP_V6_THEN_V4 },
	{ .name = "ipv4_only", .value = CONF_IP_V4_ONLY },
	{ .name = "ipv6_only", .value = CONF_IP_V6_ONLY },
	{ .name = NULL },
};

static const struct conf_word tls_required_no[] = {
	{ .name = "optional", .value = REQUIRED_NO_OPTIONAL },
	{ .name = "always", .value = REQUIRED_NO_ALWAYS },
	{ .name = "never", .value = REQUIRED_NO_NEVER },
	{ .name = NULL },
};

static const struct conf_word failing_domains[] = {
	{ .name = "accept", .value = CONF_FAILING_ACCEPT },
	{ .name = "tempfail", .value = CONF_FAILING_TEMPFAIL },
	{ .name = "reject", .value = CONF_FAILING_REJECT },
	{ .name = NULL },
};

const struct conf_key conf_keys[KEY_COUNT] = {
	[KEY_TLS_DANE] = { .pattern = "queue.tls.<id>.dane", TLS(wants.dane),
		WORD(wishes, "optional") },
	[KEY_TLS_MTA_STS] = { .pattern = "queue.tls.<id>.mta-sts",
		TLS(wants.mta_sts), WORD(wishes, "optional") },
	[KEY_TLS_STARTTLS] = { .pattern = "queue.tls.<id>.starttls",
		TLS(wants.starttls), WORD(wishes, "optional") },
	[KEY_TLS_ALLOW_INVALID] = {
		.pattern = "queue.tls.<id>.allow-invalid-certs",
		TLS(allow_invalid_certs),
		SECOND(conf_tls_strategy, allow_invalid_expression),
		.type = TYPE_ALLOW_INVALID, .initial = "false" },
	[KEY_TLS_TIMEOUT_TLS] = { .pattern = "queue.tls.<id>.timeout.tls",
		TLS(timeout_tls_s), TIMEOUT("3m") },
	[KEY_TLS_TIMEOUT_MTA_STS] = {
		.pattern = "queue.tls.<id>.timeout.mta-sts",
		TLS(timeout_mta_sts_s), TIMEOUT("5m") },
	[KEY_TLS_ON_FAILURE] = { .pattern = "queue.tls.<id>.on-policy-failure",
		TLS(on_policy_failure), WORD(policy_failures, "defer") },
	[KEY_TLS_MIN_VERSION] = { .pattern = "queue.tls.<id>.min-version",
		TLS(min_version), WORD(tls_versions, "1.2") },

	[KEY_ROUTE_TYPE] = { .pattern = "queue.route.<id>.type", ROUTE(type),
		WORD(route_types, NULL) },
	[KEY_ROUTE_ADDRESS] = { .pattern = "queue.route.<id>.address",
		ROUTE(address), .type = TYPE_HOST },
	[KEY_ROUTE_PORT] = { .pattern = "queue.route.<id>.port", ROUTE(port),
		PORT("25") },
	[KEY_ROUTE_IMPLICIT] = { .pattern = "queue.route.<id>.tls.implicit",
		ROUTE(tls_implicit), BOOLEAN },
	[KEY_ROUTE_ALLOW_INVALID] = {
		.pattern = "queue.route.<id>.tls.allow-invalid-certs",
		ROUTE(tls_allow_invalid_certs), BOOLEAN },
	[KEY_ROUTE_USERNAME] = { .pattern = "queue.route.<id>.auth.username",
		ROUTE(auth_username), .type = TYPE_TEXT },
	[KEY_ROUTE_SECRET] = { .pattern = "queue.route.<id>.auth.secret",
		ROUTE(auth_secret), SECOND(conf_route, auth_secret_file),
		.type = TYPE_SECRET },
	[KEY_ROUTE_LIMITS_MX] = { .pattern = "queue.route.<id>.limits.mx",
		ROUTE(limits_mx), INTEGER(1, 100, "5") },
	[KEY_ROUTE_MULTIHOMED] = {
		.pattern = "queue.route.<id>.limits.multihomed",
		ROUTE(limits_multihomed), INTEGER(1, 100, "2") },
	[KEY_ROUTE_IP_LOOKUP] = { .pattern = "queue.route.<id>.ip-lookup",
		ROUTE(ip_lookup), WORD(ip_lookups, "ipv4_then_ipv6") },

	[KEY_CONNECTION_EHLO] = {
		.pattern = "queue.connection.<id>.ehlo-hostname",
		CONNECTION(ehlo_hostname), .type = TYPE_EHLO },
	[KEY_CONNECTION_SOURCE_IPS] = {
		.pattern = "queue.connection.<id>.source-ips",
		CONNECTION(source_ips), .type = TYPE_ADDRESSES },
	[KEY_CONNECTION_PORT] = { .pattern = "queue.connection.<id>.port",
		CONNECTION(port), PORT("25") },
	/* RFC 5321 4.5.3.2 */
	[KEY_CONNECTION_CONNECT] = {
		.pattern = "queue.connection.<id>.timeout.connect",
		CONNECTION(timeout_connect_s), TIMEOUT("5m") },
	[KEY_CONNECTION_GREETING] = {
		.pattern = "queue.connection.<id>.timeout.greeting",
		CONNECTION(timeout_greeting_s), TIMEOUT("5m") },
	[KEY_CONNECTION_TIMEOUT_EHLO] = {
		.pattern = "queue.connection.<id>.timeout.ehlo",
		CONNECTION(timeout_ehlo_s), TIMEOUT("5m") },
	[KEY_CONNECTION_MAIL_FROM] = {
		.pattern = "queue.connection.<id>.timeout.mail-from",
		CONNECTION(timeout_mail_from_s), TIMEOUT("5m") },
	[KEY_CONNECTION_RCPT_TO] = {
		.pattern = "queue.connection.<id>.timeout.rcpt-to",
		CONNECTION(timeout_rcpt_to_s), TIMEOUT("5m") },
	[KEY_CONNECTION_DATA] = {
		.pattern = "queue.connection.<id>.timeout.data",
		CONNECTION(timeout_data_s), TIMEOUT("10m") },

	[KEY_SCHEDULE_RETRY] = { .pattern = "queue.schedule.<id>.retry",
		SCHEDULE(retry.retry_s), SECOND(conf_schedule, retry.n_retry),
		.type = TYPE_DURATIONS, .min = 1, .max = 365 * DAY,
		.min_count = 1,
		.initial = "[\"2m\",\"5m\",\"10m\",\"15m\",\"30m\",\"1h\","
		    "\"2h\"]" },
	[KEY_SCHEDULE_NOTIFY] = { .pattern = "queue.schedule.<id>.notify",
		SCHEDULE(notify.item_s), SECOND(conf_schedule, notify.count),
		.type = TYPE_DURATIONS, .min = 1, .max = 365 * DAY,
		.initial = "[\"1d\",\"3d\"]" },
	[KEY_SCHEDULE_EXPIRE] = { .pattern = "queue.schedule.<id>.expire",
		SCHEDULE(retry.expire_s),
		DURATION(1, 3650 * (int64_t)DAY, "5d") },
	[KEY_SCHEDULE_MAX_ATTEMPTS] = {
		.pattern = "queue.schedule.<id>.max-attempts",
		SCHEDULE(retry.max_attempts), INTEGER(1, 1000000, NULL) },
	[KEY_SCHEDULE_QUEUE_NAME] = {
		.pattern = "queue.schedule.<id>.queue-name",
		SCHEDULE(queue_name), .type = TYPE_ID, .initial = "default" },

	[KEY_VIRTUAL_THREADS] = {
		.pattern = "queue.virtual.<id>.threads-per-node",
		VIRTUAL(threads_per_node), INTEGER(1, 100000, "100") },

	[KEY_TLS_REQUIRED_NO] = { .pattern = "queue.tls-required-no",
		CONF(queue.tls_required_no),
		WORD(tls_required_no, "optional") },
	[KEY_REQUIRETLS] = { .pattern = "queue.requiretls",
		CONF(queue.requiretls), .type = TYPE_EXPRESSION,
		.initial = "'enforce'" },
	[KEY_RETENTION] = { .pattern = "queue.retention",
		CONF(queue.retention_s),
		DURATION(0, 36500 * (int64_t)DAY, "7d") },
	[KEY_LIMIT_SESSIONS] = { .pattern = "queue.limit.sessions-per-domain",
		CONF(queue.sessions_per_domain), INTEGER(1, 100000, "20") },
	[KEY_LIMIT_MESSAGES] = { .pattern = "queue.limit.messages-per-session",
		CONF(queue.messages_per_session), INTEGER(1, 1000000, "100") },
	[KEY_LIMIT_RECIPIENTS] = {
		.pattern = "queue.limit.recipients-per-transaction",
		CONF(queue.recipients_per_transaction),
		INTEGER(1, 100000, "100") },

	/* Read by the spool itself: every door asks it, with a configuration
	 * or without. */
	[KEY_LIMIT_FREE_SPACE] = { .pattern = "queue.limit.min-free-space",
		CONF(queue.min_free_space), .type = TYPE_SPACE,
		.max = INT64_C(1) << 50 },

	[KEY_DNS_TIMEOUT] = { .pattern = "dns.timeout", CONF(dns.timeout_s),
		TIMEOUT("30s") },
	[KEY_DNS_UNBOUND_CONFIG] = { .pattern = "dns.unbound-config",
		CONF(dns.unbound_config), .type = TYPE_PATH },
	[KEY_DNS_TRUST_ANCHOR] = { .pattern = "dns.trust-anchor",
		CONF(dns.trust_anchor), .type = TYPE_PATH },
	[KEY_MTA_STS_CA_FILE] = { .pattern = "mta-sts.ca-file",
		CONF(mta_sts.ca_file), .type = TYPE_PATH },
	[KEY_MTA_STS_PORT] = { .pattern = "mta-sts.port", CONF(mta_sts.port),
		PORT("443") },
	[KEY_TLS_CA_FILE] = { .pattern = "tls.ca-file", CONF(tls.ca_file),
		.type = TYPE_PATH },

	/* Sendmail gives {rcpt_host} with the final dot of the root. */
	[KEY_MILTER_TAKE] = { .pattern = "milter.take", CONF(milter.take),
		.type = TYPE_EXPRESSION,
		.initial = "rcpt_mailer == 'tlsq' || (rcpt_mailer IN ('esmtp',"
		    " 'smtp', 'smtp8', 'dsmtp') && lower(rtrim(rcpt_host,"
		    " '.')) == lower(rcpt_domain))" },
	[KEY_MILTER_TLS_STRATEGY] = { .pattern = "milter.tls-strategy",
		CONF(milter.tls_strategy), .type = TYPE_EXPRESSION,
		.initial = "NULL" },
	[KEY_MILTER_HEADER] = { .pattern = "milter.strategy-header",
		CONF(milter.strategy_header), .type = TYPE_HEADER,
		.initial = "" },
	[KEY_MILTER_FAILING] = { .pattern = "milter.failing-domains",
		CONF(milter.failing_domains), WORD(failing_domains, "accept") },
	[KEY_MILTER_MAX_AGE] = { .pattern = "milter.failing-max-age",
		CONF(milter.failing_max_age_s), DURATION(0, 365 * DAY, "1h") },
	[KEY_MILTER_PROBE] = { .pattern = "milter.failing-probe",
		CONF(milter.failing_probe_s), DURATION(1, 365 * DAY, "10m") },
	[KEY_MILTER_WAIT] = { .pattern = "milter.wait", CONF(milter.wait_s),
		DURATION(0, HOUR, "0s") },
	[KEY_MILTER_MAX_SIZE] = { .pattern = "milter.max-message-size",
		CONF(milter.max_message_size), .type = TYPE_SIZE, .min = 1,
		.max = INT64_C(1) << 40, .initial = "52428800" },

	[KEY_HTTP_LISTEN] = { .pattern = "http.listen", CONF(http.listen),
		.type = TYPE_LISTEN, .initial = "" },

	[KEY_REPORT_ENABLE] = { .pattern = "report.tls.enable",
		CONF(report.tls_enable), BOOLEAN },
	[KEY_REPORT_FROM] = { .pattern = "report.tls.from",
		CONF(report.tls_from), .type = TYPE_MAILBOX },
	[KEY_REPORT_ORG] = { .pattern = "report.tls.org-name",
		CONF(report.tls_org_name), .type = TYPE_TEXT },
	[KEY_REPORT_CONTACT] = { .pattern = "report.tls.contact-info",
		CONF(report.tls_contact_info), .type = TYPE_TEXT },
	[KEY_REPORT_ONLY_FAILURES] = { .pattern = "report.tls.only-failures",
		CONF(report.tls_only_failures), BOOLEAN },
	[KEY_REPORT_MAX] = { .pattern = "report.tls.max-per-day",
		CONF(report.tls_max_per_day), INTEGER(0, 1000000, "1000") },
	[KEY_DSN_FROM_NAME] = { .pattern = "report.dsn.from-name",
		CONF(report.dsn_from_name), .type = TYPE_TEXT,
		.initial = "Mail Delivery Subsystem" },
	[KEY_DSN_FROM_ADDRESS] = { .pattern = "report.dsn.from-address",
		CONF(report.dsn_from_address), .type = TYPE_MAILBOX },
};
