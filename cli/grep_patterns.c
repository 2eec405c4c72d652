/* Expressions that are plain text are searched for as such, which needs no library for expressions. */
#include "grep_patterns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_resize.h"
#include "complain.h"
#include "ere_syntax.h"
#include "files.h"
#include "streams.h"
#include "verb.h"

static int out_of_memory(void) {
  complain("grep", "out of memory");
  return STATUS_ERROR;
}

/* The bytes become the list's. NULL: there was no memory for them. */
static int keep(struct grep_patterns *patterns, char *bytes, size_t length) {
  if (!bytes)
    return out_of_memory();
  if (patterns->count == patterns->room) {
    size_t room = patterns->room ? patterns->room * 2 : 8;
    tome_needle *items = array_resize(patterns->items, room, sizeof *items);
    if (!items) {
      free(bytes);
      return out_of_memory();
    }
    patterns->items = items;
    patterns->room = room;
  }
  patterns->items[patterns->count++] = (tome_needle){bytes, length};
  return STATUS_OK;
}

static char *copy_bytes(const char *bytes, size_t length) {
  char *copy = malloc(length + 1); /* one more, so that an empty one is not NULL */
  if (copy)
    memcpy(copy, bytes, length);
  return copy;
}

int grep_patterns_add(struct grep_patterns *patterns, const char *text, size_t length) {
  for (;;) {
    const char *end = memchr(text, '\n', length);
    size_t line = end ? (size_t)(end - text) : length;
    int status = keep(patterns, copy_bytes(text, line), line);
    if (status != STATUS_OK || !end)
      return status;
    text += line + 1;
    length -= line + 1;
  }
}

static int add_lines(struct grep_patterns *patterns, FILE *file, const char *name) {
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  int status = STATUS_OK;
  while (status == STATUS_OK && (length = stream_line(&line, &room, file)) > 0) {
    if (line[length - 1] == '\n')
      length--;
    status = keep(patterns, copy_bytes(line, (size_t)length), (size_t)length);
  }
  if (status == STATUS_OK && !feof(file)) {
    complain_system(name);
    status = STATUS_ERROR;
  }
  free(line);
  return status;
}

int grep_patterns_add_file(struct grep_patterns *patterns, const char *name) {
  if (strcmp(name, "-") == 0)
    return add_lines(patterns, stdin, "(standard input)");
  FILE *file = file_stream_read(name);
  if (!file) {
    complain_system(name);
    return STATUS_ERROR;
  }
  int status = add_lines(patterns, file, name);
  fclose(file);
  return status;
}

int grep_patterns_empty(const struct grep_patterns *patterns) {
  for (size_t i = 0; i < patterns->count; i++)
    if (patterns->items[i].length > 0)
      return 0;
  return 1;
}

/* Returns STATUS_NOT_FOUND if one is more than text. */
static int as_literals(const struct grep_patterns *patterns, struct grep_patterns *ret) {
  for (size_t i = 0; i < patterns->count; i++) {
    size_t length;
    char *bytes = ere_literal(patterns->items[i].data, patterns->items[i].length, &length);
    if (!bytes && length == 0)
      return STATUS_NOT_FOUND;
    if (keep(ret, bytes, length) != STATUS_OK)
      return STATUS_ERROR;
  }
  return STATUS_OK;
}

static int as_expressions(const struct grep_patterns *patterns, struct grep_patterns *ret) {
  for (size_t i = 0; i < patterns->count; i++) {
    size_t length;
    char *bytes = ere_translate(patterns->items[i].data, patterns->items[i].length, &length);
    if (keep(ret, bytes, length) != STATUS_OK)
      return STATUS_ERROR;
  }
  return STATUS_OK;
}

static int complain_pattern(const struct grep_patterns *patterns, int code) {
  const tome_error *error = tome_error_last();
  if (code == TOME_EINVAL && error->detail && error->length < patterns->count) {
    const tome_needle *wrong = &patterns->items[error->length];
    size_t at = ere_source_offset(wrong->data, wrong->length, (size_t)error->offset);
    complain("grep", "\"%.*s\": %s (at byte %" PRIu64 ")", (int)wrong->length,
             (const char *)wrong->data, error->detail, (uint64_t)at);
  } else {
    complain_tome("grep", code == TOME_ENOTSUP ? "-F searches for plain text" : NULL);
  }
  return STATUS_ERROR;
}

int grep_patterns_make(const struct grep_patterns *patterns, uint32_t flags, tome_pattern **ret) {
  struct grep_patterns made = {.count = 0};
  const struct grep_patterns *used = patterns;
  int status = STATUS_OK;
  if (flags & TOME_PATTERN_REGEX) {
    used = &made;
    status = as_literals(patterns, &made);
    if (status == STATUS_OK)
      flags &= ~TOME_PATTERN_REGEX;
  }
  if (status == STATUS_NOT_FOUND) {
    grep_patterns_end(&made);
    status = as_expressions(patterns, &made);
  }
  if (status == STATUS_OK) {
    int code = tome_pattern_new(ret, used->items, used->count, flags | TOME_PATTERN_IN_LINES);
    if (code < 0)
      status = complain_pattern(patterns, code);
  }
  grep_patterns_end(&made);
  return status;
}

/* The needles are ours, though their type says that they are only looked at. */
void grep_patterns_end(struct grep_patterns *patterns) {
  for (size_t i = 0; i < patterns->count; i++) {
    void *bytes;
    memcpy(&bytes, &patterns->items[i].data, sizeof bytes);
    free(bytes);
  }
  free(patterns->items);
  *patterns = (struct grep_patterns){.count = 0};
}
