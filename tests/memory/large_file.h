/* Files larger than the memory there is, made and checked by plain system calls. */
#ifndef LARGE_FILE_H
#define LARGE_FILE_H

#include "test_support.h"

/** The bytes that belong at `offset`, a multiple of 8: all different by position, and odd numbers below 128. */
void large_bytes(void *buffer, uint64_t offset, size_t length);

/** A file of such bytes in the test's directory, on the disk and not in memory. */
const char *make_large_file(const char *name, uint64_t length);

/** Put other bytes there. */
void plant_bytes(const char *path, uint64_t offset, const void *bytes, size_t length);

/** Write the file back and drop it from memory; checks that it went. */
void evict_file(const char *path);

/** [from, from + length) of the file holds the bytes that belong at `origin`, by pread(2). */
#define must_be_large(path, from, origin, length)                                                  \
  check_large(__FILE__, __LINE__, (path), (from), (origin), (length))
void check_large(const char *file, int line, const char *path, uint64_t from, uint64_t origin,
                 uint64_t length);

/** Where the tests' directory lies in memory itself, have it made on a disk; to be called before the first test. */
void use_a_disk(void);
/** Skip where the test's directory lies in memory. */
void skip_without_disk(void);

#endif
