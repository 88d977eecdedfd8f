/*
 * A configuration file of any octets: it is refused with a problem, or its rows
 * make a snapshot, and what is printed of them loads as the same rows.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/check.h"
#include "conf/config.h"

static void
check_round_trip(struct conf_rows *rows)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct buf text = BUF_INIT, again = BUF_INIT;
	struct conf_rows *second = NULL;
	struct conf *conf = NULL;

	assert(conf_build(&conf, rows, NULL));
	assert(conf_rows_print(&text, rows, NULL));
	assert(conf_check_text(&second, buf_str(&text), text.len, NULL,
	    &problems));
	assert(conf_rows_print(&again, second, NULL));
	assert(strcmp(buf_str(&text), buf_str(&again)) == 0);
	assert(second->tls_count == rows->tls_count);
	assert(second->rule_count == rows->rule_count);
	assert(second->setting_count == rows->setting_count);
	assert(second->lookup_count == rows->lookup_count);
	conf_rows_free(&second);
	conf_free(&conf);
	buf_free(&text);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct conf_rows *rows = NULL;

	if (conf_check_text(&rows, (const char *)data, size, NULL, &problems))
		check_round_trip(rows);
	else
		assert(problems.count > 0 && rows == NULL);
	conf_rows_free(&rows);
	toml_problems_clear(&problems);
	return 0;
}
