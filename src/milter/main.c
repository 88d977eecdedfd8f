/*
 * tlsq-milter: who it is and where it logs, before it serves.
 */
#include "milter/main.h"

#include <stdio.h>

#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user.h"
#include "milter/server.h"

static const char ident[] = "tlsq-milter";

static int
milter_run(const struct milter_options *o)
{
	struct error err;
	int pid_fd = -1;	/* locked as long as the process lives */

	/* As in tlsq-runner: the pid file may be where only root can write,
	 * and fork comes before what does not survive it. */
	if ((o->background && !process_background(&err)) ||
	    !process_pid_file(o->pid_file, &pid_fd, &err) ||
	    !user_become(&err)) {
		log_error("%s", err.text);
		return process_end(err.code);
	}
	return process_end(milter_server_run(o));
}

int
milter_main(int argc, char **argv)
{
	struct milter_options o;
	struct error err;

	process_standard_files();
	if (!milter_options_parse(&o, argc, argv, &err)) {
		text_clean(err.text, "");
		(void)fprintf(stderr, "%s: %s\n", ident, err.text);
		return err.code;
	}
	if (o.mode != MILTER_SERVE)
		return process_print(ident, o.mode == MILTER_HELP ? milter_usage :
		    "tlsq-milter " PACKAGE_VERSION "\n");
	log_open(ident, !o.background, o.verbosity);
	return milter_run(&o);
}
