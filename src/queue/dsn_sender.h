/*
 * The sender of DSNs: turns DSNs that are owed (recipient.dsn_owed) into messages
 * of their own, to the reverse-path, from the null sender.
 */
#ifndef TLSQ_QUEUE_DSN_SENDER_H
#define TLSQ_QUEUE_DSN_SENDER_H

#include "settings/settings.h"
#include "spool/writer.h"

/*
 * Has the writer make some of the DSNs that can be made, and end the waits that
 * are over (tlsq-milter(8), WAITING FOR THE RESULT).  To be called before each
 * claim: what is made is due at once.  host (this host's name) is borrowed for as
 * long as the writer lives.  Any thread.
 */
void queue_dsn_send(struct spool_writer *writer, struct settings *settings,
    const char *host);

#endif
