/* What the files of this folder that know of files ask of those that know of memory: the table of what is mapped.
 *
 * A file that anybody has mapped cannot be made shorter here (ERROR_USER_MAPPED_FILE), be it mapped in the part that stays. So
 * truncation takes away our own views of the file first and puts them back afterwards; private copies, and others' views and
 * sections that stay for longer than a moment, make it fail with TOME_EBUSY. */
#ifndef TOME_MAPPINGS_H
#define TOME_MAPPINGS_H

#include "os.h"

/** Have the changed pages of a range that the file's views show written to the file, as FlushViewOfFile() does: the file system
 *  has them afterwards, not the disk for certain. 0 also if nothing of it is mapped.
 *  Pre: no lock of the table is held. */
int tome__os_flush_views(const os_file *file, uint64_t offset, uint64_t length);

/** Take all shared views of the file, and its sections, out of this process for a moment; threads that touch them wait in the
 *  fault handler. Their address space stays reserved. `file` is the one they were mapped by, or the same file opened
 *  otherwise. Post: tome__os_views_return() is called soon, by the same thread. */
int tome__os_views_withdraw(const os_file *file);
/** Put them back as they were, as far as the file reaches now; what lies behind its end reads as the contract of
 *  tome__os_map() says. Leaves GetLastError() alone. */
void tome__os_views_return(const os_file *file);

/** Whether a private mapping of this process has the file, which cannot step aside: its changed pages are nowhere else. */
int tome__os_has_copy(const os_file *file);

/** A system call was refused a buffer. Touch those of its pages that are mapped here and can be used, so that the handler of
 *  faults brings them there. Returns whether there are any: then the call can be made again. Leaves GetLastError() alone. */
int tome__os_touch(const void *buffer, size_t length);

#endif
