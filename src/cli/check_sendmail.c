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

/* Of one .cf; "" for what is not there. */
struct cf {
	const struct conf *conf;
	char filters[512];	/* O InputMailFilters */
	char filter[1024];	/* what follows "Xtlsq," */
	char mailer[1024];	/* what follows "Mtlsq," */
	char smart_host[256];	/* DS */
	char expand_no[16];	/* O DontExpandCnames */
	char modifiers[64];	/* O DirectSubmissionModifiers */
	bool canonifies;	/* FEATURE(nocanonify) is not there */
	bool asks_again;	/* for some domains, or some daemon */
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
take_value(char *to, size_t room, const char *value)
{
	if (value != NULL && !text_copy(to, room, value))
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
take_line(struct cf *cf, const char *line)
{
	take_value(cf->filters, sizeof(cf->filters),
	    option_value(line, "InputMailFilters"));
	take_value(cf->expand_no, sizeof(cf->expand_no),
	    option_value(line, "DontExpandCnames"));
	take_value(cf->modifiers, sizeof(cf->modifiers),
	    option_value(line, "DirectSubmissionModifiers"));
	take_value(cf->filter, sizeof(cf->filter), after(line, "Xtlsq,"));
	take_value(cf->mailer, sizeof(cf->mailer), after(line, "Mtlsq,"));
	take_value(cf->smart_host, sizeof(cf->smart_host), after(line, "DS"));
	/* The rule by which CC turns off a lookup that is on. */
	cf->canonifies |= after(line, "R$* CC $* $| ") != NULL;
	cf->asks_again |= asks_for_lookup(line);
}

static bool
read_cf(struct cf *cf, FILE *f)
{
	struct buf line = { .len = 0 };
	char *more = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&more, &room, f)) >= 0) {
		if (n > 0 && more[n - 1] == '\n')
			more[n - 1] = '\0';
		if (more[0] != ' ' && more[0] != '\t') {
			take_line(cf, buf_str(&line));
			buf_clear(&line);
		}
		(void)buf_puts(&line, more);
	}
	take_line(cf, buf_str(&line));
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

	if (equate(cf->filter, 'T', ',', times) == NULL ||
	    equate(times, which, ';', value) == NULL)
		return otherwise;
	return seconds(value);
}

static bool
has_filter(const struct cf *cf)
{
	return cf->filter[0] != '\0' && strstr(cf->filters, "tlsq") != NULL;
}

/* Every test of a filter passes where there is none: that is one finding. */
static bool
filter_is_last(const struct cf *cf)
{
	const char *comma = strrchr(cf->filters, ',');
	const char *last = skip_blanks(comma != NULL ? comma + 1 :
	    cf->filters);

	return !has_filter(cf) || strcmp(last, "tlsq") == 0;
}

static bool
filter_tempfails(const struct cf *cf)
{
	char value[128];

	return !has_filter(cf) ||
	    (equate(cf->filter, 'F', ',', value) != NULL && value[0] == 'T');
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
	return cf->mailer[0] != '\0';
}

static bool
mailer_has_flags(const struct cf *cf)
{
	char value[128];

	return !has_mailer(cf) ||
	    (equate(cf->mailer, 'F', ',', value) != NULL &&
	    strchr(value, 'S') != NULL && strchr(value, 'z') != NULL);
}

static bool
mailer_program_is_there(const struct cf *cf)
{
	char value[128];

	return !has_mailer(cf) ||
	    (equate(cf->mailer, 'P', ',', value) != NULL &&
	    access(value, X_OK) == 0);
}

static bool
remote_mail_is_ours(const struct cf *cf)
{
	return text_starts_nocase(cf->smart_host, "tlsq:");
}

static bool
cnames_stay(const struct cf *cf)
{
	return cf->expand_no[0] != '\0' &&
	    strchr("tTyY", cf->expand_no[0]) != NULL;
}

static bool
names_stay(const struct cf *cf)
{
	return !cf->canonifies;
}

static bool
names_stay_everywhere(const struct cf *cf)
{
	return !cf->asks_again;
}

/* Sendmail's default is "c u". */
static bool
submission_names_stay(const struct cf *cf)
{
	return cf->modifiers[0] != '\0' && strchr(cf->modifiers, 'c') == NULL;
}

static const struct {
	bool (*good)(const struct cf *cf);
	const char *otherwise;
	bool submit;		/* of submit.cf, too */
} rules[] = {
	{ has_filter, "no filter tlsq: no client is identified, and none hears "
	    "of a failure at once", false },
	{ filter_is_last, "the filter tlsq is not the last of InputMailFilters: "
	    "a later one can refuse what is stored already", false },
	{ filter_tempfails, "the filter tlsq lacks F=T: without it mail would "
	    "be accepted past the filter", false },
	{ filter_answers_in_time, "the filter tlsq has less than R:30s: a slow "
	    "disk can make two copies of a message", false },
	{ filter_ends_in_time, "the filter tlsq has too little E: it must be a "
	    "minute longer than milter.wait", false },
	{ has_mailer, "no mailer tlsq: mail to an alias or .forward that "
	    "points elsewhere, and bounces, do not come to tlsq", false },
	{ mailer_has_flags, "the mailer tlsq lacks flag S or z: mail of local "
	    "accounts cannot be stored", false },
	{ mailer_program_is_there, "the program of the mailer tlsq (P=) cannot "
	    "be run", false },
	{ remote_mail_is_ours, "SMART_HOST (DS) is not tlsq:spool: what the "
	    "filter does not see leaves without tlsq", false },
	{ cnames_stay, "confDONT_EXPAND_CNAMES is not True: a forged CNAME "
	    "replaces the recipient's domain", true },
	{ names_stay, "FEATURE(`nocanonify') is missing: a forged answer can "
	    "append a domain to the recipient's", true },
	{ names_stay_everywhere, "modifier c of DAEMON_OPTIONS, or "
	    "CANONIFY_DOMAIN: a forged answer can append a domain to the "
	    "recipient's", true },
	{ submission_names_stay, "confDIRECT_SUBMISSION_MODIFIERS is not `u': "
	    "domains of mail from the command line are looked up", true },
};

static bool
judge(const char *path, const struct cf *cf, bool submit)
{
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if ((submit && !rules[i].submit) || rules[i].good(cf))
			continue;
		(void)fprintf(stderr, "tlsq: %s: %s\n", path,
		    rules[i].otherwise);
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
		(void)printf("sendmail: %s: not there\n", path);
		return true;
	}
	if (f == NULL || !(read = read_cf(&cf, f))) {
		(void)fprintf(stderr, "tlsq: %s: cannot be read: %s\n", path,
		    strerror(errno));
		if (f != NULL)
			(void)fclose(f);
		return false;
	}
	(void)fclose(f);
	return judge(path, &cf, submit);
}

bool
check_sendmail(const struct conf *conf)
{
	bool mta, submit;

	if (access("/etc/mail", F_OK) != 0)
		return true;
	mta = check_file("/etc/mail/sendmail.cf", conf, false);
	submit = check_file("/etc/mail/submit.cf", conf, true);
	return mta && submit;
}
