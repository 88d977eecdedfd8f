/*
 * tls: sessions with real servers (Python's ssl, that is OpenSSL), good and bad,
 * and with an impostor that shows a certificate whose key it does not have.
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tls/chain.h"
#include "fixture.h"

#define HOST "mx.example.test"
#define LITERAL "192.0.2.1"

enum { PATIENCE_MS = 10000, PORTS = 64 };

/* The servers of tls_peers.py, and the context of all sessions. */
struct world {
	struct stls_context *ctx;
	pid_t pid;
	int to;			/* its standard input: closing it ends it */
	int n;
	struct {
		char name[32];
		int port;
	} ports[PORTS];
};

static int
dial(const struct world *w, const char *name)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = 0;

	for (int i = 0; i < w->n; i++)
		if (strcmp(w->ports[i].name, name) == 0)
			port = w->ports[i].port;
	if (port == 0)
		fail_msg("no server %s", name);
	sa.sin_port = htons((uint16_t)port);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* False: the server made us wait too long. */
static bool
await(int fd, enum stls_status status, int patience_ms)
{
	struct pollfd p = { .fd = fd,
		.events = status == STLS_WANT_READ ? POLLIN : POLLOUT };

	return poll(&p, 1, patience_ms) == 1;
}

static bool
await_either(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, PATIENCE_MS) == 1;
}

static bool
again(enum stls_status status)
{
	return status == STLS_WANT_READ || status == STLS_WANT_WRITE;
}

static struct stls *
open_session(const struct world *w, int fd, struct stls_params params)
{
	struct error err;
	struct stls *s;

	if (!stls_client_new(&s, w->ctx, fd, &params, &err))
		fail_msg("%s", err.text);
	return s;
}

static enum stls_status
shake(struct stls *s, int fd, struct error *err)
{
	enum stls_status status;

	err->text[0] = '\0';
	while (again(status = stls_handshake(s, err)))
		if (!await(fd, status, PATIENCE_MS))
			break;
	return status;
}

static enum stls_status
read_line(struct stls *s, int fd, char *line, size_t room, struct error *err)
{
	enum stls_status status;
	size_t used = 0, n;

	line[0] = '\0';
	while (used + 1 < room && strchr(line, '\n') == NULL) {
		status = stls_read(s, line + used, room - 1 - used, &n, err);
		if (again(status) && await(fd, status, PATIENCE_MS))
			continue;
		if (status != STLS_OK)
			return status;
		used += n;
		line[used] = '\0';
	}
	return STLS_OK;
}

static void
write_all(struct stls *s, int fd, const char *data)
{
	size_t len = strlen(data), n;
	enum stls_status status;
	struct error err;

	while (len > 0) {
		status = stls_write(s, data, len, &n, &err);
		if (again(status) && await(fd, status, PATIENCE_MS))
			continue;
		if (status != STLS_OK)
			fail_msg("write: %s", err.text);
		data += n;
		len -= n;
	}
}

static void
handshakes_that_succeed(void **state)
{
	static const struct {
		const char *server, *chain, *protocol, *cipher, *group, *host;
		enum stls_verdict verdict;
	} rows[] = {
		{ "tls13", "leaf inter", "TLSv1.3", "TLS_AES_256_GCM_SHA384",
		  "X25519", HOST, STLS_VERIFIED },
		{ "tls12", "leaf inter", "TLSv1.2", "ECDHE-ECDSA-", "X25519",
		  HOST, STLS_VERIFIED },
		{ "tls13-rsa", "leaf-rsa inter", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_VERIFIED },
		{ "tls12-rsa", "leaf-rsa inter", "TLSv1.2", "ECDHE-RSA-",
		  "X25519", HOST, STLS_VERIFIED },
		{ "tls12-dhe", "leaf-rsa inter", "TLSv1.2",
		  "ECDHE-RSA-AES128-SHA", "X25519", HOST, STLS_VERIFIED },
		{ "tls13-ed25519", "ss-ed25519", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_NOT_TRUSTED },
		{ "tls12-ed25519", "ss-ed25519", "TLSv1.2", "ECDHE-ECDSA-",
		  "X25519", HOST, STLS_NOT_TRUSTED },
		/* no common key share: HelloRetryRequest */
		{ "tls13-p384", "ss-p384", "TLSv1.3", "TLS_", "P-384",
		  HOST, STLS_NOT_TRUSTED },
		{ "tls12-p384", "ss-p384", "TLSv1.2", "ECDHE-ECDSA-",
		  "P-384", HOST, STLS_NOT_TRUSTED },
		{ "big", "leaf-big inter root", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_VERIFIED },
		{ "nine", "leaf inter root junk-0 junk-1 junk-2 junk-3 junk-4 "
		  "junk-5", "TLSv1.3", "TLS_", "X25519", HOST, STLS_VERIFIED },
		{ "expired", "leaf-expired inter", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_EXPIRED },
		{ "slow-tls13", "leaf inter", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_VERIFIED },
		{ "slow-tls12", "leaf inter", "TLSv1.2", "ECDHE-ECDSA-",
		  "X25519", HOST, STLS_VERIFIED },
		/* a few tickets are no flood */
		{ "tickets-20", "leaf inter", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_VERIFIED },
		{ "odd-not", "leaf inter", "TLSv1.2",
		  "ECDHE-ECDSA-AES128-SHA256", "P-256", HOST, STLS_VERIFIED },
		{ "odd-retry", "leaf inter", "TLSv1.3",
		  "TLS_AES_128_GCM_SHA256", "P-256", HOST, STLS_VERIFIED },
		{ "exponent-8", "ss-rsa-e8", "TLSv1.3", "TLS_", "X25519",
		  HOST, STLS_NOT_TRUSTED },
		{ "dhe", "leaf-rsa inter", "TLSv1.2", "DHE-RSA-AES", "DHE",
		  HOST, STLS_VERIFIED },
		/* RFC 6066 section 3: no literal in SNI */
		{ "tls13", "leaf inter", "TLSv1.3", "TLS_", "X25519", LITERAL,
		  STLS_HOST_MISMATCH },
	};
	const struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stls_params params = { .sni = rows[i].host,
			.min_version = STLS_MIN_TLS12 };
		const char *names[] = { rows[i].host };
		char line[100], greeting[100];
		const struct stls_peer *peer;
		struct stls_result verdict;
		size_t n;
		struct stls_peer expected;
		struct error err;
		struct stls *s;
		int fd = dial(w, rows[i].server);

		s = open_session(w, fd, params);
		if (shake(s, fd, &err) != STLS_OK)
			fail_msg("%s: %s", rows[i].server, err.text);
		peer = stls_peer(s);
		if (strcmp(peer->protocol, rows[i].protocol) != 0 ||
		    strstr(peer->cipher, rows[i].cipher) != peer->cipher ||
		    strcmp(peer->group, rows[i].group) != 0)
			fail_msg("%s: %s %s %s", rows[i].server,
			    peer->protocol, peer->cipher, peer->group);
		assert_false(peer->resumed);
		fixture_peer(&expected, rows[i].chain);
		assert_int_equal(peer->n_chain, expected.n_chain);
		for (size_t k = 0; k < peer->n_chain; k++) {
			assert_int_equal(peer->chain[k].len,
			    expected.chain[k].len);
			assert_memory_equal(peer->chain[k].data,
			    expected.chain[k].data, peer->chain[k].len);
		}
		fixture_free_peer(&expected);
		stls_verify_pkix(w->ctx, peer, names, 1, FIXTURE_NOW, &verdict);
		if (verdict.verdict != rows[i].verdict)
			fail_msg("%s: %s", rows[i].server, verdict.text);
		assert_int_equal(read_line(s, fd, line, sizeof(line), &err),
		    STLS_OK);
		(void)snprintf(greeting, sizeof(greeting), "220 sni=%s\r\n",
		    strcmp(rows[i].host, HOST) == 0 ? HOST : "");
		assert_string_equal(line, greeting);
		write_all(s, fd, "QUIT\r\n");
		if (i % 2 == 0)
			assert_int_equal(read_line(s, fd, line, sizeof(line),
			    &err), STLS_EOF);
		assert_int_equal(stls_shutdown(s, &err), STLS_OK);
		/* CVE-2026-15442 */
		assert_int_not_equal(stls_read(s, line, 1, &n, &err), STLS_OK);
		stls_free(&s);
		assert_null(s);
		(void)close(fd);
	}
}

static void
handshakes_that_fail_say_why(void **state)
{
	static const struct {
		const char *server, *says;
		enum stls_min_version min_version;
	} rows[] = {
		{ "tls12", "alert protocol_version (70)", STLS_MIN_TLS13 },
		/* Twin of those three: "odd-not" among those that succeed. */
		{ "odd-null", "a cipher suite that was not offered",
		  STLS_MIN_TLS12 },
		{ "odd-cbc", "a cipher suite that was not offered",
		  STLS_MIN_TLS12 },
		{ "odd-group", "a key exchange group that was not offered",
		  STLS_MIN_TLS12 },
		/* CVE-2026-93304, in both orders: no keys are made yet */
		{ "odd-early", "TLS handshake: ", STLS_MIN_TLS12 },
		{ "odd-early-done", "TLS handshake: ", STLS_MIN_TLS12 },
		/* CVE-2023-3724 and CVE-2026-3230; twin: "odd-retry" */
		{ "odd-no-share", "TLS extension missing", STLS_MIN_TLS12 },
		{ "odd-retry-no-share", "exchanged keys without a group",
		  STLS_MIN_TLS12 },
		{ "tls11", "alert protocol_version (70)", STLS_MIN_TLS12 },
		{ "anonymous", "alert handshake_failure (40)",
		  STLS_MIN_TLS12 },
		{ "alert", "alert handshake_failure (40)", STLS_MIN_TLS12 },
		{ "ten", "more certificates than wolfSSL accepts",
		  STLS_MIN_TLS12 },
		/* What wolfSSL's parser does not take: doc/limits.md. */
		{ "critical", "an unknown critical extension",
		  STLS_MIN_TLS12 },
		{ "unique-id", "a unique identifier", STLS_MIN_TLS12 },
		{ "aki-empty", "an empty key identifier", STLS_MIN_TLS12 },
		{ "constrained", "has name constraints and is not a CA",
		  STLS_MIN_TLS12 },
		{ "ip-5", "an IP address of invalid length",
		  STLS_MIN_TLS12 },
		/* Twin: "exponent-8" among those that succeed. */
		{ "exponent-9", "RSA exponent of more than 8",
		  STLS_MIN_TLS12 },
		{ "exponent-9-tls12", "RSA exponent of more than 8",
		  STLS_MIN_TLS12 },
		{ "exponent-long", "RSA exponent of more than 8",
		  STLS_MIN_TLS12 },
		{ "huge-key", "RSA above 4096 bits", STLS_MIN_TLS12 },
		{ "close-at-once", "the server closed the connection",
		  STLS_MIN_TLS12 },
		{ "cut-in-flight", "the server closed the connection",
		  STLS_MIN_TLS12 },
		{ "no-tls", "what the server sent is not TLS",
		  STLS_MIN_TLS12 },
		{ "zeros", "what the server sent is not TLS", STLS_MIN_TLS12 },
		{ "endless-record", "wolfSSL", STLS_MIN_TLS12 },
		{ "bad-hello", "wolfSSL", STLS_MIN_TLS12 },
	};
	const struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stls_params params = { .sni = HOST,
			.min_version = rows[i].min_version };
		struct error err, later;
		struct stls *s;
		uint8_t *blob, byte[1];
		size_t n;
		int fd = dial(w, rows[i].server);

		s = open_session(w, fd, params);
		if (shake(s, fd, &err) != STLS_FAILED)
			fail_msg("%s: did not fail", rows[i].server);
		if (strstr(err.text, rows[i].says) == NULL ||
		    strstr(err.text, "TLS handshake: ") != err.text)
			fail_msg("%s: %s", rows[i].server, err.text);
		assert_int_equal(err.code, EX_TEMPFAIL);
		/* Nothing can be got out of it afterwards. */
		assert_int_equal(stls_handshake(s, &later), STLS_FAILED);
		assert_int_equal(stls_read(s, byte, 1, &n, &later),
		    STLS_FAILED);
		assert_int_equal(stls_write(s, "x", 1, &n, &later),
		    STLS_FAILED);
		assert_false(stls_session_export(s, &blob, &n));
		assert_int_equal(stls_shutdown(s, &later), STLS_OK);
		stls_free(&s);
		(void)close(fd);
	}
}

static void
a_silent_server_keeps_nobody(void **state)
{
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12 };
	const struct world *w = *state;
	int64_t started_ms = clock_mono_ms();
	struct error err;
	struct stls *s;
	int fd = dial(w, "hang");

	s = open_session(w, fd, params);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(stls_handshake(s, &err), STLS_WANT_READ);
		assert_false(await(fd, STLS_WANT_READ, 20));
	}
	assert_true(clock_mono_ms() - started_ms < 2000);
	stls_free(&s);
	(void)close(fd);
}

static void
a_connection_cut_after_the_handshake_is_an_end(void **state)
{
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12 };
	const struct world *w = *state;
	struct error err;
	struct stls *s;
	char line[100];
	int fd = dial(w, "cut-after");

	s = open_session(w, fd, params);
	assert_int_equal(shake(s, fd, &err), STLS_OK);
	assert_int_equal(read_line(s, fd, line, sizeof(line), &err), STLS_OK);
	assert_int_equal(read_line(s, fd, line, sizeof(line), &err), STLS_EOF);
	stls_free(&s);
	(void)close(fd);
}

static bool
holds(int fd, int octets)
{
	int there = 0;

	return ioctl(fd, FIONREAD, &there) == 0 && there >= octets;
}

/* Nothing in it is for the caller: each call reads a turn's worth, and so the
 * session ends before it has cost much. */
static void
a_flood_is_read_by_turns_and_ends_the_session(void **state)
{
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12 };
	const struct world *w = *state;
	enum stls_status status;
	char data[4096];
	struct error err;
	struct stls *s;
	size_t n;
	int fd = dial(w, "tickets-4000"), turns = 0;

	s = open_session(w, fd, params);
	assert_int_equal(shake(s, fd, &err), STLS_OK);
	while ((status = stls_read(s, data, sizeof(data), &n, &err)) ==
	    STLS_WANT_READ) {
		turns += holds(fd, 16384);
		assert_true(await(fd, status, PATIENCE_MS));
		/* So that several turns are there to be read at once. */
		for (int i = 0; i < 100 && !holds(fd, 60000); i++)
			(void)poll(NULL, 0, 1);
	}
	assert_int_equal(status, STLS_FAILED);
	assert_non_null(strstr(err.text, "the server floods the session"));
	assert_true(stls_flooded(s));
	assert_in_range(turns, 1, 10);
	stls_free(&s);
	(void)close(fd);
}

static void
a_large_group_costs_little(void **state)
{
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12 };
	struct timespec began, ended;
	const struct world *w = *state;
	struct error err;
	struct stls *s;
	int fd = dial(w, "dhe-4096");

	s = open_session(w, fd, params);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began);
	if (shake(s, fd, &err) != STLS_OK)
		fail_msg("%s", err.text);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
	assert_string_equal(stls_peer(s)->group, "DHE");
	assert_true((ended.tv_sec - began.tv_sec) * 1000 +
	    (ended.tv_nsec - began.tv_nsec) / 1000000 < 150);
	stls_free(&s);
	(void)close(fd);
}

/* Writes as much as goes, reads what comes: n octets there and back. */
static void
echo(struct stls *s, int fd, size_t n, bool *blocked_r)
{
	char *out = mem_alloc(n), *in = mem_alloc(n);
	size_t sent = 0, got = 0, k;
	enum stls_status rs, ws;
	struct error err;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(i * 7 % 251);
	while (got < n) {
		ws = sent < n ? stls_write(s, out + sent, n - sent, &k, &err) :
		    STLS_OK;
		if (sent < n && ws == STLS_OK)
			sent += k;
		*blocked_r |= ws == STLS_WANT_WRITE;
		rs = stls_read(s, in + got, n - got, &k, &err);
		if (rs == STLS_OK)
			got += k;
		assert_true(again(rs) || rs == STLS_OK);
		assert_true(again(ws) || ws == STLS_OK);
		if (again(rs) && sent == n)
			assert_true(await(fd, STLS_WANT_READ, PATIENCE_MS));
		else if (again(rs) && again(ws))
			assert_true(await_either(fd));
	}
	assert_memory_equal(in, out, n);
	free(in);
	free(out);
}

static void
much_goes_through_small_buffers(void **state)
{
	static const char *const servers[] = { "lazy-tls13", "lazy-tls12" };
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12 };
	const struct world *w = *state;
	struct error err;
	bool blocked;
	struct stls *s;
	char line[100];
	int room = 4096;

	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		int fd = dial(w, servers[i]);

		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room,
		    sizeof(room));
		s = open_session(w, fd, params);
		assert_int_equal(shake(s, fd, &err), STLS_OK);
		assert_int_equal(read_line(s, fd, line, sizeof(line), &err),
		    STLS_OK);
		blocked = false;
		echo(s, fd, 2000000, &blocked);
		assert_true(blocked);
		stls_free(&s);
		(void)close(fd);
	}
}

/* One session to the end; what it exports, and whether it was resumed. */
static bool
visit(const struct world *w, const char *server, uint8_t **blob, size_t *len)
{
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12, .resume = *blob,
		.resume_len = *len };
	struct error err;
	struct stls *s;
	char line[100];
	bool resumed;
	int fd = dial(w, server);

	s = open_session(w, fd, params);
	if (shake(s, fd, &err) != STLS_OK)
		fail_msg("%s: %s", server, err.text);
	resumed = stls_peer(s)->resumed;
	assert_int_equal(stls_peer(s)->n_chain == 0, resumed);
	assert_int_equal(read_line(s, fd, line, sizeof(line), &err), STLS_OK);
	assert_string_equal(line, "220 sni=" HOST "\r\n");
	write_all(s, fd, "x\r\n");
	assert_int_equal(read_line(s, fd, line, sizeof(line), &err), STLS_OK);
	free(*blob);
	assert_true(stls_session_export(s, blob, len));
	assert_true(*len < 4096);
	stls_free(&s);
	(void)close(fd);
	return resumed;
}

static void
sessions_are_resumed_from_their_export(void **state)
{
	static const char *const servers[] = { "tls13", "tls12", "tls12-rsa" };
	const struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		uint8_t *blob = NULL;
		size_t len = 0;

		assert_false(visit(w, servers[i], &blob, &len));
		assert_true(visit(w, servers[i], &blob, &len));
		assert_true(visit(w, servers[i], &blob, &len));
		free(blob);
	}
}

static void
a_session_of_another_server_or_damaged_is_not_resumed(void **state)
{
	const struct world *w = *state;
	uint8_t *blob = NULL, *copy;
	size_t len = 0, copy_len;

	assert_false(visit(w, "tls13", &blob, &len));
	copy = mem_dup(blob, len);
	copy_len = len;
	assert_false(visit(w, "tls13-rsa", &copy, &copy_len));
	free(copy);
	for (size_t cut = 0; cut < len; cut += 37) {
		copy = mem_dup(blob, cut > 0 ? cut : 1);
		copy_len = cut;
		assert_false(visit(w, "tls13", &copy, &copy_len));
		free(copy);
	}
	free(blob);
}

/* A server of wolfSSL, which lets one use a key that is not the certificate's. */
struct impostor {
	int fd;
	const char *chain, *key;
	bool tls13;
	int key_updates;	/* before it says anything */
};

static void *
impersonate(void *arg)
{
	const struct impostor *p = arg;
	char chain[FIXTURE_PATH], key[FIXTURE_PATH];
	WOLFSSL_CTX *c = wolfSSL_CTX_new(p->tls13 ?
	    wolfTLSv1_3_server_method() : wolfTLSv1_2_server_method());
	bool sent = true;
	WOLFSSL *ssl;
	sigset_t pipe;
	char buf[10];

	/* Its sends may raise it; those under test must not. */
	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	(void)wolfSSL_CTX_use_certificate_chain_file(c,
	    fixture_path(chain, p->chain, ".pem"));
	(void)wolfSSL_CTX_use_PrivateKey_file(c,
	    fixture_path(key, p->key, ".key"), WOLFSSL_FILETYPE_PEM);
	ssl = wolfSSL_new(c);
	(void)wolfSSL_set_fd(ssl, p->fd);
	if (wolfSSL_accept(ssl) == WOLFSSL_SUCCESS) {
		for (int i = 0; i < p->key_updates && sent; i++)
			sent = wolfSSL_update_keys(ssl) == WOLFSSL_SUCCESS;
		(void)wolfSSL_write(ssl, "220 here\r\n", 10);
		(void)wolfSSL_read(ssl, buf, sizeof(buf));
	}
	wolfSSL_free(ssl);
	wolfSSL_CTX_free(c);
	(void)shutdown(p->fd, SHUT_RDWR);
	stls_thread_end();
	return NULL;
}

static void
the_peer_must_hold_the_key_of_its_certificate(void **state)
{
	static const struct {
		const char *chain, *key;
		bool tls13, ok;
	} rows[] = {
		{ "leaf", "p256-4", true, true },
		{ "leaf", "p256-4", false, true },
		{ "leaf-rsa", "rsa", true, true },
		{ "leaf-rsa", "rsa", false, true },
		{ "leaf", "p256-0", true, false },
		{ "leaf", "p256-0", false, false },
		{ "leaf-rsa", "rsa-ca", true, false },
		{ "leaf-rsa", "rsa-ca", false, false },
	};
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS12 };
	const struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct impostor p = { .chain = rows[i].chain,
			.key = rows[i].key, .tls13 = rows[i].tls13 };
		enum stls_status status;
		struct error err;
		struct stls *s;
		pthread_t thread;
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
		p.fd = fds[1];
		assert_int_equal(pthread_create(&thread, NULL, impersonate,
		    &p), 0);
		s = open_session(w, fds[0], params);
		status = shake(s, fds[0], &err);
		if ((status == STLS_OK) != rows[i].ok || (!rows[i].ok &&
		    strstr(err.text, "does not have the private key") == NULL))
			fail_msg("row %zu: status %d: %s", i, status, err.text);
		stls_free(&s);
		(void)shutdown(fds[0], SHUT_RDWR);
		(void)pthread_join(thread, NULL);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}

static void
key_updates_are_a_flood_where_they_are_many(void **state)
{
	static const struct {
		int updates;
		enum stls_status status;
		const char *says;
	} rows[] = {
		{ 3, STLS_OK, "" },
		{ 1000, STLS_OK, "" },
		{ 100000, STLS_FAILED, "the server floods the session" },
	};
	struct stls_params params = { .sni = HOST,
		.min_version = STLS_MIN_TLS13 };
	const struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct impostor p = { .chain = "leaf", .key = "p256-4",
			.tls13 = true, .key_updates = rows[i].updates };
		enum stls_status status;
		struct error err;
		struct stls *s;
		pthread_t thread;
		char line[100];
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
		p.fd = fds[1];
		assert_int_equal(pthread_create(&thread, NULL, impersonate,
		    &p), 0);
		s = open_session(w, fds[0], params);
		assert_int_equal(shake(s, fds[0], &err), STLS_OK);
		err.text[0] = '\0';
		status = read_line(s, fds[0], line, sizeof(line), &err);
		if (status != rows[i].status ||
		    strstr(err.text, rows[i].says) == NULL)
			fail_msg("%d: status %d: %s", rows[i].updates, status,
			    err.text);
		stls_free(&s);
		(void)shutdown(fds[0], SHUT_RDWR);
		(void)pthread_join(thread, NULL);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}

static int
spawn_peers(struct world *w)
{
	const char *top = getenv("top_srcdir");
	char script[FIXTURE_PATH], certs[FIXTURE_PATH];
	int in[2], out[2];
	FILE *f;

	(void)snprintf(script, sizeof(script), "%s/tests/unit/tls/peers.py",
	    top != NULL ? top : ".");
	fixture_path(certs, "", "");
	if (pipe(in) != 0 || pipe(out) != 0 || (w->pid = fork()) < 0)
		return -1;
	if (w->pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close(in[1]);
		(void)close(out[0]);
		execl(PYTHON3, PYTHON3, script, certs, (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	w->to = in[1];
	f = fdopen(out[0], "r");
	while (w->n < PORTS && fscanf(f, "%31s %d", w->ports[w->n].name,
	    &w->ports[w->n].port) == 2 &&
	    strcmp(w->ports[w->n].name, "ready") != 0)
		w->n++;
	(void)fclose(f);
	return w->n > 0 ? 0 : -1;
}

static int
start(void **state)
{
	static struct world w;
	char path[FIXTURE_PATH];
	struct error err;

	(void)signal(SIGPIPE, SIG_DFL);
	*state = &w;
	if (!stls_global_init(&err) || !stls_context_open(&w.ctx,
	    fixture_path(path, "root", ".pem"), &err)) {
		print_error("%s\n", err.text);
		return -1;
	}
	return spawn_peers(&w);
}

static int
stop(void **state)
{
	struct world *w = *state;

	(void)close(w->to);
	(void)waitpid(w->pid, NULL, 0);
	stls_context_close(&w->ctx);
	stls_global_cleanup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshakes_that_succeed),
		cmocka_unit_test(handshakes_that_fail_say_why),
		cmocka_unit_test(a_silent_server_keeps_nobody),
		cmocka_unit_test(
		    a_connection_cut_after_the_handshake_is_an_end),
		cmocka_unit_test(
		    a_flood_is_read_by_turns_and_ends_the_session),
		cmocka_unit_test(key_updates_are_a_flood_where_they_are_many),
		cmocka_unit_test(a_large_group_costs_little),
		cmocka_unit_test(much_goes_through_small_buffers),
		cmocka_unit_test(sessions_are_resumed_from_their_export),
		cmocka_unit_test(
		    a_session_of_another_server_or_damaged_is_not_resumed),
		cmocka_unit_test(the_peer_must_hold_the_key_of_its_certificate),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
