/*
 * The intake: octets -> line ends -> header lines -> sink.
 *
 * Where the next octet stands:
 *
 *   AT_NAME --":"--> IN_VALUE --line end--> AT_NAME
 *      |  blank at the line's start: the field before goes on
 *      |--"From " in the first line--> IN_MBOX_LINE --line end--> AT_NAME
 *      +--empty line, or no field--> IN_BODY
 *
 * At most the name of a field is held back, until it is known to be one.
 */
#include "mail/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/mail_impl.h"

enum { NAME_MAX_LEN = 998, VALUE_MAX_LEN = 64 };

enum place { AT_NAME, IN_VALUE, IN_MBOX_LINE, IN_BODY };

enum field {
	FIELD_OTHER, FIELD_DATE, FIELD_MESSAGE_ID, FIELD_FROM, FIELD_RECEIVED,
	FIELD_TLS_REQUIRED, FIELD_REQUIRE_TLS,
};

static const char *const known_fields[] = {
	[FIELD_OTHER] = "",
	[FIELD_DATE] = "Date",
	[FIELD_MESSAGE_ID] = "Message-ID",
	[FIELD_FROM] = "From",
	[FIELD_RECEIVED] = "Received",
	[FIELD_TLS_REQUIRED] = "TLS-Required",
	[FIELD_REQUIRE_TLS] = "Require-TLS-ESMTP",
};

struct mail_intake {
	struct mail_intake_options options;
	mail_intake_sink *sink;
	void *ctx;
	struct mail_intake_facts facts;
	enum place place;
	bool after_cr;		/* of mail_eol_next */
	bool in_line;		/* octets since the last line end */
	bool removing;		/* the field at hand is left out */
	bool mbox_seen;
	enum field field;	/* the field at hand */
	unsigned tls_required;	/* TLS-Required fields seen */
	char name[NAME_MAX_LEN + 1];
	size_t name_len;
	char value[VALUE_MAX_LEN + 1];	/* of the field at hand, cut */
	size_t value_len;
	size_t out_len;
	char out[MAIL_INTAKE_PIECE];
};

struct mail_intake *
mail_intake_new(const struct mail_intake_options *options,
    mail_intake_sink *sink, void *ctx)
{
	struct mail_intake *in = mem_zalloc(sizeof(*in));

	in->options = *options;
	in->sink = sink;
	in->ctx = ctx;
	return in;
}

void
mail_intake_free(struct mail_intake **intake)
{
	free(*intake);
	*intake = NULL;
}

static bool
flush(struct mail_intake *in, struct error *err)
{
	size_t len = in->out_len;

	in->out_len = 0;
	in->facts.size += len;
	return len == 0 || in->sink(in->ctx, in->out, len, err);
}

static bool
put(struct mail_intake *in, const char *s, size_t len, struct error *err)
{
	size_t n;

	for (; len > 0; s += n, len -= n) {
		if (in->out_len == sizeof(in->out) && !flush(in, err))
			return false;
		n = sizeof(in->out) - in->out_len;
		if (n > len)
			n = len;
		memcpy(in->out + in->out_len, s, n);
		in->out_len += n;
	}
	return true;
}

static bool
value_is(struct mail_intake *in, const char *word)
{
	char *v = in->value;
	size_t len = in->value_len;

	if (len == VALUE_MAX_LEN)
		return false;	/* perhaps cut */
	while (len > 0 && (v[len - 1] == ' ' || v[len - 1] == '\t'))
		len--;
	v[len] = '\0';
	return text_equal_nocase(v + strspn(v, " \t"), word);
}

/* The field at hand is complete: what does its value say? */
static void
end_field(struct mail_intake *in)
{
	if (in->field == FIELD_TLS_REQUIRED)
		in->facts.tls_required_no = ++in->tls_required == 1 &&
		    value_is(in, "No");
	if (in->field == FIELD_REQUIRE_TLS && value_is(in, "yes"))
		in->facts.require_tls = true;
	in->field = FIELD_OTHER;
	in->value_len = 0;
}

static bool
put_missing(struct mail_intake *in, bool missing, const char *name,
    const char *body, struct error *err)
{
	if (!missing || body == NULL)
		return true;
	return put(in, name, strlen(name), err) &&
	    put(in, body, strlen(body), err) && put(in, "\r\n", 2, err);
}

static bool
end_header(struct mail_intake *in, struct error *err)
{
	end_field(in);
	in->place = IN_BODY;
	return put_missing(in, !in->facts.has_from, "From: ",
	    in->options.from, err) &&
	    put_missing(in, !in->facts.has_date, "Date: ",
	    in->options.date, err) &&
	    put_missing(in, !in->facts.has_message_id, "Message-ID: ",
	    in->options.message_id, err);
}

/* The line begun in name is no field: an mbox line, or the body begins. */
static bool
take_no_field(struct mail_intake *in, struct error *err)
{
	if (in->facts.fields == 0 && !in->mbox_seen && in->name_len >= 5 &&
	    memcmp(in->name, "From ", 5) == 0) {
		in->mbox_seen = true;
		in->place = IN_MBOX_LINE;
		return true;
	}
	return end_header(in, err) && put(in, "\r\n", 2, err) &&
	    put(in, in->name, in->name_len, err);
}

static enum field
find_field(const char *name)
{
	for (size_t i = FIELD_OTHER + 1; i < ARRAY_LEN(known_fields); i++)
		if (text_equal_nocase(name, known_fields[i]))
			return (enum field)i;
	return FIELD_OTHER;
}

/* Not for other people's eyes (RFC 5322 3.6.3, 3.6.6), and the last server's to
 * add (RFC 5321 4.4). */
static const char *const always_removed[] = {
	"Bcc", "Resent-Bcc", "Return-Path", NULL,
};

static bool
is_one_of(const char *const *names, const char *name)
{
	while (names != NULL && *names != NULL)
		if (text_equal_nocase(name, *names++))
			return true;
	return false;
}

static void
note_field(struct mail_intake *in)
{
	in->facts.fields++;
	in->facts.received += in->field == FIELD_RECEIVED;
	if (in->removing)
		return;
	in->facts.has_date |= in->field == FIELD_DATE;
	in->facts.has_message_id |= in->field == FIELD_MESSAGE_ID;
	in->facts.has_from |= in->field == FIELD_FROM;
}

/* name holds a field's name, with the blanks some put before the colon
 * (RFC 5322 4.5); the colon comes next. */
static bool
begin_field(struct mail_intake *in, struct error *err)
{
	char name[NAME_MAX_LEN + 1];

	end_field(in);
	in->name[in->name_len] = '\0';
	memcpy(name, in->name, in->name_len + 1);
	name[strcspn(name, " \t")] = '\0';
	in->field = find_field(name);
	in->removing = is_one_of(always_removed, name) ||
	    is_one_of(in->options.remove, name);
	note_field(in);
	in->place = IN_VALUE;
	return in->removing || (put(in, in->name, in->name_len, err) &&
	    put(in, ":", 1, err));
}

/* RFC 5322 3.6.8 ftext, or blanks after a name */
static bool
name_goes_on(const struct mail_intake *in, char c)
{
	bool blank = c == ' ' || c == '\t';
	char last = in->name_len > 0 ? in->name[in->name_len - 1] : '\0';

	if (in->name_len == 0 || in->name_len == NAME_MAX_LEN)
		return in->name_len == 0 && !blank && c > ' ' && c < 0x7f;
	if (last == ' ' || last == '\t')
		return blank;
	return blank || (c > ' ' && c < 0x7f);
}

/* One octet at the start of a header line; *used_r is 0 where it is to be
 * looked at again in its new place. */
static bool
take_name_octet(struct mail_intake *in, char c, size_t *used_r,
    struct error *err)
{
	bool blank = c == ' ' || c == '\t';

	*used_r = 1;
	if (c == ':' && in->name_len > 0)
		return begin_field(in, err);
	if (c != ':' && name_goes_on(in, c)) {
		in->name[in->name_len++] = c;
		return true;
	}
	*used_r = 0;
	if (blank && in->name_len == 0 && in->facts.fields > 0) {
		in->place = IN_VALUE;
		return true;
	}
	return take_no_field(in, err);
}

static void
keep_value(struct mail_intake *in, const char *s, size_t len)
{
	size_t room = VALUE_MAX_LEN - in->value_len;

	if (len > room)
		len = room;
	memcpy(in->value + in->value_len, s, len);
	in->value_len += len;
}

/* Octets of one line. */
static bool
take_text(struct mail_intake *in, const char *s, size_t len,
    struct error *err)
{
	size_t used;

	in->in_line = true;
	for (; len > 0; s += used, len -= used) {
		bool ok = true;

		used = len;
		switch (in->place) {
		case AT_NAME:
			ok = take_name_octet(in, *s, &used, err);
			break;
		case IN_VALUE:
			keep_value(in, s, len);
			if (in->removing)
				break;
			in->facts.header_8bit |= text_has_8bit(s, len);
			ok = put(in, s, len, err);
			break;
		case IN_MBOX_LINE:
			break;
		case IN_BODY:
			in->facts.body_8bit |= text_has_8bit(s, len);
			ok = put(in, s, len, err);
			break;
		}
		if (!ok)
			return false;
	}
	return true;
}

static bool
take_line_end(struct mail_intake *in, struct error *err)
{
	bool shown = in->place == IN_BODY ||
	    (in->place == IN_VALUE && !in->removing);
	bool empty = !in->in_line;

	in->in_line = false;
	if (in->place == AT_NAME) {
		if (empty)
			return end_header(in, err) && put(in, "\r\n", 2, err);
		if (!take_no_field(in, err))
			return false;
		shown = in->place == IN_BODY;
	}
	if (in->place != IN_BODY)
		in->place = AT_NAME;
	in->name_len = 0;
	return !shown || put(in, "\r\n", 2, err);
}

bool
mail_intake_write(struct mail_intake *in, const void *data, size_t len,
    struct error *err)
{
	const char *s = data;
	size_t used;

	in->facts.input += len;
	for (; len > 0; s += used, len -= used) {
		bool ok = true;

		switch (mail_eol_next(&in->after_cr, s, len, &used)) {
		case MAIL_EOL_NOTHING:
			break;
		case MAIL_EOL_NUL:
			in->facts.nuls++;
			break;
		case MAIL_EOL_TEXT:
			ok = take_text(in, s, used, err);
			break;
		case MAIL_EOL_LINE_END:
			ok = take_line_end(in, err);
			break;
		}
		if (!ok)
			return false;
	}
	return true;
}

bool
mail_intake_finish(struct mail_intake *in, struct mail_intake_facts *facts_r,
    struct error *err)
{
	bool ok = !in->in_line || take_line_end(in, err);

	if (ok && in->place != IN_BODY)
		ok = end_header(in, err);
	ok = ok && flush(in, err);
	*facts_r = in->facts;
	return ok;
}
