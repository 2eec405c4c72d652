/* Address space, and what is behind it. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* Where nothing is promised for a mapping before it is touched there is no word for it. */
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static os_system this_system;

static void ask_system(void) {
  this_system.page = (size_t)sysconf(_SC_PAGESIZE);
  this_system.granularity = this_system.patch = this_system.page;
  this_system.spare = sizeof(void *) > 4 ? UINT64_C(64) << 30 : UINT64_C(16) << 20;
  this_system.window = sizeof(void *) > 4 ? (size_t)64 << 20 : (size_t)16 << 20;
}

const os_system *tome__os_system(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, ask_system);
  return &this_system;
}

static int protection(int access) {
  return access & OS_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
}

/* EAGAIN is too much locked memory. */
static int mapping_failed(void) {
  return errno == EAGAIN ? TOME_ENOMEM : tome__os_failed();
}

/* The call counts pages of 4 KiB, in a long where that is shorter than an offset: so a C library or the system says of what lies
 * further on that it is wrong, as if it were the caller's mistake. */
static int is_too_far(uint64_t offset) {
  return offset / 4096 > ULONG_MAX;
}

/* Asked in development builds: emulators with larger pages than their host let through what a real system refuses. */
#define IS_AT_PAGE(place) ((place) % tome__os_system()->page == 0)

static int map(const os_file *file, uint64_t offset, void *address, size_t length, int access,
               int fixed, void **ret_address) {
  assert(IS_AT_PAGE(offset) && IS_AT_PAGE((uintptr_t)address) && length > 0);
  if (is_too_far(offset)) {
    errno = EOVERFLOW;
    return TOME_EFBIG;
  }
  int sharing = access & OS_PRIVATE ? MAP_PRIVATE : MAP_SHARED;
  void *p = tome__os_calls.mmap(address, length, protection(access),
                                sharing | MAP_NORESERVE | fixed, file->descriptor, (off_t)offset);
  if (p == MAP_FAILED)
    return mapping_failed();
  *ret_address = p;
  return 0;
}

/* The system maps what lies past the end of the file as well. */
int tome__os_map(const os_file *file, uint64_t offset, size_t length, int access,
                 void **ret_address, size_t *ret_usable) {
  int r = map(file, offset, NULL, length, access, 0, ret_address);
  if (r == 0)
    *ret_usable = length;
  return r;
}

int tome__os_map_more(const os_file *file, void *address, size_t *usable) {
  (void)file, (void)address, (void)usable;
  return 0;
}

int tome__os_map_over(const os_file *file, uint64_t offset, void *address, size_t length,
                      int access) {
  return map(file, offset, address, length, access, MAP_FIXED, &address);
}

static int map_nothing(void *address, size_t length, int access, int fixed, void **ret_address) {
  assert(IS_AT_PAGE((uintptr_t)address) && length > 0);
  void *p = tome__os_calls.mmap(address, length, protection(access),
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
  if (p == MAP_FAILED)
    return tome__os_failed();
  *ret_address = p;
  return 0;
}

int tome__os_patch(void *address, size_t length, int access) {
  return map_nothing(address, length, access, MAP_FIXED, &address);
}

int tome__os_pages(size_t length, void **ret_address) {
  return map_nothing(NULL, length, OS_WRITE, 0, ret_address);
}

int tome__os_unmap(void *address, size_t length) {
  assert(IS_AT_PAGE((uintptr_t)address) && length > 0);
  if (tome__os_calls.munmap(address, length) < 0)
    return tome__os_failed();
  return 0;
}

void *tome__os_new(size_t count, size_t size) {
  return tome__os_calls.calloc(count, size);
}

void tome__os_free(void *memory) {
  free(memory);
}
