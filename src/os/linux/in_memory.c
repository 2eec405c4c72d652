/* What of a file is on the disk and what is in memory. */
#include "calls.h"
#include "filesystem.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MOST_EXTENTS 100000

uint64_t tome__os_next_data(os_file *file, uint64_t offset) {
  if (!tome__os_owns_position(file))
    return offset;
  off_t data = tome__os_calls.lseek(file->descriptor, (off_t)offset, SEEK_DATA);
  if (data < 0)
    return errno == ENXIO ? UINT64_MAX : offset;
  return (uint64_t)data;
}

static int holes(os_file *file, uint64_t size, tome_info *info) {
  uint64_t count = 0, bytes = 0, at = 0;
  if (!tome__os_owns_position(file))
    return TOME_ENOTSUP;
  for (int n = 0; at < size && n < MOST_EXTENTS; n++) {
    off_t hole = tome__os_calls.lseek(file->descriptor, (off_t)at, SEEK_HOLE);
    if (hole < 0 || (uint64_t)hole >= size) {
      at = size;
      break;
    }
    off_t data = tome__os_calls.lseek(file->descriptor, hole, SEEK_DATA);
    at = data < 0 ? size : (uint64_t)data; /* ENXIO: a hole to the end */
    bytes += at - (uint64_t)hole;
    count++;
  }
  if (at < size)
    return TOME_ENOTSUP;
  info->holes = count;
  info->hole_bytes = bytes;
  return 0;
}

static int ask_cachestat(const os_file *file, tome_info *info) {
  struct os_cachestat_range whole = {0, 0}; /* length 0: to the end */
  struct os_cachestat status;
  if (tome__os_calls.os_cachestat(file->descriptor, &whole, &status) < 0)
    return tome__os_failed();
  uint64_t page = tome__os_system()->page;
  info->resident = status.cached * page;
  info->dirty = (status.dirty + status.writeback) * page;
  return 0;
}

/* More would take minutes. */
#define MOST_PAGES_ASKED ((uint64_t)1 << 28)

/* Before Linux 6.5: map the file a piece at a time and ask about the pages. (To those who neither own the
 * file nor may write it the kernel would say that all are there; it tells them so by refusing cachestat, where it has it.) */
static int ask_mincore(const os_file *file, uint64_t size, tome_info *info) {
  static const size_t piece = (size_t)64 << 20;
  size_t page = tome__os_system()->page;
  if (size / page > MOST_PAGES_ASKED)
    return TOME_ENOTSUP;
  unsigned char *pages = tome__os_new(piece / page, 1);
  uint64_t resident = 0;
  int r = pages ? 0 : TOME_ENOMEM;
  for (uint64_t at = 0; r == 0 && at < size; at += piece) {
    size_t length = size - at < piece ? (size_t)(size - at) : piece;
    void *address;
    r = tome__os_map(file, at, length, 0, &address);
    if (r < 0)
      break;
    if (tome__os_calls.mincore(address, length, pages) < 0)
      r = tome__os_failed();
    for (size_t i = 0; r == 0 && i < (length + page - 1) / page; i++)
      resident += (pages[i] & 1) * page;
    tome__os_unmap(address, length);
  }
  tome__os_free(pages);
  if (r == 0)
    info->resident = resident;
  return r;
}

/* The device's, or that of the disk a partition is on. */
static uint64_t device_readahead(dev_t device) {
  static const char *const places[] = {"/sys/dev/block/%u:%u/queue/read_ahead_kb",
                                       "/sys/dev/block/%u:%u/../queue/read_ahead_kb"};
  for (int i = 0; i < 2; i++) {
    char path[128], text[32];
    /* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): both are above */
    snprintf(path, sizeof path, places[i], major(device), minor(device));
    int fd = tome__os_calls.open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
      continue;
    ssize_t n = tome__os_calls.pread(fd, text, sizeof text - 1, 0);
    tome__os_calls.close(fd);
    if (n > 0) {
      text[n] = 0;
      return strtoull(text, NULL, 10) * 1024;
    }
  }
  return TOME_UNKNOWN;
}

int tome__os_info(os_file *file, tome_info *ret_info) {
  os_stat status;
  struct stat raw;
  int r = tome__os_stat(file, &status);
  if (r < 0)
    return r;
  if (tome__os_calls.fstat(file->descriptor, &raw) < 0)
    return tome__os_failed();
  int block = status.kind == TOME_KIND_BLOCK;
  ret_info->kind = status.kind;
  ret_info->file_size = status.size;
  ret_info->allocated = block ? TOME_UNKNOWN : status.allocated;
  ret_info->holes = ret_info->hole_bytes = TOME_UNKNOWN;
  ret_info->resident = ret_info->dirty = TOME_UNKNOWN;
  ret_info->readahead = device_readahead(block ? raw.st_rdev : raw.st_dev);
  tome__os_file_system_name(file, ret_info->file_system, sizeof ret_info->file_system);
  /* Figures that cannot be had stay unknown. */
  if (!block)
    holes(file, status.size, ret_info);
  int asked = ask_cachestat(file, ret_info);
  if (asked == TOME_ENOTSUP)
    ask_mincore(file, status.size, ret_info);
  return 0;
}

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

uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length) {
  struct os_cachestat_range range = {offset, length};
  struct os_cachestat status;
  if (tome__os_calls.os_cachestat(file->descriptor, &range, &status) < 0)
    return UINT64_MAX;
  return status.cached * tome__os_system()->page;
}
