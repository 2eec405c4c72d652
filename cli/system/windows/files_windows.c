#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "wide_text.h"

/* ---- what a file is ---- */

/* Newer file systems have numbers of 128 bits. */
static int get_identity(HANDLE file, struct file_identity *ret) {
  FILE_ID_INFO id;
  BY_HANDLE_FILE_INFORMATION information;
  if (GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof id)) {
    ret->device = id.VolumeSerialNumber;
    memcpy(ret->number, &id.FileId, sizeof ret->number);
    return 0;
  }
  if (!GetFileInformationByHandle(file, &information))
    return windows_fail();
  *ret = (struct file_identity){
      .device = information.dwVolumeSerialNumber,
      .number = {(uint64_t)information.nFileIndexHigh << 32 | information.nFileIndexLow}};
  return 0;
}

/* A reparse point that stands for another name is a link; any other is the file that it looks like. */
static int get_facts(HANDLE file, struct file_facts *ret) {
  FILE_ATTRIBUTE_TAG_INFO attributes;
  *ret = (struct file_facts){.kind = FILE_OTHER};
  if (GetFileType(file) != FILE_TYPE_DISK) {
    ret->identity.number[0] = (uint64_t)(uintptr_t)file;
    return 0;
  }
  if (!GetFileInformationByHandleEx(file, FileAttributeTagInfo, &attributes, sizeof attributes))
    return windows_fail();
  DWORD bits = attributes.FileAttributes;
  if (!(bits & FILE_ATTRIBUTE_REPARSE_POINT) || !IsReparseTagNameSurrogate(attributes.ReparseTag))
    ret->kind = bits & FILE_ATTRIBUTE_DIRECTORY ? FILE_DIRECTORY : FILE_REGULAR;
  return get_identity(file, &ret->identity);
}

/* What notices that it is opened is not. */
static int facts_of_path(const char *path, DWORD flags, struct file_facts *ret) {
  wchar_t *wide = wide_path(path);
  int is_device = wide && is_device_path(wide);
  free(wide);
  if (is_device)
    errno = EINVAL;
  if (!wide || is_device)
    return -1;
  HANDLE file = (HANDLE)windows_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING,
                                     FILE_FLAG_BACKUP_SEMANTICS | flags);
  if (file == INVALID_HANDLE_VALUE)
    return -1;
  int result = get_facts(file, ret);
  CloseHandle(file);
  return result;
}

int file_facts_of_name(const char *path, struct file_facts *ret) {
  return facts_of_path(path, 0, ret);
}

int file_facts_of_entry(const char *path, struct file_facts *ret) {
  return facts_of_path(path, FILE_FLAG_OPEN_REPARSE_POINT, ret);
}

int file_facts_of_open(int fd, struct file_facts *ret) {
  HANDLE file = (HANDLE)_get_osfhandle(fd);
  return file == INVALID_HANDLE_VALUE ? -1 : get_facts(file, ret);
}

int file_is_there(const char *path) {
  wchar_t *wide = wide_path(path);
  int there = wide && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
  free(wide);
  return there;
}

/* ---- opening it ---- */

static int as_descriptor(intptr_t file, int flags) {
  int fd = file == -1 ? -1 : _open_osfhandle(file, flags | _O_BINARY | _O_NOINHERIT);
  if (fd < 0 && file != -1)
    CloseHandle((HANDLE)file);
  return fd;
}

static FILE *as_stream(int fd, const char *mode) {
  FILE *stream = fd < 0 ? NULL : _fdopen(fd, mode);
  if (fd >= 0 && !stream)
    _close(fd);
  return stream;
}

/* Opening a pipe never waits. */
int file_open(const char *path, int may_wait) {
  (void)may_wait;
  return as_descriptor(windows_open(path, GENERIC_READ, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL),
                       _O_RDONLY);
}

int64_t file_read_at(int fd, void *bytes, size_t length, uint64_t offset) {
  HANDLE file = (HANDLE)_get_osfhandle(fd);
  OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
  DWORD done = 0, most = length < 0x40000000 ? (DWORD)length : 0x40000000;
  if (ReadFile(file, bytes, most, &done, &at) || GetLastError() == ERROR_HANDLE_EOF)
    return done;
  return windows_fail();
}

FILE *file_stream_read(const char *path) {
  return as_stream(file_open(path, 1), "rb");
}

FILE *file_stream_write(const char *path) {
  intptr_t file = windows_open(path, GENERIC_WRITE, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
  return as_stream(as_descriptor(file, _O_WRONLY), "wb");
}

void file_write_back(const char *path) {
  HANDLE file = (HANDLE)windows_open(path, GENERIC_WRITE, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL);
  if (file == INVALID_HANDLE_VALUE)
    return;
  FlushFileBuffers(file);
  CloseHandle(file);
}

void *file_map(int fd, uint64_t size) {
  if (size > SIZE_MAX) {
    errno = ENOMEM;
    return NULL;
  }
  HANDLE section = CreateFileMappingW((HANDLE)_get_osfhandle(fd), NULL, PAGE_READONLY, 0, 0, NULL);
  void *address = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, (size_t)size) : NULL;
  if (!address)
    windows_fail();
  if (section)
    CloseHandle(section);
  return address;
}

/* ---- directories ---- */

static int meet(const wchar_t *wide, directory_entry *each, void *context) {
  if (wcscmp(wide, L".") == 0 || wcscmp(wide, L"..") == 0)
    return 0;
  char *name = utf8_of(wide);
  int result = name ? each(context, name) : -1, reason = errno;
  free(name);
  errno = reason;
  return result;
}

static int each_found(const wchar_t *pattern, directory_entry *each, void *context) {
  WIN32_FIND_DATAW entry;
  int result = 0;
  HANDLE search = FindFirstFileExW(pattern, FindExInfoBasic, &entry, FindExSearchNameMatch, NULL,
                                   FIND_FIRST_EX_LARGE_FETCH);
  if (search == INVALID_HANDLE_VALUE)
    return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : windows_fail(); /* an empty root */
  do
    result = meet(entry.cFileName, each, context);
  while (result >= 0 && FindNextFileW(search, &entry));
  if (result >= 0 && GetLastError() != ERROR_NO_MORE_FILES)
    result = windows_fail();
  int reason = errno;
  FindClose(search);
  errno = reason;
  return result < 0 ? -1 : 0;
}

int directory_each(const char *path, int follow, directory_entry *each, void *context) {
  struct file_facts facts;
  if ((follow ? file_facts_of_name(path, &facts) : file_facts_of_entry(path, &facts)) < 0)
    return -1;
  if (facts.kind != FILE_DIRECTORY) {
    errno = ENOTDIR;
    return -1;
  }
  size_t length = strlen(path);
  char *pattern = malloc(length + 3);
  if (!pattern)
    return -1;
  memcpy(pattern, path, length);
  memcpy(pattern + length, path_ends_in_divider(path) ? "*" : "/*",
         path_ends_in_divider(path) ? 2 : 3);
  wchar_t *wide = wide_path(pattern);
  free(pattern);
  int result = wide ? each_found(wide, each, context) : -1, reason = errno;
  free(wide);
  errno = reason;
  return result;
}

/* ---- names ---- */

static int is_divider(char character) {
  return character == '/' || character == '\\';
}

static int has_drive(const char *path) {
  return ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z') && path[1] == ':';
}

const char *path_last(const char *path) {
  const char *last = has_drive(path) ? path + 2 : path;
  for (const char *at = last; *at; at++)
    if (is_divider(*at))
      last = at + 1;
  return last;
}

/* "C:\name" is in "C:\", "C:name" in "C:.". */
char *path_directory(const char *path) {
  size_t length = (size_t)(path_last(path) - path), root = has_drive(path) ? 2 : 0;
  char *directory = malloc(length + 2);
  if (!directory)
    return NULL;
  while (length > root + 1 && is_divider(path[length - 1]))
    length--;
  memcpy(directory, path, length);
  if (length == root)
    directory[length++] = '.';
  directory[length] = '\0';
  return directory;
}

/* In "C:name" it is the colon. */
int path_ends_in_divider(const char *directory) {
  size_t length = strlen(directory);
  return length > 0 && (is_divider(directory[length - 1]) || (length == 2 && has_drive(directory)));
}
