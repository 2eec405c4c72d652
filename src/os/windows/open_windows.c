/* Opening, adopting and closing files.
 *
 * Nothing we open is inherited by a process that is started. What is created needs nothing but itself to be durable: NTFS writes
 * names to its log, which FlushFileBuffers() of the file brings to the disk with the rest. */
#include "calls.h"
#include "mappings.h"
#include "owner_only.h"
#include "readers.h"
#include "windows_error.h"
#include "windows_file.h"
#include "windows_path.h"

#include <tome/map.h>

/* Someone else may create and remove the file again and again. */
#define MOST_TRIES 8

static os_file new_file(HANDLE handle, uint32_t flags) {
  return (os_file){.handle = handle,
                   .writable = (flags & TOME_WRITE) != 0,
                   .sparse = (flags & TOME_SPARSE) != 0};
}

static DWORD access_for(uint32_t flags) {
  return flags & TOME_WRITE ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ;
}

/* STATUS_DELETE_PENDING: its name goes with the last handle. */
#define STATUS_DELETED_SOON ((LONG)0xC0000056)

/* What a failed CreateFileW() is about. A directory is refused like a file that one may not open. */
static int why_not_opened(const wchar_t *path) {
  DWORD system = GetLastError();
  if (system == ERROR_ACCESS_DENIED && os_last_status() == STATUS_DELETED_SOON) {
    SetLastError(ERROR_DELETE_PENDING);
    return TOME_EBUSY;
  }
  if (system == ERROR_PATH_NOT_FOUND)
    return tome__os_why_not_found(path);
  if (system == ERROR_ACCESS_DENIED && tome__os_is_directory(path)) {
    SetLastError(0);
    return TOME_EISDIR;
  }
  return tome__os_code(system);
}

int tome__os_check_kind(HANDLE file) {
  FILE_STANDARD_INFO standard;
  SetLastError(0);
  if (tome__os_calls.GetFileType(file) != FILE_TYPE_DISK)
    return GetLastError() ? tome__os_failed() : TOME_ENOTMAP;
  if (!tome__os_calls.GetFileInformationByHandleEx(file, FileStandardInfo, &standard,
                                                   sizeof standard))
    return tome__os_failed();
  SetLastError(0);
  return standard.Directory ? TOME_EISDIR : 0;
}

/* Wine opens it by the name it had, and so may some servers, where meanwhile there may be another file, or none. */
HANDLE tome__os_reopen(HANDLE file, DWORD access) {
  BY_HANDLE_FILE_INFORMATION wanted, got;
  HANDLE handle = tome__os_calls.ReOpenFile(file, access, SHARE_ALL, 0);
  if (handle == INVALID_HANDLE_VALUE || !tome__os_calls.GetFileInformationByHandle(file, &wanted) ||
      !tome__os_calls.GetFileInformationByHandle(handle, &got) ||
      (wanted.nFileIndexLow == got.nFileIndexLow && wanted.nFileIndexHigh == got.nFileIndexHigh))
    return handle;
  tome__os_calls.CloseHandle(handle);
  SetLastError(ERROR_FILE_NOT_FOUND);
  return INVALID_HANDLE_VALUE;
}

static int open_existing(const wchar_t *path, uint32_t flags, os_file *ret_file) {
  HANDLE handle = tome__os_calls.CreateFileW(path, access_for(flags), SHARE_ALL, NULL,
                                             OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
  if (handle == INVALID_HANDLE_VALUE)
    return why_not_opened(path);
  *ret_file = new_file(handle, flags);
  return 0;
}

/* Of the permission bits the system knows two things: that nobody may write, and, where nobody else is to have any, that the file
 * is its owner's alone. */
static int create(const wchar_t *path, uint32_t flags, uint32_t mode, os_file *ret_file) {
  owner_only owner;
  int private = (mode & 0077) == 0;
  int r = private ? tome__os_owner_only(&owner) : 0;
  if (r < 0)
    return r;
  HANDLE handle = tome__os_calls.CreateFileW(
      path, access_for(flags), SHARE_ALL, private ? &owner.attributes : NULL, CREATE_NEW,
      mode & 0222 ? FILE_ATTRIBUTE_NORMAL : FILE_ATTRIBUTE_READONLY, NULL);
  if (handle == INVALID_HANDLE_VALUE)
    return why_not_opened(path);
  *ret_file = new_file(handle, flags);
  ret_file->created = 1;
  return 0;
}

static int open_or_create(const wchar_t *path, uint32_t flags, uint32_t mode, os_file *ret_file) {
  int r = TOME_ENOENT;
  for (int i = 0; i < MOST_TRIES; i++) {
    if (!(flags & TOME_EXCL))
      r = open_existing(path, flags, ret_file);
    if (r != TOME_ENOENT || !(flags & TOME_CREATE))
      return r;
    r = create(path, flags, mode, ret_file);
    if (r != TOME_EEXIST || (flags & TOME_EXCL))
      return r;
  }
  return TOME_EBUSY;
}

int tome__os_open(const char *path, uint32_t flags, uint32_t mode, os_file *ret_file) {
  os_file file = {0};
  wchar_t *wide = NULL;
  int r = tome__os_path(path, 0, &wide);
  if (r < 0)
    return r;
  r = open_or_create(wide, flags, mode, &file);
  DWORD system = GetLastError();
  tome__os_free(wide);
  SetLastError(system);
  if (r < 0)
    return r;
  r = tome__os_check_kind(file.handle);
  if (r < 0) {
    system = GetLastError();
    tome__os_abandon(&file, path);
    SetLastError(system);
    return r;
  }
  tome__os_identify(&file);
  tome__os_readers_begin(&file);
  *ret_file = file;
  return 0;
}

/* ---- a descriptor of the C runtime ---- */

/* As NtQueryObject() and NtQueryInformationFile() tell it. */
typedef struct basic_information {
  ULONG attributes;
  ACCESS_MASK access;
  ULONG unused[12];
} basic_information;
#define OBJECT_BASIC 0
#define FILE_MODE 16
#define MODE_UNBUFFERED 0x08
#define MODE_SYNCHRONOUS 0x30

/* TOME_EACCES unless the handle itself is good for what `flags` need; opening the file anew might give more. */
static int check_access(HANDLE handle, uint32_t flags) {
  basic_information basic;
  ACCESS_MASK wanted = flags & TOME_WRITE ? FILE_READ_DATA | FILE_WRITE_DATA : FILE_READ_DATA;
  LONG status = tome__os_calls.os_NtQueryObject(handle, OBJECT_BASIC, &basic, sizeof basic);
  if (status < 0)
    return tome__os_failed_status(status);
  SetLastError(0);
  return (basic.access & wanted) == wanted ? 0 : TOME_EACCES;
}

/* The caller's own file object, where there is no other way. Its position is put back after each use. */
static int borrow(HANDLE from, HANDLE *ret_handle) {
  ULONG mode;
  LONG status = tome__os_calls.os_NtQueryInformationFile(from, &mode, sizeof mode, FILE_MODE);
  if (status < 0)
    return tome__os_failed_status(status);
  SetLastError(0);
  if ((mode & MODE_UNBUFFERED) || !(mode & MODE_SYNCHRONOUS))
    return TOME_ENOTSUP;
  HANDLE self = GetCurrentProcess();
  return tome__os_calls.DuplicateHandle(self, from, self, ret_handle, 0, FALSE,
                                        DUPLICATE_SAME_ACCESS)
             ? 0
             : tome__os_failed();
}

int tome__os_adopt(int descriptor, uint32_t flags, os_file *ret_file) {
  HANDLE from = (HANDLE)tome__os_calls.os_handle_of(descriptor);
  if (from == INVALID_HANDLE_VALUE)
    return tome__os_failed();
  int r = tome__os_check_kind(from);
  if (r == 0)
    r = check_access(from, flags);
  if (r < 0)
    return r;
  HANDLE handle = tome__os_reopen(from, access_for(flags));
  int borrowed = handle == INVALID_HANDLE_VALUE;
  if (borrowed)
    r = GetLastError() == ERROR_TOO_MANY_OPEN_FILES ? TOME_EMFILE : borrow(from, &handle);
  if (r < 0)
    return r;
  *ret_file = new_file(handle, flags);
  ret_file->borrowed = borrowed;
  if (!borrowed)
    tome__os_readers_begin(ret_file);
  tome__os_identify(ret_file);
  return 0;
}

/* ---- the end ---- */

/* POSIX semantics: the name goes at once, and comes free, though others have the file open. Since Windows 10 1709, on NTFS. */
int tome__os_delete(HANDLE handle) {
  FILE_DISPOSITION_INFO_EX at_once = {FILE_DISPOSITION_FLAG_DELETE |
                                      FILE_DISPOSITION_FLAG_POSIX_SEMANTICS |
                                      FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE};
  FILE_DISPOSITION_INFO when_closed = {TRUE};
  return tome__os_calls.SetFileInformationByHandle(handle, OS_FILE_DISPOSITION_EX, &at_once,
                                                   sizeof at_once) ||
                 tome__os_calls.SetFileInformationByHandle(handle, FileDispositionInfo,
                                                           &when_closed, sizeof when_closed)
             ? 0
             : tome__os_failed();
}

/* By the file, not by its name, which may be another's meanwhile. Its own handle has no right to delete: others would then have
 * to allow that as long as we have it, which fopen() does not. */
void tome__os_abandon(os_file *file, const char *path) {
  (void)path;
  HANDLE again = file->created ? tome__os_reopen(file->handle, DELETE) : INVALID_HANDLE_VALUE;
  if (again != INVALID_HANDLE_VALUE) {
    tome__os_delete(again);
    tome__os_calls.CloseHandle(again);
  }
  tome__os_close(file);
}

int tome__os_close(os_file *file) {
  tome__os_readers_end(file);
  if (file->appender)
    tome__os_calls.CloseHandle(file->appender);
  return tome__os_calls.CloseHandle(file->handle) ? 0 : tome__os_failed();
}
