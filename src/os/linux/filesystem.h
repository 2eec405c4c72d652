/* What the Linux files of this layer share. */
#ifndef TOME_FILESYSTEM_H
#define TOME_FILESYSTEM_H

#include "os.h"

/** The name of the file system, or "unknown", cut to `size` bytes with its NUL. */
void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size);

/** Whether the pages of the file are those of another file, below it: cachestat() and sync_file_range() look at the file's own, of
 *  which there are none, and say so without an error. */
int tome__os_borrows_pages(const os_file *file);

#endif
