/*
 * Starting and stopping the front end.
 */
#include "milter/front.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "web/web.h"

struct milter_front {
	char *database;
	char *listen;		/* what was asked for last; "": nothing */
	struct web *web;	/* NULL: not served */
	char problem[sizeof(((struct error *)0)->text)]; /* as logged last */
};

struct milter_front *
milter_front_new(const char *database)
{
	struct milter_front *f = mem_zalloc(sizeof(*f));

	f->database = mem_strdup(database);
	f->listen = mem_strdup("");
	return f;
}

static void
take_listen(struct milter_front *f, const char *listen)
{
	if (strcmp(f->listen, listen) == 0)
		return;
	web_stop(&f->web);
	free(f->listen);
	f->listen = mem_strdup(listen);
	f->problem[0] = '\0';
}

static void
front_serve(struct milter_front *f)
{
	struct error err;

	if (web_start(&f->web, f->listen, f->database, &err)) {
		f->problem[0] = '\0';
		log_info("http.listen: serving %s", f->listen);
		return;
	}
	if (strcmp(f->problem, err.text) != 0)
		log_error("%s", err.text);
	(void)text_copy(f->problem, sizeof(f->problem), err.text);
}

void
milter_front_follow(struct milter_front *f, struct milter_settings *settings)
{
	struct settings *s = milter_settings_current(settings);

	take_listen(f, s->conf->http.listen);
	settings_unref(&s);
	if (f->web == NULL && f->listen[0] != '\0')
		front_serve(f);
}

void
milter_front_free(struct milter_front **front)
{
	struct milter_front *f = *front;

	*front = NULL;
	if (f == NULL)
		return;
	web_stop(&f->web);
	free(f->listen);
	free(f->database);
	free(f);
}
