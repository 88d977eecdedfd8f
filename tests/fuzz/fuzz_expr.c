/*
 * Any text as an expression, on the longest sender that there is: refused or
 * evaluated, within a second of the processor.  The first octet chooses the
 * class.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "strategy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_lookup_row rows[] = {
	{ .map = "m", .key = "a.test", .value = "v" },
	{ .map = "m", .key = "*.test", .value = "w" },
	{ .map = STRATEGY_LOCAL_DOMAINS, .key = "x.test", .value = "" },
};

static struct strategy_engine *
engine_new(void)
{
	struct strategy_engine *engine;
	struct error err;

	if (!strategy_engine_open(&engine, &err) ||
	    !strategy_engine_set_lookup(engine, rows, ARRAY_LEN(rows), &err))
		abort();
	return engine;
}

static double
time_used_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A local part of 256 octets and a domain of 255, of many labels. */
static struct strategy_values
values_long(void)
{
	static char sender[256 + 1 + 255 + 1];
	struct strategy_values values = strategy_values_sample();

	memset(sender, 'a', sizeof(sender) - 1);
	sender[256] = '@';
	for (size_t i = 258; i < sizeof(sender) - 2; i += 2)
		sender[i] = '.';
	values.sender = sender;
	values.sender_domain = values.mx = values.client_name = sender + 257;
	return values;
}

static void
try(struct strategy_engine *engine, enum strategy_class class, const char *text)
{
	const struct strategy_values values = values_long();
	struct strategy_expr_result r;
	struct strategy_expr *expr;
	struct error err;

	if (!strategy_expr_compile(&expr, engine, class, text, &err))
		return;
	if (strategy_expr_evaluate(expr, &values, &r, &err) &&
	    (r.type == EXPR_TEXT) != (r.text != NULL))
		abort();
	strategy_expr_free(&expr);
}

static void
ignore(void *arg, const struct conf_expression *e, const char *problem)
{
	(void)arg;
	(void)e;
	(void)problem;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct strategy_engine *engine;
	struct conf_expression e = { .key = "milter.take", .condition = true };
	const struct conf conf = { .lookup = rows,
		.lookup_count = ARRAY_LEN(rows), .expression = &e,
		.expression_count = 1 };
	enum strategy_class class;
	double start_s;
	char *text;

	if (size == 0)
		return 0;
	if (engine == NULL)
		engine = engine_new();
	class = (data[0] & 1) != 0 ? EXPR_MILTER : EXPR_QUEUE;
	text = mem_zalloc(size);
	memcpy(text, data + 1, size - 1);
	start_s = time_used_s();
	try(engine, class, text);
	e.milter = class == EXPR_MILTER;
	e.text = text;
	(void)!strategy_rules_check_all(&conf, ignore, NULL);
	if (time_used_s() - start_s > 2)
		abort();
	free(text);
	return 0;
}
