/*
 * The name of this host, as the system knows it; not the configured
 * ehlo-hostname.  Any thread.
 */
#ifndef TLSQ_BASE_HOST_H
#define TLSQ_BASE_HOST_H

enum { HOST_NAME_LEN = 256 };

/*
 * The fully qualified name where the system knows one (the host name if it has
 * a dot, else what the resolver makes of it, which may block for the time of a
 * DNS query), else the plain one, "localhost" at worst.  Lower case; letters,
 * digits, hyphens and dots only, so that it may stand in SMTP and in a header.
 */
void host_name(char dst[static HOST_NAME_LEN]);

#endif
