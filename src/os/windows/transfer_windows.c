/* Sizes, and moving bytes by system call.
 *
 * What is read and written by these calls and what is seen through a mapping are the same pages, but on a network drive. */
#include "calls.h"
#include "mappings.h"
#include "readers.h"
#include "windows_error.h"
#include "windows_file.h"

#include <tome/info.h>

/* In one call; it takes less than 4 GiB. And where that was refused. */
#define MOST ((size_t)1 << 30)
#define LITTLE ((size_t)1 << 20)

/* Calls that are made again before one of them must get on. */
#define MOST_TRIES 16

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

/* What is left of a transfer goes in pieces. */
typedef struct pieces {
  size_t most; /* bytes of one */
  int tries;   /* since something was transferred */
} pieces;

static DWORD piece_of(size_t left, size_t most) {
  return (DWORD)(left < most ? left : most);
}

/* A call does not wait as an access does: of a buffer that lies in a view which is just being replaced, or in a patch that has
 * no memory yet, it says one of these. */
static int is_about_buffer(DWORD system) {
  return system == ERROR_NOACCESS || system == ERROR_INVALID_USER_BUFFER;
}

static int is_there_now(const void *buffer, size_t length, int *tries) {
  return is_about_buffer(GetLastError()) && ++*tries < MOST_TRIES && tome__os_touch(buffer, length);
}

/* Whether to make a call again that has failed to transfer what begins at `buffer`. Some servers and drivers take less at once
 * than others. */
static int is_worth_again(pieces *p, const void *buffer, size_t left) {
  DWORD system = GetLastError();
  size_t most = p->most;
  p->most = LITTLE;
  return (system == ERROR_NO_SYSTEM_RESOURCES && most > LITTLE && left > LITTLE) ||
         is_there_now(buffer, piece_of(left, LITTLE), &p->tries);
}

/* Of [offset, end), as far as an offset of a file can be: what lies behind that the system would take for something else. */
static size_t possible(uint64_t offset, size_t length) {
  uint64_t most = offset < INT64_MAX ? INT64_MAX - offset : 0;
  return most < length ? (size_t)most : length;
}

/* 0 or a code; *ret_read is right in any case. */
static int read_by(HANDLE handle, uint64_t offset, char *to, size_t length, size_t *ret_read) {
  size_t done = 0, end = possible(offset, length);
  pieces p = {.most = MOST};
  int r = 0;
  while (r == 0 && done < end) {
    OVERLAPPED at = at_offset(offset + done);
    DWORD n = 0;
    if (tome__os_calls.ReadFile(handle, to + done, piece_of(end - done, p.most), &n, &at))
      p.tries = 0;
    else if (GetLastError() == ERROR_HANDLE_EOF)
      n = 0;
    else if (is_worth_again(&p, to + done, end - done))
      continue;
    else
      r = tome__os_failed();
    done += n;
    if (n == 0)
      break;
  }
  *ret_read = done;
  return r;
}

int tome__os_read(const os_file *file, uint64_t offset, void *buffer, size_t length,
                  size_t *ret_read) {
  LARGE_INTEGER position = position_before(file);
  reader by = tome__os_reader_take(file);
  int r = read_by(by.handle, offset, buffer, length, ret_read);
  tome__os_reader_return(by);
  put_position_back(file, position);
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

/* Success that would never come to an end. */
static int wrote_nothing(void) {
  SetLastError(ERROR_WRITE_FAULT);
  return TOME_EIO;
}

int tome__os_write(const os_file *file, uint64_t offset, const void *data, size_t length,
                   size_t *ret_written) {
  size_t done = 0;
  pieces p = {.most = MOST};
  int r = too_large(offset, length);
  if (r == 0 && file->sparse && offset > tome__os_size_now(file))
    tome__os_make_sparse(file);
  LARGE_INTEGER position = position_before(file);
  while (r == 0 && done < length) {
    OVERLAPPED at = at_offset(offset + done);
    const char *from = (const char *)data + done;
    DWORD n = 0;
    if (tome__os_calls.WriteFile(file->handle, from, piece_of(length - done, p.most), &n, &at)) {
      p.tries = 0;
      r = n == 0 ? wrote_nothing() : 0;
    } else if (!is_worth_again(&p, from, length - done)) {
      r = tome__os_failed_to_reach(offset + length);
    }
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
 * has a position that other threads move. A file that was deleted meanwhile cannot be opened again, nor, by some, one that has
 * another name now: that is appended to at the end that is found first. */
static int need_appender(os_file *file) {
  if (file->appender || file->memory || file->borrowed || file->locks_appends)
    return 0;
  HANDLE handle = tome__os_reopen(file->handle, FILE_APPEND_DATA | FILE_READ_DATA |
                                                    FILE_READ_ATTRIBUTES | SYNCHRONIZE);
  if (handle == INVALID_HANDLE_VALUE) {
    int r = tome__os_failed();
    if (r == TOME_EMFILE || r == TOME_ENOMEM)
      return r;
  } else {
    file->appender = handle;
  }
  file->locks_appends = !file->appender || os_is_wine() || is_remote(handle);
  return 0;
}

static HANDLE appending_handle(const os_file *file) {
  return file->appender ? file->appender : file->handle;
}

/* Where the system finds the end and writes there in two steps, those who append by this library keep out of each other's way:
 * by a lock on a byte that no file has. */
static OVERLAPPED lock_appends(const os_file *file) {
  OVERLAPPED at = at_offset(INT64_MAX - 1);
  if (file->locks_appends)
    tome__os_calls.LockFileEx(appending_handle(file), LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at);
  return at;
}

static void unlock_appends(const os_file *file, OVERLAPPED at) {
  DWORD system = GetLastError();
  if (file->locks_appends)
    tome__os_calls.UnlockFileEx(appending_handle(file), 0, 1, 0, &at);
  SetLastError(system);
}

/* One piece at the end, wherever that is: this offset means it. All of the piece or nothing, if the system can: others may append
 * before the next one. */
static int append_piece(const os_file *file, const void *data, DWORD length, uint64_t *ret_end,
                        DWORD *ret_written) {
  LARGE_INTEGER here = {.QuadPart = 0}, position;
  OVERLAPPED end;
  int tries = 0, done;
  do {
    end = at_offset(UINT64_MAX);
    *ret_written = 0;
    done = tome__os_calls.WriteFile(file->appender, data, length, ret_written, &end);
  } while (!done && is_there_now(data, length, &tries));
  if (done && *ret_written == 0)
    return wrote_nothing();
  if (!done || !tome__os_calls.SetFilePointerEx(file->appender, here, &position, FILE_CURRENT))
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
    DWORD piece = piece_of(length - done, MOST);
    int r = append_piece(file, (const char *)data + done, piece, &end, &n);
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

/* Where nobody else can append, or nothing better can be had: alone in this process, and among those who take the lock. */
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
  OVERLAPPED lock = lock_appends(file);
  r = (file->appender ? append_pieces : append_at)(file, data, length, ret_offset);
  unlock_appends(file, lock);
  return r;
}
