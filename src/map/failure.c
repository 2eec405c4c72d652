#include "failure.h"

#include <stdio.h>
#include <string.h>

static _Thread_local tome_error last;
static _Thread_local char last_detail[256];

/* The end of a path says more than its beginning. */
static void keep_path(char *to, size_t size, const char *path) {
  size_t length = strlen(path);
  if (length < size) {
    memcpy(to, path, length + 1);
    return;
  }
  memcpy(to, "...", 3);
  memcpy(to + 3, path + length - (size - 4), size - 3);
}

const char *tome__detail_copy(const char *text) {
  snprintf(last_detail, sizeof last_detail, "%s", text);
  return last_detail;
}

int tome__fail(const char *path, failure what) {
  last.code = what.code;
  last.system = what.system;
  last.operation = what.operation;
  last.detail = what.detail;
  last.offset = what.offset;
  last.length = what.length;
  keep_path(last.path, sizeof last.path, path ? path : "");
  return what.code;
}

const tome_error *tome_error_last(void) {
  if (!last.operation)
    last.operation = "";
  return &last;
}

const char *tome_strerror(int code) {
  switch (code) {
#define X(name, number, message)                                                                   \
  case number:                                                                                     \
    return message;
    TOME_ERRORS(X)
#undef X
  case TOME_OK:
    return "success";
  default:
    return "unknown error";
  }
}

const char *tome_error_name(int code) {
  switch (code) {
#define X(name, number, message)                                                                   \
  case number:                                                                                     \
    return "TOME_" #name;
    TOME_ERRORS(X)
#undef X
  case TOME_OK:
    return "TOME_OK";
  default:
    return "unknown";
  }
}
