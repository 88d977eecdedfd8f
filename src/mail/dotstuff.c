/*
 * Content to the wire: line ends, dots, the end.
 */
#include "mail/dotstuff.h"

#include <assert.h>

#include "mail/mail_impl.h"

static void
put(struct buf *out, const char *s, size_t len)
{
	bool fits = buf_append(out, s, len);

	assert(fits);
	(void)fits;
}

void
mail_wire_init(struct mail_wire *w, enum mail_wire_form form)
{
	w->form = form;
	w->after_cr = w->in_line = false;
}

bool
mail_wire_write(struct mail_wire *w, struct buf *out, const void *data,
    size_t len)
{
	const char *s = data;
	size_t used;

	for (; len > 0; s += used, len -= used) {
		switch (mail_eol_next(&w->after_cr, s, len, &used)) {
		case MAIL_EOL_NOTHING:
			break;
		case MAIL_EOL_NUL:
			return false;
		case MAIL_EOL_LINE_END:
			put(out, "\r\n", 2);
			w->in_line = false;
			break;
		case MAIL_EOL_TEXT:
			/* RFC 5321 4.5.2: also a dot that is the whole line */
			if (!w->in_line && s[0] == '.' &&
			    w->form == MAIL_WIRE_DATA)
				put(out, ".", 1);
			put(out, s, used);
			w->in_line = true;
			break;
		}
	}
	return true;
}

void
mail_wire_finish(struct mail_wire *w, struct buf *out)
{
	if (w->in_line)
		put(out, "\r\n", 2);
	w->in_line = w->after_cr = false;
	/* the CRLF before it ended the last line, or the DATA command */
	if (w->form == MAIL_WIRE_DATA)
		put(out, ".\r\n", 3);
}
