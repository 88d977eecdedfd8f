/*
 * Tells the service manager how a program that stays is doing: the protocol of
 * sd_notify(3), which is a datagram, so that libsystemd need not be linked.
 *
 * Without $NOTIFY_SOCKET (no systemd, or not Type=notify) nothing happens.
 */
#ifndef TLSQ_BASE_NOTIFY_H
#define TLSQ_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Somebody listens. */
bool notify_wanted(void);

/*
 * Sends assignments, "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...", as
 * printf makes them; several are parted by newlines.  Never blocks, and what
 * cannot be sent is dropped: a manager that does not listen is no reason to
 * stop.  Any thread.
 */
void notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* How often WATCHDOG=1 is to be sent: half of WatchdogSec; 0: not asked for. */
int64_t notify_watchdog_ms(void);

#endif
