/*
 * For the tests of smtp/dialogue.h: transactions by letter, and a shell without
 * I/O that writes down what the dialogue did.
 */
#ifndef TLSQ_TESTS_SMTP_PEER_H
#define TLSQ_TESTS_SMTP_PEER_H

#include <stdint.h>

#include "base/buf.h"
#include "smtp/dialogue.h"

struct peer_transaction {
	struct smtp_transaction tx;
	char letter;
	const char *content;
	size_t content_len;
};

/* NULL where there is none of that letter. */
const struct peer_transaction *peer_transaction(char letter);

struct peer {
	struct smtp_session *s;
	const char *letters;	/* of the transactions still to be offered */
	bool burst;		/* all octets of one packet are read before the
				 * dialogue's actions are carried out */
	bool hold;		/* nothing is written for now */
	size_t cut;		/* of each chunk of content; 0: whole */
	bool tls_asked, verdict_asked, closed;
	bool may_mail;		/* what the level asks for was proved */
	bool broke_rule;	/* MAIL without that, or a bare CR or LF */
	size_t n_offered, n_results, n_delivered;
	struct buf log;		/* "C: " lines as written, "R: ", "CLOSE" */
	struct buf commands, results;	/* the same, kinds apart */
	struct buf partial;	/* of a line that is written */
};

void peer_open(struct peer *p, const struct smtp_session_config *config,
    const char *letters);
void peer_close(struct peer *p);
/* Carries out all actions, writes all output. */
void peer_run(struct peer *p);
/* Writes at most n octets of the output. */
void peer_write(struct peer *p, size_t n);
/* The handshake is done, and this is the verdict. */
void peer_tls(struct peer *p, const struct smtp_session_config *config,
    const struct smtp_verdict *verdict);
/*
 * A server out of data: what it does, and what goes wrong, is read from there.
 * Aborts where a rule of the dialogue was broken.
 */
void peer_chaos(const uint8_t *data, size_t size);
/* Octets from the server, first of them apart and the rest in parts of step (0:
 * one part). */
void peer_receive(struct peer *p, const char *data, size_t len, size_t first,
    size_t step);

#endif
