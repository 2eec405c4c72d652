/* What kind of file system a file is on. */
#ifndef TOME_FILESYSTEM_H
#define TOME_FILESYSTEM_H

#include "os.h"

/** The name of the file system, or "unknown", cut to `size` bytes with its NUL. */
void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size);

#endif
