/*
 * The configuration of libunbound.
 *
 * What it finds wrong it finds late, at the first question, and some things it
 * never minds (an anchor file without anchors, a configuration without the
 * validator): it then takes everything for unsigned.  So everything is looked
 * at here, when the program starts.
 */
#include "lookup/unbound_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

/*
 * libunbound is made for one question at a time; we ask for hundreds of domains.
 * The file may say otherwise.
 */
static const struct { const char *name, *value; } defaults[] = {
	{ "outgoing-range:", "4096" },
	{ "num-queries-per-thread:", "4096" },
	{ "outgoing-num-tcp:", "32" },
	/* A question to a silent server fails after 5 s and five packets, not
	 * after 30 s.  The server then counts as dead, until infra-host-ttl has
	 * passed: before the second try of resolver.c. */
	{ "outbound-msg-retry:", "3" },
	{ "infra-cache-max-rtt:", "2000" },
	{ "infra-host-ttl:", "10" },
	/* Each name once instead of label by label: 10 packets for a new domain
	 * and not 18, and some round trips less.  What the root and top-level
	 * domains learn by it, tlsq.toml(5) says. */
	{ "qname-minimisation:", "no" },
	{ "rrset-cache-size:", "16m" },
	{ "msg-cache-size:", "8m" },
	{ "key-cache-size:", "4m" },
	{ "cache-max-ttl:", "86400" },
	{ "cache-max-negative-ttl:", "3600" },
};

/* Options that name trust anchors, and whether by a file.  (trusted-keys-file
 * has patterns of names; it adds to our anchor and does not replace it.) */
static const struct { const char *name; bool is_file, changes; } anchors[] = {
	{ .name = "trust-anchor" },
	{ .name = "trust-anchor-file", .is_file = true },
	/* libunbound itself writes this one, all the time: RFC 5011. */
	{ .name = "auto-trust-anchor-file", .is_file = true, .changes = true },
};

static bool
look_at(const char *key, const char *file, int64_t *changed_at,
    struct error *err)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	/* libunbound ends the process for a directory, waits for a pipe */
	if (ok && !S_ISREG(st.st_mode))
		ok = error_set(err, EX_CONFIG, "%s: %s: not a file", key, file);
	else if (!ok)
		error_set(err, EX_CONFIG, "%s: %s: %s%s", key, file,
		    strerror(errno), errno == ENOENT &&
		    strcmp(file, RESOLVER_ROOT_KEY) == 0 ?
		    " (install dns-root-data)" : "");
	else if (st.st_ctime > *changed_at)
		*changed_at = st.st_ctime;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The value of an option, or NULL where there is none; to be freed. */
static char *
option(struct ub_ctx *ctx, const char *name)
{
	char *text = NULL;

	if (ub_ctx_get_option(ctx, name, &text) != 0)
		return NULL;
	if (text != NULL && text[0] == '\0') {
		free(text);
		text = NULL;
	}
	return text;
}

static bool
names_anchors(struct ub_ctx *ctx)
{
	bool found = false;
	char *text;

	for (size_t i = 0; i < ARRAY_LEN(anchors); i++) {
		text = option(ctx, anchors[i].name);
		found = found || text != NULL;
		free(text);
	}
	return found;
}

/* libunbound takes a file without anchors for nothing to do. */
static bool
look_at_anchors(const char *key, const char *file, int64_t *changed_at,
    struct error *err)
{
	char line[4096], *save, *word;
	bool found = false;
	FILE *f;

	if (!look_at(key, file, changed_at, err))
		return false;
	f = fopen(file, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, ";")] = '\0';
		save = NULL;
		for (word = strtok_r(line, " \t\r\n()", &save); word != NULL;
		    word = strtok_r(NULL, " \t\r\n()", &save))
			found = found || text_equal_nocase(word, "DS") ||
			    text_equal_nocase(word, "DNSKEY");
	}
	if (f != NULL)
		(void)fclose(f);
	return found || error_set(err, EX_CONFIG, "%s: %s: the file has no DS "
	    "or DNSKEY record", key, file);
}

static bool
look_at_anchor_files(struct ub_ctx *ctx, int64_t *changed_at,
    struct error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < ARRAY_LEN(anchors); i++) {
		char *files = anchors[i].is_file ?
		    option(ctx, anchors[i].name) : NULL;
		int64_t ignored = 0;
		char *save = NULL;

		for (char *f = files == NULL ? NULL :
		    strtok_r(files, "\n", &save); ok && f != NULL;
		    f = strtok_r(NULL, "\n", &save))
			ok = look_at_anchors(anchors[i].name, f,
			    anchors[i].changes ? &ignored : changed_at, err);
		free(files);
	}
	return ok;
}

static bool
read_config(struct ub_ctx *ctx, const char *file, int64_t *changed_at,
    struct error *err)
{
	int code;

	if (!look_at("dns.unbound-config", file, changed_at, err))
		return false;
	code = ub_ctx_config(ctx, file);
	if (code != 0)
		return error_set(err, EX_CONFIG, "dns.unbound-config: %s: %s "
		    "(unbound-checkconf names the line)", file,
		    ub_strerror(code));
	return look_at_anchor_files(ctx, changed_at, err);
}

static bool
add_anchor(struct ub_ctx *ctx, const struct resolver_config *config,
    int64_t *changed_at, struct error *err)
{
	const char *file = config->trust_anchor;
	int code;

	if (file == NULL && names_anchors(ctx))
		return true;
	if (file == NULL)
		file = RESOLVER_ROOT_KEY;
	if (!look_at_anchors("dns.trust-anchor", file, changed_at, err))
		return false;
	code = ub_ctx_add_ta_file(ctx, file);
	return code == 0 || error_set(err, EX_CONFIG, "dns.trust-anchor: "
	    "%s: %s", file, ub_strerror(code));
}

/* An option that turns validation off makes every decision a guess. */
static bool
is_validating(struct ub_ctx *ctx, struct error *err)
{
	char *modules = option(ctx, "module-config");
	char *permissive = option(ctx, "val-permissive-mode");
	bool ok = true;

	if (modules == NULL || strstr(modules, "validator") == NULL)
		ok = error_set(err, EX_CONFIG, "dns.unbound-config: "
		    "module-config must include the validator");
	else if (permissive == NULL || strcmp(permissive, "no") != 0)
		ok = error_set(err, EX_CONFIG, "dns.unbound-config: "
		    "val-permissive-mode must be off");
	free(modules);
	free(permissive);
	return ok;
}

/* The first complaint in libunbound's log, without its time stamp; the others
 * follow from it. */
static const char *
first_complaint(char *log)
{
	char *text = strstr(log, "error: ");

	if (text == NULL)
		return NULL;
	text += strlen("error: ");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void
answered(void *ctx, int rcode, void *packet, int len, int security,
    char *why_bogus, int was_ratelimited)
{
	(void)ctx;
	(void)rcode;
	(void)packet;
	(void)len;
	(void)security;
	(void)why_bogus;
	(void)was_ratelimited;
}

/*
 * Makes libunbound read its files and get ready now, by a question that it
 * answers out of its head, before ub_resolve_event() returns.
 */
static bool
unbound_start(struct ub_ctx *ctx, struct error *err)
{
	const char *complaint;
	char *log = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&log, &len);
	int code, id = 0;

	if (out == NULL)
		return error_set(err, EX_OSERR, "libunbound: %s",
		    strerror(errno));
	(void)ub_ctx_debugout(ctx, out);
	code = ub_resolve_event(ctx, "localhost.", DNS_TYPE_A, 1, NULL,
	    answered, &id);
	(void)ub_ctx_debugout(ctx, NULL);
	(void)fclose(out);
	/* Where the file takes that name out of its head, it asks around. */
	if (code == 0)
		(void)ub_cancel(ctx, id);
	complaint = first_complaint(log);
	if (code != 0)
		error_set(err, EX_CONFIG, "libunbound: %s",
		    complaint != NULL ? complaint : ub_strerror(code));
	free(log);
	return code == 0;
}

static bool
configure(struct unbound *u, const struct resolver_config *config,
    struct error *err)
{
	int code;

	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if ((code = ub_ctx_set_option(u->ctx, defaults[i].name,
		    defaults[i].value)) != 0)
			return error_set(err, EX_SOFTWARE, "libunbound: %s %s",
			    defaults[i].name, ub_strerror(code));
	if (config->unbound_config != NULL && !read_config(u->ctx,
	    config->unbound_config, &u->changed_at, err))
		return false;
	return add_anchor(u->ctx, config, &u->changed_at, err) &&
	    is_validating(u->ctx, err) && unbound_start(u->ctx, err);
}

bool
unbound_open(struct unbound *u, struct loop *loop,
    const struct resolver_config *config, struct error *err)
{
	u->changed_at = 0;
	u->events = unbound_events_new(loop);
	u->ctx = ub_ctx_create_ub_event(u->events);
	if (u->ctx == NULL)
		error_set(err, EX_OSERR, "libunbound: %s", strerror(errno));
	else if (configure(u, config, err))
		return true;
	unbound_close(u);
	return false;
}

void
unbound_close(struct unbound *u)
{
	if (u->ctx != NULL)
		ub_ctx_delete(u->ctx);
	free(u->events);
	u->ctx = NULL;
	u->events = NULL;
}
