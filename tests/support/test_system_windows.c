#include "test_system.h"

#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include <psapi.h>
#include <winioctl.h>

/* ---- files, by path ---- */

/* Paths of the tests are UTF-8. */
enum { PATH_ROOM = 4096 };
typedef struct wide_path {
  wchar_t text[PATH_ROOM];
} wide_path;

/* Windows counts tenths of microseconds since 1601. */
#define TICKS_TO_1970 INT64_C(116444736000000000)

static wide_path widen(const char *path) {
  wide_path wide;
  must(MultiByteToWideChar(CP_UTF8, 0, path, -1, wide.text, PATH_ROOM) > 0);
  return wide;
}

int make_test_folder(char *ret_path, size_t room) {
  wchar_t base[MAX_PATH + 1], path[PATH_ROOM];
  static unsigned made;
  DWORD length = GetTempPathW(MAX_PATH + 1, base);
  BOOL done;
  do { /* a number of a process comes again, and what a test could not remove is still there */
    swprintf(path, PATH_ROOM, L"%lstome-test-%lu-%u", base, GetCurrentProcessId(), ++made);
    done = CreateDirectoryW(path, NULL);
  } while (!done && GetLastError() == ERROR_ALREADY_EXISTS);
  if (length == 0 || !done ||
      WideCharToMultiByte(CP_UTF8, 0, path, -1, ret_path, (int)room, NULL, NULL) == 0) {
    print_error("cannot make a folder: error %lu\n", GetLastError());
    return -1;
  }
  for (char *p = ret_path; *p != '\0'; p++)
    *p = *p == '\\' ? '/' : *p;
  return 0;
}

static BOOL remove_tree(const wchar_t *path) {
  wchar_t inside[PATH_ROOM];
  WIN32_FIND_DATAW entry;
  swprintf(inside, PATH_ROOM, L"%ls/*", path);
  HANDLE entries = FindFirstFileW(inside, &entry);
  BOOL done = entries != INVALID_HANDLE_VALUE;
  for (BOOL more = done; more; more = FindNextFileW(entries, &entry)) {
    if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0)
      continue;
    swprintf(inside, PATH_ROOM, L"%ls/%ls", path, entry.cFileName);
    SetFileAttributesW(inside, FILE_ATTRIBUTE_NORMAL); /* what is read-only is not deleted */
    done &= entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? remove_tree(inside)
                                                              : DeleteFileW(inside);
  }
  FindClose(entries);
  return done && RemoveDirectoryW(path);
}

int remove_test_folder(const char *path) {
  if (remove_tree(widen(path).text))
    return 0;
  print_error("cannot remove %s: error %lu\n", path, GetLastError());
  return -1;
}

/* Shared with everybody for everything. */
static HANDLE must_open(const char *path, DWORD access, DWORD creation) {
  HANDLE file =
      CreateFileW(widen(path).text, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  NULL, creation, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE)
    fail_at(__FILE__, __LINE__, "cannot open %s: error %lu", path, GetLastError());
  return file;
}

uint64_t file_length(const char *path) {
  LARGE_INTEGER size;
  HANDLE file = must_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
  must(GetFileSizeEx(file, &size));
  must(CloseHandle(file));
  return (uint64_t)size.QuadPart;
}

/* GetCompressedFileSizeW() tells the length of a file that is neither compressed nor sparse. */
uint64_t file_allocated(const char *path) {
  FILE_STANDARD_INFO info;
  HANDLE file = must_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
  must(GetFileInformationByHandleEx(file, FileStandardInfo, &info, sizeof info));
  must(CloseHandle(file));
  return (uint64_t)info.AllocationSize.QuadPart;
}

uint64_t file_changed(const char *path) {
  FILE_BASIC_INFO info;
  HANDLE file = must_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
  must(GetFileInformationByHandleEx(file, FileBasicInfo, &info, sizeof info));
  must(CloseHandle(file));
  return (uint64_t)(info.ChangeTime.QuadPart - TICKS_TO_1970) * 100;
}

/* As NTFS has it: its number of a file says, too, how often it was used before. */
void file_identity(const char *path, uint64_t ret_words[4]) {
  FILE_ID_INFO info;
  HANDLE file = must_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
  must(GetFileInformationByHandleEx(file, FileIdInfo, &info, sizeof info));
  must(CloseHandle(file));
  ret_words[0] = info.VolumeSerialNumber;
  memcpy(&ret_words[1], &info.FileId, sizeof info.FileId);
  ret_words[3] = 0;
}

int file_exists(const char *path) {
  return GetFileAttributesW(widen(path).text) != INVALID_FILE_ATTRIBUTES;
}

int try_file_length(const char *path, uint64_t length) {
  DWORD unused;
  LARGE_INTEGER place = {.QuadPart = (LONGLONG)length};
  HANDLE file = must_open(path, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING);
  DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &unused, NULL); /* or without holes */
  must(SetFilePointerEx(file, place, NULL, FILE_BEGIN));
  BOOL done = SetEndOfFile(file);
  DWORD error = GetLastError();
  must(CloseHandle(file));
  if (!done && error != ERROR_USER_MAPPED_FILE)
    fail_at(__FILE__, __LINE__, "cannot set the length of %s: error %lu", path, error);
  return done;
}

void set_file_length(const char *path, uint64_t length) {
  if (!try_file_length(path, length))
    fail_at(__FILE__, __LINE__, "%s is mapped, so Windows does not cut it", path);
}

static OVERLAPPED at(uint64_t offset) {
  return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
}

static void put(const char *path, DWORD creation, OVERLAPPED place, const void *bytes,
                size_t length) {
  DWORD written = 0;
  HANDLE file = must_open(path, GENERIC_WRITE, creation);
  must(length == 0 || WriteFile(file, bytes, (DWORD)length, &written, &place));
  must_equal(written, length);
  must(CloseHandle(file));
}

void write_file(const char *path, const void *bytes, size_t length) {
  put(path, CREATE_ALWAYS, at(0), bytes, length);
}

void write_into(const char *path, uint64_t offset, const void *bytes, size_t length) {
  put(path, OPEN_EXISTING, at(offset), bytes, length);
}

void append_to(const char *path, const void *bytes, size_t length) {
  put(path, OPEN_EXISTING, at(UINT64_MAX), bytes, length);
}

size_t read_from(const char *path, uint64_t offset, void *buffer, size_t length) {
  size_t done = 0;
  DWORD got = 1;
  HANDLE file = must_open(path, GENERIC_READ, OPEN_EXISTING);
  while (done < length && got != 0) {
    OVERLAPPED place = at(offset + done);
    if (!ReadFile(file, (char *)buffer + done, (DWORD)(length - done), &got, &place)) {
      must_equal(GetLastError(), ERROR_HANDLE_EOF);
      got = 0;
    }
    done += got;
  }
  must(CloseHandle(file));
  return done;
}

void remove_file(const char *path) {
  must(DeleteFileW(widen(path).text));
}

void move_file(const char *from, const char *to) {
  must(MoveFileExW(widen(from).text, widen(to).text, MOVEFILE_REPLACE_EXISTING));
}

int replaces_open_files(void) {
  static const char *const names[] = {"replaced", "replacement"};
  for (int i = 0; i < 2; i++)
    write_file(in_dir(names[i]), "", 0);
  HANDLE held = must_open(in_dir(names[0]), GENERIC_READ, OPEN_EXISTING);
  BOOL done = MoveFileExW(widen(in_dir(names[1])).text, widen(in_dir(names[0])).text,
                          MOVEFILE_REPLACE_EXISTING);
  must(CloseHandle(held));
  remove_file(in_dir(names[0]));
  if (!done)
    remove_file(in_dir(names[1]));
  return done;
}

void make_folder(const char *path) {
  must(CreateDirectoryW(widen(path).text, NULL));
}

/* Who opens a file without buffering makes Windows write back and forget what it holds of it. */
void drop_from_memory(const char *path) {
  HANDLE file = CreateFileW(widen(path).text, GENERIC_READ,
                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                            OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, NULL);
  must(file != INVALID_HANDLE_VALUE);
  must(CloseHandle(file));
}

int is_kept_in_memory(const char *path) {
  (void)path;
  return 0;
}

/* When the mapping is gone, at the earliest. */
int dates_mapped_stores(const char *path) {
  (void)path;
  return 0;
}

/* Knuth, Morris, Pratt: "Fast Pattern Matching in Strings", SIAM Journal on Computing 6 (2), 1977. */
const void *find_bytes(const void *haystack, size_t haystack_length, const void *needle,
                       size_t needle_length) {
  const unsigned char *text = haystack, *word = needle, *found = NULL;
  size_t *border = calloc(needle_length + 1, sizeof *border);
  must(border != NULL);
  for (size_t i = 1, k = 0; i < needle_length; border[++i] = k) {
    while (k > 0 && word[i] != word[k])
      k = border[k];
    k += word[i] == word[k];
  }
  if (needle_length == 0)
    found = text;
  for (size_t i = 0, k = 0; i < haystack_length && found == NULL; i++) {
    while (k > 0 && (k == needle_length || text[i] != word[k]))
      k = border[k];
    k += text[i] == word[k];
    if (k == needle_length)
      found = text + i + 1 - k;
  }
  free(border);
  return found;
}

/* ---- this process ---- */

size_t system_page(void) {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

void *new_pages(size_t length) {
  void *address = VirtualAlloc(NULL, length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  must(address != NULL);
  return address;
}

void forbid_memory(void *address, size_t length) {
  DWORD before;
  must(VirtualProtect(address, length, PAGE_NOACCESS, &before));
}

void free_pages(void *address, size_t length) {
  (void)length;
  must(VirtualFree(address, 0, MEM_RELEASE));
}

void pause_for(uint64_t microseconds) {
  Sleep((DWORD)((microseconds + 999) / 1000));
}

void set_environment(const char *name, const char *value) {
  must_equal(_putenv_s(name, value != NULL ? value : ""), 0);
}

/* Files and sections; what threads and the C library have of their own comes and goes. */
static int is_of_a_file(HANDLE handle) {
  union {
    PUBLIC_OBJECT_TYPE_INFORMATION info;
    char room[512];
  } type;
  ULONG length;
  if (NtQueryObject(handle, ObjectTypeInformation, &type, sizeof type, &length) != 0)
    return 0;
  UNICODE_STRING name = type.info.TypeName;
  size_t characters = name.Length / sizeof *name.Buffer;
  return (characters == 4 && wcsncmp(name.Buffer, L"File", 4) == 0) ||
         (characters == 7 && wcsncmp(name.Buffer, L"Section", 7) == 0);
}

unsigned count_descriptors(void) {
  enum { MOST_HANDLES = 1024 };
  unsigned count = 0;
  for (uintptr_t i = 1; i <= MOST_HANDLES; i++)
    count += (unsigned)is_of_a_file((HANDLE)(4 * i));
  return count;
}

static void *next_region(MEMORY_BASIC_INFORMATION *region) {
  void *address = (char *)region->BaseAddress + region->RegionSize;
  return VirtualQuery(address, region, sizeof *region) ? address : NULL;
}

/* A mapping is named by its device's path: only the last part of a path is looked for. */
unsigned count_mappings(const char *part_of_line) {
  const char *slash = strrchr(part_of_line, '/');
  wide_path part = widen(slash != NULL ? slash + 1 : part_of_line);
  MEMORY_BASIC_INFORMATION region = {0};
  wchar_t name[PATH_ROOM];
  unsigned count = 0;
  while (next_region(&region))
    if (region.State != MEM_FREE && region.Type == MEM_MAPPED &&
        GetMappedFileNameW(GetCurrentProcess(), region.BaseAddress, name, PATH_ROOM) != 0 &&
        wcsstr(name, part.text) != NULL)
      count++;
  return count;
}

uint64_t address_space(void) {
  MEMORY_BASIC_INFORMATION region = {0};
  uint64_t total = 0;
  while (next_region(&region))
    if (region.State != MEM_FREE)
      total += region.RegionSize;
  return total;
}

uintptr_t fault_handler_now(void) {
  return 0;
}
