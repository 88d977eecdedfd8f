/*
 * tlsq check: do Sendmail's .cf files bring remote mail to tlsq, whole and under
 * the names that were written?
 *
 * This reads what m4 made, not the .mc files: it is what Sendmail obeys.
 */
#include "cli/check_impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

/* A milter may take so long for one answer (milter/finish.c): half a minute. */
enum { ANSWER_MIN_S = 30, END_MARGIN_S = 60 };
/* milter(5) of Sendmail: where the filter's T= does not say */
enum { ANSWER_DEFAULT_S = 10, END_DEFAULT_S = 300 };

/* What is read of a .cf. */
enum cf_item {
	CF_FILTERS,		/* O InputMailFilters */
	CF_FILTER,		/* what follows "Xtlsq," */
	CF_MAILER,		/* what follows "Mtlsq," */
	CF_SMART_HOST,		/* DS */
	CF_EXPAND_NO,		/* O DontExpandCnames */
	CF_MODIFIERS,		/* O DirectSubmissionModifiers */
	CF_CANONIFIES,		/* FEATURE(nocanonify) is not there */
	CF_ASKS_AGAIN,		/* for some domains, or some daemon */
	CF_ITEM_COUNT
};

/* Of one .cf; "", and line 0, for what is not there. */
struct cf {
	const struct conf *conf;
	char value[CF_ITEM_COUNT][1024];
	unsigned int line[CF_ITEM_COUNT];
};

/* --- reading ------------------------------------------------------------ */

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* The value of "O NAME=value"; NULL for another line. */
static const char *
option_value(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (line[0] != 'O' || line[1] != ' ')
		return NULL;
	line = skip_blanks(line + 1);
	if (!text_starts_nocase(line, name))
		return NULL;
	line = skip_blanks(line + len);
	return *line == '=' ? skip_blanks(line + 1) : NULL;
}

static void
take_value(struct cf *cf, enum cf_item item, const char *value,
    unsigned int line)
{
	char *to = cf->value[item];

	if (value == NULL)
		return;
	cf->line[item] = line;
	if (!text_copy(to, sizeof(cf->value[item]), value))
		to[0] = '\0';	/* too long to be a value that tlsq sets */
}

static const char *
after(const char *line, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(line, prefix, len) == 0 ? line + len : NULL;
}

/* The value of "K=value" among equates parted by part; NULL: none. */
static const char *
equate(const char *s, char key, char part, char value[static 128])
{
	for (; s != NULL; s = strchr(s, part) ? strchr(s, part) + 1 : NULL) {
		const char *v = skip_blanks(s);
		size_t len;

		if (v[0] != key || (v[1] != '=' && v[1] != ':'))
			continue;
		len = strcspn(v + 2, (char[]){ part, '\0' });
		if (len >= 128)
			return NULL;
		memcpy(value, v + 2, len);
		value[len] = '\0';
		return value;
	}
	return NULL;
}

/* What turns the lookup on again: M=c of a daemon, CANONIFY_DOMAIN. */
static bool
asks_for_lookup(const char *line)
{
	const char *daemon = option_value(line, "DaemonPortOptions");
	char value[128];

	if (daemon != NULL && equate(daemon, 'M', ',', value) != NULL)
		return strchr(value, 'c') != NULL;
	return after(line, "C{Canonify}") != NULL ||
	    after(line, "F{Canonify}") != NULL;
}

/* One line with its continuations. */
static void
cf_take_line(struct cf *cf, const char *line, unsigned int n)
{
	take_value(cf, CF_FILTERS, option_value(line, "InputMailFilters"), n);
	take_value(cf, CF_EXPAND_NO, option_value(line, "DontExpandCnames"), n);
	take_value(cf, CF_MODIFIERS,
	    option_value(line, "DirectSubmissionModifiers"), n);
	take_value(cf, CF_FILTER, after(line, "Xtlsq,"), n);
	take_value(cf, CF_MAILER, after(line, "Mtlsq,"), n);
	take_value(cf, CF_SMART_HOST, after(line, "DS"), n);
	/* The rule by which CC turns off a lookup that is on. */
	take_value(cf, CF_CANONIFIES, after(line, "R$* CC $* $| "), n);
	if (asks_for_lookup(line))
		take_value(cf, CF_ASKS_AGAIN, line, n);
}

static bool
read_cf(struct cf *cf, FILE *f)
{
	struct buf line = { .len = 0 };
	unsigned int n, first = 1;
	char *more = NULL;
	size_t room = 0;
	ssize_t len;

	for (n = 1; (len = getline(&more, &room, f)) >= 0; n++) {
		if (len > 0 && more[len - 1] == '\n')
			more[len - 1] = '\0';
		if (more[0] != ' ' && more[0] != '\t') {
			cf_take_line(cf, buf_str(&line), first);
			buf_clear(&line);
			first = n;
		}
		(void)buf_puts(&line, more);
	}
	cf_take_line(cf, buf_str(&line), first);
	buf_free(&line);
	free(more);
	return ferror(f) == 0;
}

/* --- judging ------------------------------------------------------------ */

/* Sendmail's "1m30s" in seconds; seconds where no unit stands. */
static int64_t
seconds(const char *s)
{
	int64_t sum = 0;

	while (isdigit((unsigned char)*s)) {
		char *end;
		long n = strtol(s, &end, 10);

		sum += n * (*end == 'd' ? 86400 : *end == 'h' ? 3600 :
		    *end == 'm' ? 60 : 1);
		s = *end != '\0' ? end + 1 : end;
	}
	return sum;
}

static int64_t
filter_timeout(const struct cf *cf, char which, int64_t otherwise)
{
	char times[128], value[128];

	if (equate(cf->value[CF_FILTER], 'T', ',', times) == NULL ||
	    equate(times, which, ';', value) == NULL)
		return otherwise;
	return seconds(value);
}

static bool
has_filter(const struct cf *cf)
{
	return cf->value[CF_FILTER][0] != '\0' && strstr(cf->value[CF_FILTERS], "tlsq") != NULL;
}

/* Every test of a filter passes where there is none: that is one finding. */
static bool
filter_is_last(const struct cf *cf)
{
	const char *comma = strrchr(cf->value[CF_FILTERS], ',');
	const char *last = skip_blanks(comma != NULL ? comma + 1 :
	    cf->value[CF_FILTERS]);

	return !has_filter(cf) || strcmp(last, "tlsq") == 0;
}

static bool
filter_tempfails(const struct cf *cf)
{
	char value[128];

	return !has_filter(cf) ||
	    (equate(cf->value[CF_FILTER], 'F', ',', value) != NULL && value[0] == 'T');
}

static bool
filter_answers_in_time(const struct cf *cf)
{
	return !has_filter(cf) ||
	    filter_timeout(cf, 'R', ANSWER_DEFAULT_S) >= ANSWER_MIN_S;
}

static bool
filter_ends_in_time(const struct cf *cf)
{
	return !has_filter(cf) || filter_timeout(cf, 'E', END_DEFAULT_S) >=
	    cf->conf->milter.wait_s + END_MARGIN_S;
}

static bool
has_mailer(const struct cf *cf)
{
	return cf->value[CF_MAILER][0] != '\0';
}

static bool
mailer_has_flags(const struct cf *cf)
{
	char value[128];

	return !has_mailer(cf) ||
	    (equate(cf->value[CF_MAILER], 'F', ',', value) != NULL &&
	    strchr(value, 'S') != NULL && strchr(value, 'z') != NULL);
}

static bool
mailer_program_is_there(const struct cf *cf)
{
	char value[128];

	return !has_mailer(cf) ||
	    (equate(cf->value[CF_MAILER], 'P', ',', value) != NULL &&
	    access(value, X_OK) == 0);
}

static bool
remote_mail_is_ours(const struct cf *cf)
{
	return text_starts_nocase(cf->value[CF_SMART_HOST], "tlsq:");
}

static bool
cnames_stay(const struct cf *cf)
{
	return cf->value[CF_EXPAND_NO][0] != '\0' &&
	    strchr("tTyY", cf->value[CF_EXPAND_NO][0]) != NULL;
}

static bool
names_stay(const struct cf *cf)
{
	return cf->line[CF_CANONIFIES] == 0;
}

static bool
names_stay_everywhere(const struct cf *cf)
{
	return cf->line[CF_ASKS_AGAIN] == 0;
}

/* Sendmail's default is "c u". */
static bool
submission_names_stay(const struct cf *cf)
{
	return cf->value[CF_MODIFIERS][0] != '\0' && strchr(cf->value[CF_MODIFIERS], 'c') == NULL;
}

static const struct {
	bool (*good)(const struct cf *cf);
	enum cf_item where;
	bool submit;		/* of submit.cf, too */
	const char *otherwise;	/* what is wrong, what comes of it, what to do */
} rules[] = {
	{ has_filter, CF_FILTERS, false, "there is no filter tlsq, so tlsq "
	    "cannot identify clients, and they do not hear of a failure at "
	    "once; include tlsq.m4 in sendmail.mc" },
	{ filter_is_last, CF_FILTERS, false, "the filter tlsq is not the last "
	    "one, so a later filter can refuse mail that tlsq has stored; "
	    "include tlsq.m4 after all other INPUT_MAIL_FILTER lines" },
	{ filter_tempfails, CF_FILTER, false, "the filter tlsq lacks F=T, so "
	    "mail bypasses tlsq while tlsq-milter is down; leave its line as "
	    "tlsq.m4 has it" },
	{ filter_answers_in_time, CF_FILTER, false, "the filter tlsq needs a "
	    "timeout of R:30s or more: with less, a slow disk can make two "
	    "copies of a message; leave its line as tlsq.m4 has it" },
	{ filter_ends_in_time, CF_FILTER, false, "the filter tlsq needs a "
	    "timeout E at least a minute longer than milter.wait; raise it, or "
	    "lower milter.wait" },
	{ has_mailer, CF_MAILER, false, "there is no mailer tlsq, so bounces, "
	    "and mail that an alias or .forward sends elsewhere, do not come "
	    "to tlsq; include tlsq.m4 in sendmail.mc" },
	{ mailer_has_flags, CF_MAILER, false, "the mailer tlsq lacks flag S or "
	    "z, so mail of local accounts cannot be stored; leave its line as "
	    "tlsq.m4 has it" },
	{ mailer_program_is_there, CF_MAILER, false, "the program of the mailer "
	    "tlsq (P=) cannot be run; define confTLSQ_PATH in sendmail.mc, "
	    "before tlsq.m4" },
	{ remote_mail_is_ours, CF_SMART_HOST, false, "SMART_HOST is not "
	    "tlsq:spool, so mail that the filter does not see bypasses tlsq; "
	    "remove your SMART_HOST from sendmail.mc, tlsq.m4 defines it" },
	{ cnames_stay, CF_EXPAND_NO, true, "confDONT_EXPAND_CNAMES is not True, "
	    "so a forged CNAME can replace the recipient's domain; leave it as "
	    "tlsq.m4 and tlsq-submit.m4 define it" },
	{ names_stay, CF_CANONIFIES, true, "FEATURE(`nocanonify') is missing, "
	    "so a forged answer can append a domain to the recipient's; include "
	    "tlsq.m4 in sendmail.mc, and tlsq-submit.m4 in submit.mc" },
	{ names_stay_everywhere, CF_ASKS_AGAIN, true, "modifier c of "
	    "DAEMON_OPTIONS, or CANONIFY_DOMAIN, turns on lookups, so a forged "
	    "answer can append a domain to the recipient's; remove it" },
	{ submission_names_stay, CF_MODIFIERS, true, "the domains of mail from "
	    "the command line are looked up; define "
	    "confDIRECT_SUBMISSION_MODIFIERS as `u'" },
};

static bool
judge(const char *path, const struct cf *cf, bool submit)
{
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if ((submit && !rules[i].submit) || rules[i].good(cf))
			continue;
		(void)fprintf(stderr, "tlsq: %s", path);
		if (cf->line[rules[i].where] > 0)
			(void)fprintf(stderr, ":%u",
			    cf->line[rules[i].where]);
		(void)fprintf(stderr, ": %s\n", rules[i].otherwise);
		good = false;
	}
	if (good)
		(void)printf("sendmail: %s: sound\n", path);
	return good;
}

static bool
check_file(const char *path, const struct conf *conf, bool submit)
{
	struct cf cf = { .conf = conf };
	FILE *f = fopen(path, "re");
	bool read;

	if (f == NULL && errno == ENOENT) {
		(void)printf("sendmail: %s: does not exist\n", path);
		return true;
	}
	if (f == NULL || !(read = read_cf(&cf, f))) {
		(void)fprintf(stderr, "tlsq: %s: %s\n", path,
		    strerror(errno));
		if (f != NULL)
			(void)fclose(f);
		return false;
	}
	(void)fclose(f);
	return judge(path, &cf, submit);
}

bool
cli_check_sendmail(const struct conf *conf)
{
	bool mta, submit;

	if (access("/etc/mail", F_OK) != 0)
		return true;
	mta = check_file("/etc/mail/sendmail.cf", conf, false);
	submit = check_file("/etc/mail/submit.cf", conf, true);
	return mta && submit;
}
