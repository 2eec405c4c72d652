/* Which pages of a file are in memory, page by page: mincore() tells it of a mapping. One is made for the purpose, a piece at a time,
 * in which nothing is touched. The mappings that are there would tell of patches, and count pages of their own. */
#include "page_residency.h"

#include "calls.h"
#include "posix_error.h"

#include <errno.h>
#include <string.h>

/* Asked at once. */
#define PAGES_ASKED 4096

/* Pre: `at` is page-aligned. */
static int ask_mincore(const os_file *file, uint64_t at, size_t length, unsigned char *pages) {
  void *address = NULL;
  size_t usable = 0;
  int r = tome__os_map(file, at, length, 0, &address, &usable);
  if (r < 0)
    return r == TOME_EFBIG ? TOME_ENOTSUP : r; /* further on than can be mapped */
  if (tome__os_calls.mincore(address, length, pages) < 0)
    r = errno == EAGAIN ? TOME_ENOMEM : tome__os_failed();
  int system = errno;
  tome__os_unmap(address, length);
  errno = system;
  return r;
}

/* Further behind the end of a file there is never anything in memory, whatever the size of pages. */
#define FAR_BEHIND ((uint64_t)4 << 30)

/* To those who neither own the file nor may write it mincore() says that all pages are there (since Linux 5.2): also one of
 * which we know that it is not. */
static int check_truth(const os_file *file) {
  const os_system *system = tome__os_system();
  unsigned char there = 1;
  os_stat status;
  int r = tome__os_stat(file, &status);
  if (r < 0)
    return r;
  uint64_t end = status.size / system->granularity * system->granularity;
  if (end > INT64_MAX - FAR_BEHIND - system->page)
    return 0; /* no room behind the end; nobody has such a file but in holes */
  r = ask_mincore(file, end + FAR_BEHIND, system->page, &there);
  return r < 0 ? r : there & 1 ? TOME_ENOTSUP : 0;
}

int tome__os_resident_pages(const os_file *file, uint64_t offset, uint64_t length,
                            unsigned char *ret_pages) {
  size_t page = tome__os_system()->page;
  uint64_t at = offset / page * page, end = offset + length;
  int r = check_truth(file);
  for (size_t n, bytes; r == 0 && at < end; at += bytes, ret_pages += n) {
    uint64_t left = (end - at + page - 1) / page;
    n = left < PAGES_ASKED ? (size_t)left : PAGES_ASKED;
    bytes = n * page;
    if (tome__os_in_memory(file, at, bytes) == 0)
      memset(ret_pages, 0, n);
    else
      r = ask_mincore(file, at, bytes, ret_pages);
    for (size_t i = 0; r == 0 && i < n; i++)
      ret_pages[i] &= 1;
  }
  return r;
}

/* More would take minutes. */
#define MOST_PAGES_ASKED ((uint64_t)1 << 28)

int tome__os_count_pages(const os_file *file, uint64_t offset, uint64_t length, os_residency *ret) {
  uint64_t page = tome__os_system()->page, resident = 0;
  unsigned char pages[PAGES_ASKED] = {0};
  if (length / page > MOST_PAGES_ASKED)
    return TOME_ENOTSUP;
  for (uint64_t at = offset, end = offset + length, next; at < end; at = next) {
    next = (at / page + PAGES_ASKED) * page;
    next = next < end ? next : end;
    int r = tome__os_resident_pages(file, at, next - at, pages);
    if (r < 0)
      return r;
    for (uint64_t i = 0; i < (next + page - 1) / page - at / page; i++)
      resident += pages[i] * page;
  }
  *ret = (os_residency){resident, TOME_UNKNOWN, TOME_UNKNOWN};
  return 0;
}

/* Asked at once of a mapping that is there. */
#define FEW_PAGES_ASKED 1024

int tome__os_is_resident(void *address, size_t length) {
  size_t page = tome__os_system()->page;
  uintptr_t at = (uintptr_t)address & ~(page - 1);
  uintptr_t end = ((uintptr_t)address + length + page - 1) & ~(page - 1);
  unsigned char pages[FEW_PAGES_ASKED];
  while (at < end) {
    size_t count = (end - at) / page < FEW_PAGES_ASKED ? (end - at) / page : FEW_PAGES_ASKED;
    if (tome__os_calls.mincore((void *)at, count * page, pages) < 0)
      return 0;
    for (size_t i = 0; i < count; i++)
      if (!(pages[i] & 1))
        return 0;
    at += count * page;
  }
  return 1;
}
