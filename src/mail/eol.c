/*
 * Line ends in a stream of octets.
 */
#include "mail/eol_impl.h"

enum eol_piece
eol_next(bool *after_cr, const char *s, size_t len, size_t *used_r)
{
	bool swallow = *after_cr && s[0] == '\n';
	size_t n = 0;

	*used_r = 1;
	if (s[0] == '\0')
		return EOL_NUL;
	*after_cr = s[0] == '\r';
	if (s[0] == '\r' || s[0] == '\n')
		return swallow ? EOL_NOTHING : EOL_LINE_END;
	while (n < len && s[n] != '\r' && s[n] != '\n' && s[n] != '\0')
		n++;
	*used_r = n;
	return EOL_TEXT;
}
