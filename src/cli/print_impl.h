/*
 * Texts of foreign origin on a terminal.
 */
#ifndef TLSQ_CLI_PRINT_IMPL_H
#define TLSQ_CLI_PRINT_IMPL_H

/* Control characters escaped, whatever the length.  NULL prints nothing. */
void cli_print_text(const char *text);
/*
 * JSON that SQLite made: it has escaped all but octets that are no UTF-8, which
 * become U+FFFD here.
 */
void cli_print_json(const char *json);
/* As cli_print_text, in <>, A-labels as Unicode. */
void cli_print_address(const char *address);

#endif
