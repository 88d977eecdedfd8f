/*
 * What the tls tests share: the certificates that tests/certs/make.py made.
 */
#ifndef TLSQ_TESTS_UNIT_TLS_FIXTURE_H
#define TLSQ_TESTS_UNIT_TLS_FIXTURE_H

#include "tls/stls.h"

enum { FIXTURE_PATH = 4096 };

/* 2032-01-01: in the middle of what the certificates are valid for. */
#define FIXTURE_NOW INT64_C(1956528000)

/* Path of a file among the certificates: "leaf", ".pem". */
const char *fixture_path(char dst[FIXTURE_PATH], const char *name,
    const char *suffix);
/* Fresh memory, freed by fixture_free_peer where it is part of a peer. */
struct stls_blob fixture_der(const char *name);
/* A peer that showed these certificates: "leaf inter root"; "" none. */
void fixture_peer(struct stls_peer *peer, const char *names);
void fixture_free_peer(struct stls_peer *peer);

#endif
