/* There is no fork on Windows, so a test cannot go on in another process: those that must are skipped. What only has to be done to
 * a file, a handle of its own does as well as another process would. */
#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

int is_child(void) {
  return 0;
}

void exit_unable(const char *reason) {
  fprintf(stderr, "SKIPPED: %s\n", reason);
  exit(1);
}

void in_child(child_function *function, void *context) {
  (void)function, (void)context;
  give_up("no fork on Windows");
}

void append_elsewhere(const char *path, const void *bytes, size_t length) {
  append_to(path, bytes, length);
}

void write_elsewhere(const char *path, uint64_t offset, const void *bytes, size_t length) {
  write_into(path, offset, bytes, length);
}

/* Windows does not cut a mapped file, but the system that Wine runs on does; it sees the file under another path. */
typedef char *(CDECL *unix_name_function)(const wchar_t *path);

static int find_host_path(const char *path, char *ret_path, size_t room) {
  wchar_t wide[1024];
  unix_name_function unix_name = (unix_name_function)(void (*)(void))GetProcAddress(
      GetModuleHandleA("kernel32.dll"), "wine_get_unix_file_name");
  if (unix_name == NULL)
    return 0;
  must(MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 1024) > 0);
  char *name = unix_name(wide);
  must(name != NULL);
  snprintf(ret_path, room, "%s", name);
  HeapFree(GetProcessHeap(), 0, name);
  return 1;
}

static void cut_by_host(const char *path, uint64_t length) {
  enum { WAITS = 20000 };
  char host_path[1024], command[1200];
  STARTUPINFOA start = {.cb = sizeof start};
  PROCESS_INFORMATION process;
  if (!find_host_path(path, host_path, sizeof host_path))
    give_up("Windows does not cut a mapped file");
  snprintf(command, sizeof command, "truncate -s %llu \"%s\"", (unsigned long long)length,
           host_path);
  must(CreateProcessA("/usr/bin/truncate", command, NULL, NULL, FALSE, 0, NULL, NULL, &start,
                      &process));
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  for (int i = 0; i < WAITS && file_length(path) != length; i++) /* its end is not told */
    Sleep(1);
  must_equal(file_length(path), length);
}

void truncate_elsewhere(const char *path, uint64_t length) {
  if (!try_file_length(path, length))
    cut_by_host(path, length);
}
