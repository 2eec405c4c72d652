/* A disk that fails when told to, for the tests: flaky_disk.c, started and mounted as "flaky" in the test's directory. */
#ifndef FLAKY_MOUNT_H
#define FLAKY_MOUNT_H

#include "test_support.h"

#define FLAKY_WRITEBACK                                                                            \
  1 /* the kernel keeps written pages and writes them back later, as for a disk */
#define FLAKY_DIRECT 2 /* it keeps none at all */

/** Run the body in a child with a mount namespace of its own that has the disk; skips, with the reason, if there can be none.
 *  The disk's one file is flaky_file(), of so many MiB (more, where pages are larger than 4 KiB) and all zeros. */
void on_flaky_disk(unsigned mebibytes, unsigned how, disk_test *body);
/** The path of its file; valid for good. */
const char *flaky_file(void);

/** Let requests that touch [first, end) fail: `what` is "read", "write" or "sync". The last one of a kind counts. */
void flaky_fail(const char *what, uint64_t first, uint64_t end, int code);
/** Let reads of [first, end) and all questions for attributes wait, each so many seconds at most: until then a process that waits
 *  cannot be killed. */
void flaky_stall(uint64_t first, uint64_t end, int seconds);
/** Be a good disk again. */
void flaky_clear(void);
/** How many requests were struck since flaky_fail() or flaky_stall(): also "stall". */
unsigned long flaky_struck(const char *what);

/** The file full of the pattern, on the disk itself and nothing of it in memory. */
void fill_flaky_file(size_t length);
/** Drop the clean pages of a file from memory, by plain calls. */
void drop_pages(const char *path);
/** How much of a file this process has mapped, from /proc: less while a patch lies over it. */
uint64_t mapped_bytes(const char *path);

#endif
