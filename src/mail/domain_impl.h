/*
 * Between address.c and domain.c.
 */
#ifndef TLSQ_MAIL_DOMAIN_IMPL_H
#define TLSQ_MAIL_DOMAIN_IMPL_H

#include <stddef.h>

#include "mail/address.h"

/* Fills dst as it goes on the wire ("[IPv6:..." keeps its case) and returns
 * NULL, or says what is wrong, as part of a sentence about the address. */
const char *domain_parse(char dst[static MAIL_DOMAIN_MAX + 1],
    const char *text, size_t len);
char *domain_to_unicode(const char *domain);

#endif
