/*
 * A file system for SQLite that fails when told to: all databases that are
 * opened after vfs_shim_install() go through it.
 *
 * What can fail are the operations on a database, its log and its index; the
 * n-th one after vfs_shim_arm() does, and with `lasting` all that follow.  One
 * fault at a time, for all threads.
 */
#ifndef TLSQ_TESTS_VFS_SHIM_H
#define TLSQ_TESTS_VFS_SHIM_H

#include <stdbool.h>

enum vfs_op { VFS_READ, VFS_WRITE, VFS_SYNC, VFS_LOCK, VFS_OP_COUNT };

void vfs_shim_install(void);
void vfs_shim_remove(void);
/* rc: what SQLite is told, SQLITE_FULL and so on. */
void vfs_shim_arm(enum vfs_op op, int rc, int n, bool lasting);
/*
 * What a power cut would leave, where nothing that was not synced reaches the
 * disk: from now on each sync of name and its log copies the file to image and
 * its log.  Both paths are kept; NULL ends it.
 */
void vfs_shim_watch(const char *name, const char *image);
/* Back to normal; how often the fault was met. */
int vfs_shim_disarm(void);

#endif
