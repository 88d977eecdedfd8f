/*
 * The exposition formats, where they agree and where they do not.
 */
#include "web/expose.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char web_type_prometheus[] = "text/plain; version=0.0.4; charset=utf-8";
const char web_type_openmetrics[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

static const char *const type_names[] = {
	[WEB_GAUGE] = "gauge",
	[WEB_COUNTER] = "counter",
	[WEB_HISTOGRAM] = "histogram",
};

/* Backslash, quote and line end, in both formats; what is no UTF-8 is replaced. */
static void
put_value(struct buf *out, const char *text)
{
	size_t len = strlen(text), n;

	for (size_t i = 0; i < len; i += n) {
		n = text_utf8_len(text + i, len - i);
		if (n == 0) {
			(void)buf_puts(out, "\xef\xbf\xbd");
			n = 1;
		} else if (text[i] == '\n')
			(void)buf_puts(out, "\\n");
		else {
			if (text[i] == '"' || text[i] == '\\')
				(void)buf_puts(out, "\\");
			(void)buf_append(out, text + i, n);
		}
	}
}

/* In 0.0.4 a counter's family is called as its samples are. */
static const char *
family_suffix(const struct web_expose *x)
{
	return !x->openmetrics && x->family->type == WEB_COUNTER ? "_total" :
	    "";
}

void
web_family(struct web_expose *x, const struct web_family *family)
{
	x->family = family;
	(void)buf_printf(x->out, "# HELP %s%s %s\n# TYPE %s%s %s\n",
	    family->name, family_suffix(x), family->help, family->name,
	    family_suffix(x), type_names[family->type]);
	if (x->openmetrics && family->unit != NULL)
		(void)buf_printf(x->out, "# UNIT %s %s\n", family->name,
		    family->unit);
}

static void
put_labels(struct buf *out, const struct web_label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",",
		    labels[i].name);
		put_value(out, labels[i].value);
		(void)buf_puts(out, "\"");
	}
	if (count > 0)
		(void)buf_puts(out, "}");
}

static void
put_line(struct web_expose *x, const char *suffix,
    const struct web_label *labels, size_t count, int64_t value)
{
	(void)buf_printf(x->out, "%s%s", x->family->name, suffix);
	put_labels(x->out, labels, count);
	(void)buf_printf(x->out, " %" PRId64 "\n", value);
}

/* OpenMetrics 1.0, "Counter": since when it counts. */
static void
put_created(struct web_expose *x, const struct web_label *labels, size_t count)
{
	if (x->openmetrics)
		put_line(x, "_created", labels, count, x->since_s);
}

void
web_sample(struct web_expose *x, const struct web_label *labels, size_t count,
    int64_t value)
{
	bool counter = x->family->type == WEB_COUNTER;

	put_line(x, counter ? "_total" : "", labels, count, value);
	if (counter)
		put_created(x, labels, count);
}

static void
put_seconds(struct buf *out, int64_t ms)
{
	(void)buf_printf(out, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
	/* OpenMetrics writes 0.5 and 1.0: bounds must be spelled alike */
	while (out->data[out->len - 1] == '0' && out->data[out->len - 2] != '.')
		out->data[--out->len] = '\0';
}

static void
put_bucket(struct web_expose *x, int64_t bound_ms, int64_t count)
{
	(void)buf_printf(x->out, "%s_bucket{le=\"", x->family->name);
	if (bound_ms < 0)
		(void)buf_puts(x->out, "+Inf");
	else
		put_seconds(x->out, bound_ms);
	(void)buf_printf(x->out, "\"} %" PRId64 "\n", count);
}

void
web_histogram(struct web_expose *x, const int64_t *bounds_ms,
    const int64_t *counts, size_t bounds, int64_t sum_ms)
{
	int64_t total = 0;

	for (size_t i = 0; i <= bounds; i++) {
		total += counts[i];
		put_bucket(x, i < bounds ? bounds_ms[i] : -1, total);
	}
	put_line(x, "_count", NULL, 0, total);
	(void)buf_printf(x->out, "%s_sum ", x->family->name);
	put_seconds(x->out, sum_ms);
	(void)buf_puts(x->out, "\n");
	put_created(x, NULL, 0);
}

void
web_expose_end(struct web_expose *x)
{
	if (x->openmetrics)
		(void)buf_puts(x->out, "# EOF\n");
}

/* --- the Accept field */

/* The weight of a media range (RFC 9110 12.4.2), 0 to 1000. */
static int
weight(const char *range, size_t len)
{
	int q = 0, scale = 100;
	size_t i;

	for (i = 0; i + 2 < len; i++)
		if ((range[i] == ';' || range[i] == ' ' || range[i] == '\t') &&
		    (range[i + 1] | 0x20) == 'q' && range[i + 2] == '=')
			break;
	if (i + 2 >= len)
		return 1000;
	i += 3;
	if (i < len && range[i] == '1')
		return 1000;
	for (i += 2; i < len && scale > 0 && range[i] >= '0' &&
	    range[i] <= '9'; i++, scale /= 10)
		q += (range[i] - '0') * scale;
	return q;
}

/* Is the range of this type, and of this version where it gives one? */
static bool
names_type(const char *range, size_t len, const char *type,
    const char *version)
{
	static const char parameter[] = "version=";
	size_t n = strlen(type);
	const char *v;

	if (len < n || !text_starts_nocase(range, type) || (len > n &&
	    range[n] != ';' && range[n] != ' ' && range[n] != '\t'))
		return false;
	v = memmem(range, len, parameter, strlen(parameter));
	return v == NULL || text_starts_nocase(v + strlen(parameter), version);
}

bool
web_accepts_openmetrics(const char *accept)
{
	int open = 0, plain = 0;

	while (accept != NULL && *accept != '\0') {
		size_t len = strcspn(accept, ",");
		int q = weight(accept, len);

		if (names_type(accept, len, "application/openmetrics-text",
		    "1.0.0") && q > open)
			open = q;
		if (names_type(accept, len, "text/plain", "0.0.4") &&
		    q > plain)
			plain = q;
		accept += len;
		accept += strspn(accept, ", \t");
	}
	return open > 0 && open >= plain;
}
