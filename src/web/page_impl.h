/*
 * What several pages show alike: rows of recipients, domains and attempts.  For
 * this folder only.
 */
#ifndef TLSQ_WEB_PAGE_IMPL_H
#define TLSQ_WEB_PAGE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/query.h"
#include "web/answer_impl.h"
#include "web/html.h"

/* The columns of web_queue and its kin. */
enum {
	Q_MESSAGE, Q_ID, Q_SENDER, Q_ADDRESS, Q_DOMAIN, Q_STATE, Q_ATTEMPTS,
	Q_RECEIVED, Q_NEXT, Q_ERROR, Q_STATUS, Q_REPLY,
};

/* The columns of web_domains and its kin. */
enum {
	D_DOMAIN, D_SINCE, D_ERROR, D_RESULT, D_STATUS, D_REPLY, D_TLS, D_DANE,
	D_MTA_STS, D_ATTEMPT, D_DELIVERED, D_WAITING, D_MORE,
};

/* The columns of web_domain_attempts and its kin. */
enum {
	A_ID, A_WHO, A_STARTED, A_MS, A_MX, A_ADDRESS, A_STRATEGY, A_LEVEL,
	A_OUTCOME, A_ERROR, A_RESULT, A_STATUS, A_REPLY, A_TLS, A_PROTOCOL,
	A_CIPHER, A_DANE, A_MTA_STS, A_TLSA, A_SUBJECT, A_ISSUER, A_NOT_AFTER,
	A_SHA256, A_VERIFY, A_KEY_EXCHANGE, A_SIGNATURE,
};

enum { PAGE_ROWS = 100, HOME_ROWS = 20 };

/* The answer is a page. */
struct web_html web_page_html(const struct web_request *r,
    struct web_answer *a);

/* A table of what a query of one kind has: its head, and how a row of it is
 * shown. */
struct web_page_table {
	const char *head;
	void (*put_row)(const struct web_html *h, struct spool_query *q);
};
extern const struct web_page_table web_page_recipient_rows,
    web_page_domain_rows;

/*
 * The rows that q still has, at most max, which it returns; max + 1 where there
 * are more: q then stands on the first of them.
 */
int web_page_table(const struct web_html *h, struct spool_query *q,
    const struct web_page_table *table, int max);
/* One attempt with its evidence.  by_message: the column A_WHO is a message,
 * else an address. */
void web_page_attempt(const struct web_html *h, struct spool_query *q,
    bool by_message);
/* "1000+": counts of what waits stop there. */
void web_page_waiting(const struct web_html *h, int64_t n);
/* What failed and the words for it. */
void web_page_failure(const struct web_html *h, const char *error,
    const char *result, const char *status);
/* What a server said; NULL: nothing. */
void web_page_reply(const struct web_html *h, const char *reply);

#endif
