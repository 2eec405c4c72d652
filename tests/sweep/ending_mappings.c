/* A system whose mappings end where the file does, and whose patches are larger than a page, planted under the library by the linker
 * (--wrap): tests of the library run on it as they are. What a test touches past the usable end of a mapping ends it; so does a
 * call that does not keep the contract of os.h. */
#include "os.h"
#include "test_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GRANULE (4 * PAGE > 65536 ? 4 * PAGE : (size_t)65536)
#define MOST 4096

typedef struct ending {
  char *base;
  size_t length, usable;
  uint64_t offset;
  int access;
} ending;

static ending all[MOST];
static os_mutex lock = OS_MUTEX_INITIALIZER;

int __real_tome__os_unmap(void *address, size_t length);
const os_system *__real_tome__os_system(void);
int __wrap_tome__os_unmap(void *address, size_t length);
const os_system *__wrap_tome__os_system(void);
int __wrap_tome__os_map(const os_file *file, uint64_t offset, size_t length, int access,
                        void **ret_address, size_t *ret_usable);
int __wrap_tome__os_map_more(const os_file *file, void *address, size_t *usable);
int __wrap_tome__os_map_over(const os_file *file, uint64_t offset, void *address, size_t length,
                             int access);
int __wrap_tome__os_patch(void *address, size_t length, int access);

static void demand(int condition, const char *what) {
  if (condition)
    return;
  (void)!write(2, what, strlen(what));
  (void)!write(2, "\n", 1);
  abort();
}

const os_system *__wrap_tome__os_system(void) {
  static os_system planted;
  if (!planted.page) {
    os_system now = *__real_tome__os_system();
    now.granularity = now.patch = GRANULE;
    now.spare = (uint64_t)1 << 30;
    planted = now;
  }
  return &planted;
}

static size_t in_file(const os_file *file, uint64_t offset, size_t length) {
  uint64_t size = tome__os_size_now(file);
  size = size > offset ? (size - offset + PAGE - 1) / PAGE * PAGE : 0;
  return size < length ? (size_t)size : length;
}

static int map_at(const os_file *file, uint64_t offset, void *at, size_t length, int access) {
  int protection = access & OS_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
  int sharing = access & OS_PRIVATE ? MAP_PRIVATE : MAP_SHARED;
  if (length == 0)
    return 0;
  return mmap(at, length, protection, sharing | MAP_NORESERVE | MAP_FIXED, file->descriptor,
              (off_t)offset) == MAP_FAILED
             ? (errno == ENODEV ? TOME_ENOTMAP : TOME_EACCES)
             : 0;
}

/* Pre: the lock is held, or this is the fault handler, which others' mappings do not interest. */
static ending *find(const void *address) {
  for (int i = 0; i < MOST; i++)
    if (all[i].base && (uintptr_t)address - (uintptr_t)all[i].base < all[i].length)
      return &all[i];
  return NULL;
}

static void enter(ending e) {
  tome__os_mutex_lock(&lock);
  int i = 0;
  while (i < MOST && all[i].base)
    i++;
  demand(i < MOST, "too many mappings");
  if (i < MOST)
    all[i] = e;
  tome__os_mutex_unlock(&lock);
}

int __wrap_tome__os_map(const os_file *file, uint64_t offset, size_t length, int access,
                        void **ret_address, size_t *ret_usable) {
  demand(offset % PAGE == 0 && length > 0, "os_map: offset or length");
  if (length > SIZE_MAX - 2 * GRANULE)
    return TOME_ENOMEM;
  char *p =
      mmap(NULL, length + GRANULE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED)
    return TOME_ENOMEM;
  size_t before = (GRANULE - (uintptr_t)p % GRANULE) % GRANULE;
  if (before > 0)
    munmap(p, before);
  if (before < GRANULE)
    munmap(p + before + length, GRANULE - before);
  p += before;
  size_t usable = in_file(file, offset, length);
  int r = map_at(file, offset, p, usable ? usable : PAGE, access);
  if (r < 0) {
    munmap(p, length);
    return r;
  }
  if (usable == 0)
    demand(mmap(p, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                0) == p,
           "no memory");
  enter((ending){p, length, usable, offset, access});
  *ret_address = p;
  *ret_usable = usable;
  return 0;
}

/* Now and then there is no more to be had. */
int __wrap_tome__os_map_more(const os_file *file, void *address, size_t *usable) {
  static int calls;
  ending *e = find(address);
  demand(e && e->base == address && *usable <= e->length, "os_map_more: arguments");
  size_t end = in_file(file, e->offset, e->length);
  if (getenv("TOME_TEST_NO_MORE") && ++calls > 2)
    return TOME_ENOMEM;
  if (end <= e->usable)
    return 0;
  int r = map_at(file, e->offset + e->usable, e->base + e->usable, end - e->usable, e->access);
  if (r == 0)
    *usable = e->usable = end;
  return r;
}

static ending *unit(void *address, size_t length, const char *what) {
  ending *e = find(address);
  demand(e != NULL, what);
  size_t from = (size_t)((char *)address - e->base);
  demand(from % GRANULE == 0, what);
  demand((from + length) % GRANULE == 0 || from + length == e->usable, what);
  demand(from + length <= e->usable, what);
  return e;
}

int __wrap_tome__os_map_over(const os_file *file, uint64_t offset, void *address, size_t length,
                             int access) {
  const ending *e = unit(address, length, "os_map_over: arguments");
  demand(offset == e->offset + (uint64_t)((char *)address - e->base), "os_map_over: offset");
  return map_at(file, offset, address, length, access);
}

int __wrap_tome__os_patch(void *address, size_t length, int access) {
  unit(address, length, "os_patch: arguments");
  int protection = access & OS_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
  return mmap(address, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
              -1, 0) == MAP_FAILED
             ? TOME_ENOMEM
             : 0;
}

int __wrap_tome__os_unmap(void *address, size_t length) {
  tome__os_mutex_lock(&lock);
  ending *e = find(address);
  if (e) {
    demand(e->base == address && e->length == length, "os_unmap: arguments");
    e->base = NULL;
  }
  tome__os_mutex_unlock(&lock);
  return __real_tome__os_unmap(address, length);
}
