/* What a verb changed is durable when it ends with status 0. */
#include "output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "files.h"
#include "verb.h"

static int directory_is_missing(const char *name) {
  struct file_facts facts;
  char *directory = path_directory(name);
  int missing = directory && file_facts_of_name(directory, &facts) < 0 && errno == ENOENT;
  free(directory);
  return missing;
}

static const char *hint_for_missing(const char *name, uint32_t flags, const char *hint) {
  if (directory_is_missing(name))
    return "its directory does not exist";
  return name[0] == '\0' || flags & TOME_CREATE ? NULL : hint;
}

tome *output_open(const char *name, uint32_t flags, const char *hint) {
  if (strcmp(name, "-") == 0) {
    complain(name, "standard input cannot be written; write ./- for a file of that name");
    return NULL;
  }
  tome *map;
  int result = tome_open(&map, name, TOME_WRITE | flags, NULL);
  if (result < 0) {
    complain_tome(name, result == TOME_ENOENT ? hint_for_missing(name, flags, hint) : NULL);
    return NULL;
  }
  return map;
}

int output_close(tome *map, const char *name, uint64_t offset, uint64_t length, int status) {
  if (status == STATUS_OK && tome_flush(map, offset, length, TOME_FLUSH_DURABLE) < 0) {
    complain_tome(name, NULL);
    status = STATUS_ERROR;
  }
  if (tome_close(map) < 0 && status == STATUS_OK) {
    complain_tome(name, NULL);
    status = STATUS_ERROR;
  }
  return status;
}
