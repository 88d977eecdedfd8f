/*
 * Clocks and their three spellings.
 */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t
read_ms(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_now_s(void)
{
	return (int64_t)time(NULL);
}

int64_t
clock_unix_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

void
clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

bool
clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t by_ms)
{
	const struct timespec by = { .tv_sec = (time_t)(by_ms / 1000),
		.tv_nsec = (long)(by_ms % 1000) * 1000000 };

	return pthread_cond_timedwait(cond, lock, &by) != ETIMEDOUT;
}

int64_t
clock_thread_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
clock_jump_s(int64_t *offset)
{
	int64_t now = clock_unix_ms() - clock_mono_ms();
	int64_t jump_ms = *offset != 0 ? now - *offset : 0;

	*offset = now;
	return jump_ms > -2000 && jump_ms < 2000 ? 0 : jump_ms / 1000;
}

void
clock_iso(char dst[CLOCK_ISO_LEN], int64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(dst, CLOCK_ISO_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		dst[0] = '\0';
}

void
clock_rfc5322(char dst[CLOCK_RFC5322_LEN], int64_t unix_s)
{
	static const char days[][4] =
	    { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)unix_s;
	struct tm tm;

	dst[0] = '\0';
	if (gmtime_r(&t, &tm) == NULL)
		return;
	(void)snprintf(dst, CLOCK_RFC5322_LEN,
	    "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

void
clock_delay(char dst[CLOCK_DELAY_LEN], int64_t seconds)
{
	long long s = seconds < 0 ? 0 : (long long)seconds;
	long long days = s / 86400;

	s %= 86400;
	if (days > 0)
		(void)snprintf(dst, CLOCK_DELAY_LEN, "%lld+%02lld:%02lld:%02lld",
		    days, s / 3600, s / 60 % 60, s % 60);
	else
		(void)snprintf(dst, CLOCK_DELAY_LEN, "%02lld:%02lld:%02lld",
		    s / 3600, s / 60 % 60, s % 60);
}
