/*
 * The rows as a file that `tlsq load` accepts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/build_impl.h"
#include "conf/value_impl.h"

/* A setting with what it is sorted by: the objects first, each in one piece. */
struct printed {
	enum conf_key_id key;
	char id[KEY_ID_MAX + 1];
	const char *text;
};

static int
by_object(const void *a, const void *b)
{
	const struct printed *x = a, *y = b;
	const struct conf_key *kx = &conf_keys[x->key], *ky = &conf_keys[y->key];

	if (kx->scope == ky->scope && strcmp(x->id, y->id) != 0)
		return strcmp(x->id, y->id);
	return (x->key > y->key) - (x->key < y->key);
}

/* What stands in the header: up to the id, else up to the last dot. */
static size_t
section_length(const char *full, const struct conf_key *key)
{
	const char *dot = full;

	if (key->scope == SCOPE_GLOBAL)
		return (size_t)(strrchr(full, '.') - full);
	for (int i = 0; i < 3; i++)
		dot += strcspn(dot, ".") + 1;
	return (size_t)(dot - 1 - full);
}

static void
blank_line(struct buf *out)
{
	if (out->len > 0)
		(void)buf_puts(out, "\n");
}

static void
print_settings(struct buf *out, struct printed *item, size_t count)
{
	char *section = mem_strdup("");

	if (count > 0)
		qsort(item, count, sizeof(*item), by_object);
	for (size_t i = 0; i < count; i++) {
		const struct conf_key *key = &conf_keys[item[i].key];
		char *full = conf_keys_full(item[i].key, item[i].id);
		size_t n = section_length(full, key);

		if (strlen(section) != n || strncmp(section, full, n) != 0) {
			blank_line(out);
			(void)buf_printf(out, "[%.*s]\n", (int)n, full);
			free(section);
			section = strndup(full, n);
		}
		(void)buf_printf(out, "%s = ", full + n + 1);
		conf_value_print(out, key, item[i].text);
		(void)buf_puts(out, "\n");
		free(full);
	}
	free(section);
}

/* --- TLS strategies */

static bool
is_shipped(const struct conf_tls_row *row, const struct conf_rows *shipped)
{
	bool same = false;

	for (size_t i = 0; !same && i < shipped->tls_count; i++) {
		same = strcmp(row->id, shipped->tls[i].id) == 0;
		for (size_t k = 0; same && k < CONF_TLS_COLUMN_COUNT; k++)
			same = strcmp(row->column[k],
			    shipped->tls[i].column[k]) == 0;
	}
	return same;
}

/* Durations, stored as seconds, in whole units. */
static const char *
tls_text(struct arena *arena, enum conf_type type, const char *stored)
{
	struct buf text = BUF_INIT;
	const char *kept = stored;
	int64_t seconds;

	if (type == TYPE_DURATION && conf_syntax_duration(stored, &seconds)) {
		conf_syntax_print_duration(&text, seconds);
		kept = arena_strdup(arena, buf_str(&text));
		buf_free(&text);
	}
	return kept;
}

static void
print_tls(struct buf *out, const struct conf_rows *rows,
    const struct conf_rows *shipped)
{
	struct arena *arena = arena_new();
	struct printed *item = mem_alloc((rows->tls_count + 1) *
	    CONF_TLS_COLUMN_COUNT * sizeof(*item));
	size_t count = 0;

	for (size_t i = 0; i < rows->tls_count; i++) {
		const struct conf_tls_row *row = &rows->tls[i];

		for (unsigned int k = 0; k < CONF_TLS_COLUMN_COUNT &&
		    !is_shipped(row, shipped); k++) {
			struct printed *p = &item[count++];

			p->key = (enum conf_key_id)(KEY_TLS_DANE + k);
			p->text = tls_text(arena, conf_keys[p->key].type,
			    row->column[k]);
			(void)text_copy(p->id, sizeof(p->id), row->id);
		}
	}
	print_settings(out, item, count);
	free(item);
	arena_free(&arena);
}

/* --- rules */

static void
print_kind(struct buf *out, const struct conf_rules *rules)
{
	if (rules->count > 1)
		(void)buf_puts(out, "[\n");
	for (size_t i = 0; i < rules->count; i++) {
		const struct conf_rule *rule = &rules->item[i];

		if (rule->condition != NULL) {
			(void)buf_puts(out, "\t{ if = ");
			conf_value_quote(out, rule->condition);
			(void)buf_puts(out, ", then = ");
		} else if (rules->count > 1) {
			(void)buf_puts(out, "\t{ else = ");
		}
		conf_value_quote(out, rule->result);
		(void)buf_puts(out, rules->count > 1 ? " },\n" : "\n");
	}
	if (rules->count > 1)
		(void)buf_puts(out, "]\n");
}

static void
print_rules(struct buf *out, const struct conf *conf,
    const struct conf *defaults)
{
	bool any = false;

	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++) {
		struct buf text = BUF_INIT, shipped = BUF_INIT;

		print_kind(&text, &conf->rules[k]);
		print_kind(&shipped, &defaults->rules[k]);
		if (strcmp(buf_str(&text), buf_str(&shipped)) != 0) {
			if (!any) {
				blank_line(out);
				(void)buf_puts(out, "[queue.strategy]\n");
			}
			any = true;
			(void)buf_printf(out, "%s = %s", conf_rule_kind_name(
			    (enum conf_rule_kind)k), buf_str(&text));
		}
		buf_free(&text);
		buf_free(&shipped);
	}
}

/* --- lookup */

static int
by_map(const void *a, const void *b)
{
	const struct conf_lookup_row *x = a, *y = b;
	int order = strcmp(x->map, y->map);

	return order != 0 ? order : strcmp(x->key, y->key);
}

static bool
print_lookup(struct buf *out, const struct conf_rows *rows, struct error *err)
{
	size_t count = rows->lookup_count;
	struct conf_lookup_row *row;
	bool ok = true;

	if (count == 0)
		return true;
	row = mem_dup(rows->lookup, count * sizeof(*row));
	qsort(row, count, sizeof(*row), by_map);
	for (size_t i = 0; ok && i < count; i++) {
		ok = conf_keys_id_is_valid(row[i].map);
		if (!ok)
			(void)error_set(err, EX_CONFIG, "lookup: \"%s\" is not "
			    "the name of a map", row[i].map);
		if (i == 0 || strcmp(row[i].map, row[i - 1].map) != 0) {
			blank_line(out);
			(void)buf_printf(out, "[lookup.%s]\n", row[i].map);
		}
		conf_value_quote(out, row[i].key);
		(void)buf_puts(out, " = ");
		conf_value_quote(out, row[i].value);
		(void)buf_puts(out, "\n");
	}
	free(row);
	return ok;
}

static void
print_stored(struct buf *out, const struct conf_rows *rows)
{
	struct printed *item = mem_alloc((rows->setting_count + 1) *
	    sizeof(*item));

	for (size_t i = 0; i < rows->setting_count; i++) {
		item[i].key = conf_keys_find_stored(rows->setting[i].key,
		    item[i].id);
		item[i].text = rows->setting[i].value;
	}
	print_settings(out, item, rows->setting_count);
	free(item);
}

bool
conf_rows_print(struct buf *out, const struct conf_rows *rows,
    struct error *err)
{
	struct conf_rows *shipped = NULL;
	struct conf *conf = NULL, *defaults = NULL;
	bool ok = false;

	/* so that all that follows is known to be good */
	if (!conf_build(&conf, rows, err) || !conf_build(&defaults, NULL, err))
		goto out;
	shipped = conf_rows_new();
	conf_rows_add_strategies(shipped, defaults);
	print_tls(out, rows, shipped);
	print_rules(out, conf, defaults);
	print_stored(out, rows);
	ok = print_lookup(out, rows, err);
out:
	conf_rows_free(&shipped);
	conf_free(&conf);
	conf_free(&defaults);
	return ok;
}
