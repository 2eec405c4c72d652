/* Replacing a small file in one step.
 *
 * The new file always has the same name until it is complete, so that nothing is left over by processes that were killed. Who
 * writes it lets others read it, as they may from the moment on when it has its name, and nothing else: that is the lock, and it
 * keeps the name from being moved away or deleted, too. */
#include "calls.h"
#include "owner_only.h"
#include "windows_error.h"
#include "windows_file.h"
#include "windows_path.h"

#include <stddef.h>
#include <string.h>

static const wchar_t suffix[] = L".new";

/* Not a link to somebody's file. */
static int check_plain(HANDLE handle) {
  BY_HANDLE_FILE_INFORMATION all;
  if (!tome__os_calls.GetFileInformationByHandle(handle, &all))
    return tome__os_failed();
  SetLastError(0);
  return all.dwFileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY) ||
                 all.nNumberOfLinks != 1
             ? TOME_EACCES
             : tome__os_check_kind(handle);
}

/* One that was there has others' rights. */
static int open_alone(const wchar_t *path, HANDLE *ret_handle) {
  owner_only owner;
  int r = tome__os_owner_only(&owner);
  if (r < 0)
    return r;
  HANDLE handle = tome__os_calls.CreateFileW(
      path, GENERIC_READ | GENERIC_WRITE | DELETE | WRITE_DAC, FILE_SHARE_READ, &owner.attributes,
      OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
  if (handle == INVALID_HANDLE_VALUE)
    return tome__os_failed();
  r = check_plain(handle);
  if (r == 0 && !tome__os_calls.SetKernelObjectSecurity(
                    handle, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                    &owner.descriptor))
    r = tome__os_failed();
  if (r == 0) {
    *ret_handle = handle;
    return 0;
  }
  DWORD system = GetLastError();
  tome__os_calls.CloseHandle(handle);
  SetLastError(system);
  return r;
}

#define OVER_OTHERS (FILE_RENAME_FLAG_REPLACE_IF_EXISTS | FILE_RENAME_FLAG_POSIX_SEMANTICS)

/* POSIX semantics, where the system has them: though others have the file open that is replaced. */
static int rename_to(HANDLE handle, const wchar_t *to) {
  size_t bytes = wcslen(to) * sizeof *to, size = sizeof(FILE_RENAME_INFO) + bytes;
  FILE_RENAME_INFO *info = tome__os_new(1, size);
  if (!info) {
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return TOME_ENOMEM;
  }
  DWORD flags = OVER_OTHERS;
  info->FileNameLength = (DWORD)bytes;
  memcpy(info->FileName, to, bytes);
  memcpy(info, &flags, sizeof flags); /* where the older form has its BOOLEAN */
  int done =
      tome__os_calls.SetFileInformationByHandle(handle, OS_FILE_RENAME_EX, info, (DWORD)size);
  if (!done) {
    memset(info, 0, sizeof flags);
    info->ReplaceIfExists = TRUE;
    done = tome__os_calls.SetFileInformationByHandle(handle, FileRenameInfo, info, (DWORD)size);
  }
  int r = done ? 0 : tome__os_failed();
  DWORD system = GetLastError();
  tome__os_free(info);
  SetLastError(system);
  return r;
}

/* Without POSIX semantics a file that someone has open is not replaced, and said to be forbidden; so is a directory always, which
 * Windows has no number for. */
static int why_not_replaced(const wchar_t *path) {
  DWORD attributes = tome__os_calls.GetFileAttributesW(path);
  int is_there = attributes != INVALID_FILE_ATTRIBUTES;
  if (is_there && (attributes & FILE_ATTRIBUTE_DIRECTORY)) {
    SetLastError(0);
    return TOME_EISDIR;
  }
  SetLastError(ERROR_ACCESS_DENIED);
  return is_there && !(attributes & FILE_ATTRIBUTE_READONLY) ? TOME_EBUSY : TOME_EACCES;
}

#define PATIENCE 20

/* Most who have it open do so for a moment: readers, indexers, virus scanners. */
static int rename_patiently(HANDLE handle, const wchar_t *to) {
  int r = TOME_EBUSY;
  for (int i = 0; r == TOME_EBUSY && i < PATIENCE; i++) {
    if (i > 0)
      tome__os_sleep(1000000);
    r = rename_to(handle, to);
    r = r == TOME_EACCES ? why_not_replaced(to) : r;
  }
  return r;
}

static int write_and_rename(const os_file *file, const wchar_t *to, const void *data,
                            size_t length) {
  size_t written;
  int r = tome__os_truncate(file, 0);
  if (r == 0)
    r = tome__os_write(file, 0, data, length, &written);
  return r == 0 ? rename_patiently(file->handle, to) : r;
}

static int replace(const wchar_t *from, const wchar_t *to, const void *data, size_t length) {
  os_file file = {.writable = 1};
  int r = open_alone(from, &file.handle);
  if (r < 0)
    return r;
  r = write_and_rename(&file, to, data, length);
  DWORD system = GetLastError();
  if (r < 0)
    tome__os_delete(file.handle);
  tome__os_calls.CloseHandle(file.handle);
  SetLastError(system);
  return r;
}

int tome__os_replace(const char *path, const void *data, size_t length) {
  wchar_t *to = NULL, *from = NULL;
  int r = tome__os_path(path, 0, &to);
  if (r < 0)
    return r;
  r = tome__os_path(path, sizeof suffix / sizeof *suffix, &from);
  if (r == 0) {
    memcpy(from + wcslen(from), suffix, sizeof suffix);
    r = replace(from, to, data, length);
  }
  DWORD system = GetLastError();
  tome__os_free(from);
  tome__os_free(to);
  SetLastError(system);
  return r;
}
