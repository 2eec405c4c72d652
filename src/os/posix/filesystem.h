/* What a file is on. */
#ifndef TOME_FILESYSTEM_H
#define TOME_FILESYSTEM_H

#include "os.h"

/** The name of the file system, or "unknown", cut to `size` bytes with its NUL. */
void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size);

/** In bytes, of the device that holds the file or is it; TOME_UNKNOWN where that is not told. */
uint64_t tome__os_disk_readahead(const os_file *file);

#endif
