/*
 * net: posted work arrives in order from any thread; timers; addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/clock.h"
#include "net/address.h"
#include "net/own.h"
#include "net/loop.h"
#include "net/tcp.h"

enum { POSTS = 10000 };

struct seen {
	struct loop *loop;
	int count, disorder;
};

struct post {
	struct seen *seen;
	int number;
};

static void
note(void *arg)
{
	struct post *p = arg;

	if (p->seen->count != p->number)
		p->seen->disorder++;
	if (++p->seen->count == POSTS)
		loop_stop(p->seen->loop);
}

static void *
poster(void *arg)
{
	struct post *posts = arg;

	for (int i = 0; i < POSTS; i++)
		loop_post(posts[i].seen->loop, note, &posts[i]);
	return NULL;
}

static void
posted_work_keeps_its_order(void **state)
{
	static struct post posts[POSTS];
	struct seen seen = { NULL, 0, 0 };
	struct error err;
	pthread_t t;

	(void)state;
	assert_true(loop_new(&seen.loop, &err));
	for (int i = 0; i < POSTS; i++)
		posts[i] = (struct post){ &seen, i };
	assert_int_equal(pthread_create(&t, NULL, poster, posts), 0);
	loop_run(seen.loop);
	pthread_join(t, NULL);
	assert_int_equal(seen.count, POSTS);
	assert_int_equal(seen.disorder, 0);
	loop_free(&seen.loop);
	assert_null(seen.loop);
}

static void
stop_from_watch(void *arg, int ready)
{
	assert_int_equal(ready, LOOP_READ);
	loop_stop(arg);
}

static void
write_octet(void *arg)
{
	assert_int_equal(write(*(int *)arg, "x", 1), 1);
}

static void
a_timer_fires_and_a_watch_sees_it(void **state)
{
	struct loop_timer *t;
	struct loop_watch *w;
	struct loop *loop;
	struct error err;
	int fds[2];

	(void)state;
	assert_true(loop_new(&loop, &err));
	assert_int_equal(pipe(fds), 0);
	w = loop_watch_new(loop, fds[0], stop_from_watch, loop);
	loop_watch_want(w, LOOP_READ);
	t = loop_timer_new(loop, write_octet, &fds[1]);
	loop_timer_set(t, 1);
	loop_run(loop);
	loop_watch_free(&w);
	loop_timer_free(&t);
	loop_free(&loop);
	close(fds[0]);
	close(fds[1]);
}

/* A turn of the loop that lasts long, and sets a timer at its end. */
struct long_turn {
	struct loop *loop;
	struct loop_timer *timer;
	int64_t set_ms, fired_ms;
};

static void
note_fired(void *arg)
{
	struct long_turn *t = arg;

	t->fired_ms = clock_mono_ms();
	loop_stop(t->loop);
}

static void
work_then_set_timer(void *arg)
{
	struct long_turn *t = arg;

	usleep(60000);
	t->set_ms = clock_mono_ms();
	loop_timer_set(t->timer, 50);
}

static void
a_timer_counts_from_when_it_is_set(void **state)
{
	struct long_turn t;
	struct error err;

	(void)state;
	assert_true(loop_new(&t.loop, &err));
	t.timer = loop_timer_new(t.loop, note_fired, &t);
	loop_post(t.loop, work_then_set_timer, &t);
	loop_run(t.loop);
	assert_true(t.fired_ms - t.set_ms >= 49);
	loop_timer_free(&t.timer);
	loop_free(&t.loop);
}

static void
addresses_are_numbers_only(void **state)
{
	static const struct {
		const char *why, *in, *out;
		int family;
	} rows[] = {
		{ "IPv4", "192.0.2.1", "192.0.2.1", AF_INET },
		{ "IPv6 is shortened", "2001:db8:0:0::1", "2001:db8::1",
		  AF_INET6 },
		{ "a name is no address", "localhost", NULL, 0 },
		{ "brackets belong to SMTP", "[192.0.2.1]", NULL, 0 },
		{ "three numbers are no address", "192.0.2", NULL, 0 },
		{ "empty", "", NULL, 0 },
	};
	char text[NET_ADDRESS_TEXT_LEN];
	struct net_address a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool ok = net_address_parse(&a, rows[i].in, 25);

		if (ok != (rows[i].out != NULL))
			fail_msg("%s", rows[i].why);
		if (!ok)
			continue;
		net_address_text(text, &a);
		assert_string_equal(text, rows[i].out);
		assert_int_equal(net_address_family(&a), rows[i].family);
		assert_int_equal(net_address_port(&a), 25);
	}
}

static void
our_own_addresses_are_known(void **state)
{
	static const struct {
		const char *text;
		bool own;
	} rows[] = {
		{ "127.0.0.1", true }, { "0.0.0.0", true }, { "::", true },
		{ "::ffff:127.0.0.1", true }, { "::ffff:0.0.0.0", true },
		/* Test servers live there. */
		{ "127.0.0.2", false }, { "127.0.1.1", false },
		{ "::ffff:127.0.0.2", false }, { "192.0.2.1", false },
		{ "0.0.0.1", false }, { "::2", false }, { "fd00::7777", false },
	};
	struct net_address a, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(net_address_parse(&a, rows[i].text, 25));
		if (net_address_is_own(&a) != rows[i].own)
			fail_msg("%s", rows[i].text);
	}
	assert_true(net_address_parse(&a, "192.0.2.1", 25));
	assert_true(net_address_parse(&b, "::ffff:192.0.2.1", 0));
	assert_true(net_address_same_host(&a, &b));
	assert_true(net_address_parse(&b, "192.0.2.2", 25));
	assert_false(net_address_same_host(&a, &b));
}

static void
a_source_address_that_is_not_ours_is_refused(void **state)
{
	struct net_address to, source;
	struct error err;
	int fd;

	(void)state;
	assert_true(net_address_parse(&to, "127.0.0.1", 9));
	assert_true(net_address_parse(&source, "192.0.2.77", 0));
	assert_false(tcp_connect_start(&fd, &to, &source, &err));
	assert_int_equal(fd, -1);
	assert_non_null(strstr(err.text, "192.0.2.77"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posted_work_keeps_its_order),
		cmocka_unit_test(a_timer_fires_and_a_watch_sees_it),
		cmocka_unit_test(a_timer_counts_from_when_it_is_set),
		cmocka_unit_test(addresses_are_numbers_only),
		cmocka_unit_test(our_own_addresses_are_known),
		cmocka_unit_test(a_source_address_that_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
