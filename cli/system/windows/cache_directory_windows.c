/* %LOCALAPPDATA%\tome, or where XDG_CACHE_HOME says. */
#include "cache_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "wide_text.h"

const char cache_directory_variables[] = "XDG_CACHE_HOME or LOCALAPPDATA";

static int is_divider(wchar_t character) {
  return character == L'/' || character == L'\\';
}

/* A path that depends on the current directory counts for nothing. */
static char *absolute(const wchar_t *variable) {
  const wchar_t *path = _wgetenv(variable);
  if (!path || !path[0])
    return NULL;
  int has_drive = path[1] == L':' && is_divider(path[2]);
  return has_drive || is_divider(path[0]) ? utf8_of(path) : NULL;
}

char *cache_directory(void) {
  char *cache = absolute(L"XDG_CACHE_HOME"), *path = NULL;
  if (!cache)
    cache = absolute(L"LOCALAPPDATA");
  char divider = cache && strchr(cache, '\\') ? '\\' : '/';
  int written = cache ? asprintf(&path, "%s%ctome", cache, divider) : -1;
  free(cache);
  return written < 0 ? NULL : path;
}

static int make_one(const char *path) {
  wchar_t *wide = wide_path(path);
  int made = wide && CreateDirectoryW(wide, NULL);
  if (wide && !made) {
    windows_fail();
    DWORD attributes = GetFileAttributesW(wide);
    made = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
    if (!made && attributes != INVALID_FILE_ATTRIBUTES)
      errno = ENOTDIR;
  }
  free(wide);
  return made ? 0 : -1;
}

/* The roots of drives and shares cannot be made, and need not be. What else is wrong with a directory above shows in those below,
 * except that Windows does not say that a file is in the way. */
static int make_all(char *path) {
  for (char *at = path; *at; at++) {
    char divider = *at;
    if (at == path || (divider != '/' && divider != '\\'))
      continue;
    *at = '\0';
    int failed = make_one(path) < 0 && errno == ENOTDIR;
    *at = divider;
    if (failed)
      return -1;
  }
  return make_one(path);
}

int cache_directory_make(const char *directory) {
  char *path = _strdup(directory);
  int result = path ? make_all(path) : -1, reason = errno;
  free(path);
  errno = reason;
  return result;
}
