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

#define FIELD(object, name) .field = offsetof(struct object, name)
#define SECOND_FIELD(object, name) .second_field = offsetof(struct object, name)
#define TIMEOUT .type = TYPE_DURATION, .min = 1, .max = DAY
#define PORT .type = TYPE_INTEGER, .min = 1, .max = 65535

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
	[KEY_TLS_DANE] = { .pattern = "queue.tls.<id>.dane",
		.scope = SCOPE_TLS, .type = TYPE_WORD, .words = wishes,
		.initial = "optional", FIELD(conf_tls_strategy, wants.dane) },
	[KEY_TLS_MTA_STS] = { .pattern = "queue.tls.<id>.mta-sts",
		.scope = SCOPE_TLS, .type = TYPE_WORD, .words = wishes,
		.initial = "optional", FIELD(conf_tls_strategy, wants.mta_sts) },
	[KEY_TLS_STARTTLS] = { .pattern = "queue.tls.<id>.starttls",
		.scope = SCOPE_TLS, .type = TYPE_WORD, .words = wishes,
		.initial = "optional", FIELD(conf_tls_strategy, wants.starttls) },
	[KEY_TLS_ALLOW_INVALID] = {
		.pattern = "queue.tls.<id>.allow-invalid-certs",
		.scope = SCOPE_TLS, .type = TYPE_ALLOW_INVALID,
		.initial = "false",
		FIELD(conf_tls_strategy, allow_invalid_certs),
		SECOND_FIELD(conf_tls_strategy, allow_invalid_expression) },
	[KEY_TLS_TIMEOUT_TLS] = { .pattern = "queue.tls.<id>.timeout.tls",
		.scope = SCOPE_TLS, TIMEOUT, .initial = "3m",
		FIELD(conf_tls_strategy, timeout_tls_s) },
	[KEY_TLS_TIMEOUT_MTA_STS] = {
		.pattern = "queue.tls.<id>.timeout.mta-sts",
		.scope = SCOPE_TLS, TIMEOUT, .initial = "5m",
		FIELD(conf_tls_strategy, timeout_mta_sts_s) },
	[KEY_TLS_ON_FAILURE] = { .pattern = "queue.tls.<id>.on-policy-failure",
		.scope = SCOPE_TLS, .type = TYPE_WORD,
		.words = policy_failures, .initial = "defer",
		FIELD(conf_tls_strategy, on_policy_failure) },
	[KEY_TLS_MIN_VERSION] = { .pattern = "queue.tls.<id>.min-version",
		.scope = SCOPE_TLS, .type = TYPE_WORD, .words = tls_versions,
		.initial = "1.2", FIELD(conf_tls_strategy, min_version) },

	[KEY_ROUTE_TYPE] = { .pattern = "queue.route.<id>.type",
		.scope = SCOPE_ROUTE, .type = TYPE_WORD, .words = route_types,
		FIELD(conf_route, type) },
	[KEY_ROUTE_ADDRESS] = { .pattern = "queue.route.<id>.address",
		.scope = SCOPE_ROUTE, .type = TYPE_HOST,
		FIELD(conf_route, address) },
	[KEY_ROUTE_PORT] = { .pattern = "queue.route.<id>.port",
		.scope = SCOPE_ROUTE, PORT, .initial = "25",
		FIELD(conf_route, port) },
	[KEY_ROUTE_IMPLICIT] = { .pattern = "queue.route.<id>.tls.implicit",
		.scope = SCOPE_ROUTE, .type = TYPE_BOOLEAN, .initial = "false",
		FIELD(conf_route, tls_implicit) },
	[KEY_ROUTE_ALLOW_INVALID] = {
		.pattern = "queue.route.<id>.tls.allow-invalid-certs",
		.scope = SCOPE_ROUTE, .type = TYPE_BOOLEAN, .initial = "false",
		FIELD(conf_route, tls_allow_invalid_certs) },
	[KEY_ROUTE_USERNAME] = { .pattern = "queue.route.<id>.auth.username",
		.scope = SCOPE_ROUTE, .type = TYPE_TEXT,
		FIELD(conf_route, auth_username) },
	[KEY_ROUTE_SECRET] = { .pattern = "queue.route.<id>.auth.secret",
		.scope = SCOPE_ROUTE, .type = TYPE_SECRET,
		FIELD(conf_route, auth_secret),
		SECOND_FIELD(conf_route, auth_secret_file) },
	[KEY_ROUTE_LIMITS_MX] = { .pattern = "queue.route.<id>.limits.mx",
		.scope = SCOPE_ROUTE, .type = TYPE_INTEGER, .min = 1,
		.max = 100, .initial = "5", FIELD(conf_route, limits_mx) },
	[KEY_ROUTE_MULTIHOMED] = {
		.pattern = "queue.route.<id>.limits.multihomed",
		.scope = SCOPE_ROUTE, .type = TYPE_INTEGER, .min = 1,
		.max = 100, .initial = "2",
		FIELD(conf_route, limits_multihomed) },
	[KEY_ROUTE_IP_LOOKUP] = { .pattern = "queue.route.<id>.ip-lookup",
		.scope = SCOPE_ROUTE, .type = TYPE_WORD, .words = ip_lookups,
		.initial = "ipv4_then_ipv6", FIELD(conf_route, ip_lookup) },

	[KEY_CONNECTION_EHLO] = {
		.pattern = "queue.connection.<id>.ehlo-hostname",
		.scope = SCOPE_CONNECTION, .type = TYPE_EHLO,
		FIELD(conf_connection, ehlo_hostname) },
	[KEY_CONNECTION_SOURCE_IPS] = {
		.pattern = "queue.connection.<id>.source-ips",
		.scope = SCOPE_CONNECTION, .type = TYPE_ADDRESSES,
		FIELD(conf_connection, source_ips) },
	[KEY_CONNECTION_PORT] = { .pattern = "queue.connection.<id>.port",
		.scope = SCOPE_CONNECTION, PORT, .initial = "25",
		FIELD(conf_connection, port) },
	/* RFC 5321 4.5.3.2 */
	[KEY_CONNECTION_CONNECT] = {
		.pattern = "queue.connection.<id>.timeout.connect",
		.scope = SCOPE_CONNECTION, TIMEOUT, .initial = "5m",
		FIELD(conf_connection, timeout_connect_s) },
	[KEY_CONNECTION_GREETING] = {
		.pattern = "queue.connection.<id>.timeout.greeting",
		.scope = SCOPE_CONNECTION, TIMEOUT, .initial = "5m",
		FIELD(conf_connection, timeout_greeting_s) },
	[KEY_CONNECTION_TIMEOUT_EHLO] = {
		.pattern = "queue.connection.<id>.timeout.ehlo",
		.scope = SCOPE_CONNECTION, TIMEOUT, .initial = "5m",
		FIELD(conf_connection, timeout_ehlo_s) },
	[KEY_CONNECTION_MAIL_FROM] = {
		.pattern = "queue.connection.<id>.timeout.mail-from",
		.scope = SCOPE_CONNECTION, TIMEOUT, .initial = "5m",
		FIELD(conf_connection, timeout_mail_from_s) },
	[KEY_CONNECTION_RCPT_TO] = {
		.pattern = "queue.connection.<id>.timeout.rcpt-to",
		.scope = SCOPE_CONNECTION, TIMEOUT, .initial = "5m",
		FIELD(conf_connection, timeout_rcpt_to_s) },
	[KEY_CONNECTION_DATA] = {
		.pattern = "queue.connection.<id>.timeout.data",
		.scope = SCOPE_CONNECTION, TIMEOUT, .initial = "10m",
		FIELD(conf_connection, timeout_data_s) },

	[KEY_SCHEDULE_RETRY] = { .pattern = "queue.schedule.<id>.retry",
		.scope = SCOPE_SCHEDULE, .type = TYPE_DURATIONS, .min = 1,
		.max = 365 * DAY, .min_count = 1,
		.initial = "[\"2m\",\"5m\",\"10m\",\"15m\",\"30m\",\"1h\","
		    "\"2h\"]",
		FIELD(conf_schedule, retry.retry_s),
		SECOND_FIELD(conf_schedule, retry.n_retry) },
	[KEY_SCHEDULE_NOTIFY] = { .pattern = "queue.schedule.<id>.notify",
		.scope = SCOPE_SCHEDULE, .type = TYPE_DURATIONS, .min = 1,
		.max = 365 * DAY, .initial = "[\"1d\",\"3d\"]",
		FIELD(conf_schedule, notify.item_s),
		SECOND_FIELD(conf_schedule, notify.count) },
	[KEY_SCHEDULE_EXPIRE] = { .pattern = "queue.schedule.<id>.expire",
		.scope = SCOPE_SCHEDULE, .type = TYPE_DURATION, .min = 1,
		.max = 3650 * (int64_t)DAY, .initial = "5d",
		FIELD(conf_schedule, retry.expire_s) },
	[KEY_SCHEDULE_MAX_ATTEMPTS] = {
		.pattern = "queue.schedule.<id>.max-attempts",
		.scope = SCOPE_SCHEDULE, .type = TYPE_INTEGER, .min = 1,
		.max = 1000000, FIELD(conf_schedule, retry.max_attempts) },
	[KEY_SCHEDULE_QUEUE_NAME] = {
		.pattern = "queue.schedule.<id>.queue-name",
		.scope = SCOPE_SCHEDULE, .type = TYPE_ID, .initial = "default",
		FIELD(conf_schedule, queue_name) },

	[KEY_VIRTUAL_THREADS] = {
		.pattern = "queue.virtual.<id>.threads-per-node",
		.scope = SCOPE_VIRTUAL, .type = TYPE_INTEGER, .min = 1,
		.max = 100000, .initial = "100",
		FIELD(conf_virtual, threads_per_node) },

	[KEY_TLS_REQUIRED_NO] = { .pattern = "queue.tls-required-no",
		.type = TYPE_WORD, .words = tls_required_no,
		.initial = "optional", FIELD(conf, queue.tls_required_no) },
	[KEY_RETENTION] = { .pattern = "queue.retention",
		.type = TYPE_DURATION, .max = 36500 * (int64_t)DAY,
		.initial = "7d", FIELD(conf, queue.retention_s) },
	[KEY_LIMIT_SESSIONS] = { .pattern = "queue.limit.sessions-per-domain",
		.type = TYPE_INTEGER, .min = 1, .max = 100000,
		.initial = "20", FIELD(conf, queue.sessions_per_domain) },
	[KEY_LIMIT_MESSAGES] = { .pattern = "queue.limit.messages-per-session",
		.type = TYPE_INTEGER, .min = 1, .max = 1000000,
		.initial = "100", FIELD(conf, queue.messages_per_session) },
	[KEY_LIMIT_RECIPIENTS] = {
		.pattern = "queue.limit.recipients-per-transaction",
		.type = TYPE_INTEGER, .min = 1, .max = 100000,
		.initial = "100",
		FIELD(conf, queue.recipients_per_transaction) },

	/* Read by the spool itself: every door asks it, with a configuration
	 * or without. */
	[KEY_LIMIT_FREE_SPACE] = {
		.pattern = "queue.limit.min-free-space",
		.type = TYPE_SPACE, .max = INT64_C(1) << 50,
		FIELD(conf, queue.min_free_space) },

	[KEY_DNS_TIMEOUT] = { .pattern = "dns.timeout", TIMEOUT,
		.initial = "30s", FIELD(conf, dns.timeout_s) },
	[KEY_DNS_UNBOUND_CONFIG] = { .pattern = "dns.unbound-config",
		.type = TYPE_PATH, FIELD(conf, dns.unbound_config) },
	[KEY_DNS_TRUST_ANCHOR] = { .pattern = "dns.trust-anchor",
		.type = TYPE_PATH, FIELD(conf, dns.trust_anchor) },
	[KEY_MTA_STS_CA_FILE] = { .pattern = "mta-sts.ca-file",
		.type = TYPE_PATH, FIELD(conf, mta_sts.ca_file) },
	[KEY_MTA_STS_PORT] = { .pattern = "mta-sts.port", PORT,
		.initial = "443", FIELD(conf, mta_sts.port) },
	[KEY_TLS_CA_FILE] = { .pattern = "tls.ca-file",
		.type = TYPE_PATH, FIELD(conf, tls.ca_file) },

	/* Sendmail gives {rcpt_host} with the final dot of the root. */
	[KEY_MILTER_TAKE] = { .pattern = "milter.take",
		.type = TYPE_EXPRESSION,
		.initial = "rcpt_mailer == 'tlsq' || (rcpt_mailer IN ('esmtp',"
		    " 'smtp', 'smtp8', 'dsmtp') && lower(rtrim(rcpt_host,"
		    " '.')) == lower(rcpt_domain))",
		FIELD(conf, milter.take) },
	[KEY_MILTER_TLS_STRATEGY] = { .pattern = "milter.tls-strategy",
		.type = TYPE_EXPRESSION, .initial = "NULL",
		FIELD(conf, milter.tls_strategy) },
	[KEY_MILTER_HEADER] = { .pattern = "milter.strategy-header",
		.type = TYPE_HEADER, .initial = "",
		FIELD(conf, milter.strategy_header) },
	[KEY_MILTER_FAILING] = { .pattern = "milter.failing-domains",
		.type = TYPE_WORD, .words = failing_domains,
		.initial = "accept", FIELD(conf, milter.failing_domains) },
	[KEY_MILTER_MAX_AGE] = { .pattern = "milter.failing-max-age",
		.type = TYPE_DURATION, .max = 365 * DAY, .initial = "1h",
		FIELD(conf, milter.failing_max_age_s) },
	[KEY_MILTER_PROBE] = { .pattern = "milter.failing-probe",
		.type = TYPE_DURATION, .min = 1, .max = 365 * DAY,
		.initial = "10m", FIELD(conf, milter.failing_probe_s) },
	[KEY_MILTER_WAIT] = { .pattern = "milter.wait",
		.type = TYPE_DURATION, .max = HOUR, .initial = "0s",
		FIELD(conf, milter.wait_s) },
	[KEY_MILTER_MAX_SIZE] = { .pattern = "milter.max-message-size",
		.type = TYPE_SIZE, .min = 1, .max = INT64_C(1) << 40,
		.initial = "52428800", FIELD(conf, milter.max_message_size) },

	[KEY_HTTP_LISTEN] = { .pattern = "http.listen", .type = TYPE_LISTEN,
		.initial = "", FIELD(conf, http.listen) },

	[KEY_REPORT_ENABLE] = { .pattern = "report.tls.enable",
		.type = TYPE_BOOLEAN, .initial = "false",
		FIELD(conf, report.tls_enable) },
	[KEY_REPORT_FROM] = { .pattern = "report.tls.from",
		.type = TYPE_MAILBOX, FIELD(conf, report.tls_from) },
	[KEY_REPORT_ORG] = { .pattern = "report.tls.org-name",
		.type = TYPE_TEXT, FIELD(conf, report.tls_org_name) },
	[KEY_REPORT_CONTACT] = { .pattern = "report.tls.contact-info",
		.type = TYPE_TEXT, FIELD(conf, report.tls_contact_info) },
	[KEY_DSN_FROM_NAME] = { .pattern = "report.dsn.from-name",
		.type = TYPE_TEXT, .initial = "Mail Delivery Subsystem",
		FIELD(conf, report.dsn_from_name) },
	[KEY_DSN_FROM_ADDRESS] = { .pattern = "report.dsn.from-address",
		.type = TYPE_MAILBOX, FIELD(conf, report.dsn_from_address) },
};
