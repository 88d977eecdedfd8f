/*
 * A server for measurements: takes any mail over STARTTLS, counts it and throws
 * it away.  Many sessions in few threads, so that it costs less than what it
 * measures.
 *
 * OpenSSL and not wolfSSL: the peer of a measurement should be another
 * implementation than the measured one, and it is the cheaper server.
 *
 * It trusts its clients: a line or a reply that does not fit ends the session.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum { IN_MAX = 16384, OUT_MAX = 16384, EVENTS = 256, THREADS_MAX = 8,
	HOLD_MAX_S = 60 };

static const char usage[] =
    "usage: sink -c CHAIN.pem -k KEY.pem [-a ADDRESS] [-p PORT] [-t THREADS]\n"
    "            [-d MS] [-b SESSIONS] [-n MESSAGES -f FILE] [-C] [-T]\n"
    "  -d  each flight of the client is looked at only MS after it came\n"
    "  -b  no message is answered before so many sessions wait for that answer,\n"
    "      or a minute has passed (one thread)\n"
    "  -n  after so many messages FILE is written\n"
    "  -C  offers CHUNKING\n"
    "  -T  gives no session tickets\n"
    "SIGTERM ends it; what was counted is on standard output then.\n";

static struct options {
	const char *address, *chain, *key, *file;
	long port, threads, delay_ms, hold, messages;
	bool chunking, no_tickets;
} o = { .address = "0.0.0.0", .port = 25, .threads = 1 };

static struct counts {
	atomic_long connections, open, most_open, messages, recipients,
	    handshakes, resumed, failed_handshakes, plain, broken;
	atomic_llong first_ns, last_ns;
} counts;

enum state { COMMANDS, CONTENT, CHUNK };

struct session {
	struct worker *worker;
	int fd;
	SSL *tls;
	bool handshaking, start_tls, greeted, ending, queued, held;
	enum state state;
	long chunk_left, recipients;
	bool chunk_last;
	int64_t due_ns;
	STAILQ_ENTRY(session) entry;
	size_t in_len, out_len;
	char in[IN_MAX + 1], out[OUT_MAX];
};
STAILQ_HEAD(session_queue, session);

struct worker {
	pthread_t thread;
	int epoll, listener;
	struct session_queue delayed, held;
	long n_held;
	int64_t held_since_ns;
	bool released;
};

static SSL_CTX *context;
static atomic_bool stopping;

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- what was counted -------------------------------------------------- */

static void
print_counts(FILE *f)
{
	fprintf(f, "messages=%ld recipients=%ld connections=%ld most_open=%ld "
	    "handshakes=%ld resumed=%ld failed_handshakes=%ld plain=%ld "
	    "broken=%ld first_ns=%lld last_ns=%lld\n", counts.messages,
	    counts.recipients, counts.connections, counts.most_open,
	    counts.handshakes, counts.resumed, counts.failed_handshakes,
	    counts.plain, counts.broken, counts.first_ns, counts.last_ns);
}

static void
write_file(void)
{
	char name[4096];
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.new", o.file);
	f = fopen(name, "w");
	if (f == NULL)
		die(name);
	print_counts(f);
	if (fclose(f) != 0 || rename(name, o.file) != 0)
		die(o.file);
}

static void
count_message(const struct session *s)
{
	long n;

	counts.last_ns = now_ns();
	if (s->tls == NULL)
		counts.plain++;
	n = ++counts.messages;
	if (o.file != NULL && n == o.messages)
		write_file();
}

/* --- dialogue ----------------------------------------------------------- */

static void
say(struct session *s, const char *text)
{
	size_t n = strlen(text);

	if (s->out_len + n > sizeof(s->out)) {
		s->ending = true;
		return;
	}
	memcpy(s->out + s->out_len, text, n);
	s->out_len += n;
}

static void
end_of_message(struct session *s)
{
	struct worker *w = s->worker;

	s->state = COMMANDS;
	s->recipients = 0;
	if (o.hold > 0 && !w->released) {
		if (w->n_held++ == 0)
			w->held_since_ns = now_ns();
		s->held = true;
		STAILQ_INSERT_TAIL(&w->held, s, entry);
		return;
	}
	count_message(s);
	say(s, "250 2.0.0 taken\r\n");
}

static void
do_ehlo(struct session *s, const char *line)
{
	(void)line;
	say(s, "250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n");
	if (s->tls == NULL)
		say(s, "250-STARTTLS\r\n");
	if (o.chunking)
		say(s, "250-CHUNKING\r\n");
	say(s, "250 SIZE 100000000\r\n");
}

static void
do_starttls(struct session *s, const char *line)
{
	(void)line;
	say(s, "220 2.0.0 go on\r\n");
	s->start_tls = true;
}

static void
do_ok(struct session *s, const char *line)
{
	(void)line;
	say(s, "250 2.0.0 ok\r\n");
}

static void
do_rcpt(struct session *s, const char *line)
{
	(void)line;
	s->recipients++;
	counts.recipients++;
	say(s, "250 2.1.5 ok\r\n");
}

static void
do_data(struct session *s, const char *line)
{
	(void)line;
	if (s->recipients == 0) {
		say(s, "503 5.5.1 no recipients\r\n");
		return;
	}
	s->state = CONTENT;
	say(s, "354 go on\r\n");
}

static void
do_bdat(struct session *s, const char *line)
{
	char *end;

	s->chunk_left = strtol(line + 4, &end, 10);
	s->chunk_last = strcasestr(end, "LAST") != NULL;
	s->state = CHUNK;
}

static void
do_quit(struct session *s, const char *line)
{
	(void)line;
	say(s, "221 2.0.0 bye\r\n");
	s->ending = true;
}

static const struct command {
	const char *verb;
	void (*run)(struct session *s, const char *line);
} commands[] = {
	{ "MAIL", do_ok }, { "RCPT", do_rcpt }, { "DATA", do_data },
	{ "BDAT", do_bdat }, { "EHLO", do_ehlo }, { "STARTTLS", do_starttls },
	{ "RSET", do_ok }, { "NOOP", do_ok }, { "QUIT", do_quit },
};

static void
run_command(struct session *s, const char *line)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];

		if (strncasecmp(line, c->verb, strlen(c->verb)) == 0) {
			c->run(s, line);
			return;
		}
	}
	say(s, "502 5.5.2 what?\r\n");
}

/*
 * Each of these takes octets from the front of the input and returns how many;
 * 0: more must come first.
 */
static size_t
take_command(struct session *s, char *in, size_t len)
{
	char *lf = memchr(in, '\n', len);

	if (lf == NULL)
		return 0;
	*lf = '\0';
	run_command(s, in);
	*lf = '\n';
	/* The line end before the content is part of an end of an empty one. */
	if (s->state == CONTENT)
		return lf > in && lf[-1] == '\r' ? (size_t)(lf - in) - 1 :
		    (size_t)(lf - in) + 1;
	return (size_t)(lf - in) + 1;
}

static size_t
take_content(struct session *s, char *in, size_t len)
{
	static const char end[] = "\r\n.\r\n";
	const size_t end_len = sizeof(end) - 1;
	char *found = memmem(in, len, end, end_len);

	if (found != NULL) {
		end_of_message(s);
		return (size_t)(found - in) + end_len;
	}
	return len >= end_len ? len - (end_len - 1) : 0;
}

static size_t
take_chunk(struct session *s, char *in, size_t len)
{
	size_t n = len;

	(void)in;
	if (s->chunk_left < 0)
		s->chunk_left = 0;
	if ((size_t)s->chunk_left < n)
		n = (size_t)s->chunk_left;
	s->chunk_left -= (long)n;
	return n;
}

static void
end_of_chunk(struct session *s)
{
	s->state = COMMANDS;
	if (s->chunk_last)
		end_of_message(s);
	else
		say(s, "250 2.0.0 ok\r\n");
}

static void
answer(struct session *s)
{
	size_t at = 0, n = 1;

	while (n > 0 && !s->ending && !s->start_tls && !s->held) {
		char *in = s->in + at;
		size_t len = s->in_len - at;

		switch (s->state) {
		case COMMANDS:
			n = take_command(s, in, len);
			break;
		case CONTENT:
			n = take_content(s, in, len);
			break;
		case CHUNK:
			n = take_chunk(s, in, len);
			break;
		}
		at += n;
		if (s->state == CHUNK && s->chunk_left == 0) {
			end_of_chunk(s);
			n = 1;	/* what follows may be there already */
		}
	}
	/* RFC 3207 6: nothing said in clear text counts after the handshake. */
	s->in_len = s->start_tls ? 0 : s->in_len - at;
	memmove(s->in, s->in + at, s->in_len);
	if (s->in_len == IN_MAX && !s->held)
		s->ending = true;
}

/* --- octets -------------------------------------------------------------- */

/* More than 0: octets; 0: nothing now; -1: the end. */
static int
receive(struct session *s)
{
	size_t room = IN_MAX - s->in_len;
	ssize_t n;

	if (s->tls != NULL) {
		int rc = SSL_read(s->tls, s->in + s->in_len, (int)room);

		if (rc <= 0)
			return SSL_get_error(s->tls, rc) ==
			    SSL_ERROR_WANT_READ ? 0 : -1;
		s->in_len += (size_t)rc;
		return rc;
	}
	n = recv(s->fd, s->in + s->in_len, room, 0);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	s->in_len += (size_t)n;
	return (int)n;
}

/* Replies are short: a socket that does not take them is broken. */
static bool
flush(struct session *s)
{
	size_t n = s->out_len;

	if (n == 0)
		return true;
	s->out_len = 0;
	if (s->tls != NULL)
		return SSL_write(s->tls, s->out, (int)n) == (int)n;
	return send(s->fd, s->out, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void
session_end(struct session *s, bool broken)
{
	if (broken)
		counts.broken++;
	if (s->held) {
		STAILQ_REMOVE(&s->worker->held, s, session, entry);
		s->worker->n_held--;
	}
	if (s->tls != NULL && !broken)
		(void)SSL_shutdown(s->tls);
	SSL_free(s->tls);
	close(s->fd);
	counts.open--;
	free(s);
}

static void
begin_tls(struct session *s)
{
	s->start_tls = false;
	s->tls = SSL_new(context);
	if (s->tls == NULL || SSL_set_fd(s->tls, s->fd) != 1)
		die("SSL_new");
	s->handshaking = true;
}

/* As receive(): 1 where it is done. */
static int
handshake(struct session *s)
{
	int rc = SSL_accept(s->tls);

	if (rc != 1) {
		if (SSL_get_error(s->tls, rc) == SSL_ERROR_WANT_READ)
			return 0;
		counts.failed_handshakes++;
		return -1;
	}
	s->handshaking = false;
	counts.handshakes++;
	if (SSL_session_reused(s->tls))
		counts.resumed++;
	return 1;
}

/* Everything that is there; the session may be gone after it. */
static void
serve(struct session *s)
{
	int n = 1;

	if (!s->greeted)
		say(s, "220 sink.test ESMTP\r\n");
	s->greeted = true;
	for (;;) {
		if (!flush(s)) {
			session_end(s, true);
			return;
		}
		if (s->ending) {
			session_end(s, false);
			return;
		}
		if (s->start_tls)
			begin_tls(s);
		/* Its client has nothing to say before the answer. */
		if (s->held)
			return;
		n = s->handshaking ? handshake(s) : receive(s);
		if (n < 0)
			session_end(s, s->state != COMMANDS || s->in_len > 0);
		if (n <= 0)
			return;
		answer(s);
	}
}

/* --- threads --------------------------------------------------------------- */

static void
serve_later(struct session *s)
{
	if (o.delay_ms == 0) {
		serve(s);
		return;
	}
	if (s->queued)
		return;
	s->queued = true;
	s->due_ns = now_ns() + o.delay_ms * 1000000;
	STAILQ_INSERT_TAIL(&s->worker->delayed, s, entry);
}

static void
serve_due(struct worker *w)
{
	int64_t now = now_ns();
	struct session *s;

	while ((s = STAILQ_FIRST(&w->delayed)) != NULL && s->due_ns <= now) {
		STAILQ_REMOVE_HEAD(&w->delayed, entry);
		s->queued = false;
		serve(s);
	}
}

static void
release(struct worker *w)
{
	struct session *s;

	if (w->n_held == 0 || w->released || (w->n_held < o.hold &&
	    now_ns() - w->held_since_ns < HOLD_MAX_S * 1000000000LL))
		return;
	w->released = true;
	while ((s = STAILQ_FIRST(&w->held)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->held, entry);
		s->held = false;
		count_message(s);
		say(s, "250 2.0.0 taken\r\n");
		serve(s);
	}
}

static void
count_open(void)
{
	long open = ++counts.open, most = counts.most_open;
	long long none = 0;

	counts.connections++;
	while (open > most && !atomic_compare_exchange_weak(&counts.most_open,
	    &most, open))
		;
	(void)atomic_compare_exchange_strong(&counts.first_ns, &none, now_ns());
}

static void
accept_all(struct worker *w)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	int fd, one = 1;

	while ((fd = accept4(w->listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct session *s = malloc(sizeof(*s));

		if (s == NULL)
			die("malloc");
		/* not the buffers, which are large */
		memset(s, 0, offsetof(struct session, in));
		s->worker = w;
		s->fd = fd;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		count_open();
		e.data.ptr = s;
		if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
			die("epoll_ctl");
		serve_later(s);
	}
}

static int
wait_ms(const struct worker *w)
{
	const struct session *s = STAILQ_FIRST(&w->delayed);
	int64_t left;

	if (s == NULL)
		return 100;
	left = s->due_ns - now_ns();
	return left > 0 ? (int)((left + 999999) / 1000000) : 0;
}

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	struct epoll_event events[EVENTS];

	while (!stopping) {
		int n = epoll_wait(w->epoll, events, EVENTS, wait_ms(w));

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				accept_all(w);
			else
				serve_later(events[i].data.ptr);
		}
		serve_due(w);
		release(w);
	}
	return NULL;
}

static void
worker_start(struct worker *w)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)o.port) };
	struct epoll_event e = { .events = EPOLLIN };
	int one = 1;

	STAILQ_INIT(&w->delayed);
	STAILQ_INIT(&w->held);
	w->listener = socket(AF_INET,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (inet_pton(AF_INET, o.address, &sa.sin_addr) != 1 ||
	    setsockopt(w->listener, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) != 0 ||
	    setsockopt(w->listener, SOL_SOCKET, SO_REUSEPORT, &one,
	    sizeof(one)) != 0 ||
	    bind(w->listener, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    listen(w->listener, 4096) != 0 ||
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->listener, &e) != 0)
		die(o.address);
	if (pthread_create(&w->thread, NULL, worker_run, w) != 0)
		die("pthread_create");
}

/* --- start and end ---------------------------------------------------------- */

static void
make_context(void)
{
	context = SSL_CTX_new(TLS_server_method());
	if (context == NULL ||
	    SSL_CTX_use_certificate_chain_file(context, o.chain) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, o.key, SSL_FILETYPE_PEM) !=
	    1) {
		fprintf(stderr, "sink: %s, %s: no certificate and key\n",
		    o.chain, o.key);
		exit(1);
	}
	(void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	if (o.no_tickets) {
		(void)SSL_CTX_set_num_tickets(context, 0);
		(void)SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	}
}

static long
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 0) {
		fprintf(stderr, "sink: %s is not a number\n", text);
		exit(2);
	}
	return n;
}

static void
parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "a:b:c:d:f:k:n:p:t:CT")) != -1) {
		switch (c) {
		case 'a': o.address = optarg; break;
		case 'b': o.hold = number(optarg); break;
		case 'c': o.chain = optarg; break;
		case 'd': o.delay_ms = number(optarg); break;
		case 'f': o.file = optarg; break;
		case 'k': o.key = optarg; break;
		case 'n': o.messages = number(optarg); break;
		case 'p': o.port = number(optarg); break;
		case 't': o.threads = number(optarg); break;
		case 'C': o.chunking = true; break;
		case 'T': o.no_tickets = true; break;
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (o.chain == NULL || o.key == NULL || o.threads < 1 ||
	    o.threads > THREADS_MAX || (o.hold > 0 && o.threads > 1) ||
	    (o.hold > 0 && o.delay_ms > 0)) {
		fputs(usage, stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	sigset_t set;
	int got;

	parse_options(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	make_context();
	for (long i = 0; i < o.threads; i++)
		worker_start(&workers[i]);
	(void)sigwait(&set, &got);
	stopping = true;
	for (long i = 0; i < o.threads; i++)
		(void)pthread_join(workers[i].thread, NULL);
	print_counts(stdout);
	return 0;
}
