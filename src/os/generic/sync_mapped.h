/* What was stored through mappings. */
#ifndef TOME_SYNC_MAPPED_H
#define TOME_SYNC_MAPPED_H

#include "os.h"

/** Have what was stored in a range, through whatever mapping, handed to the device: MS_ASYNC begins that, MS_SYNC waits for it. */
int tome__os_sync_mapped(const os_file *file, uint64_t offset, uint64_t length, int how);

#endif
