/* There is no fork on Windows, so a test cannot go on in another process: those that must are skipped. What only has to be
 * done to a file, a handle of its own does as well as another process would. */
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

/* Windows does not cut a mapped file, but the system that Wine runs on does, to which the file has another path. */
typedef char *CDECL unix_name_function(const wchar_t *path);
typedef LONG CDECL unix_spawn_function(char *const arguments[], int wait);

static void (*find_function(const char *library, const char *name))(void) {
  return (void (*)(void))GetProcAddress(GetModuleHandleA(library), name);
}

static void cut_by_host(const char *path, uint64_t length) {
  unix_name_function *unix_name =
      (unix_name_function *)find_function("kernel32.dll", "wine_get_unix_file_name");
  unix_spawn_function *spawn =
      (unix_spawn_function *)find_function("ntdll.dll", "__wine_unix_spawnvp");
  if (unix_name == NULL || spawn == NULL)
    give_up("Windows does not cut a mapped file");
  wchar_t wide[1024];
  char program[] = "truncate", option[] = "-s", size[24];
  must(MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 1024) > 0);
  char *name = unix_name(wide);
  must(name != NULL);
  snprintf(size, sizeof size, "%llu", (unsigned long long)length);
  char *const arguments[] = {program, option, size, name, NULL};
  must_equal(spawn(arguments, 1), 0);
  HeapFree(GetProcessHeap(), 0, name);
  must_equal(file_length(path), length);
}

void truncate_elsewhere(const char *path, uint64_t length) {
  if (!try_file_length(path, length))
    cut_by_host(path, length);
}
