/*
 * The snapshot: made of rows, asked by id.
 */
#include "conf/config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"
#include "conf/value_impl.h"

static void
enter_tls(struct conf_builder *b, const struct conf_tls_row *row)
{
	if (!conf_keys_id_is_valid(row->id)) {
		conf_problems_add(b->problems, 0, "tls_strategy.id",
		    "\"%s\" is not made of letters, digits, \"-\" and \"_\"",
		    row->id);
		return;
	}
	for (unsigned int i = 0; i < CONF_TLS_COLUMN_COUNT; i++)
		conf_builder_value(b, (enum conf_key_id)(KEY_TLS_DANE + i),
		    row->id, row->column[i], 0);
}

static void
enter_setting(struct conf_builder *b, const struct conf_setting_row *row)
{
	char id[KEY_ID_MAX + 1];
	enum conf_key_id key = conf_keys_find_stored(row->key, id);

	if (key == KEY_COUNT)
		conf_problems_add(b->problems, 0, row->key,
		    "is not a key of the table setting");
	else
		conf_builder_value(b, key, id, row->value, 0);
}

static int
by_position(const void *a, const void *b)
{
	const struct conf_rule_row *x = a, *y = b;

	return (x->position > y->position) - (x->position < y->position);
}

/* Rows come in any order. */
static void
enter_rules(struct conf_builder *b, const struct conf_rows *rows)
{
	struct conf_rule_row *sorted;

	if (rows->rule_count == 0)
		return;
	sorted = mem_dup(rows->rule, rows->rule_count * sizeof(*sorted));
	qsort(sorted, rows->rule_count, sizeof(*sorted), by_position);
	for (size_t i = 0; i < rows->rule_count; i++)
		conf_builder_rule(b, sorted[i].kind, sorted[i].condition,
		    sorted[i].result, 0);
	free(sorted);
}

static void
enter_rows(struct conf_builder *b, const struct conf_rows *rows)
{
	for (size_t i = 0; i < rows->tls_count; i++)
		enter_tls(b, &rows->tls[i]);
	for (size_t i = 0; i < rows->setting_count; i++)
		enter_setting(b, &rows->setting[i]);
	enter_rules(b, rows);
}

/* An error has room for one problem: the first, and how many there are. */
static void
first_problem(const struct conf_problems *problems, struct error *err)
{
	char *text = conf_problem_text(&problems->item[0], NULL);
	size_t more = problems->count - 1 + problems->dropped;

	if (more > 0)
		(void)error_set(err, EX_CONFIG, "%.800s (and %zu more)", text,
		    more);
	else
		(void)error_set(err, EX_CONFIG, "%.900s", text);
	free(text);
}

bool
conf_build(struct conf **conf_r, const struct conf_rows *rows,
    struct error *err)
{
	struct conf_problems problems = CONF_PROBLEMS_INIT;
	struct conf_builder b;
	bool ok;

	conf_builder_start(&b, &problems);
	if (rows != NULL)
		enter_rows(&b, rows);
	conf_builder_finish(&b, rows);
	ok = problems.count == 0;
	if (!ok)
		first_problem(&problems, err);
	conf_builder_end(&b, ok ? conf_r : NULL);
	conf_problems_clear(&problems);
	return ok;
}
