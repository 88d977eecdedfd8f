/*
 * libcurl's multi interface, told of sockets and time by our loop.
 *
 * So many fetches run at a time; the others wait here, and their time has not
 * begun.  One domain's policy host must not stand in the way of another's: there
 * is a bound for each address, and whose address has the fewest fetches under way
 * is next.
 */
#include "lookup/sts_fetch_impl.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/loop.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

enum {
	PORT_HTTPS = 443,
	RUNNING_MAX = 256,	/* at the same time */
	RUNNING_AT_ADDRESS_MAX = 8,
	IPV6_NET_OCTETS = 8	/* who has one address of it has all */
};

struct sts_fetcher {
	CURLM *multi;
	struct loop *loop;	/* NULL: before the first fetch */
	struct loop_timer *timer;
	LIST_HEAD(, sts_fetch) running;
	TAILQ_HEAD(, sts_fetch) waiting;
	size_t n_running;
	char *ca_file;
	uint16_t port;
	bool stopped;
};

/* A socket of libcurl. */
struct socket_watch {
	struct sts_fetcher *fetcher;
	struct loop_watch *watch;
	curl_socket_t fd;
};

static void begin_waiting(struct sts_fetcher *fetcher);

/* --- the end of a fetch */

static void
release(struct sts_fetch *f)
{
	struct sts_fetcher *fetcher = f->fetcher;

	if (f->easy != NULL) {
		LIST_REMOVE(f, link);
		fetcher->n_running--;
		(void)curl_multi_remove_handle(fetcher->multi, f->easy);
		curl_easy_cleanup(f->easy);
		(void)curl_share_cleanup(f->share);
		curl_slist_free_all(f->resolve);
	} else if (f->patience != NULL) {
		TAILQ_REMOVE(&fetcher->waiting, f, wait_link);
	}
	loop_timer_free(&f->patience);
	buf_free(&f->body);
	free(f->address);
	free(f->host);
	free(f);
}

static void
sts_fetch_finish(struct sts_fetch *f, CURLcode code)
{
	struct sts_fetched r = { .status = STS_STATUS_FETCH_FAILED };
	char why[STS_WHY_MAX];

	sts_fetch_judge(&r, why, f, code);
	f->fn(f->ctx, &r);
	release(f);
}

/* It is our doing that it was not fetched, and no word about the policy. */
static void
on_no_slot(void *arg)
{
	struct sts_fetch *f = arg;
	struct sts_fetched r = { .status = STS_STATUS_NO_SLOT };
	char why[STS_WHY_MAX], what[64];

	(void)snprintf(what, sizeof(what), "%zu other fetches are already "
	    "running",
	    f->fetcher->n_running);
	sts_fetch_failed(&r, why, STS_STATUS_NO_SLOT, f, what);
	f->fn(f->ctx, &r);
	release(f);
}

static void
finish_stopped(void *arg)
{
	struct sts_fetch *f = arg;
	struct sts_fetched r = { .status = STS_STATUS_FETCH_FAILED };
	char why[STS_WHY_MAX];

	sts_fetch_failed(&r, why, STS_STATUS_FETCH_FAILED, f,
	    "shutting down");
	f->fn(f->ctx, &r);
	release(f);
}

static void
reap(struct sts_fetcher *fetcher)
{
	struct sts_fetch *f;
	CURLMsg *msg;
	CURLcode code;
	int left;

	while ((msg = curl_multi_info_read(fetcher->multi, &left)) != NULL) {
		f = NULL;
		code = msg->data.result;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		    (char **)&f);
		sts_fetch_finish(f, code);
	}
	begin_waiting(fetcher);
}

/* --- sockets and time */

static void
on_ready(void *arg, int ready)
{
	struct socket_watch *w = arg;
	struct sts_fetcher *fetcher = w->fetcher;
	int mask = 0, running;

	if (ready & LOOP_READ)
		mask |= CURL_CSELECT_IN;
	if (ready & LOOP_WRITE)
		mask |= CURL_CSELECT_OUT;
	/* May free the watch. */
	(void)curl_multi_socket_action(fetcher->multi, w->fd, mask, &running);
	reap(fetcher);
}

static void
on_time(void *arg)
{
	struct sts_fetcher *fetcher = arg;
	int running;

	(void)curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0,
	    &running);
	reap(fetcher);
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct sts_fetcher *fetcher = arg;
	struct socket_watch *w = of_socket;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			loop_watch_free(&w->watch);
		free(w);
		(void)curl_multi_assign(fetcher->multi, fd, NULL);
		return 0;
	}
	if (w == NULL) {
		w = mem_zalloc(sizeof(*w));
		w->fetcher = fetcher;
		w->fd = fd;
		w->watch = loop_watch_new(fetcher->loop, fd, on_ready, w);
		(void)curl_multi_assign(fetcher->multi, fd, w);
	}
	loop_watch_want(w->watch, (what & CURL_POLL_IN ? LOOP_READ : 0) |
	    (what & CURL_POLL_OUT ? LOOP_WRITE : 0));
	return 0;
}

static int
want_time(CURLM *multi, long ms, void *arg)
{
	struct sts_fetcher *fetcher = arg;

	(void)multi;
	/* The last word comes when all is being taken down. */
	if (fetcher->timer == NULL)
		return 0;
	if (ms < 0)
		loop_timer_clear(fetcher->timer);
	else
		loop_timer_set(fetcher->timer, ms);
	return 0;
}

/* --- the begin of a fetch */

static bool
is_same_place(const struct net_address *a, const struct net_address *b)
{
	if (net_address_family(a) != net_address_family(b))
		return false;
	if (net_address_family(a) == AF_INET6)
		return memcmp(&a->sa.v6.sin6_addr, &b->sa.v6.sin6_addr,
		    IPV6_NET_OCTETS) == 0;
	return a->sa.v4.sin_addr.s_addr == b->sa.v4.sin_addr.s_addr;
}

static size_t
count_running_at(const struct sts_fetcher *fetcher,
    const struct net_address *address)
{
	const struct sts_fetch *f;
	size_t n = 0;

	LIST_FOREACH(f, &fetcher->running, link)
		n += is_same_place(f->address, address);
	return n;
}

/* Or NULL. */
static struct sts_fetch *
choose_waiting(const struct sts_fetcher *fetcher)
{
	size_t fewest = RUNNING_AT_ADDRESS_MAX, n;
	struct sts_fetch *f, *best = NULL;

	if (fetcher->n_running >= RUNNING_MAX)
		return NULL;
	TAILQ_FOREACH(f, &fetcher->waiting, wait_link) {
		n = count_running_at(fetcher, f->address);
		if (n >= fewest)
			continue;
		fewest = n;
		best = f;
		if (n == 0)
			break;
	}
	return best;
}

static void
begin_waiting(struct sts_fetcher *fetcher)
{
	struct sts_fetch *f;
	CURLMcode code;

	while ((f = choose_waiting(fetcher)) != NULL) {
		TAILQ_REMOVE(&fetcher->waiting, f, wait_link);
		loop_timer_free(&f->patience);
		sts_fetch_prepare(f, fetcher->ca_file, fetcher->port);
		LIST_INSERT_HEAD(&fetcher->running, f, link);
		fetcher->n_running++;
		code = curl_multi_add_handle(fetcher->multi, f->easy);
		assert(code == CURLM_OK);
	}
}

void
sts_fetch_start(struct sts_fetcher *fetcher, struct loop *loop,
    const char *domain, const struct net_address *address, size_t count,
    int64_t timeout_ms,
    void (*fn)(void *ctx, const struct sts_fetched *fetched), void *ctx)
{
	struct sts_fetch *f = mem_zalloc(sizeof(*f));

	assert(count > 0);
	f->fetcher = fetcher;
	f->host = mem_printf("mta-sts.%s", domain);
	f->address = mem_dup(address, count * sizeof(*address));
	f->count = count;
	f->timeout_ms = timeout_ms;
	f->fn = fn;
	f->ctx = ctx;
	if (fetcher->stopped) {
		loop_post(loop, finish_stopped, f);
		return;
	}
	if (fetcher->timer == NULL) {
		fetcher->loop = loop;
		fetcher->timer = loop_timer_new(loop, on_time, fetcher);
	}
	TAILQ_INSERT_TAIL(&fetcher->waiting, f, wait_link);
	f->patience = loop_timer_new(loop, on_no_slot, f);
	loop_timer_set(f->patience, timeout_ms);
	begin_waiting(fetcher);
}

/* --- all fetches together */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

/* Other threads may be running; of those only ours use libcurl. */
static void
init_curl(void)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	assert(code == CURLE_OK);
}

/* libcurl would say so at the first fetch, and to the wrong one: an
 * administrator's mistake is no failure of a domain. */
static bool
look_at(const char *file, struct error *err)
{
	char line[256];
	bool found = false;
	FILE *f = fopen(file, "re");

	if (f == NULL)
		return error_set(err, EX_NOINPUT, "mta-sts.ca-file: %s: %s",
		    file, strerror(errno));
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strncmp(line, "-----BEGIN ", 11) == 0 &&
		    strstr(line, "CERTIFICATE-----") != NULL;
	(void)fclose(f);
	return found || error_set(err, EX_CONFIG, "mta-sts.ca-file: %s: the "
	    "file has no PEM certificate", file);
}

bool
sts_fetcher_open(struct sts_fetcher **fetcher_r,
    const struct sts_fetch_config *config, struct error *err)
{
	const char *ca_file = config->ca_file != NULL ? config->ca_file :
	    SYSTEM_BUNDLE;
	struct sts_fetcher *fetcher;

	*fetcher_r = NULL;
	if (!look_at(ca_file, err))
		return false;
	(void)pthread_once(&curl_once, init_curl);
	fetcher = mem_zalloc(sizeof(*fetcher));
	LIST_INIT(&fetcher->running);
	TAILQ_INIT(&fetcher->waiting);
	fetcher->ca_file = mem_strdup(ca_file);
	fetcher->port = config->port != 0 ? config->port : PORT_HTTPS;
	fetcher->multi = curl_multi_init();
	assert(fetcher->multi != NULL);
	(void)curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION,
	    want_socket);
	(void)curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
	(void)curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION,
	    want_time);
	(void)curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
	*fetcher_r = fetcher;
	return true;
}

void
sts_fetcher_stop(struct sts_fetcher *fetcher)
{
	fetcher->stopped = true;
	while (!LIST_EMPTY(&fetcher->running))
		finish_stopped(LIST_FIRST(&fetcher->running));
	while (!TAILQ_EMPTY(&fetcher->waiting))
		finish_stopped(TAILQ_FIRST(&fetcher->waiting));
	loop_timer_free(&fetcher->timer);
	(void)curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, NULL);
}

void
sts_fetcher_close(struct sts_fetcher **fetcher)
{
	struct sts_fetcher *f = *fetcher;

	if (f == NULL)
		return;
	(void)curl_multi_cleanup(f->multi);
	free(f->ca_file);
	free(f);
	*fetcher = NULL;
}
