#include "wide_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* A path that is longer is taken only in the form in which the system looks at no character of it; a name of 8.3 must have room in
 * directories. */
#define LONG_PATH 248

wchar_t *wide_of(const char *text) {
  int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
  wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof *wide) : NULL;
  if (wide)
    MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, length);
  else
    errno = length > 0 ? ENOMEM : EILSEQ;
  return wide;
}

char *utf8_of(const wchar_t *text) {
  int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
  char *utf8 = length > 0 ? malloc((size_t)length) : NULL;
  if (utf8)
    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, length, NULL, NULL);
  else
    errno = length > 0 ? ENOMEM : EILSEQ;
  return utf8;
}

/* `full` has room for the prefix. */
static void lift_limit(wchar_t *full) {
  static const wchar_t any[] = L"\\\\?\\", unc[] = L"\\\\?\\UNC\\";
  int is_unc = full[0] == L'\\' && full[1] == L'\\';
  if (wcslen(full) < LONG_PATH || is_device_path(full) || wcsncmp(full, any, wcslen(any)) == 0)
    return;
  const wchar_t *prefix = is_unc ? unc : any, *rest = full + (is_unc ? 2 : 0);
  memmove(full + wcslen(prefix), rest, (wcslen(rest) + 1) * sizeof *full);
  memcpy(full, prefix, wcslen(prefix) * sizeof *full);
}

wchar_t *wide_path(const char *path) {
  wchar_t *wide = wide_of(path);
  if (!wide)
    return NULL;
  DWORD room = GetFullPathNameW(wide, 0, NULL, NULL);
  wchar_t *full = room > 0 ? malloc(((size_t)room + 8) * sizeof *full) : NULL;
  DWORD length = full ? GetFullPathNameW(wide, room, full, NULL) : 0;
  free(wide);
  if (length > 0 && length < room) {
    lift_limit(full);
    return full;
  }
  free(full);
  errno = room > 0 && !full ? ENOMEM : ENOENT;
  return NULL;
}

int is_device_path(const wchar_t *path) {
  const wchar_t *share = wcsncmp(path, L"\\\\", 2) == 0 ? wcschr(path + 2, L'\\') : NULL;
  if (wcsncmp(path, L"\\\\.\\", 4) == 0)
    return !(path[4] && path[5] == L':' && path[6] == L'\\');
  return share && _wcsnicmp(share, L"\\pipe\\", 6) == 0;
}

int windows_fail(void) {
  static const struct {
    DWORD windows;
    int reason;
  } known[] = {{ERROR_FILE_NOT_FOUND, ENOENT},
               {ERROR_PATH_NOT_FOUND, ENOENT},
               {ERROR_INVALID_DRIVE, ENOENT},
               {ERROR_INVALID_NAME, ENOENT},
               {ERROR_BAD_PATHNAME, ENOENT},
               {ERROR_BAD_NETPATH, ENOENT},
               {ERROR_BAD_NET_NAME, ENOENT},
               {ERROR_NOT_READY, ENOENT},
               {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
               {ERROR_BUFFER_OVERFLOW, ENAMETOOLONG},
               {ERROR_DIRECTORY, ENOTDIR},
               {ERROR_ACCESS_DENIED, EACCES},
               {ERROR_SHARING_VIOLATION, EBUSY},
               {ERROR_LOCK_VIOLATION, EBUSY},
               {ERROR_DELETE_PENDING, EBUSY},
               {ERROR_WRITE_PROTECT, EROFS},
               {ERROR_FILE_EXISTS, EEXIST},
               {ERROR_ALREADY_EXISTS, EEXIST},
               {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
               {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
               {ERROR_OUTOFMEMORY, ENOMEM},
               {ERROR_COMMITMENT_LIMIT, ENOMEM},
               {ERROR_DISK_FULL, ENOSPC},
               {ERROR_HANDLE_DISK_FULL, ENOSPC},
               {ERROR_INVALID_HANDLE, EBADF},
               {ERROR_BROKEN_PIPE, EPIPE},
               {ERROR_NO_DATA, EPIPE},
               {ERROR_INVALID_PARAMETER, EINVAL}};
  DWORD windows = GetLastError();
  errno = EIO;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].windows == windows)
      errno = known[i].reason;
  return -1;
}

/* A directory that is opened like a file is refused as if it were a matter of rights. */
static void open_failed(const wchar_t *path) {
  windows_fail();
  DWORD attributes = errno == EACCES ? GetFileAttributesW(path) : 0;
  if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
    errno = EISDIR;
}

intptr_t windows_open(const char *path, unsigned long access, unsigned long create,
                      unsigned long flags) {
  wchar_t *wide = wide_path(path);
  if (!wide)
    return -1;
  HANDLE file = CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            NULL, create, flags, NULL);
  if (file == INVALID_HANDLE_VALUE)
    open_failed(wide);
  free(wide);
  return (intptr_t)file;
}
