/*
 * A TLS report to an https receiver (RFC 8460 5.4): one POST.  Blocks, for a minute
 * at most; on the thread that sends reports.
 */
#ifndef TLSQ_REPORT_POST_H
#define TLSQ_REPORT_POST_H

#include <stdbool.h>
#include <stddef.h>

#include "net/address.h"

enum { REPORT_WHY_LEN = 400 };

/*
 * The host name and the port that uri (report_txt_parse()) names, as libcurl
 * reads it; false where it cannot.
 */
enum { REPORT_HOST_LEN = 256 };
bool report_post_host(const char *uri, char host_r[static REPORT_HOST_LEN],
    unsigned *port_r);

/*
 * Posts data (gzip) to uri at one of the addresses, at least one, that its host
 * has.  True: the receiver answered 2xx.  why_r says what it answered, or what
 * failed, in printable characters.  stopped (NULL: never) is asked meanwhile, and
 * ends it.
 */
bool report_post(const char *uri, const struct net_address *address,
    size_t count, const void *data, size_t len,
    bool (*stopped)(void *ctx), void *ctx,
    char why_r[static REPORT_WHY_LEN]);

#endif
