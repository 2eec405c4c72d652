/* What of a file is in memory, and steering that.
 *
 * Since Linux 6.5 the kernel tells how much of a range is there, at a cost that goes by what is there and not by the range.
 * Which pages they are only mincore() tells, of a mapping: one is made for the purpose, a piece at a time, in which nothing
 * is touched. The mappings that are there would tell of patches, and count pages of their own. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <string.h>
#include <tome/info.h>

static int ask_cachestat(const os_file *file, uint64_t offset, uint64_t length, os_residency *ret) {
  struct os_cachestat_range range = {offset, length};
  struct os_cachestat status;
  if (tome__os_calls.os_cachestat(file->descriptor, &range, &status) < 0)
    return tome__os_failed();
  if (file->borrows_pages) /* it has none of its own, and says so without an error */
    return TOME_ENOTSUP;
  uint64_t page = tome__os_system()->page;
  *ret = (os_residency){status.cached * page, status.dirty * page, status.writeback * page};
  return 0;
}

uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length) {
  os_residency residency = {0, 0, 0};
  return ask_cachestat(file, offset, length, &residency) < 0 ? UINT64_MAX : residency.resident;
}

/* ---- page by page ---- */

/* Asked at once. */
#define PAGES_ASKED 4096

/* Pre: `at` is page-aligned. */
static int ask_mincore(const os_file *file, uint64_t at, size_t length, unsigned char *pages) {
  void *address;
  size_t usable;
  int r = tome__os_map(file, at, length, 0, &address, &usable);
  if (r < 0)
    return r;
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

/* Before Linux 6.5. */
static int count_pages(const os_file *file, uint64_t offset, uint64_t length, os_residency *ret) {
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

int tome__os_residency(const os_file *file, uint64_t offset, uint64_t length,
                       os_residency *ret_residency) {
  int r = ask_cachestat(file, offset, length, ret_residency);
  if (r == TOME_ENOTSUP)
    return count_pages(file, offset, length, ret_residency);
  return r == TOME_EACCES ? TOME_ENOTSUP : r;
}

/* ---- steering ---- */

int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length) {
  int system = tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                            POSIX_FADV_DONTNEED);
  errno = system;
  return system ? tome__os_code(system) : 0;
}

/* The kernel cuts what it is asked for at once to a few hundred KiB. */
#define MOST_ASKED ((uint64_t)256 << 10)

void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length) {
  for (uint64_t n; length > 0; offset += n, length -= n) {
    n = length < MOST_ASKED ? length : MOST_ASKED;
    tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)n, POSIX_FADV_WILLNEED);
  }
}
