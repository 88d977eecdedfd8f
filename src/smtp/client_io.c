/*
 * The client's socket: reading and writing, in clear and through TLS.
 */
#include "smtp/client_impl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"

void
client_hang_up(struct smtp_client *c)
{
	struct error err;

	loop_watch_free(&c->watch);
	if (c->tls != NULL && c->tls_usable)
		(void)(stls_shutdown(c->tls, &err) == STLS_OK);
	stls_free(&c->tls);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

enum io { IO_DONE, IO_WAIT, IO_END, IO_FAILED };

static enum io
io_of_errno(struct error *err)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return IO_WAIT;
	error_set(err, EX_TEMPFAIL, "%s", strerror(errno));
	return IO_FAILED;
}

static enum io
io_of_status(struct smtp_client *c, enum stls_status status)
{
	switch (status) {
	case STLS_OK:
		return IO_DONE;
	case STLS_WANT_READ:
	case STLS_WANT_WRITE:
		return IO_WAIT;
	case STLS_EOF:
		c->tls_usable = false;
		return IO_END;
	case STLS_FAILED:
		break;
	}
	c->tls_usable = false;
	return IO_FAILED;
}

static enum io
read_some(struct smtp_client *c, char *data, size_t room, size_t *n_r,
    struct error *err)
{
	enum stls_status status;
	ssize_t n;

	*n_r = 0;
	if (c->tls != NULL && !c->tls_usable)
		return IO_END;
	if (c->tls != NULL) {
		status = stls_read(c->tls, data, room, n_r, err);
		c->read_waits_write = status == STLS_WANT_WRITE;
		return io_of_status(c, status);
	}
	n = recv(c->fd, data, room, 0);
	if (n < 0)
		return io_of_errno(err);
	*n_r = (size_t)n;
	return n > 0 ? IO_DONE : IO_END;
}

static enum io
write_some(struct smtp_client *c, const char *data, size_t len, size_t *n_r,
    struct error *err)
{
	enum stls_status status;
	ssize_t n;

	*n_r = 0;
	if (c->tls != NULL) {
		status = stls_write(c->tls, data, len, n_r, err);
		c->write_waits_read = status == STLS_WANT_READ;
		return io_of_status(c, status);
	}
	n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n < 0)
		return io_of_errno(err);
	*n_r = (size_t)n;
	return IO_DONE;
}

static void
connection_failed(struct smtp_client *c, const char *why)
{
	if (c->tls != NULL && stls_flooded(c->tls))
		smtp_session_tls_flooded(c->session, why);
	else
		smtp_session_lost(c->session, why);
}

/* Gives the dialogue all that is there, or a turn's worth of it; the loop comes
 * back for more.  Ends where the dialogue ended: what a flooding server sends
 * beyond that is not read. */
void
client_read_all(struct smtp_client *c)
{
	char data[CLIENT_READ_SIZE];
	struct error err;
	size_t n, turn = 0;
	enum io io;

	while ((io = read_some(c, data, sizeof(data), &n, &err)) == IO_DONE) {
		smtp_session_received(c->session, data, n);
		turn += n;
		if (smtp_session_over(c->session) ||
		    (c->tls == NULL && turn >= CLIENT_READ_TURN))
			return;
	}
	if (io == IO_END)
		smtp_session_lost(c->session, NULL);
	else if (io == IO_FAILED)
		connection_failed(c, err.text);
}

/* False where the socket takes no more, or the burst is over. */
bool
client_write_all(struct smtp_client *c, size_t *burst)
{
	const char *data;
	struct error err = { .text = "" };
	size_t len, n;

	while ((data = smtp_session_output(c->session, &len)), len > 0) {
		if (*burst >= CLIENT_BURST)
			return false;
		switch (write_some(c, data, len, &n, &err)) {
		case IO_DONE:
			smtp_session_written(c->session, n);
			*burst += n;
			break;
		case IO_WAIT:
			return false;
		case IO_END:
		case IO_FAILED:
			/* What the server said before it closed comes first. */
			client_read_all(c);
			connection_failed(c, err.text);
			return true;
		}
	}
	FAILPOINT_IF(smtp_session_deadline(c->session, &(unsigned){ 0 }) ==
	    SMTP_STEP_END, "final-dot.after-write");
	return true;
}
