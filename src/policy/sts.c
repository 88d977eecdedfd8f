/*
 * MTA-STS texts, by the ABNF of RFC 8461 3.1 and 3.2.
 */
#include "policy/sts.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	NAME_MAX = 32,		/* octets of the name of an extension */
	AGE_DIGITS_MAX = 10,
	LABEL_MAX = 63, DOMAIN_MAX = 255 /* RFC 5321 4.5.3.1.2, RFC 1035 2.3.4 */
};

static const char *const mode_names[] = {
	[STS_MODE_UNSET] = "",
	[STS_ENFORCE] = "enforce",
	[STS_TESTING] = "testing",
	[STS_NONE] = "none",
};

struct slice {
	const char *text;
	size_t len;
};

const char *
policy_sts_mode_name(enum policy_sts_mode mode)
{
	return mode_names[mode];
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* Within a name, after its first character. */
static bool
is_name(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/* A value of the TXT record: visible, without the delimiters. */
static bool
is_txt_value(char c)
{
	return c > ' ' && c <= '~' && c != '=' && c != ';';
}

static bool
equals(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static struct slice
sts_take(struct slice *from, size_t n)
{
	struct slice s = { from->text, n };

	from->text += n;
	from->len -= n;
	return s;
}

/* What from begins with, as long as `is` holds. */
static struct slice
take_while(struct slice *from, bool (*is)(char c))
{
	size_t n = 0;

	while (n < from->len && is(from->text[n]))
		n++;
	return sts_take(from, n);
}

static bool
take_char(struct slice *from, char c)
{
	if (from->len == 0 || from->text[0] != c)
		return false;
	(void)sts_take(from, 1);
	return true;
}

static bool
take_name(struct slice *from, struct slice *name_r)
{
	*name_r = take_while(from, is_name);
	return name_r->len > 0 && name_r->len <= NAME_MAX &&
	    is_alnum(name_r->text[0]);
}

/* --- the TXT record */

static bool
take_txt_delimiter(struct slice *from)
{
	(void)take_while(from, is_wsp);
	if (!take_char(from, ';'))
		return false;
	(void)take_while(from, is_wsp);
	return true;
}

static bool
starts_txt_delimiter(struct slice from)
{
	return take_txt_delimiter(&from);
}

static bool
read_id(char id_r[STS_ID_MAX + 1], struct slice value)
{
	struct slice rest = value, id = take_while(&rest, is_alnum);

	if (rest.len > 0 || id.len > STS_ID_MAX)
		return false;
	memcpy(id_r, id.text, id.len);
	id_r[id.len] = '\0';
	return true;
}

bool
policy_sts_txt_parse(const char *text, size_t len, char id_r[STS_ID_MAX + 1],
    bool *begins_r)
{
	static const char version[] = "v=STSv1";
	struct slice rest = { text, len }, name, value;
	bool found = false;

	id_r[0] = '\0';
	*begins_r = false;
	if (len < strlen(version) ||
	    memcmp(text, version, strlen(version)) != 0)
		return false;
	(void)sts_take(&rest, strlen(version));
	/* The prose says "v=STSv1;", the ABNF allows blanks before the ";". */
	*begins_r = starts_txt_delimiter(rest);
	if (!*begins_r)
		return false;
	while (rest.len > 0) {
		if (!take_txt_delimiter(&rest))
			return false;
		if (rest.len == 0)
			break;
		if (!take_name(&rest, &name) || !take_char(&rest, '='))
			return false;
		value = take_while(&rest, is_txt_value);
		if (value.len == 0)
			return false;
		if (found || !equals(name, "id"))
			continue;
		if (!read_id(id_r, value))
			return false;
		found = true;
	}
	return found;
}

/* --- the policy: values */

static bool
read_version(struct policy_sts *p, struct slice value, const char **why_r)
{
	(void)p;
	*why_r = "the version is not STSv1";
	return equals(value, "STSv1");
}

static bool
read_mode(struct policy_sts *p, struct slice value, const char **why_r)
{
	for (size_t i = STS_ENFORCE; i < ARRAY_LEN(mode_names); i++)
		if (equals(value, mode_names[i])) {
			p->mode = (enum policy_sts_mode)i;
			return true;
		}
	*why_r = "the mode is not enforce, testing or none";
	return false;
}

static bool
read_max_age(struct policy_sts *p, struct slice value, const char **why_r)
{
	struct slice rest = value, digits = take_while(&rest, is_digit);
	int64_t n = 0;

	*why_r = "max_age is not a number of 1 to 10 digits";
	if (rest.len > 0 || digits.len == 0 || digits.len > AGE_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		n = n * 10 + (digits.text[i] - '0');
	p->max_age_s = n < STS_AGE_MAX_S ? n : STS_AGE_MAX_S;
	return true;
}

static bool
is_label(char c)
{
	return is_alnum(c) || c == '-';
}

/* RFC 5321 4.1.2: Let-dig [Ldh-str] */
static bool
take_label(struct slice *from, struct slice *label_r)
{
	struct slice label = take_while(from, is_label);

	*label_r = label;
	return label.len > 0 && label.len <= LABEL_MAX &&
	    label.text[0] != '-' && label.text[label.len - 1] != '-';
}

static bool
is_domain(struct slice text)
{
	struct slice rest = text, label;

	if (text.len > DOMAIN_MAX)
		return false;
	do {
		if (!take_label(&rest, &label))
			return false;
	} while (take_char(&rest, '.'));
	/* No top-level domain is a number (RFC 1123 2.1): this is an address,
	 * which cannot be the name of a mail exchanger. */
	(void)take_while(&label, is_digit);
	return rest.len == 0 && label.len > 0;
}

static bool
read_mx(struct policy_sts *p, struct slice value, const char **why_r)
{
	struct slice domain = value;

	if (domain.len > 2 && memcmp(domain.text, "*.", 2) == 0)
		(void)sts_take(&domain, 2);
	*why_r = "an mx is not a host name, nor one after \"*.\"";
	if (!is_domain(domain))
		return false;
	p->n_mx++;
	return true;
}

/* --- the policy: fields */

enum { FIELD_VERSION, FIELD_MODE, FIELD_MAX_AGE, FIELD_MX, FIELD_COUNT };

/* Each is required once, but for mx and mode none; order is free.  A name in
 * another case is that of an extension. */
static const struct {
	const char *name;
	bool (*read)(struct policy_sts *p, struct slice value,
	    const char **why_r);
	const char *missing;
} fields[] = {
	[FIELD_VERSION] = { .name = "version", .read = read_version,
		.missing = "there is no version" },
	[FIELD_MODE] = { .name = "mode", .read = read_mode,
		.missing = "there is no mode" },
	[FIELD_MAX_AGE] = { .name = "max_age", .read = read_max_age,
		.missing = "there is no max_age" },
	[FIELD_MX] = { .name = "mx", .read = read_mx,
		.missing = "there is no mx, and the mode is not none" },
};
static_assert(ARRAY_LEN(fields) == FIELD_COUNT, "");

/* A line without its end, LF or CRLF; the last one may do without. */
static struct slice
sts_take_line(struct slice *from)
{
	const char *lf = memchr(from->text, '\n', from->len);
	struct slice line = sts_take(from, lf != NULL ?
	    (size_t)(lf - from->text) : from->len);

	if (lf != NULL) {
		(void)sts_take(from, 1);
		if (line.len > 0 && line.text[line.len - 1] == '\r')
			line.len--;
	}
	return line;
}

/* sts-policy-ext-value; those of the fields we know are among them. */
static bool
is_value(struct slice value)
{
	size_t n;

	if (value.len == 0)
		return false;
	for (; value.len > 0; (void)sts_take(&value, n)) {
		n = text_utf8_len(value.text, value.len);
		if (n == 0 || (n == 1 && (value.text[0] < ' ' ||
		    value.text[0] > '~')))
			return false;
	}
	return true;
}

/* *WSP name ":" *WSP value *WSP.  RFC 8461 3.2 has no blanks at the beginning, but
 * there are policies that do, and their meaning is certain. */
static bool
split_line(struct slice line, struct slice *name_r, struct slice *value_r)
{
	(void)take_while(&line, is_wsp);
	if (!take_name(&line, name_r) || !take_char(&line, ':'))
		return false;
	(void)take_while(&line, is_wsp);
	while (line.len > 0 && is_wsp(line.text[line.len - 1]))
		line.len--;
	*value_r = line;
	return is_value(line);
}

static bool
is_blank(struct slice line)
{
	(void)take_while(&line, is_wsp);
	return line.len == 0;
}

static bool
read_line(struct policy_sts *p, struct slice line, bool seen[FIELD_COUNT],
    const char **why_r)
{
	struct slice name, value;
	size_t i = 0;

	*why_r = "a line is not of the form \"name: value\"";
	if (is_blank(line))
		return true;
	if (!split_line(line, &name, &value))
		return false;
	while (i < FIELD_COUNT && !equals(name, fields[i].name))
		i++;
	/* RFC 8461 3.2: all but the first are ignored, except for mx. */
	if (i == FIELD_COUNT || (seen[i] && i != FIELD_MX))
		return true;
	seen[i] = true;
	return fields[i].read(p, value, why_r);
}

bool
policy_sts_parse(struct policy_sts *policy_r, const char *text, size_t len,
    const char **why_r)
{
	struct slice rest = { text, len };
	bool seen[FIELD_COUNT] = { false };

	memset(policy_r, 0, sizeof(*policy_r));
	*why_r = "the policy is longer than 64 KiB";
	if (len > STS_POLICY_MAX)
		return false;
	while (rest.len > 0)
		if (!read_line(policy_r, sts_take_line(&rest), seen, why_r))
			return false;
	seen[FIELD_MX] |= policy_r->mode == STS_NONE;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		*why_r = fields[i].missing;
		if (!seen[i])
			return false;
	}
	policy_r->text = text;
	policy_r->len = len;
	*why_r = NULL;
	return true;
}

bool
policy_sts_next_mx(const struct policy_sts *policy,
    struct policy_sts_pattern *mx)
{
	struct slice rest = { policy->text, policy->len }, name, value;

	/* What is left of that pattern's line is no line of its own. */
	if (mx->text != NULL)
		(void)sts_take(&rest, (size_t)(mx->text - rest.text) + mx->len);
	while (rest.len > 0)
		if (split_line(sts_take_line(&rest), &name, &value) &&
		    equals(name, fields[FIELD_MX].name)) {
			*mx = (struct policy_sts_pattern){ value.text, value.len };
			return true;
		}
	return false;
}

/* --- matching */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
policy_sts_pattern_matches(const struct policy_sts_pattern *pattern,
    const char *host)
{
	struct slice p = { pattern->text, pattern->len };
	struct slice h = { host, strlen(host) };
	const char *dot;

	if (h.len > 0 && h.text[h.len - 1] == '.')
		h.len--;
	if (p.len > 1 && p.text[0] == '*') {
		dot = memchr(h.text, '.', h.len);
		if (dot == NULL || dot == h.text)
			return false;
		(void)sts_take(&h, (size_t)(dot - h.text));
		(void)sts_take(&p, 1);
	}
	if (p.len != h.len)
		return false;
	for (size_t i = 0; i < p.len; i++)
		if (lower(p.text[i]) != lower(h.text[i]))
			return false;
	return p.len > 0;
}

bool
policy_sts_names(const struct policy_sts *policy, const char *host)
{
	struct policy_sts_pattern mx = { NULL, 0 };

	while (policy_sts_next_mx(policy, &mx))
		if (policy_sts_pattern_matches(&mx, host))
			return true;
	return false;
}
