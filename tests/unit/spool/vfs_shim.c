/*
 * See vfs_shim.h.
 */
#include "vfs_shim.h"

#include <assert.h>
#include <stdatomic.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct shim_file {
	sqlite3_file base;	/* first */
	sqlite3_file *real;	/* in the memory after this */
	const char *name;	/* SQLite's, until it is closed */
};

static sqlite3_vfs shim;
static sqlite3_vfs *real_vfs;
/* n counts down; 0: nothing is armed, or it is over. */
static atomic_int op_armed, rc_armed, left, met;
static atomic_bool lasting_armed;
static const char *watched, *image_of;

/* --- the fault -------------------------------------------------------- */

void
vfs_shim_arm(enum vfs_op op, int rc, int n, bool lasting)
{
	atomic_store(&op_armed, (int)op);
	atomic_store(&rc_armed, rc);
	atomic_store(&lasting_armed, lasting);
	atomic_store(&met, 0);
	atomic_store(&left, n);
}

int
vfs_shim_disarm(void)
{
	atomic_store(&left, 0);
	return atomic_load(&met);
}

static int
fault(enum vfs_op op)
{
	int n;

	if (op != (enum vfs_op)atomic_load(&op_armed))
		return SQLITE_OK;
	n = atomic_load(&left);
	do {
		if (n == 0)
			return SQLITE_OK;
	} while (!atomic_compare_exchange_weak(&left, &n,
	    n == 1 && atomic_load(&lasting_armed) ? 1 : n - 1));
	if (n > 1)
		return SQLITE_OK;
	(void)atomic_fetch_add(&met, 1);
	return atomic_load(&rc_armed);
}

/* --- the image --------------------------------------------------------- */

static void
copy_file(const char *from, const char *suffix)
{
	char *to = mem_printf("%s%s", image_of, suffix), data[4096];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	assert(out != NULL);
	while (in != NULL && (n = fread(data, 1, sizeof(data), in)) > 0)
		assert(fwrite(data, 1, n, out) == n);
	if (in != NULL)
		(void)fclose(in);
	assert(fclose(out) == 0);
	free(to);
}

static void
copy_synced(const char *name)
{
	size_t len;

	if (watched == NULL || name == NULL)
		return;
	len = strlen(watched);
	if (strncmp(name, watched, len) == 0 && (name[len] == '\0' ||
	    strcmp(name + len, "-wal") == 0))
		copy_file(name, name + len);
}

void
vfs_shim_watch(const char *name, const char *image)
{
	char *wal;

	watched = name;
	image_of = image;
	if (name == NULL)
		return;
	wal = mem_printf("%s-wal", name);
	copy_file(name, "");
	copy_file(wal, "-wal");
	free(wal);
}

/* --- the methods of a file -------------------------------------------- */

static sqlite3_file *
real_of(sqlite3_file *file)
{
	return ((struct shim_file *)file)->real;
}

#define REAL(file) real_of(file)->pMethods
#define FAULT(op) \
	do { int rc_ = fault(op); if (rc_ != SQLITE_OK) return rc_; } while (0)

static int
f_close(sqlite3_file *f)
{
	return REAL(f)->xClose(real_of(f));
}

static int
f_read(sqlite3_file *f, void *data, int n, sqlite3_int64 at)
{
	FAULT(VFS_READ);
	return REAL(f)->xRead(real_of(f), data, n, at);
}

static int
f_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
	FAULT(VFS_WRITE);
	return REAL(f)->xWrite(real_of(f), data, n, at);
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	FAULT(VFS_WRITE);
	return REAL(f)->xTruncate(real_of(f), size);
}

static int
f_sync(sqlite3_file *f, int flags)
{
	int rc;

	FAULT(VFS_SYNC);
	rc = REAL(f)->xSync(real_of(f), flags);
	if (rc == SQLITE_OK)
		copy_synced(((struct shim_file *)f)->name);
	return rc;
}

static int
f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return REAL(f)->xFileSize(real_of(f), size);
}

static int
f_lock(sqlite3_file *f, int level)
{
	FAULT(VFS_LOCK);
	return REAL(f)->xLock(real_of(f), level);
}

static int
f_unlock(sqlite3_file *f, int level)
{
	return REAL(f)->xUnlock(real_of(f), level);
}

static int
f_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->xCheckReservedLock(real_of(f), out);
}

static int
f_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->xFileControl(real_of(f), op, arg);
}

static int
f_sector(sqlite3_file *f)
{
	return REAL(f)->xSectorSize(real_of(f));
}

static int
f_traits(sqlite3_file *f)
{
	return REAL(f)->xDeviceCharacteristics(real_of(f));
}

static int
f_shm_map(sqlite3_file *f, int region, int size, int extend,
    void volatile **p)
{
	return REAL(f)->xShmMap(real_of(f), region, size, extend, p);
}

static int
f_shm_lock(sqlite3_file *f, int first, int n, int flags)
{
	/* Not those of readers: SQLite tries for ten seconds to get one. */
	if (flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
		FAULT(VFS_LOCK);
	return REAL(f)->xShmLock(real_of(f), first, n, flags);
}

static void
f_shm_barrier(sqlite3_file *f)
{
	REAL(f)->xShmBarrier(real_of(f));
}

static int
f_shm_unmap(sqlite3_file *f, int remove)
{
	return REAL(f)->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close, .xRead = f_read, .xWrite = f_write,
	.xTruncate = f_truncate, .xSync = f_sync, .xFileSize = f_size,
	.xLock = f_lock, .xUnlock = f_unlock, .xCheckReservedLock = f_reserved,
	.xFileControl = f_control, .xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits, .xShmMap = f_shm_map,
	.xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_r)
{
	struct shim_file *f = (struct shim_file *)file;
	int rc;

	(void)vfs;
	f->real = (sqlite3_file *)(f + 1);
	f->base.pMethods = NULL;
	f->name = name;
	rc = real_vfs->xOpen(real_vfs, name, f->real, flags, flags_r);
	if (rc == SQLITE_OK)
		f->base.pMethods = &methods;
	return rc;
}

void
vfs_shim_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	assert(real_vfs != NULL);
	shim = *real_vfs;
	shim.zName = "faulty";
	shim.pNext = NULL;
	shim.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
	shim.xOpen = shim_open;
	(void)sqlite3_vfs_register(&shim, 1);
}

void
vfs_shim_remove(void)
{
	(void)sqlite3_vfs_unregister(&shim);
	(void)sqlite3_vfs_register(real_vfs, 1);
}
