/*
 * The HTTP server: libmicrohttpd's thread, what it may spend, and headers.
 *
 * One thread answers one request after another, so one database handle is
 * enough.  Everything that a client could stretch is bounded: octets of a
 * request, connections, silence (by libmicrohttpd), the age of a connection
 * (here, by the collector's tick), the time of a query (spool_limit_set).
 */
#include "web/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/query.h"
#include "web/answer_impl.h"
#include "web/html.h"
#include "web/listen.h"

enum {
	CONNECTIONS = 64,
	REQUEST_MAX = 16 * 1024,	/* request line and fields */
	SILENCE_S = 10,
	AGE_MS = 15 * 1000,
	BUSY_MS = 500,	/* a locked log is repaired in less, or the answer is 503 */
};

struct connection {
	int fd;			/* -1: free */
	int64_t since_ms;
};

struct web {
	struct web_listen listen;
	char *database;
	struct web_collector *collector;
	struct spool *spool;	/* of its thread; NULL: opened by the next answer */
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;	/* of the connections */
	struct connection connections[CONNECTIONS];
};

/* What every answer carries. */
static const struct {
	const char *name, *value;
} fields[] = {
	{ "Content-Security-Policy", "default-src 'none'; style-src 'self'; "
	  "img-src data:; form-action 'self'; base-uri 'none'; "
	  "frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
	/* one answer each: a connection has no age worth keeping */
	{ "Connection", "close" },
};

static const struct row {
	web_make *make;
	bool plain;		/* errors as text; else JSON below /api/, or a page */
	bool spool;		/* needs the database */
} rows[WEB_PAGE_COUNT] = {
	[WEB_HOME] = { web_page_home, .spool = true },
	[WEB_QUEUE] = { web_page_queue, .spool = true },
	[WEB_DOMAINS] = { web_page_domains, .spool = true },
	[WEB_DOMAIN] = { web_page_domain, .spool = true },
	[WEB_MESSAGE] = { web_page_message, .spool = true },
	[WEB_STYLE] = { web_make_style, .plain = true },
	[WEB_API_QUEUE] = { web_api_queue, .spool = true },
	[WEB_API_DOMAINS] = { web_api_domains, .spool = true },
	[WEB_API_DOMAIN] = { web_api_domain, .spool = true },
	[WEB_API_MESSAGE] = { web_api_message, .spool = true },
	[WEB_METRICS] = { web_make_metrics, .plain = true },
	[WEB_HEALTHZ] = { web_make_healthz, .plain = true, .spool = true },
};

/* --- connections */

static void
note_connection(struct web *web, int fd, bool opened)
{
	(void)pthread_mutex_lock(&web->lock);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &web->connections[i];

		if (c->fd != (opened ? -1 : fd))
			continue;
		c->fd = opened ? fd : -1;
		c->since_ms = clock_mono_ms();
		break;
	}
	(void)pthread_mutex_unlock(&web->lock);
}

static void
notify_connection(void *ctx, struct MHD_Connection *connection,
    void **socket_ctx, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	(void)socket_ctx;
	if (info != NULL)
		note_connection(ctx, info->connect_fd,
		    what == MHD_CONNECTION_NOTIFY_STARTED);
}

/* A client that sends an octet now and then is never silent for long.  The
 * descriptor is in the table only while libmicrohttpd has it open. */
static void
end_old_connections(void *ctx)
{
	struct web *web = ctx;
	int64_t now_ms = clock_mono_ms();

	(void)pthread_mutex_lock(&web->lock);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &web->connections[i];

		if (c->fd >= 0 && now_ms - c->since_ms >= AGE_MS)
			(void)shutdown(c->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&web->lock);
}

/* --- answers */

/* An answer that is an error: a page, JSON or text, as the route has it. */
static void
make_error(struct web_answer *a, const struct web_request *r, unsigned status,
    const char *text)
{
	struct web_html h = { .out = &a->body, .now = r->now,
		.depth = r->route.depth };
	struct json j = { .out = &a->body };

	a->status = status;
	buf_clear(&a->body);
	if (r->route.api) {
		a->type = WEB_TYPE_JSON;
		json_open_object(&j, NULL);
		json_text(&j, "error", text);
		json_close_object(&j);
		(void)buf_puts(&a->body, "\n");
	} else if (rows[r->route.page].plain) {
		a->type = WEB_TYPE_TEXT;
		(void)buf_printf(&a->body, "%s\n", text);
	} else {
		a->type = WEB_TYPE_HTML;
		web_html_begin(&h, "No answer", NULL, NULL);
		web_html_put(&h, "<p>%s</p>\n", text);
		web_html_end(&h);
	}
}

static bool
open_spool(struct web *w, struct error *err)
{
	if (w->spool != NULL && spool_check_place(w->spool, err))
		return true;
	spool_close(&w->spool);
	if (!spool_open(&w->spool, w->database, SPOOL_READ_ONLY, err))
		return false;
	spool_busy_set(w->spool, BUSY_MS);
	return true;
}

/* All that an answer says is of one moment. */
static bool
make_of_spool(struct web *w, struct web_request *r,
    const struct row *row, struct web_answer *a, struct error *err)
{
	struct spool_query q;
	bool ok;

	if (!open_spool(w, err))
		return false;
	spool_limit_set(w->spool, WEB_QUERY_MS);
	spool_query_start(&q, w->spool, SQL_BEGIN_READ);
	r->spool = w->spool;
	ok = spool_query_run(&q, err) && row->make(r, a, err);
	spool_limit_set(w->spool, 0);
	spool_rollback(w->spool);
	if (!ok)
		spool_close(&w->spool);
	return ok;
}

/* Errors too.  Takes at most about WEB_QUERY_MS. */
static void
make_answer(struct web *w, const char *target, const char *accept,
    struct web_answer *a)
{
	struct web_request r = { .collector = w->collector, .accept = accept,
		.now = clock_now_s() };
	const struct row *row;
	struct error err;
	char text[128];

	web_route_parse(&r.route, target);
	row = &rows[r.route.page];
	a->status = 200;
	if (r.route.page == WEB_NOT_FOUND) {
		make_error(a, &r, 404, "There is no such page.");
	} else if (r.route.page == WEB_BAD_REQUEST) {
		make_error(a, &r, 400, "The request is not valid.");
	} else if (!(row->spool ? make_of_spool(w, &r, row, a, &err) :
	    row->make(&r, a, &err))) {
		log_debug("http: %s: %s", target, err.text);
		make_error(a, &r, 503, err.text);
	} else if (a->status == 404) {
		(void)text_copy(text, sizeof(text), buf_str(&a->body));
		make_error(a, &r, 404, text);
	}
}

/* --- requests */

/* The target as it came, before libmicrohttpd decodes it: the router does that
 * itself.  NULL means that this request was not answered yet. */
static void *
keep_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
	(void)ctx;
	(void)connection;
	return mem_strdup(target);
}

static void
drop_target(void *ctx, struct MHD_Connection *connection, void **target,
    enum MHD_RequestTerminationCode why)
{
	(void)ctx;
	(void)connection;
	(void)why;
	free(*target);
	*target = NULL;
}

static enum MHD_Result
send_answer(struct MHD_Connection *connection, struct web_answer *a)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    a->body.len, a->body.data, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result done;

	if (response == NULL) {
		buf_free(&a->body);
		return MHD_NO;
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		(void)MHD_add_response_header(response, fields[i].name,
		    fields[i].value);
	(void)MHD_add_response_header(response, "Content-Type", a->type);
	if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, "Allow", "GET, HEAD");
	if (a->status == MHD_HTTP_SERVICE_UNAVAILABLE)
		(void)MHD_add_response_header(response, "Retry-After", "2");
	done = MHD_queue_response(connection, a->status, response);
	MHD_destroy_response(response);
	return done;
}

static void
request_refuse(struct web_answer *a, unsigned status, const char *text)
{
	a->status = status;
	a->type = WEB_TYPE_TEXT;
	(void)buf_printf(&a->body, "%s\n", text);
}

/* Called when the fields are there; a body is not waited for, and ends the
 * connection unread. */
static enum MHD_Result
handle(void *ctx, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **target)
{
	struct web *web = ctx;
	struct web_answer a = { .body = BUF_INIT };
	const char *host = MHD_lookup_connection_value(connection,
	    MHD_HEADER_KIND, "Host");
	const char *accept = MHD_lookup_connection_value(connection,
	    MHD_HEADER_KIND, "Accept");

	(void)url;
	(void)version;
	(void)upload;
	(void)upload_size;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		request_refuse(&a, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "GET and HEAD only");
	else if (!web_host_is_ours(&web->listen, host))
		request_refuse(&a, MHD_HTTP_MISDIRECTED_REQUEST,
		    "the Host field must "
		    "name 127.0.0.1, [::1] or localhost");
	else
		make_answer(web, *target, accept, &a);
	return send_answer(connection, &a);
}

/* --- start and stop */

static void __attribute__((format(printf, 2, 0)))
log_message(void *ctx, const char *fmt, va_list ap)
{
	char text[512];

	(void)ctx;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http: %s", text);
}

static bool
start_daemon(struct web *web, int fd, struct error *err)
{
	web->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_AUTO | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, web,
	    MHD_OPTION_EXTERNAL_LOGGER, log_message, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MAX,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_URI_LOG_CALLBACK, keep_target, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, drop_target, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, notify_connection, web,
	    MHD_OPTION_END);
	if (web->daemon != NULL)
		return true;
	(void)close(fd);
	return error_set(err, EX_OSERR, "http: cannot start the server: %s",
	    strerror(errno));
}

/* Threads begin with the mask of who starts them: signals stay the program's. */
static bool
start_threads(struct web *web, int fd, struct error *err)
{
	sigset_t all, before;
	bool ok;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = web_collector_start(&web->collector, web->database,
	    end_old_connections, web, err);
	if (ok)
		ok = start_daemon(web, fd, err);
	else
		(void)close(fd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

bool
web_start(struct web **web_r, const char *listen, const char *database,
    struct error *err)
{
	struct web_listen where;
	struct web *web;
	int fd;

	*web_r = NULL;
	if (!web_listen_parse(&where, listen, err) ||
	    !web_listen_open(&fd, &where, err))
		return false;
	web = mem_zalloc(sizeof(*web));
	web->listen = where;
	web->database = mem_strdup(database);
	(void)pthread_mutex_init(&web->lock, NULL);
	for (size_t i = 0; i < CONNECTIONS; i++)
		web->connections[i].fd = -1;
	if (!start_threads(web, fd, err)) {
		web_stop(&web);
		return false;
	}
	*web_r = web;
	return true;
}

void
web_stop(struct web **web_p)
{
	struct web *web = *web_p;

	if (web == NULL)
		return;
	*web_p = NULL;
	if (web->daemon != NULL)
		MHD_stop_daemon(web->daemon);
	web_collector_stop(&web->collector);
	web_listen_remove(&web->listen);
	spool_close(&web->spool);
	(void)pthread_mutex_destroy(&web->lock);
	free(web->database);
	free(web);
}
