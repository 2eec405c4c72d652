/* What the tests of the contract share: files opened by it, and its answers looked at by plain calls on paths. */
#ifndef OS_HARNESS_H
#define OS_HARNESS_H

#include "test_support.h"

#include "os.h"

#define GRANULARITY (tome__os_system()->granularity)

/** The primitive fails with exactly this code, TOME_E…. */
#define must_refuse(call, code) check_refusal(__FILE__, __LINE__, #call, (call), (code))
void check_refusal(const char *file, int line, const char *call, int got, int want);

/** The primitive is optional: 1 if it succeeded, 0 if this system has none. */
#define is_supported(call) check_support(__FILE__, __LINE__, #call, (call))
int check_support(const char *file, int line, const char *call, int got);

/** Open an existing file, or make it with these flags. */
os_file open_os_file(const char *path, uint32_t flags);
/** Open a new file of so many bytes of the pattern. */
os_file open_os_pattern(const char *name, uint32_t flags, size_t length);
void close_os_file(os_file *file);

uint64_t size_by_stat(const os_file *file);

/** Map all of a file of whole granules, every byte of which is to be usable at once. */
unsigned char *map_os_file(const os_file *file, size_t length, int access);
void unmap_os_file(void *address, size_t length);

/** `count` pieces as large as mapped offsets are aligned. */
size_t granules(size_t count);

#endif
