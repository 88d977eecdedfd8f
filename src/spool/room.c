/*
 * Free space, and the reserve.
 */
#include "spool/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "spool/checkpoint.h"
#include "spool/query.h"
#include "spool/spool_impl.h"

enum {
	MIB = 1024 * 1024,
	DEFAULT_PERCENT = 5,
	DEFAULT_MIB_MAX = 256,
	RESERVE_MIB_MAX = 8,	/* more than the results of a batch need */
	/* The log has new mail once, the database a second time. */
	COPIES = 2
};

struct room {
	uint64_t free, limit;	/* octets */
};

static char *
reserve_name(const char *path)
{
	return mem_printf("%s-reserve", path);
}

static bool
measure(struct spool *spool, struct room *room_r, struct error *err)
{
	char *dir = spool_dir(spool->path);
	int rc;
	struct statvfs fs;

	rc = statvfs(dir, &fs);
	if (rc != 0)
		(void)error_set(err, EX_IOERR, "%s: %s", dir, strerror(errno));
	free(dir);
	if (rc != 0)
		return false;
	room_r->free = (uint64_t)fs.f_bavail * fs.f_frsize;
	room_r->limit = (uint64_t)fs.f_blocks * fs.f_frsize;
	return true;
}

/* room->limit is the size of the file system before, the limit after. */
static bool
read_limit(struct spool *spool, struct room *room, struct error *err)
{
	const uint64_t most = (uint64_t)DEFAULT_MIB_MAX * MIB;
	uint64_t percent = room->limit / 100;
	struct spool_query q;

	room->limit = percent * DEFAULT_PERCENT;
	if (room->limit > most)
		room->limit = most;
	spool_query_start(&q, spool, SQL_MIN_FREE_SPACE);
	if (spool_query_next(&q)) {
		uint64_t value = (uint64_t)spool_query_int(&q, 0);

		room->limit = spool_query_int(&q, 1) != 0 ? percent * value :
		    value;
	}
	return spool_query_end(&q, err);
}

static void
make_reserve(struct spool *spool, const struct room *room)
{
	uint64_t size = room->limit / 2;
	char *name;
	int fd;

	if (size > (uint64_t)RESERVE_MIB_MAX * MIB)
		size = (uint64_t)RESERVE_MIB_MAX * MIB;
	if (size == 0 || room->free < room->limit + size)
		return;
	name = reserve_name(spool->path);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0660);
	if (fd >= 0 && posix_fallocate(fd, 0, (off_t)size) != 0)
		(void)unlink(name);
	if (fd >= 0)
		(void)close(fd);
	free(name);
}

static bool
has_reserve(const struct spool *spool)
{
	char *name = reserve_name(spool->path);
	bool there = access(name, F_OK) == 0;

	free(name);
	return there;
}

bool
spool_room_check(struct spool *spool, uint64_t size, struct error *err)
{
	struct room room;

	if (!measure(spool, &room, err) || !read_limit(spool, &room, err))
		return false;
	if (room.free < room.limit + COPIES * size)
		return error_set(err, EX_IOERR, "%s: refusing new mail: %llu "
		    "MiB of disk space are free, but "
		    "queue.limit.min-free-space reserves %llu MiB for "
		    "deliveries; free some space", spool->path,
		    (unsigned long long)(room.free / MIB),
		    (unsigned long long)(room.limit / MIB));
	if (!has_reserve(spool))
		make_reserve(spool, &room);
	return true;
}

void
spool_reserve_keep(struct spool *spool)
{
	struct error err;
	struct room room;

	if (!has_reserve(spool) && measure(spool, &room, &err) &&
	    read_limit(spool, &room, &err))
		make_reserve(spool, &room);
}

/* False: it was not there. */
static bool
give_up_reserve(const char *path)
{
	char *name = reserve_name(path);
	bool done = unlink(name) == 0;

	free(name);
	return done;
}

bool
spool_open_in_need(struct spool **spool_r, const char *path,
    enum spool_mode mode, struct error *err)
{
	return spool_open(spool_r, path, mode, err) ||
	    (err->code == EX_IOERR && give_up_reserve(path) &&
	    spool_open(spool_r, path, mode, err));
}

bool
spool_make_room(struct spool *spool, const struct error *err)
{
	bool given, emptied = false;
	struct error ignored;

	if (err->code != EX_IOERR)
		return false;
	given = give_up_reserve(spool->path);
	/* The log is copied into the database, where its pages have their place
	 * already, as a rule. */
	return (spool_checkpoint_if_needed(spool, 1, &emptied, &ignored) &&
	    emptied) || given;
}
