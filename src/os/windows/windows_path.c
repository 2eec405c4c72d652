/* Paths: UTF-8 outside, UTF-16 inside; relative or full, short or long.
 *
 * Only a full path that begins with \\?\ may be longer than 260 characters, and of such a path the system takes every character
 * as it is. So the path is made full by the system's own rules first. Which devices there are under which names ("NUL", "COM1",
 * "aux.txt") differs by version; that too the system tells, by the path that it makes of them. */
#include "windows_path.h"

#include "calls.h"
#include "os.h"
#include "windows_error.h"

#include <string.h>

static const wchar_t as_it_is[] = L"\\\\?\\", unc_as_it_is[] = L"\\\\?\\UNC\\",
                     device[] = L"\\\\.\\";

/* No file system has longer names, nor the system longer paths. */
#define LONGEST_NAME 255
#define LONGEST_PATH 32760

/* From here on the short form is not safe: directories have to leave room for a name of 8.3. */
#define LONG_PATH 248

static int fail(DWORD system, int code) {
  SetLastError(system);
  return code;
}

static int begins(const wchar_t *path, const wchar_t *with) {
  return wcsncmp(path, with, wcslen(with)) == 0;
}

static int begins_in_any_case(const wchar_t *path, const wchar_t *with) {
  return _wcsnicmp(path, with, wcslen(with)) == 0;
}

static int to_utf16(const char *path, wchar_t **ret_wide) {
  if (!*path)
    return fail(ERROR_PATH_NOT_FOUND, TOME_ENOENT);
  if (strlen(path) > (size_t)3 * UNICODE_STRING_MAX_CHARS)
    return fail(ERROR_FILENAME_EXCED_RANGE, TOME_ENAME);
  int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
  if (n <= 0)
    return tome__os_failed();
  wchar_t *wide = tome__os_new((size_t)n, sizeof *wide);
  if (!wide)
    return fail(ERROR_NOT_ENOUGH_MEMORY, TOME_ENOMEM);
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, n);
  *ret_wide = wide;
  return 0;
}

/* The full path stands in the buffer at `front`, so that there is room for a prefix. */
static int make_full(const wchar_t *path, size_t front, size_t beyond, wchar_t **ret_full) {
  DWORD room = tome__os_calls.GetFullPathNameW(path, 0, NULL, NULL);
  if (room == 0)
    return tome__os_failed();
  wchar_t *full = tome__os_new(front + room + beyond, sizeof *full);
  if (!full)
    return fail(ERROR_NOT_ENOUGH_MEMORY, TOME_ENOMEM);
  DWORD n = tome__os_calls.GetFullPathNameW(path, room, full + front, NULL);
  if (n == 0 || n >= room) { /* the current directory is another one meanwhile */
    int r = n == 0 ? tome__os_failed() : fail(ERROR_FILENAME_EXCED_RANGE, TOME_EBUSY);
    tome__os_free(full);
    return r;
  }
  *ret_full = full;
  return 0;
}

static int is_drive_path(const wchar_t *path) {
  return path[0] && path[1] == L':' && path[2] == L'\\';
}

/* \\server\pipe\name: somebody who waits there would be let in. */
static int is_remote_pipe(const wchar_t *unc) {
  const wchar_t *share = wcschr(unc, L'\\');
  return share &&
         (begins_in_any_case(share, L"\\pipe\\") || begins_in_any_case(share, L"\\mailslot\\"));
}

static int is_pipe(const wchar_t *path) {
  return begins_in_any_case(path, L"pipe\\") || begins_in_any_case(path, L"mailslot\\") ||
         begins_in_any_case(path, L"GLOBALROOT\\Device\\NamedPipe\\");
}

/* The prefix that a full path gets instead of its first *ret_skip characters; NULL: the path is no file's. */
static const wchar_t *prefix_of(const wchar_t *full, size_t *ret_skip) {
  int is_long = wcslen(full) >= LONG_PATH;
  *ret_skip = 0;
  if (begins(full, as_it_is)) {
    const wchar_t *rest = full + wcslen(as_it_is);
    int unc = begins_in_any_case(rest, L"UNC\\");
    return is_pipe(rest) || (unc && is_remote_pipe(rest + 4)) ? NULL : L"";
  }
  if (begins(full, device)) {
    *ret_skip = wcslen(device);
    return is_drive_path(full + *ret_skip) ? as_it_is : NULL;
  }
  if (begins(full, L"\\\\")) {
    if (is_remote_pipe(full + 2))
      return NULL;
    *ret_skip = is_long ? 2 : 0;
    return is_long ? unc_as_it_is : L"";
  }
  return is_long ? as_it_is : L"";
}

/* A name that is too long would only not be found. */
static int is_too_long(const wchar_t *full) {
  size_t name = 0, all = 0;
  for (; full[all] && name <= LONGEST_NAME; all++)
    name = full[all] == L'\\' ? 0 : name + 1;
  return name > LONGEST_NAME || all > LONGEST_PATH;
}

int tome__os_is_directory(const wchar_t *path) {
  DWORD system = GetLastError();
  DWORD attributes = tome__os_calls.GetFileAttributesW(path);
  SetLastError(system);
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

int tome__os_why_not_found(const wchar_t *path) {
  DWORD system = GetLastError();
  size_t length = wcslen(path);
  wchar_t *above = tome__os_new(length + 1, sizeof *above);
  DWORD attributes = INVALID_FILE_ATTRIBUTES;
  if (above)
    memcpy(above, path, (length + 1) * sizeof *above);
  while (above && length > 0 && attributes == INVALID_FILE_ATTRIBUTES) {
    while (length > 0 && above[length - 1] != L'\\')
      length--;
    length -= length > 0;
    above[length] = 0;
    attributes = tome__os_calls.GetFileAttributesW(above);
  }
  tome__os_free(above);
  SetLastError(system);
  int is_file = attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
  return is_file ? TOME_ENOTDIR : TOME_ENOENT;
}

/* "name/" is a directory, or nothing that could be opened or created. */
static int check_end(wchar_t *path) {
  size_t length = wcslen(path);
  if (length == 0 || path[length - 1] != L'\\')
    return 0;
  if (tome__os_is_directory(path))
    return fail(0, TOME_EISDIR);
  path[length - 1] = 0;
  int is_file = tome__os_calls.GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
  return is_file ? fail(ERROR_DIRECTORY, TOME_ENOTDIR) : fail(ERROR_PATH_NOT_FOUND, TOME_EISDIR);
}

static int make_path(const wchar_t *wide, size_t beyond, wchar_t **ret_path) {
  size_t front = wcslen(unc_as_it_is), skip;
  wchar_t *full = NULL;
  int r = make_full(wide, front, beyond, &full);
  if (r < 0)
    return r;
  const wchar_t *prefix = prefix_of(full + front, &skip);
  int too_long = is_too_long(full + front);
  if (!prefix || too_long) {
    tome__os_free(full);
    return too_long ? fail(ERROR_FILENAME_EXCED_RANGE, TOME_ENAME) : fail(0, TOME_ENOTMAP);
  }
  wchar_t *rest = full + front + skip;
  memmove(full + wcslen(prefix), rest, (wcslen(rest) + 1) * sizeof *full);
  memcpy(full, prefix, wcslen(prefix) * sizeof *full);
  r = check_end(full);
  if (r < 0)
    tome__os_free(full);
  else
    *ret_path = full;
  return r;
}

int tome__os_path(const char *path, size_t beyond, wchar_t **ret_path) {
  wchar_t *wide = NULL;
  int r = to_utf16(path, &wide);
  if (r < 0)
    return r;
  r = make_path(wide, beyond, ret_path);
  DWORD system = GetLastError();
  tome__os_free(wide);
  SetLastError(system);
  return r;
}

const char *tome__os_divider(const char *directory) {
  size_t length = strlen(directory);
  if (length > 0 && strchr("/\\", directory[length - 1]))
    return "";
  return strchr(directory, '\\') ? "\\" : "/";
}
