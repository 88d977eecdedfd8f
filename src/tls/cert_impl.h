/*
 * What the files that read certificates share; other folders use cert.h.  PURE.
 */
#ifndef TLSQ_TLS_CERT_IMPL_H
#define TLSQ_TLS_CERT_IMPL_H

#include "tls/cert.h"

/* Contents of a Name: a row of sets of pairs of type and value. */
bool stls_name_well_formed(struct stls_blob contents);

/* GeneralName tags, RFC 5280 4.2.1.6. */
enum {
	GENERAL_NAME_EMAIL = 0x81,
	GENERAL_NAME_DNS = 0x82,
	GENERAL_NAME_DIRECTORY = 0xa4,
	GENERAL_NAME_URI = 0x86,
	GENERAL_NAME_IP = 0x87,
};

#endif
