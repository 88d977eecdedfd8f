/*
 * The table of all settings (tlsq.toml(5)): pattern, type, default,
 * bounds, and the field of the snapshot that a value goes into.
 *
 * Not in it, since they are no settings of one value: queue.strategy.<kind>
 * (rules) and lookup.<map>.<key>.
 */
#ifndef TLSQ_CONF_KEYS_IMPL_H
#define TLSQ_CONF_KEYS_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which object a setting belongs to. */
enum conf_scope {
	SCOPE_GLOBAL, SCOPE_TLS, SCOPE_ROUTE, SCOPE_CONNECTION,
	SCOPE_SCHEDULE, SCOPE_VIRTUAL, SCOPE_COUNT
};

enum conf_type {
	TYPE_WORD, TYPE_BOOLEAN, TYPE_INTEGER, TYPE_SIZE, TYPE_SPACE, TYPE_DURATION,
	TYPE_DURATIONS, TYPE_TEXT, TYPE_PATH, TYPE_SECRET, TYPE_HOST,
	TYPE_EHLO, TYPE_ADDRESSES, TYPE_LISTEN, TYPE_HEADER, TYPE_MAILBOX,
	TYPE_ID, TYPE_EXPRESSION, TYPE_ALLOW_INVALID
};

struct conf_word {
	const char *name;	/* NULL ends a list */
	int value;
};

/* Grouped by scope, in the order of the manual.  Those of a TLS strategy are the
 * columns of its row. */
enum conf_key_id {
	KEY_TLS_DANE, KEY_TLS_MTA_STS, KEY_TLS_STARTTLS,
	KEY_TLS_ALLOW_INVALID, KEY_TLS_TIMEOUT_TLS, KEY_TLS_TIMEOUT_MTA_STS,
	KEY_TLS_ON_FAILURE, KEY_TLS_MIN_VERSION,
	KEY_ROUTE_TYPE, KEY_ROUTE_ADDRESS, KEY_ROUTE_PORT,
	KEY_ROUTE_IMPLICIT, KEY_ROUTE_ALLOW_INVALID, KEY_ROUTE_USERNAME,
	KEY_ROUTE_SECRET, KEY_ROUTE_LIMITS_MX, KEY_ROUTE_MULTIHOMED,
	KEY_ROUTE_IP_LOOKUP,
	KEY_CONNECTION_EHLO, KEY_CONNECTION_SOURCE_IPS, KEY_CONNECTION_PORT,
	KEY_CONNECTION_CONNECT, KEY_CONNECTION_GREETING,
	KEY_CONNECTION_TIMEOUT_EHLO, KEY_CONNECTION_MAIL_FROM,
	KEY_CONNECTION_RCPT_TO, KEY_CONNECTION_DATA,
	KEY_SCHEDULE_RETRY, KEY_SCHEDULE_NOTIFY, KEY_SCHEDULE_EXPIRE,
	KEY_SCHEDULE_MAX_ATTEMPTS, KEY_SCHEDULE_QUEUE_NAME,
	KEY_VIRTUAL_THREADS,
	KEY_TLS_REQUIRED_NO, KEY_REQUIRETLS, KEY_RETENTION, KEY_LIMIT_SESSIONS,
	KEY_LIMIT_MESSAGES, KEY_LIMIT_RECIPIENTS, KEY_LIMIT_FREE_SPACE,
	KEY_DNS_TIMEOUT, KEY_DNS_UNBOUND_CONFIG, KEY_DNS_TRUST_ANCHOR,
	KEY_MTA_STS_CA_FILE, KEY_MTA_STS_PORT, KEY_TLS_CA_FILE,
	KEY_MILTER_TAKE, KEY_MILTER_TLS_STRATEGY, KEY_MILTER_HEADER,
	KEY_MILTER_FAILING, KEY_MILTER_MAX_AGE, KEY_MILTER_PROBE,
	KEY_MILTER_WAIT, KEY_MILTER_MAX_SIZE,
	KEY_HTTP_LISTEN,
	KEY_REPORT_ENABLE, KEY_REPORT_FROM, KEY_REPORT_ORG,
	KEY_REPORT_CONTACT, KEY_REPORT_ONLY_FAILURES, KEY_REPORT_MAX,
	KEY_DSN_FROM_NAME, KEY_DSN_FROM_ADDRESS,
	KEY_COUNT
};

struct conf_key {
	const char *pattern;	/* <id> stands for any one part */
	enum conf_scope scope;
	enum conf_type type;
	const char *initial;	/* as text of struct conf_setting_row; or NULL */
	int64_t min, max;	/* INTEGER, SIZE; seconds for durations */
	size_t min_count;	/* lists: fewest elements */
	const struct conf_word *words;
	size_t field;		/* offset in the object of the scope */
	/* ALLOW_INVALID, SECRET: the other form; DURATIONS: how many */
	size_t second_field;
};

extern const struct conf_key conf_keys[KEY_COUNT];

/* A full key in parts; they are borrowed. */
enum { KEY_PARTS_MAX = 6, KEY_ID_MAX = 64 };
struct conf_parts {
	const char *part[KEY_PARTS_MAX];
	size_t count;
};

/*
 * Finds the key of the parts; *id_r is the part in the place of <id>, or NULL.
 * Returns KEY_COUNT where there is none.
 */
enum conf_key_id conf_keys_find(const struct conf_parts *parts,
    const char **id_r);
/* The same for a full key of the table setting; id is "" where it has none. */
enum conf_key_id conf_keys_find_stored(const char *full,
    char id[KEY_ID_MAX + 1]);
/* A key that the parts are the beginning of ("queue.tls", "queue.tls.x"). */
enum conf_key_id conf_keys_find_below(const struct conf_parts *parts);
/* Letters, digits, "-" and "_": so that a full key has one reading. */
bool conf_keys_id_is_valid(const char *id);
/* The known key nearest to full, ids kept; NULL if none is near.  To free. */
char *conf_keys_nearest(const char *full);
/* "<id>" in the pattern replaced; to free. */
char *conf_keys_full(enum conf_key_id key, const char *id)
    __attribute__((returns_nonnull));

#endif
