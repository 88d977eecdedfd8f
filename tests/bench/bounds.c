/*
 * Measures the limits of this machine, to compare the runner's figures with:
 * bounds DIRECTORY ADDRESS [CA.pem]
 *
 * Syncs of a file in the directory; round trips on loopback; and the bare
 * client: the TLS of src/tls and a fixed dialogue against a sink that listens at
 * ADDRESS, with no queue, no names and no proof of the certificate.  One thread,
 * one session at a time.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tls/stls.h"

enum { CONTENT_LEN = 4096, SYNC_S = 2, TRIPS = 20000 };

static double
read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
wall(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static double
cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
tell(const char *what, long n, double seconds, double cpu_seconds)
{
	printf("%-50s %8.0f per s  %8.3f ms of CPU each\n", what,
	    (double)n / seconds, cpu_seconds * 1e3 / (double)n);
}

/* --- the disk ----------------------------------------------------------- */

static void
measure_syncs(const char *dir)
{
	static const char block[4096] = "x";
	char path[4096];
	double begun, begun_cpu;
	long n = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/bounds.tmp", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path);
	begun = wall();
	begun_cpu = cpu();
	for (; wall() - begun < SYNC_S; n++)
		if (write(fd, block, sizeof(block)) < 0 || fdatasync(fd) != 0)
			die(path);
	tell("syncs (4 KiB appended)", n, wall() - begun, cpu() - begun_cpu);
	close(fd);
	(void)unlink(path);
}

/* --- loopback ------------------------------------------------------------- */

static void *
echo(void *arg)
{
	int listener = *(int *)arg, fd = accept(listener, NULL, NULL), one = 1;
	char c;

	if (fd < 0)
		die("accept");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (recv(fd, &c, 1, 0) == 1)
		if (send(fd, &c, 1, MSG_NOSIGNAL) != 1)
			break;
	close(fd);
	return NULL;
}

static int
dial(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) !=
	    0)
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
measure_trips(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	double begun, begun_cpu;
	pthread_t thread;
	char c = 'x';

	if (listener < 0 || bind(listener, (struct sockaddr *)&sa, len) != 0 ||
	    listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&sa, &len) != 0 ||
	    pthread_create(&thread, NULL, echo, &listener) != 0)
		die("listen");
	fd = dial(&sa);
	begun = wall();
	begun_cpu = cpu();
	for (int i = 0; i < TRIPS; i++)
		if (send(fd, &c, 1, MSG_NOSIGNAL) != 1 || recv(fd, &c, 1, 0) != 1)
			die("send");
	tell("round trips on loopback", TRIPS, wall() - begun,
	    cpu() - begun_cpu);
	close(fd);
	(void)pthread_join(thread, NULL);
	close(listener);
}

/* --- the bare client --------------------------------------------------------- */

struct client {
	int fd;
	struct stls *tls;
	char in[4096];
	size_t len;
};

static void
must(enum stls_status status, const struct error *err)
{
	if (status == STLS_OK)
		return;
	fprintf(stderr, "bounds: %s\n", status == STLS_FAILED ? err->text :
	    "the server is gone");
	exit(1);
}

static void
put(struct client *c, const char *data, size_t len)
{
	struct error err;
	size_t n;

	if (c->tls == NULL) {
		if (send(c->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
			die("send");
		return;
	}
	for (; len > 0; data += n, len -= n)
		must(stls_write(c->tls, data, len, &n, &err), &err);
}

/* Reads until so many replies have come; a sink's are two octets of the code
 * and 0, so "0 " stands where a last line of a reply begins. */
static void
await(struct client *c, int replies)
{
	struct error err;
	char *lf;

	for (;;) {
		while ((lf = memchr(c->in, '\n', c->len)) != NULL) {
			size_t line = (size_t)(lf - c->in) + 1;

			if (c->in[3] == ' ')
				replies--;
			c->len -= line;
			memmove(c->in, lf + 1, c->len);
		}
		if (replies <= 0)
			return;
		if (c->tls != NULL) {
			size_t n;

			must(stls_read(c->tls, c->in + c->len,
			    sizeof(c->in) - c->len, &n, &err), &err);
			c->len += n;
		} else {
			ssize_t n = recv(c->fd, c->in + c->len,
			    sizeof(c->in) - c->len, 0);

			if (n <= 0)
				die("recv");
			c->len += (size_t)n;
		}
	}
}

static void
say(struct client *c, const char *text, int replies)
{
	put(c, text, strlen(text));
	await(c, replies);
}

static const char envelope[] =
    "MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@one.test>\r\nDATA\r\n";

static void
run_session(const struct stls_context *ctx, const struct sockaddr_in *to,
    const char *content, int messages)
{
	const struct stls_params params = { .sni = "one.mx.test" };
	struct client c = { .fd = dial(to) };
	struct error err;

	await(&c, 1);
	say(&c, "EHLO bounds.test\r\n", 1);
	say(&c, "STARTTLS\r\n", 1);
	if (!stls_client_new(&c.tls, ctx, c.fd, &params, &err))
		must(STLS_FAILED, &err);
	must(stls_handshake(c.tls, &err), &err);
	say(&c, "EHLO bounds.test\r\n", 1);
	if (messages > 0)
		say(&c, envelope, 3);
	for (int i = 1; i < messages; i++)
		say(&c, content, 4);	/* ends in the next one's envelope */
	if (messages > 0) {
		put(&c, content, strlen(content) - (sizeof(envelope) - 1));
		await(&c, 1);
	}
	say(&c, "QUIT\r\n", 1);
	stls_free(&c.tls);
	close(c.fd);
}

static char *
make_content(void)
{
	size_t room = CONTENT_LEN + 16 + sizeof(envelope);
	char *text = malloc(room);

	if (text == NULL)
		die("malloc");
	memset(text, 'x', CONTENT_LEN);
	for (size_t i = 72; i < CONTENT_LEN; i += 72)
		memcpy(text + i - 2, "\r\n", 2);
	(void)snprintf(text + CONTENT_LEN, room - CONTENT_LEN, "\r\n.\r\n%s",
	    envelope);
	return text;
}

static void
measure_client(const struct stls_context *ctx, const char *address)
{
	static const struct row {
		const char *what;
		int sessions, messages;
	} rows[] = {
		{ "bare client: sessions without mail", 1000, 0 },
		{ "bare client: 1 message a session (W4)", 1000, 1 },
		{ "bare client: 10 messages a session (W2)", 200, 10 },
		{ "bare client: 100 messages a session (W1)", 20, 100 },
	};
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(25) };
	char *content = make_content();

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		die(address);
	run_session(ctx, &to, content, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		double begun = wall(), begun_cpu = cpu();

		for (int k = 0; k < r->sessions; k++)
			run_session(ctx, &to, content, r->messages);
		tell(r->what, r->sessions * (r->messages > 0 ? r->messages : 1),
		    wall() - begun, cpu() - begun_cpu);
	}
	free(content);
}

int
main(int argc, char **argv)
{
	struct stls_context *ctx;
	struct error err;

	if (argc < 3) {
		fprintf(stderr, "usage: bounds DIRECTORY ADDRESS [CA.pem]\n");
		return 2;
	}
	measure_syncs(argv[1]);
	measure_trips();
	if (!stls_global_init(&err) || !stls_context_open(&ctx,
	    argc > 3 ? argv[3] : NULL, &err)) {
		fprintf(stderr, "bounds: %s\n", err.text);
		return 1;
	}
	measure_client(ctx, argv[2]);
	stls_context_close(&ctx);
	stls_global_cleanup();
	return 0;
}
