#include "cache_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char cache_directory_variables[] = "XDG_CACHE_HOME or HOME";

/* As the XDG base directory specification has it, a relative path counts for nothing. */
static const char *absolute(const char *variable) {
  const char *path = getenv(variable);
  return path && path[0] == '/' ? path : NULL;
}

char *cache_directory(void) {
  const char *cache = absolute("XDG_CACHE_HOME"), *home = absolute("HOME");
  char *path = NULL;
  int written = -1;
  if (cache)
    written = asprintf(&path, "%s/tome", cache);
  else if (home)
    written = asprintf(&path, "%s/.cache/tome", home);
  return written < 0 ? NULL : path;
}

int cache_directory_make(const char *directory) {
  char *path = strdup(directory);
  int failed = !path;
  for (char *slash = path; !failed && slash;) {
    slash = strchr(slash + 1, '/');
    if (slash)
      *slash = '\0';
    failed = mkdir(path, 0700) < 0 && errno != EEXIST && errno != EROFS;
    if (slash)
      *slash = '/';
  }
  int reason = errno;
  free(path);
  errno = reason;
  return failed ? -1 : 0;
}
