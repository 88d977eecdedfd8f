/*
 * Starts and ends the servers of the client's tests.
 */
#include "world.h"

#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

/* One server for each; the name is what it does. */
static const char *const specs[] = {
	"plain", "tls", "implicit", "chunking", "tls+chunking", "nopipe",
	"idle", "tls+inject", "tls+tickets=4000", "tls+tickets=20", "tls+slow",
	"after=1", "tls+drop=STARTTLS",
	"tls+stall=STARTTLS", "tls+drop=HANDSHAKE", "tls+stall=HANDSHAKE",
	"drop=GREETING", "drop=EHLO", "drop=MAIL", "drop=RCPT", "drop=DATA",
	"drop=END", "drop=QUIT", "stall=GREETING", "stall=EHLO", "stall=MAIL",
	"stall=RCPT", "stall=DATA", "stall=END", "stall=QUIT",
};
static_assert(ARRAY_LEN(specs) == WORLD_SERVERS, "");

static void
start_servers(struct world *w)
{
	const char *argv[ARRAY_LEN(specs) + 4];
	const char *top = getenv("top_srcdir");
	char script[4096];
	int in[2], out[2];

	(void)snprintf(script, sizeof(script), "%s/tests/unit/smtp/server.py",
	    top != NULL ? top : ".");
	argv[0] = PYTHON3;
	argv[1] = script;
	argv[2] = w->dir;
	memcpy(argv + 3, specs, sizeof(specs));
	argv[ARRAY_LEN(specs) + 3] = NULL;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close(in[1]);
		(void)close(out[0]);
		execv(PYTHON3, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	w->to = in[1];
	w->from = fdopen(out[0], "r");
}

static size_t
spec_index(const char *spec)
{
	for (size_t i = 0; i < ARRAY_LEN(specs); i++)
		if (strcmp(specs[i], spec) == 0)
			return i;
	fail_msg("no server %s", spec);
	return 0;
}

static void
read_ports(struct world *w)
{
	char line[200], name[100];
	size_t n = 0;
	bool ready = false;
	unsigned port;

	while (!(ready && n == ARRAY_LEN(specs)) &&
	    fgets(line, sizeof(line), w->from) != NULL) {
		ready |= strcmp(line, "ready\n") == 0;
		if (sscanf(line, "%99s %u", name, &port) != 2)
			continue;
		w->ports[spec_index(name)] = (uint16_t)port;
		n++;
	}
	assert_int_equal(n, ARRAY_LEN(specs));
}

int
world_set_up(void **state)
{
	static struct world world;
	char path[100];
	struct error err;

	(void)snprintf(world.dir, sizeof(world.dir), "/tmp/smtp-client-XXXXXX");
	assert_non_null(mkdtemp(world.dir));
	start_servers(&world);
	read_ports(&world);
	if (!stls_global_init(&err))
		fail_msg("%s", err.text);
	(void)snprintf(path, sizeof(path), "%s/server.pem", world.dir);
	if (!stls_context_open(&world.trusting, path, &err))
		fail_msg("%s", err.text);
	if (!stls_context_open(&world.strange, NULL, &err))
		fail_msg("%s", err.text);
	*state = &world;
	return 0;
}

int
world_tear_down(void **state)
{
	struct world *w = *state;
	char path[100];
	int status;

	(void)close(w->to);
	(void)fclose(w->from);
	(void)kill(w->pid, SIGTERM);
	(void)waitpid(w->pid, &status, 0);
	(void)snprintf(path, sizeof(path), "%s/server.pem", w->dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/server.key", w->dir);
	(void)unlink(path);
	(void)rmdir(w->dir);
	stls_context_close(&w->trusting);
	stls_context_close(&w->strange);
	stls_thread_end();
	stls_global_cleanup();
	return 0;
}

uint16_t
world_port(const struct world *w, const char *spec)
{
	return w->ports[spec_index(spec)];
}

void
world_counted(const struct world *w, const char *spec, unsigned *rounds_r,
    unsigned *messages_r, unsigned long *octets_r)
{
	char line[200], name[100];

	*rounds_r = *messages_r = 0;
	*octets_r = 0;
	while (fgets(line, sizeof(line), w->from) != NULL)
		if (sscanf(line, "end %99s %u %u %lu", name, rounds_r,
		    messages_r, octets_r) == 4 && strcmp(name, spec) == 0)
			return;
	fail_msg("the server is gone");
}
