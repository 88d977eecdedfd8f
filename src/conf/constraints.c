/*
 * What holds between settings: values that exclude or need each other, ids that
 * must exist.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"
#include "conf/value_impl.h"

/* On the key's line where it was given, else on that of the object. */
static void
constraint_complain(struct conf_builder *b, const struct conf_object *object,
    enum conf_key_id key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
constraint_complain(struct conf_builder *b, const struct conf_object *object,
    enum conf_key_id key, const char *fmt, ...)
{
	char *full = conf_keys_full(key, object->id), text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	toml_problems_add(b->problems, object->given[key].given ?
	    object->given[key].line : object->line, full, "%s", text);
	free(full);
}

/* What must be proved cannot be proved without TLS: one of them is a mistake. */
static void
check_tls(struct conf_builder *b, const struct conf_object *object)
{
	const struct conf_tls_strategy *tls = &object->as.tls;
	const char *required = tls->wants.dane == WANT_REQUIRE ? "dane" :
	    tls->wants.mta_sts == WANT_REQUIRE ? "mta-sts" : NULL;

	if (tls->wants.starttls == WANT_DISABLE && required != NULL)
		constraint_complain(b, object, KEY_TLS_STARTTLS,
		    "\"disable\" cannot go "
		    "with %s = \"require\"", required);
}

static const struct {
	enum conf_key_id key;
	enum conf_route_type type;
} route_keys[] = {
	{ .key = KEY_ROUTE_ADDRESS, .type = CONF_ROUTE_RELAY },
	{ .key = KEY_ROUTE_PORT, .type = CONF_ROUTE_RELAY },
	{ .key = KEY_ROUTE_IMPLICIT, .type = CONF_ROUTE_RELAY },
	{ .key = KEY_ROUTE_ALLOW_INVALID, .type = CONF_ROUTE_RELAY },
	{ .key = KEY_ROUTE_USERNAME, .type = CONF_ROUTE_RELAY },
	{ .key = KEY_ROUTE_SECRET, .type = CONF_ROUTE_RELAY },
	{ .key = KEY_ROUTE_LIMITS_MX, .type = CONF_ROUTE_MX },
	{ .key = KEY_ROUTE_MULTIHOMED, .type = CONF_ROUTE_MX },
	{ .key = KEY_ROUTE_IP_LOOKUP, .type = CONF_ROUTE_MX },
};

static void
check_route_keys(struct conf_builder *b, const struct conf_object *object)
{
	const struct conf_route *route = &object->as.route;

	for (size_t i = 0; i < ARRAY_LEN(route_keys); i++)
		if (object->given[route_keys[i].key].given &&
		    route_keys[i].type != route->type)
			constraint_complain(b, object, route_keys[i].key,
			    "is only for "
			    "routes of type \"%s\"", route_keys[i].type ==
			    CONF_ROUTE_MX ? "mx" : "relay");
}

static bool
is_loopback_literal(const char *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, address, &v6) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Nobody is in between, and what stands in Sendmail's package signed itself: our
 * own DSNs would wait for a strategy that puts up with that.  A name may
 * resolve to anything, and credentials are worth a word of the administrator. */
static void
relax_loopback_relay(struct conf_object *object)
{
	struct conf_route *route = &object->as.route;

	if (route->address != NULL && route->auth_username == NULL &&
	    !object->given[KEY_ROUTE_ALLOW_INVALID].given &&
	    is_loopback_literal(route->address))
		route->tls_allow_invalid_certs = true;
}

static void
check_route(struct conf_builder *b, struct conf_object *object)
{
	const struct conf_given *given = object->given;

	if (!given[KEY_ROUTE_TYPE].given) {
		constraint_complain(b, object, KEY_ROUTE_TYPE,
		    "is missing: \"mx\" or "
		    "\"relay\"");
		return;
	}
	if (object->as.route.type == CONF_ROUTE_UNSET)
		return; /* a bad word, and reported */
	check_route_keys(b, object);
	if (object->as.route.type == CONF_ROUTE_RELAY &&
	    !given[KEY_ROUTE_ADDRESS].given)
		constraint_complain(b, object, KEY_ROUTE_ADDRESS,
		    "is missing: a relay "
		    "needs one");
	if (object->as.route.type == CONF_ROUTE_RELAY)
		relax_loopback_relay(object);
	if (given[KEY_ROUTE_USERNAME].given != given[KEY_ROUTE_SECRET].given)
		constraint_complain(b, object, given[KEY_ROUTE_USERNAME].given ?
		    KEY_ROUTE_SECRET : KEY_ROUTE_USERNAME, "is missing: "
		    "auth.username and auth.secret go together");
}

static void
check_schedule(struct conf_builder *b, struct conf_object *object)
{
	struct conf_schedule *schedule = &object->as.schedule;
	const struct conf_durations *notify = &schedule->notify;
	const struct conf_given *expire = &object->given[KEY_SCHEDULE_EXPIRE];

	if (object->given[KEY_SCHEDULE_MAX_ATTEMPTS].given) {
		if (expire->given)
			constraint_complain(b, object,
			    KEY_SCHEDULE_MAX_ATTEMPTS,
			    "cannot go with expire: give one of them");
		schedule->retry.expire_s = 0; /* only its default so far */
	}
	for (size_t i = 1; i < notify->count; i++)
		if (notify->item_s[i] <= notify->item_s[i - 1]) {
			constraint_complain(b, object, KEY_SCHEDULE_NOTIFY,
			    "must rise: "
			    "each is a time since the message came");
			break;
		}
	if (conf_object_find(b->conf, SCOPE_VIRTUAL, schedule->queue_name) ==
	    NULL)
		constraint_complain(b, object, KEY_SCHEDULE_QUEUE_NAME,
		    "there is no "
		    "queue.virtual.%s", schedule->queue_name);
}

/* --- ids in expressions */

static const enum conf_scope rule_scopes[] = {
	[CONF_RULE_TLS] = SCOPE_TLS, [CONF_RULE_ROUTE] = SCOPE_ROUTE,
	[CONF_RULE_CONNECTION] = SCOPE_CONNECTION,
	[CONF_RULE_SCHEDULE] = SCOPE_SCHEDULE,
	[CONF_RULE_TLS_SHADOW] = SCOPE_TLS,
};

/*
 * An expression that is one string and nothing else names an id that can be
 * looked up now; any other is looked up when it was evaluated.
 */
static void
check_constant(struct conf_builder *b, struct conf_expression *e)
{
	enum conf_scope scope = rule_scopes[e->kind];
	const char *text = e->text + strspn(e->text, " \t\r\n");
	size_t n = strlen(text);
	char id[CONF_TEXT_MAX + 1];
	bool quoted;

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	quoted = n >= 2 && (*text == '\'' || *text == '"') &&
	    text[n - 1] == *text && strcspn(text + 1, "'\"") == n - 2;
	if (quoted) {
		text++;
		n -= 2;
	}
	if (n > CONF_TEXT_MAX)
		return;
	memcpy(id, text, n);
	id[n] = '\0';
	e->known = quoted;
	if (quoted && conf_object_find(b->conf, scope, id) == NULL)
		toml_problems_add(b->problems, e->line, e->key,
		    "there is no queue.%s.%s",
		    conf_rule_kind_object(e->kind), id);
	if (!quoted && conf_object_find(b->conf, scope, id) != NULL)
		toml_problems_add(b->problems, e->line, e->key, "an expression "
		    "that names an id has it in quotes of its own: \"'%s'\"",
		    id);
}

/* All but the last rule have a condition, the last has none. */
static void
check_rules(struct conf_builder *b, enum conf_rule_kind kind)
{
	const struct conf_rules *rules = &b->conf->rules[kind];
	const char *wrong = NULL;
	char *key;

	if (b->rules_broken[kind] || rules->count == 0)
		return;
	if (rules->item[rules->count - 1].condition != NULL)
		wrong = "the list must end in { else = ... }";
	for (size_t i = 0; i + 1 < rules->count; i++)
		if (rules->item[i].condition == NULL)
			wrong = "{ else = ... } must be the last of the list";
	if (wrong == NULL)
		return;
	key = mem_printf("queue.strategy.%s", conf_rule_kind_name(kind));
	toml_problems_add(b->problems, b->rule_line[kind], key, "%s", wrong);
	free(key);
}

void
conf_constraints_check(struct conf_builder *b)
{
	struct conf_store *store = b->conf->store;

	for (struct conf_object *o = store->objects[SCOPE_TLS]; o != NULL;
	    o = o->hh.next)
		check_tls(b, o);
	for (struct conf_object *o = store->objects[SCOPE_ROUTE]; o != NULL;
	    o = o->hh.next)
		check_route(b, o);
	for (struct conf_object *o = store->objects[SCOPE_SCHEDULE]; o != NULL;
	    o = o->hh.next)
		check_schedule(b, o);
	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++)
		check_rules(b, (enum conf_rule_kind)k);
	for (size_t i = 0; i < b->conf->expression_count; i++)
		if (!b->expression[i].condition && !b->expression[i].words)
			check_constant(b, &b->expression[i]);
}
