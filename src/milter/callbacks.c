/*
 * From libmilter's types to ours and back.
 */
#include "milter/callbacks.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"

/* libmilter has no pointer for its user: set once, before there are threads. */
static const struct milter_services *shared;

/* RFC 5321 4.5.3.1.5: 512 octets with the codes and the line end. */
enum { LINE_LEN = 480, LINES_MAX = 3 };

static atomic_size_t running, open_connections;

static char filter_name[] = "tlsq";

/* What we need to know, whatever the administrator's confMILTER_MACROS_*. */
static struct {
	int stage;
	char names[160];
} wanted_macros[] = {
	{ .stage = SMFIM_ENVFROM, .names = "i j _ r {auth_authen} {auth_type} "
	    "{auth_ssf} {tls_version} {cipher} {cipher_bits} {verify}" },
	{ .stage = SMFIM_ENVRCPT,
	  .names = "{rcpt_mailer} {rcpt_host} {rcpt_addr}" },
	{ .stage = SMFIM_EOH, .names = "{msg_id}" },
	{ .stage = SMFIM_EOM, .names = "{quarantine}" },
};

/* --- the mail server, for a session ------------------------------------- */

/* libmilter's arguments are not const, but it does not change them. */
static char *
unconst(const char *text)
{
	return (char *)(uintptr_t)text;
}

static const char *
get_macro(void *ctx, const char *name)
{
	return smfi_getsymval(ctx, unconst(name));
}

static bool
tell_progress(void *ctx)
{
	return smfi_progress(ctx) == MI_SUCCESS;
}

static bool
drop_recipient(void *ctx, const char *recipient)
{
	return smfi_delrcpt(ctx, unconst(recipient)) == MI_SUCCESS;
}

/* --- answers ------------------------------------------------------------ */

/* The text is a format to somebody down there: libmilter refuses a single %. */
static void
double_percent(char *dst, size_t room, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 2 < room; text++) {
		if (*text == '%')
			dst[n++] = '%';
		dst[n++] = *text;
	}
	dst[n] = '\0';
}

/* The length of the first line of text: up to LINE_LEN, between words if
 * that can be. */
static size_t
line_len(const char *text)
{
	size_t len = strlen(text);

	if (len <= LINE_LEN)
		return len;
	for (len = LINE_LEN; len > 0 && text[len] != ' '; len--)
		continue;
	return len > 0 ? len : LINE_LEN;
}

static sfsistat
refusal(SMFICTX *ctx, const struct milter_reply *reply)
{
	char lines[LINES_MAX][2 * LINE_LEN + 1], *given[LINES_MAX] = { NULL };
	const char *rest = reply->text;

	for (size_t i = 0; i < LINES_MAX && (i == 0 || *rest != '\0'); i++) {
		char line[LINE_LEN + 1];
		size_t len = line_len(rest);

		memcpy(line, rest, len);
		line[len] = '\0';
		double_percent(lines[i], sizeof(lines[i]), line);
		given[i] = lines[i];
		rest += len;
		rest += strspn(rest, " ");
	}
	if (smfi_setmlreply(ctx, reply->code, reply->status, given[0],
	    given[1], given[2], NULL) != MI_SUCCESS)
		log_warning("libmilter rejected the reply %s %s %s",
		    reply->code, reply->status, reply->text);
	return reply->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat
leave(SMFICTX *ctx, const struct milter_session *s, enum milter_answer answer)
{
	sfsistat status = SMFIS_TEMPFAIL;

	switch (answer) {
	case MILTER_REFUSE:
		status = refusal(ctx, milter_session_reply(s));
		break;
	case MILTER_CONTINUE:
		status = SMFIS_CONTINUE;
		break;
	case MILTER_NOT_OURS:
		status = SMFIS_ACCEPT;
		break;
	}
	(void)atomic_fetch_sub(&running, 1);
	return status;
}

/* The connection's session; NULL (a callback before the first one, or after the
 * last) is a tempfail. */
static struct milter_session *
enter(SMFICTX *ctx)
{
	struct milter_session *s = smfi_getpriv(ctx);

	if (s != NULL)
		(void)atomic_fetch_add(&running, 1);
	return s;
}

/* --- the connection ----------------------------------------------------- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long unused2, unsigned long unused3, unsigned long *actions_r,
    unsigned long *steps_r, unsigned long *unused2_r, unsigned long *unused3_r)
{
	const struct milter_mta mta = { .macro = get_macro,
		.progress = tell_progress, .drop = drop_recipient,
		.ctx = ctx };
	const unsigned long needed = SMFIF_DELRCPT | SMFIF_SETSYMLIST;
	struct milter_session *s;

	(void)unused2;
	(void)unused3;
	if ((actions & needed) != needed) {
		log_error("the mail server cannot delete recipients or send "
		    "the macros that tlsq needs; use Sendmail 8.14 or later");
		return SMFIS_REJECT;
	}
	for (size_t i = 0; i < ARRAY_LEN(wanted_macros); i++)
		if (smfi_setsymlist(ctx, wanted_macros[i].stage,
		    wanted_macros[i].names) != MI_SUCCESS)
			return SMFIS_REJECT;
	s = milter_session_new(shared, &mta, (steps & SMFIP_HDR_LEADSPC) != 0);
	if (smfi_setpriv(ctx, s) != MI_SUCCESS) {
		milter_session_free(&s);
		return SMFIS_REJECT;
	}
	(void)atomic_fetch_add(&open_connections, 1);
	*actions_r = needed;
	*steps_r = steps & (SMFIP_HDR_LEADSPC | SMFIP_NOUNKNOWN);
	*unused2_r = *unused3_r = 0;
	return SMFIS_CONTINUE;
}

/* NULL where it did not come by the network. */
static const char *
address_text(char *dst, socklen_t room, const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address != NULL && address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return inet_ntop(AF_INET, &in.sin_addr, dst, room);
	}
	if (address != NULL && address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			return inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12],
			    dst, room);
		return inet_ntop(AF_INET6, &in6.sin6_addr, dst, room);
	}
	return NULL;
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	struct milter_session *s = smfi_getpriv(ctx);
	char ip[INET6_ADDRSTRLEN];

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	milter_session_connect(s, name, address_text(ip, sizeof(ip), address));
	return SMFIS_CONTINUE;
}

static sfsistat
on_helo(SMFICTX *ctx, char *name)
{
	struct milter_session *s = smfi_getpriv(ctx);

	if (s != NULL)
		milter_session_helo(s, name);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct milter_session *s = smfi_getpriv(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	milter_session_free(&s);
	(void)atomic_fetch_sub(&open_connections, 1);
	return SMFIS_CONTINUE;
}

/* --- the message -------------------------------------------------------- */

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct milter_session *s = smfi_getpriv(ctx);

	if (s != NULL)
		milter_session_abort(s);
	return SMFIS_CONTINUE;
}

/* The others only pass on what they get. */
#define PASS_ON(call) \
{ \
	struct milter_session *s = enter(ctx); \
\
	return s == NULL ? SMFIS_TEMPFAIL : leave(ctx, s, call); \
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
PASS_ON(milter_session_mail(s, (const char *const *)args))

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
PASS_ON(milter_session_rcpt(s, (const char *const *)args))

static sfsistat
on_data(SMFICTX *ctx)
PASS_ON(milter_session_data(s))

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
PASS_ON(milter_session_header(s, name, value))

static sfsistat
on_end_header(SMFICTX *ctx)
PASS_ON(milter_session_end_header(s))

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
PASS_ON(milter_session_body(s, data, len))

static sfsistat
on_end(SMFICTX *ctx)
PASS_ON(milter_session_end(s))

/* --- the start ---------------------------------------------------------- */

bool
milter_callbacks_register(const struct milter_services *services,
    struct error *err)
{
	struct smfiDesc description = {
		.xxfi_name = filter_name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_DELRCPT | SMFIF_SETSYMLIST,
		.xxfi_negotiate = on_negotiate,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_data = on_data,
		.xxfi_header = on_header,
		.xxfi_eoh = on_end_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
	};

	shared = services;
	return smfi_register(description) == MI_SUCCESS ||
	    error_set(err, EX_SOFTWARE, "smfi_register() failed");
}

size_t
milter_callbacks_running(void)
{
	return atomic_load(&running);
}

size_t
milter_callbacks_open(void)
{
	return atomic_load(&open_connections);
}
