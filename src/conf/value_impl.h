/*
 * One value in its three forms: a node of the file, the stored text (see struct
 * conf_setting_row), a field of the snapshot.
 */
#ifndef TLSQ_CONF_VALUE_IMPL_H
#define TLSQ_CONF_VALUE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "conf/config.h"
#include "conf/keys_impl.h"
#include "toml/toml.h"

enum { CONF_TEXT_MAX = 4096 };	/* octets of any stored text */

/* --- value_text.c: file to stored text and back */

/* The node's text in the arena; NULL and the reason where it does not fit. */
const char *conf_value_text(struct arena *arena, const struct conf_key *key,
    const struct toml_node *node, struct error *err);
/* The text of a string node; NULL and the reason where it holds NUL or is long. */
const char *conf_value_string(const struct toml_node *node, struct error *err);
/* Appends a stored text, known to be good, as a TOML value. */
void conf_value_print(struct buf *out, const struct conf_key *key,
    const char *text);
/* Appends "..." that is a string of TOML and of JSON alike. */
void conf_value_quote(struct buf *out, const char *text);

/* --- value.c: stored text to field */

/* A value with the place it goes to. */
struct conf_target {
	struct arena *arena;
	const struct conf_key *key;
	const char *text;
	char *field, *second_field;
	struct error *err;
};

/* By type: what a key of it takes in a file, and how the text becomes a field. */
struct conf_form {
	const char *expected;
	bool string, integer, boolean, array;
	bool (*store)(const struct conf_target *);
	bool (*is)(const char *text); /* NULL: any text; else it must be: */
	const char *must_be;
};
extern const struct conf_form conf_forms[];

/* The strings of a stored list, in the arena. */
bool conf_value_list(struct arena *arena, const char *text,
    struct conf_texts *list_r, struct error *err) MUST_CHECK;
/* No control characters, but for line ends and tabs in an expression. */
bool conf_value_is_clean(const char *text, bool expression, struct error *err)
    MUST_CHECK;
/* Checks text and puts it into the object of the key's scope. */
bool conf_value_store(struct arena *arena, const struct conf_key *key,
    const char *text, void *object, struct error *err) MUST_CHECK;

/* --- syntax.c */
bool conf_syntax_number(const char *text, int64_t *value_r);
bool conf_syntax_is_address(const char *text); /* IPv4 or IPv6 */
/* An address, or a name of letters, digits, - and _ */
bool conf_syntax_is_host(const char *text);
/* What EHLO may say: a host name or [1.2.3.4] or [IPv6:...] */
bool conf_syntax_is_ehlo(const char *text);
bool conf_syntax_is_listen(const char *text);
bool conf_syntax_is_header(const char *text);
bool conf_syntax_is_mailbox(const char *text);
/* Whole units where possible: "3m", "90s". */
void conf_syntax_print_duration(struct buf *out, int64_t seconds);

#endif
