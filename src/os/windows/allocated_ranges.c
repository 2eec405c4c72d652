/* Where a file has blocks, and where it has none. */
#include "calls.h"
#include "windows_error.h"
#include "windows_file.h"

/* Counting more would take longer than anyone waits. */
#define MOST_HOLES 100000

/* Asked at once. */
#define RANGES 64

/* Where blocks are, of a part of the file: what is told of it by one call. */
typedef struct ranges {
  FILE_ALLOCATED_RANGE_BUFFER at[RANGES];
  size_t count;
  int more; /* than there is room for */
} ranges;

/* 0, or a code: this file system does not tell. */
static int ask(const os_file *file, uint64_t from, uint64_t end, ranges *ret) {
  FILE_ALLOCATED_RANGE_BUFFER part = {.FileOffset = {.QuadPart = (LONGLONG)from},
                                      .Length = {.QuadPart = (LONGLONG)(end - from)}};
  DWORD bytes = 0;
  ret->more = 0;
  if (!tome__os_calls.DeviceIoControl(file->handle, FSCTL_QUERY_ALLOCATED_RANGES, &part,
                                      sizeof part, ret->at, sizeof ret->at, &bytes, NULL)) {
    if (GetLastError() != ERROR_MORE_DATA)
      return tome__os_failed();
    ret->more = 1;
  }
  ret->count = bytes / sizeof *ret->at;
  return ret->more && ret->count == 0 ? TOME_ENOTSUP : 0;
}

static uint64_t begin_of(const FILE_ALLOCATED_RANGE_BUFFER *range) {
  return (uint64_t)range->FileOffset.QuadPart;
}

static uint64_t end_of(const FILE_ALLOCATED_RANGE_BUFFER *range) {
  return (uint64_t)(range->FileOffset.QuadPart + range->Length.QuadPart);
}

uint64_t tome__os_next_data(os_file *file, uint64_t offset) {
  uint64_t size = tome__os_size_now(file);
  ranges there;
  if (offset >= size || ask(file, offset, size, &there) < 0)
    return offset >= size ? UINT64_MAX : offset;
  if (there.count == 0)
    return UINT64_MAX;
  return begin_of(there.at) > offset ? begin_of(there.at) : offset;
}

uint64_t tome__os_next_hole(os_file *file, uint64_t offset) {
  uint64_t size = tome__os_size_now(file), at = offset;
  ranges there = {.more = 1};
  while (at < size && there.more) {
    if (ask(file, at, size, &there) < 0)
      return UINT64_MAX;
    for (size_t i = 0; i < there.count; i++) {
      if (begin_of(&there.at[i]) > at)
        return at;
      at = end_of(&there.at[i]);
    }
  }
  return at < size ? at : UINT64_MAX;
}

/* Those before each range of `there`, and the one behind the last if nothing more follows; from *at on, which then is where to
 * go on. */
static void count_holes(const ranges *there, uint64_t end, uint64_t *at, uint64_t *count,
                        uint64_t *bytes) {
  for (size_t i = 0; i < there->count && *at < end; i++) {
    uint64_t begin = begin_of(&there->at[i]) < end ? begin_of(&there->at[i]) : end;
    if (begin > *at) {
      *bytes += begin - *at;
      ++*count;
    }
    *at = end_of(&there->at[i]) > *at ? end_of(&there->at[i]) : *at;
  }
  if (!there->more && *at < end) {
    *bytes += end - *at;
    ++*count;
  }
}

int tome__os_holes(os_file *file, uint64_t from, uint64_t end, uint64_t *ret_count,
                   uint64_t *ret_bytes) {
  uint64_t count = 0, bytes = 0, at = from, size = tome__os_size_now(file);
  ranges there = {.more = 1};
  end = end < size ? end : size;
  while (at < end && there.more && count < MOST_HOLES) {
    if (ask(file, at, end, &there) < 0)
      return TOME_ENOTSUP;
    count_holes(&there, end, &at, &count, &bytes);
  }
  if (count >= MOST_HOLES) {
    SetLastError(0);
    return TOME_ENOTSUP;
  }
  *ret_count = count;
  *ret_bytes = bytes;
  return 0;
}
