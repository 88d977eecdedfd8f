/*
 * The checks of `tlsq check` that look outside the database: certificates,
 * resolver, Sendmail.  For this folder only; one thread.
 */
#ifndef TLSQ_CLI_CHECK_IMPL_H
#define TLSQ_CLI_CHECK_IMPL_H

#include "base/error.h"
#include "conf/config.h"

/*
 * The files that the configuration names can be used, and the resolver, with
 * the trust anchor, proves the root of the DNS.  Prints what is found.  EX_CONFIG
 * or EX_NOINPUT for a file, EX_CONFIG where the root does not prove secure,
 * EX_UNAVAILABLE where nobody answers.  Blocks for dns.timeout at most.
 */
bool cli_check_services(const struct conf *conf, struct error *err) MUST_CHECK;

/*
 * Sendmail's configuration, where there is one in /etc/mail, brings remote mail to
 * tlsq.  Prints what is found; false where something is missing, each said on
 * stderr.
 */
bool cli_check_sendmail(const struct conf *conf) MUST_CHECK;

#endif
