/*
 * Time.  *_s is Unix seconds (UTC), *_ms milliseconds of a clock that only goes
 * forward and has no meaning outside the process.  Pure modules do not call it:
 * they get `now` from their caller.  Any thread.
 */
#ifndef TLSQ_BASE_CLOCK_H
#define TLSQ_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

int64_t clock_now_s(void);
int64_t clock_unix_ms(void);
int64_t clock_mono_ms(void);
/* The processor's time of this thread, in nanoseconds. */
int64_t clock_thread_ns(void);
/* A condition whose waits end by clock_mono_ms(); false once by_ms has passed. */
void clock_cond_init(pthread_cond_t *cond);
bool clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t by_ms);
/* How far the system's clock was set since the call before with the same *offset
 * (0: the first one), in seconds; 0 for what is within two seconds. */
int64_t clock_jump_s(int64_t *offset);

/* "2026-11-23T12:34:56Z" */
enum { CLOCK_ISO_LEN = 21 };
void clock_iso(char dst[CLOCK_ISO_LEN], int64_t unix_s);
/* RFC 5322 3.3 date-time in UTC: "Mon, 23 Nov 2026 12:34:56 +0000" */
enum { CLOCK_RFC5322_LEN = 40 };
void clock_rfc5322(char dst[CLOCK_RFC5322_LEN], int64_t unix_s);
/* "HH:MM:SS", with "D+" before it from one day on, as Sendmail logs delays. */
enum { CLOCK_DELAY_LEN = 32 };
void clock_delay(char dst[CLOCK_DELAY_LEN], int64_t seconds);

#endif
