/*
 * Serves a spool by HTTP until SIGTERM, as tlsq-milter does; for
 * tests/e2e/http.
 *
 *	web_probe LISTEN DATABASE
 */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "web/web.h"

int
main(int argc, char **argv)
{
	struct web *web;
	struct error err;
	sigset_t set;
	int signo;

	if (argc != 3)
		return EX_USAGE;
	log_open("web_probe", true, 1);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (!web_start(&web, argv[1], argv[2], &err)) {
		(void)fprintf(stderr, "web_probe: %s\n", err.text);
		return err.code;
	}
	(void)sigwait(&set, &signo);
	web_stop(&web);
	return EX_OK;
}
