/* Making files longer, with the blocks that belong to it, and shorter. */
#include "calls.h"
#include "mappings.h"
#include "windows_error.h"
#include "windows_file.h"

static int set_end(const os_file *file, uint64_t size) {
  FILE_END_OF_FILE_INFO end = {.EndOfFile = {.QuadPart = (LONGLONG)size}};
  return tome__os_calls.SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end,
                                                   sizeof end)
             ? 0
             : tome__os_failed_to_reach(size);
}

static int check_size(uint64_t size) {
  if (size <= INT64_MAX)
    return 0;
  SetLastError(ERROR_FILE_TOO_LARGE);
  return TOME_EFBIG;
}

/* A file that is mapped is not made shorter by the system; our own mappings make room for a moment. */
static int set_end_alone(const os_file *file, uint64_t size) {
  if (tome__os_views_withdraw(file) < 0) {
    SetLastError(ERROR_USER_MAPPED_FILE);
    return TOME_EBUSY;
  }
  int r = set_end(file, size);
  tome__os_views_return(file);
  return r;
}

static int is_mapped(int r) {
  return r < 0 && GetLastError() == ERROR_USER_MAPPED_FILE;
}

#define PATIENCE 10
#define A_MOMENT 1000000 /* ns */

/* Most others have it mapped for a moment only: scanners, and who makes it longer by a section. The views are back while they are
 * waited for: threads that touch them do not wait. */
int tome__os_truncate(const os_file *file, uint64_t size) {
  int r = check_size(size);
  if (r == 0)
    r = set_end(file, size);
  if (!is_mapped(r))
    return r;
  int tries = tome__os_has_copy(file) ? 1 : PATIENCE;
  r = set_end_alone(file, size);
  for (int i = 1; i < tries && is_mapped(r); i++) {
    tome__os_sleep(A_MOMENT);
    r = set_end_alone(file, size);
  }
  return r;
}

void tome__os_cut_back(const os_file *file, uint64_t size) {
  DWORD system = GetLastError();
  tome__os_truncate(file, size);
  SetLastError(system);
}

/* Making a section that is larger than the file makes the file so large, in one step in which nobody else changes its size, and
 * never shorter; setting its end could cut off what someone has just appended. What is not sparse has its blocks with its
 * length. */
static int grow_by_section(const os_file *file, uint64_t size) {
  HANDLE section = tome__os_calls.CreateFileMappingW(file->handle, NULL, PAGE_READWRITE,
                                                     (DWORD)(size >> 32), (DWORD)size, NULL);
  if (!section)
    return tome__os_failed_to_reach(size);
  tome__os_calls.CloseHandle(section);
  return 0;
}

/* Of a length that no file can have the section says that there is no memory for it; the file system says what is wrong. */
static int grow(const os_file *file, uint64_t size) {
  int r = grow_by_section(file, size);
  if (r == 0 || r == TOME_ENOSPC)
    return r;
  return tome__os_size_now(file) >= size ? 0 : set_end(file, size);
}

/* What is written has its blocks. */
static int write_zeros(const os_file *file, uint64_t from, uint64_t to) {
  static const char zeros[64 * 1024];
  for (uint64_t at = from; at < to;) {
    size_t n = to - at < sizeof zeros ? (size_t)(to - at) : sizeof zeros;
    size_t written;
    int r = tome__os_write(file, at, zeros, n, &written);
    if (r < 0)
      return r;
    at += n;
  }
  return 0;
}

static DWORD attributes_of(const os_file *file) {
  FILE_BASIC_INFO basic;
  return tome__os_calls.GetFileInformationByHandleEx(file->handle, FileBasicInfo, &basic,
                                                     sizeof basic)
             ? basic.FileAttributes
             : 0;
}

/* Some file systems give a file its length without the blocks. Of compressed files nobody knows how many they will need, and
 * zeros need none. */
static int lacks_blocks(const os_file *file) {
  os_stat now;
  return tome__os_stat(file, &now) == 0 && now.allocated < now.size &&
         !(attributes_of(file) & FILE_ATTRIBUTE_COMPRESSED);
}

/* The length comes first, so that what others append while zeros are written comes behind them; what had been appended before is
 * not written over either. */
static int grow_with_blocks(const os_file *file, uint64_t old_size, uint64_t new_size) {
  int sparse = (attributes_of(file) & FILE_ATTRIBUTE_SPARSE_FILE) != 0;
  int r = grow(file, new_size);
  if (r == 0 && (sparse || lacks_blocks(file)))
    r = write_zeros(file, old_size, new_size);
  return r;
}

void tome__os_make_sparse(const os_file *file) {
  DWORD n;
  tome__os_calls.DeviceIoControl(file->handle, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &n, NULL);
}

int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse) {
  os_stat before, after;
  int r = check_size(new_size);
  if (r == 0)
    r = tome__os_stat(file, &before);
  if (r < 0)
    return r;
  if (sparse) {
    tome__os_make_sparse(file);
    return grow(file, new_size);
  }
  r = grow_with_blocks(file, before.size > old_size ? before.size : old_size, new_size);
  if (r == 0)
    return 0;
  /* What was gained goes back, unless the file has grown meanwhile by someone else's doing. */
  DWORD system = GetLastError();
  if (before.size == old_size && tome__os_stat(file, &after) == 0 && after.size > old_size &&
      after.size <= new_size)
    tome__os_cut_back(file, old_size);
  SetLastError(system);
  return r;
}

/* A file that is not sparse has the blocks of its length. Holes could be filled only by writing to them, over what others may be
 * storing there; and blocks behind the end be had only by a call that cuts off what someone has just appended. */
int tome__os_allocate(const os_file *file, uint64_t offset, uint64_t length) {
  os_stat now;
  int r = check_size(length <= UINT64_MAX - offset ? offset + length : UINT64_MAX);
  if (r == 0)
    r = tome__os_stat(file, &now);
  if (r < 0)
    return r;
  SetLastError(0);
  int has_holes = now.allocated < now.size || (attributes_of(file) & FILE_ATTRIBUTE_SPARSE_FILE);
  return has_holes || offset + length > now.size ? TOME_ENOTSUP : 0;
}

#define LITTLE_SPACE ((uint64_t)1 << 20)

/* A page of a file that reaches so far lacks a block, or the disk failed. */
int tome__os_store_failure(const os_file *file, uint64_t offset, void *address, size_t length) {
  (void)address;
  int full = tome__os_size_now(file) >= offset + length && tome__os_space_left(file) < LITTLE_SPACE;
  SetLastError(full ? ERROR_DISK_FULL : 0);
  return full ? TOME_ENOSPC : TOME_ELOST;
}
