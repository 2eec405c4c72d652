/* Reading a file by calls so that nothing else of it gets into memory, or stays there: a part of the contract of os.h.
 *
 * A plain read of a page makes a system guess what comes next, and read megabytes of it. */
#ifndef TOME_SPARING_H
#define TOME_SPARING_H

#include "os.h"

/** Start reading exactly the pages of this range from the disk; returns at once. The read that follows finds them there
 *  and has nothing to guess. A hint: cannot fail. Pre: length > 0. */
void tome__os_expect(const os_file *file, uint64_t offset, uint64_t length);

/** How many bytes of the range are in memory, in whole pages; UINT64_MAX if that cannot be told. */
uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length);

/** Let clean pages that lie wholly in the range go. A hint: cannot fail. Pre: length > 0. */
void tome__os_forget(const os_file *file, uint64_t offset, uint64_t length);

#endif
