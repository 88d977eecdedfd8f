/*
 * lookup/resolver: one query for all who ask, in the thread of each; limits of
 * time; cancelling and closing; configuration that is refused.
 *
 * The name server is a thread here, on a port of loopback.  Signatures are the
 * business of tests/e2e/lookup.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "lookup/resolver.h"
#include "net/address.h"
#include "net/loop.h"

/* --- a name server that counts */

struct server {
	int fd, silent_fd;
	unsigned int port, silent_port;	/* one is never answered */
	pthread_t thread;
	atomic_int queries;	/* for names that begin with "count" */
	atomic_bool stop;
	atomic_bool hold;	/* answers later */
	atomic_bool failing;	/* everything with SERVFAIL */
};

enum { HELD_MAX = 512 };
struct held {
	uint8_t packet[2048];
	size_t len;
	struct sockaddr_storage from;
	socklen_t from_len;
};

static const uint8_t mx_rr[] = {
	0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 44, 0, 7, 0, 10, 2, 'm', 'x', 0xc0, 12
};

/* Answers by the first label: "quiet" not at all, "fail" with SERVFAIL, "none"
 * with NXDOMAIN, else with one MX. */
static void
answer(struct server *s, uint8_t *packet, size_t len,
    const struct sockaddr_storage *from, socklen_t from_len)
{
	const char *label = (const char *)packet + 13;
	uint8_t rcode = 0;

	if (memcmp(label, "quiet", 5) == 0)
		return;
	/* Cut the additional section off: the question ends before it. */
	for (len = 12; packet[len] != 0; len += 1 + packet[len])
		continue;
	len += 5;
	if (memcmp(label, "fail", 4) == 0 || atomic_load(&s->failing))
		rcode = 2;
	if (memcmp(label, "none", 4) == 0)
		rcode = 3;
	packet[2] = 0x84;
	packet[3] = rcode;
	memset(packet + 6, 0, 6);
	if (rcode == 0) {
		packet[7] = 1;
		memcpy(packet + len, mx_rr, sizeof(mx_rr));
		len += sizeof(mx_rr);
	}
	(void)sendto(s->fd, packet, len, 0, (const struct sockaddr *)from,
	    from_len);
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	struct held *held = mem_alloc(HELD_MAX * sizeof(*held)), *h;
	size_t count = 0;
	ssize_t n;

	while (!atomic_load(&s->stop)) {
		h = &held[count];
		h->from_len = sizeof(h->from);
		n = recvfrom(s->fd, h->packet, 512, 0,
		    (struct sockaddr *)&h->from, &h->from_len);
		if (n > 24 && count < HELD_MAX - 1) {
			h->len = (size_t)n;
			count++;
			if (memcmp(h->packet + 13, "count", 5) == 0)
				atomic_fetch_add(&s->queries, 1);
		}
		while (count > 0 && !atomic_load(&s->hold)) {
			h = &held[--count];
			answer(s, h->packet, h->len, &h->from, h->from_len);
		}
	}
	free(held);
	return NULL;
}

static int
open_port(unsigned int *port_r)
{
	struct net_address addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(net_address_parse(&addr, "127.0.0.1", 0));
	assert_int_equal(bind(fd, &addr.sa.any, addr.len), 0);
	assert_int_equal(getsockname(fd, &addr.sa.any, &addr.len), 0);
	*port_r = net_address_port(&addr);
	return fd;
}

static void
server_start(struct server *s)
{
	struct timeval patience = { 0, 50000 };

	memset(s, 0, sizeof(*s));
	s->fd = open_port(&s->port);
	s->silent_fd = open_port(&s->silent_port);
	assert_int_equal(setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_stop(struct server *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	close(s->fd);
	close(s->silent_fd);
}

/* --- files */

/* The root's key of 2017, as dns-root-data has it; nothing here is signed. */
static const char anchor[] = ". IN DS 20326 8 2 "
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";

static const char *
write_file(char path[64], const char *text)
{
	int fd;

	(void)snprintf(path, 64, "/tmp/tlsq-resolver.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

struct setup {
	struct server server;
	struct resolver *resolver;
	struct loop *loop;
	char config[64], anchor[64];
};

static void
set_up(struct setup *s, int64_t timeout_ms)
{
	struct resolver_config config = { .timeout_ms = timeout_ms };
	struct error err = { 0, "" };
	char text[512];

	server_start(&s->server);
	/* libunbound has no threads of its own, whatever the file says. */
	(void)snprintf(text, sizeof(text), "server:\n num-threads: 4\n"
	    " outbound-msg-retry: 2\n do-not-query-localhost: no\n local-zone: test. nodefault\n"
	    " domain-insecure: test.\nforward-zone:\n name: test.\n"
	    " forward-addr: 127.0.0.1@%u\nforward-zone:\n name: silent.test.\n"
	    " forward-addr: 127.0.0.1@%u\n", s->server.port,
	    s->server.silent_port);
	config.unbound_config = write_file(s->config, text);
	config.trust_anchor = write_file(s->anchor, anchor);
	if (!resolver_open(&s->resolver, &config, &err))
		fail_msg("%s", err.text);
	assert_true(loop_new(&s->loop, &err));
}

static void
tear_down(struct setup *s)
{
	resolver_close(&s->resolver);
	loop_free(&s->loop);
	server_stop(&s->server);
	unlink(s->config);
	unlink(s->anchor);
}

/* --- those who ask */

struct asker {
	struct loop *loop;
	pthread_t thread;
	int wanted, answers, errors, strangers;
	char why[256];
};

static void
on_answer(void *ctx, const struct dns_answer *a)
{
	struct asker *k = ctx;

	if (!pthread_equal(k->thread, pthread_self()))
		k->strangers++;
	if (a->status == DNS_ERROR) {
		k->errors++;
		(void)snprintf(k->why, sizeof(k->why), "%s", a->why);
	}
	if (++k->answers == k->wanted)
		loop_stop(k->loop);
}

static struct asker
asker(struct setup *s, int wanted)
{
	struct asker k = { .loop = s->loop, .thread = pthread_self(),
	    .wanted = wanted };

	return k;
}

enum { QUESTIONS = 40 };

struct second {
	struct setup *setup;
	struct asker asker;
};

static void *
ask_too(void *arg)
{
	struct second *t = arg;
	struct error err;

	if (!loop_new(&t->asker.loop, &err))
		abort();
	t->asker.thread = pthread_self();
	t->asker.wanted = QUESTIONS;
	for (int i = 0; i < QUESTIONS; i++)
		(void)resolver_query(t->setup->resolver, "COUNT.test.",
		    DNS_TYPE_MX, t->asker.loop, on_answer, &t->asker);
	loop_run(t->asker.loop);
	return NULL;
}

static void
all_who_ask_share_one_query(void **state)
{
	struct setup s;
	struct second second = { .setup = &s };
	struct asker k;
	pthread_t thread;

	(void)state;
	set_up(&s, 5000);
	k = asker(&s, QUESTIONS);
	assert_int_equal(pthread_create(&thread, NULL, ask_too, &second), 0);
	for (int i = 0; i < QUESTIONS; i++)
		(void)resolver_query(s.resolver, "count.test", DNS_TYPE_MX,
		    s.loop, on_answer, &k);
	assert_int_equal(k.answers, 0);	/* never at once */
	loop_run(s.loop);
	pthread_join(thread, NULL);
	assert_int_equal(k.answers, QUESTIONS);
	assert_int_equal(second.asker.answers, QUESTIONS);
	assert_int_equal(k.errors + second.asker.errors, 0);
	assert_int_equal(k.strangers + second.asker.strangers, 0);
	assert_int_equal(atomic_load(&s.server.queries), 1);
	resolver_close(&s.resolver);
	loop_free(&second.asker.loop);
	tear_down(&s);
}

static void
note_answer(void *ctx, const struct dns_answer *a)
{
	struct dns_answer *copy = ctx;

	*copy = *a;
	copy->why = a->why != NULL ? mem_strdup(a->why) : NULL;
	copy->canonical = mem_strdup(a->canonical);
}

static struct dns_answer
ask(struct setup *s, const char *name, int rrtype)
{
	struct dns_answer a = { .count = 0 };
	struct asker k = asker(s, 1);

	/* In order: the second answer comes after the first. */
	(void)resolver_query(s->resolver, name, rrtype, s->loop, note_answer,
	    &a);
	(void)resolver_query(s->resolver, name, rrtype, s->loop, on_answer,
	    &k);
	loop_run(s->loop);
	return a;
}

static void
forget(struct dns_answer *a)
{
	free((char *)(uintptr_t)a->why);
	free((char *)(uintptr_t)a->canonical);
}

static void
answers_are_told_apart(void **state)
{
	struct dns_answer a;
	struct setup s;

	(void)state;
	set_up(&s, 5000);
	a = ask(&s, "Plain.test", DNS_TYPE_MX);
	assert_int_equal(a.status, DNS_INSECURE);
	assert_true(a.have_data);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.ttl_s, 300);
	assert_string_equal(a.canonical, "plain.test");
	forget(&a);
	a = ask(&s, "none.test", DNS_TYPE_MX);
	assert_true(a.nxdomain);
	assert_false(a.have_data);
	assert_true(a.ttl_s <= DNS_TTL_NEGATIVE_MAX_S);
	forget(&a);
	a = ask(&s, "fail.test", DNS_TYPE_MX);
	assert_int_equal(a.status, DNS_ERROR);
	assert_int_equal(a.ttl_s, DNS_TTL_ERROR_S);
	assert_string_equal(a.why,
	    "DNS lookup of MX for fail.test failed: SERVFAIL");
	forget(&a);
	a = ask(&s, "a..b.test", DNS_TYPE_MX);
	assert_int_equal(a.status, DNS_ERROR);
	forget(&a);
	tear_down(&s);
}

/* libunbound gives such answers while it is being asked. */
static void
what_is_known_already_comes_like_the_rest(void **state)
{
	struct dns_answer a;
	struct setup s;
	struct asker k;

	(void)state;
	set_up(&s, 5000);
	for (int i = 0; i < 2; i++) {
		a = ask(&s, "count.test", DNS_TYPE_MX);
		assert_true(a.have_data);
		assert_true(a.ttl_s > 290 && a.ttl_s <= 300);
		forget(&a);
	}
	assert_int_equal(atomic_load(&s.server.queries), 1);
	a = ask(&s, "localhost", DNS_TYPE_A);
	assert_int_equal(a.status, DNS_INSECURE);
	assert_int_equal(a.count, 1);
	forget(&a);
	k = asker(&s, QUESTIONS);
	for (int i = 0; i < QUESTIONS; i++)
		(void)resolver_query(s.resolver, i % 2 ? "localhost" :
		    "count.test", DNS_TYPE_MX, s.loop, on_answer, &k);
	usleep(50000);
	assert_int_equal(k.answers, 0);	/* never at once */
	loop_run(s.loop);
	assert_int_equal(k.answers, QUESTIONS);
	assert_int_equal(k.errors + k.strangers, 0);
	tear_down(&s);
}

/* --- a thread that has much to do */

enum { STALL_MS = 800, BURST = 150 };

static void
stall(void *arg)
{
	(void)arg;
	usleep(STALL_MS * 1000);
}

/* libunbound waits 376 ms for a server that it does not know.  The answers come
 * while the thread is busy, and then all their timers are due as well. */
static void
answers_that_came_meanwhile_are_not_lost(void **state)
{
	struct setup s;
	struct asker k;
	char name[64];

	(void)state;
	set_up(&s, 5000);
	k = asker(&s, BURST);
	atomic_store(&s.server.hold, true);
	for (int i = 0; i < BURST; i++) {
		(void)snprintf(name, sizeof(name), "count%d.test", i);
		(void)resolver_query(s.resolver, name, DNS_TYPE_MX, s.loop,
		    on_answer, &k);
	}
	while (atomic_load(&s.server.queries) < BURST)
		usleep(1000);
	loop_post(resolver_loop(s.resolver), stall, NULL);
	usleep(10000);
	atomic_store(&s.server.hold, false);
	loop_run(s.loop);
	assert_int_equal(k.errors, 0);
	assert_int_equal(atomic_load(&s.server.queries), BURST);
	tear_down(&s);
}

static void
a_silent_server_costs_the_timeout_and_no_more(void **state)
{
	int64_t start = clock_mono_ms();
	struct setup s;
	struct asker k;

	(void)state;
	set_up(&s, 300);
	k = asker(&s, 2);
	(void)resolver_query(s.resolver, "quiet.test", DNS_TYPE_MX, s.loop,
	    on_answer, &k);
	(void)resolver_query(s.resolver, "quiet.test", DNS_TYPE_A, s.loop,
	    on_answer, &k);
	loop_run(s.loop);
	assert_int_equal(k.errors, 2);
	assert_non_null(strstr(k.why, "no answer within 1 s"));
	assert_true(clock_mono_ms() - start >= 300);
	tear_down(&s);
	assert_true(clock_mono_ms() - start < 3000);
}

/* More of them than libunbound has sockets for. */
static void
silent_servers_cost_others_no_answer(void **state)
{
	struct setup s;
	struct asker quiet, k;
	char name[64];

	(void)state;
	set_up(&s, 1000);
	quiet = asker(&s, -1);
	k = asker(&s, QUESTIONS);
	for (int i = 0; i < 2500; i++) {
		(void)snprintf(name, sizeof(name), "n%d.silent.test", i);
		(void)resolver_query(s.resolver, name, DNS_TYPE_MX, s.loop,
		    on_answer, &quiet);
	}
	for (int i = 0; i < QUESTIONS; i++) {
		(void)snprintf(name, sizeof(name), "count%d.test", i);
		(void)resolver_query(s.resolver, name, DNS_TYPE_MX, s.loop,
		    on_answer, &k);
	}
	loop_run(s.loop);
	assert_int_equal(k.answers, QUESTIONS);
	assert_int_equal(k.errors, 0);
	tear_down(&s);
}

static void
a_lookup_that_fails_is_tried_once_more(void **state)
{
	struct setup s;
	struct asker k;

	(void)state;
	set_up(&s, 10000);
	k = asker(&s, 2);
	atomic_store(&s.server.failing, true);
	(void)resolver_query(s.resolver, "count.test", DNS_TYPE_MX, s.loop,
	    on_answer, &k);
	(void)resolver_query(s.resolver, "fail.test", DNS_TYPE_MX, s.loop,
	    on_answer, &k);
	while (atomic_load(&s.server.queries) == 0)
		usleep(1000);
	usleep(1000000);
	atomic_store(&s.server.failing, false);
	loop_run(s.loop);
	assert_int_equal(k.errors, 1);
	assert_string_equal(k.why,
	    "DNS lookup of MX for fail.test failed: SERVFAIL");
	tear_down(&s);
}

static void
who_cancels_hears_nothing(void **state)
{
	struct lookup_request *rq[QUESTIONS], *none = NULL;
	struct setup s;
	struct asker gone, k;

	(void)state;
	set_up(&s, 5000);
	gone = asker(&s, -1);
	k = asker(&s, 1);
	for (int i = 0; i < QUESTIONS; i++)
		rq[i] = resolver_query(s.resolver, "count.test", DNS_TYPE_MX,
		    s.loop, on_answer, &gone);
	(void)resolver_query(s.resolver, "count.test", DNS_TYPE_MX, s.loop,
	    on_answer, &k);
	for (int i = 0; i < QUESTIONS; i++) {
		/* Half of them when the answer may have been posted. */
		if (i == QUESTIONS / 2)
			usleep(100000);
		lookup_cancel(&rq[i]);
		assert_null(rq[i]);
	}
	lookup_cancel(&none);
	loop_run(s.loop);
	assert_int_equal(gone.answers, 0);
	assert_int_equal(k.answers, 1);
	assert_int_equal(k.errors, 0);
	tear_down(&s);
}

static void
closing_answers_what_is_open(void **state)
{
	struct lookup_request *rq;
	struct setup s;
	struct asker gone, k;
	int64_t start;

	(void)state;
	set_up(&s, 30000);
	gone = asker(&s, -1);
	k = asker(&s, -1);
	rq = resolver_query(s.resolver, "quiet.test", DNS_TYPE_MX, s.loop,
	    on_answer, &gone);
	(void)resolver_query(s.resolver, "quiet.test", DNS_TYPE_MX, s.loop,
	    on_answer, &k);
	usleep(100000);
	/* This one is still on its way when the thread stops, perhaps. */
	(void)resolver_query(s.resolver, "quiet.test", DNS_TYPE_A, s.loop,
	    on_answer, &k);
	lookup_cancel(&rq);
	start = clock_mono_ms();
	resolver_close(&s.resolver);
	assert_null(s.resolver);
	assert_true(clock_mono_ms() - start < 3000);
	assert_int_equal(k.answers, 0);	/* only in their own thread ... */
	tear_down(&s);
	assert_int_equal(k.errors, 2);	/* ... when its loop ends */
	assert_int_equal(gone.answers, 0);
	assert_non_null(strstr(k.why, "shutting down"));
}

/* --- configuration */

static const struct {
	const char *why, *config, *anchor; /* NULL: the file is missing */
	const char *says;
} wrong[] = {
	{ "no such configuration", NULL, anchor, "dns.unbound-config" },
	{ "no such anchor", "server:\n", NULL, "dns.trust-anchor" },
	{ "syntax error", "server:\n no-such-option: 1\n", anchor,
	    "dns.unbound-config" },
	{ "an anchor that is none", "server:\n", "this is no key\n",
	    "dns.trust-anchor" },
	{ "an anchor that is broken", "server:\n", ". IN DS broken\n",
	    "parse error" },
	{ "anchor file without anchors", "server:\n", "; no DS here\n",
	    "dns.trust-anchor" },
	{ "validator left out", "server:\n module-config: iterator\n",
	    anchor, "module-config" },
	{ "validation without consequences",
	    "server:\n val-permissive-mode: yes\n", anchor,
	    "val-permissive-mode" },
	{ "anchor file of the configuration is missing",
	    "server:\n trust-anchor-file: /nonexistent/key\n", anchor,
	    "/nonexistent/key" },
	/* After these, libunbound lets go of the event base it was given. */
	{ "an interface that is none",
	    "server:\n outgoing-interface: 999.1.1.1\n", anchor,
	    "cannot parse ip address: '999.1.1.1'" },
	{ "no port to send from",
	    "server:\n outgoing-port-avoid: 0-65535\n", anchor,
	    "initialization failure" },
	{ "stub without a valid address",
	    "stub-zone:\n name: x.\n stub-addr: nowhere\n", anchor, "nowhere" },
};

static void
a_wrong_file_is_refused_at_start(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char a[64] = "/nonexistent/anchor", c[64] = "/nonexistent/conf";
		struct resolver_config config = { .timeout_ms = 1000 };
		struct resolver *r = NULL;
		struct error err = { 0, "" };

		config.unbound_config = wrong[i].config == NULL ? c :
		    write_file(c, wrong[i].config);
		config.trust_anchor = wrong[i].anchor == NULL ? a :
		    write_file(a, wrong[i].anchor);
		if (resolver_open(&r, &config, &err))
			fail_msg("%s: accepted", wrong[i].why);
		if (r != NULL || err.code != EX_CONFIG ||
		    strstr(err.text, wrong[i].says) == NULL)
			fail_msg("%s: %d %s", wrong[i].why, err.code,
			    err.text);
		unlink(a);
		unlink(c);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_who_ask_share_one_query),
		cmocka_unit_test(answers_are_told_apart),
		cmocka_unit_test(what_is_known_already_comes_like_the_rest),
		cmocka_unit_test(answers_that_came_meanwhile_are_not_lost),
		cmocka_unit_test(a_silent_server_costs_the_timeout_and_no_more),
		cmocka_unit_test(silent_servers_cost_others_no_answer),
		cmocka_unit_test(a_lookup_that_fails_is_tried_once_more),
		cmocka_unit_test(who_cancels_hears_nothing),
		cmocka_unit_test(closing_answers_what_is_open),
		cmocka_unit_test(a_wrong_file_is_refused_at_start),
	};

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
