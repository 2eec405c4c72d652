/* What the POSIX files of this layer share with those of one system. */
#ifndef TOME_POSIX_FILE_H
#define TOME_POSIX_FILE_H

#include "os.h"

/** Whether the file's position is ours to use: not shared with the caller, nor with a parent process. */
int tome__os_owns_position(os_file *file);

/** Whether the process may make a file `size` bytes long. Asking first avoids SIGXFSZ. */
int tome__os_may_reach(uint64_t size);

/** The directory of a created file has been synced: its name is there after power loss, and the directory is no longer needed. */
void tome__os_name_is_safe(os_file *file);

#endif
