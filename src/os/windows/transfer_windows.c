/* Sizes, and moving bytes by system call.
 *
 * What is read and written by these calls and what is seen through a mapping are the same pages, but on a network drive. */
#include "calls.h"
#include "windows_error.h"
#include "windows_file.h"

#include <tome/info.h>

/* In one call; it takes less than 4 GiB. */
#define MOST ((size_t)1 << 30)

#define UNIX_EPOCH INT64_C(116444736000000000)

int64_t tome__os_time(LARGE_INTEGER time) {
  return (time.QuadPart - UNIX_EPOCH) * 100;
}

/* FAT has no time of the last change, and another one of the last write. */
static uint64_t changed_at(const FILE_BASIC_INFO *basic) {
  LARGE_INTEGER last = basic->ChangeTime.QuadPart > basic->LastWriteTime.QuadPart
                           ? basic->ChangeTime
                           : basic->LastWriteTime;
  return (uint64_t)tome__os_time(last);
}

int tome__os_stat(const os_file *file, os_stat *ret_stat) {
  FILE_STANDARD_INFO standard;
  FILE_BASIC_INFO basic;
  if (!tome__os_calls.GetFileInformationByHandleEx(file->handle, FileStandardInfo, &standard,
                                                   sizeof standard) ||
      !tome__os_calls.GetFileInformationByHandleEx(file->handle, FileBasicInfo, &basic,
                                                   sizeof basic))
    return tome__os_failed();
  *ret_stat = (os_stat){.size = (uint64_t)standard.EndOfFile.QuadPart,
                        .allocated = (uint64_t)standard.AllocationSize.QuadPart,
                        .changed = changed_at(&basic),
                        .kind = TOME_KIND_FILE};
  return 0;
}

uint64_t tome__os_size_now(const os_file *file) {
  FILE_STANDARD_INFO standard;
  return tome__os_calls.GetFileInformationByHandleEx(file->handle, FileStandardInfo, &standard,
                                                     sizeof standard)
             ? (uint64_t)standard.EndOfFile.QuadPart
             : 0;
}

int tome__os_written(const os_file *file, int64_t *ret_time) {
  FILE_BASIC_INFO basic;
  if (!tome__os_calls.GetFileInformationByHandleEx(file->handle, FileBasicInfo, &basic,
                                                   sizeof basic))
    return tome__os_failed();
  *ret_time = tome__os_time(basic.LastWriteTime);
  return 0;
}

/* ---- at an offset ---- */

/* The call moves the position of the file object, too. Ours nobody needs; a borrowed one is put back. */
static LARGE_INTEGER position_before(const os_file *file) {
  LARGE_INTEGER here = {.QuadPart = 0}, position = {.QuadPart = -1};
  if (file->borrowed)
    tome__os_calls.SetFilePointerEx(file->handle, here, &position, FILE_CURRENT);
  return position;
}

static void put_position_back(const os_file *file, LARGE_INTEGER position) {
  DWORD system = GetLastError();
  if (position.QuadPart >= 0)
    tome__os_calls.SetFilePointerEx(file->handle, position, NULL, FILE_BEGIN);
  SetLastError(system);
}

static OVERLAPPED at_offset(uint64_t offset) {
  OVERLAPPED at = {0};
  at.Offset = (DWORD)offset;
  at.OffsetHigh = (DWORD)(offset >> 32);
  return at;
}

static DWORD piece_of(size_t left) {
  return (DWORD)(left < MOST ? left : MOST);
}

int tome__os_read(const os_file *file, uint64_t offset, void *buffer, size_t length,
                  size_t *ret_read) {
  size_t done = 0;
  int r = 0;
  LARGE_INTEGER position = position_before(file);
  while (r == 0 && done < length) {
    OVERLAPPED at = at_offset(offset + done);
    DWORD n = 0;
    if (offset + done > INT64_MAX)
      break; /* behind the end of any file; the system would take it for something else */
    if (!tome__os_calls.ReadFile(file->handle, (char *)buffer + done, piece_of(length - done), &n,
                                 &at))
      r = GetLastError() == ERROR_HANDLE_EOF ? 0 : tome__os_failed();
    done += n;
    if (n == 0)
      break;
  }
  put_position_back(file, position);
  *ret_read = done;
  return r;
}

/* Neither can a read be told not to wait, nor one that has begun be taken back at no cost. */
int tome__os_read_now(const os_file *file, uint64_t offset, void *buffer, size_t length,
                      size_t *ret_read) {
  (void)file, (void)offset, (void)buffer, (void)length, (void)ret_read;
  SetLastError(0);
  return TOME_ENOTSUP;
}

static int too_large(uint64_t offset, size_t length) {
  if (offset <= INT64_MAX && length <= INT64_MAX - offset)
    return 0;
  SetLastError(ERROR_FILE_TOO_LARGE);
  return TOME_EFBIG;
}

int tome__os_write(const os_file *file, uint64_t offset, const void *data, size_t length,
                   size_t *ret_written) {
  size_t done = 0;
  int r = too_large(offset, length);
  if (file->sparse && offset > tome__os_size_now(file))
    tome__os_make_sparse(file);
  LARGE_INTEGER position = position_before(file);
  while (r == 0 && done < length) {
    OVERLAPPED at = at_offset(offset + done);
    DWORD n = 0;
    if (!tome__os_calls.WriteFile(file->handle, (const char *)data + done, piece_of(length - done),
                                  &n, &at))
      r = tome__os_failed_to_reach(offset + length);
    done += n;
  }
  put_position_back(file, position);
  *ret_written = done;
  return r;
}

/* ---- at the end ---- */

static int is_remote(HANDLE handle) {
  FILE_REMOTE_PROTOCOL_INFO remote;
  return tome__os_calls.GetFileInformationByHandleEx(handle, FileRemoteProtocolInfo, &remote,
                                                     sizeof remote) != 0;
}

/* A file object that does nothing else: where its position is afterwards, there the piece ends. The one for reading and writing
 * has a position that other threads move. */
static int need_appender(os_file *file) {
  if (file->appender || file->memory || file->borrowed)
    return 0;
  HANDLE handle = tome__os_calls.ReOpenFile(
      file->handle, FILE_APPEND_DATA | FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
      SHARE_ALL, 0);
  if (handle == INVALID_HANDLE_VALUE)
    return tome__os_failed();
  file->appender = handle;
  file->locks_appends = os_is_wine() || is_remote(handle);
  return 0;
}

/* Where the system finds the end and writes there in two steps, those who append by this library keep out of each other's way:
 * by a lock on a byte that no file has. */
static OVERLAPPED lock_appends(const os_file *file) {
  OVERLAPPED at = at_offset(INT64_MAX - 1);
  if (file->locks_appends)
    tome__os_calls.LockFileEx(file->appender, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at);
  return at;
}

static void unlock_appends(const os_file *file, OVERLAPPED at) {
  DWORD system = GetLastError();
  if (file->locks_appends)
    tome__os_calls.UnlockFileEx(file->appender, 0, 1, 0, &at);
  SetLastError(system);
}

/* One piece at the end, wherever that is: this offset means it. */
static int append_piece(const os_file *file, const void *data, DWORD length, uint64_t *ret_end,
                        DWORD *ret_written) {
  OVERLAPPED end = at_offset(UINT64_MAX);
  LARGE_INTEGER here = {.QuadPart = 0}, position;
  *ret_written = 0;
  if (!tome__os_calls.WriteFile(file->appender, data, length, ret_written, &end) ||
      !tome__os_calls.SetFilePointerEx(file->appender, here, &position, FILE_CURRENT))
    return tome__os_failed();
  *ret_end = (uint64_t)position.QuadPart;
  return 0;
}

/* A failed append leaves the length as it was, if nobody has appended behind it. */
static void undo_append(const os_file *file, uint64_t start, size_t done) {
  DWORD system = GetLastError();
  if (done > 0 && tome__os_size_now(file) == start + done)
    tome__os_cut_back(file, start);
  SetLastError(system);
}

static int append_pieces(const os_file *file, const void *data, size_t length,
                         uint64_t *ret_offset) {
  uint64_t start = 0, end = 0;
  for (size_t done = 0; done < length;) {
    DWORD n;
    int r = append_piece(file, (const char *)data + done, piece_of(length - done), &end, &n);
    if (r < 0) {
      undo_append(file, start, done);
      return r;
    }
    if (done == 0)
      start = end - n;
    else if (end - n != start + done) {
      SetLastError(0);
      return TOME_EBUSY; /* more than one call takes, and someone appended in between: both stay */
    }
    done += n;
  }
  *ret_offset = start;
  return 0;
}

static int append_atomically(const os_file *file, const void *data, size_t length,
                             uint64_t *ret_offset) {
  OVERLAPPED lock = lock_appends(file);
  int r = append_pieces(file, data, length, ret_offset);
  unlock_appends(file, lock);
  return r;
}

/* Where nobody else can append, or nothing better can be had: alone in this process, not among others. */
static int append_at(const os_file *file, const void *data, size_t length, uint64_t *ret_offset) {
  os_stat before;
  size_t written;
  int r = tome__os_stat(file, &before);
  if (r < 0)
    return r;
  r = tome__os_write(file, before.size, data, length, &written);
  if (r < 0)
    undo_append(file, before.size, written);
  else
    *ret_offset = before.size;
  return r;
}

int tome__os_append(os_file *file, uint64_t size, const void *data, size_t length,
                    uint64_t *ret_offset) {
  int r = too_large(size, length);
  if (r == 0)
    r = need_appender(file);
  if (r < 0)
    return r;
  return file->appender ? append_atomically(file, data, length, ret_offset)
                        : append_at(file, data, length, ret_offset);
}
