/* All are of one kind: plain text, hexadecimal digits or regular expressions. */
#include "find_patterns.h"

#include <stdlib.h>
#include <string.h>

#include "array_resize.h"
#include "complain.h"
#include "hex_text.h"

static int out_of_memory(void) {
  complain("find", "out of memory");
  return STATUS_ERROR;
}

int find_patterns_add(struct find_patterns *patterns, char *text) {
  if (patterns->count == patterns->room) {
    size_t room = patterns->room ? patterns->room * 2 : 8;
    char **texts = array_resize(patterns->texts, room, sizeof *texts);
    if (!texts)
      return out_of_memory();
    patterns->texts = texts;
    patterns->room = room;
  }
  patterns->texts[patterns->count++] = text;
  return STATUS_OK;
}

static int make_needle(struct find_patterns *patterns, const struct arguments *args, size_t i) {
  tome_needle *needle = &patterns->needles[i];
  const char *text = patterns->texts[i];
  unsigned char *bytes = NULL;
  if (patterns->hex) {
    const char *wrong = hex_parse(text, &bytes, &needle->length);
    if (wrong)
      return arguments_refuse(args, "\"%s\" %s", text, wrong);
  } else {
    needle->length = strlen(text);
    bytes = (unsigned char *)strdup(text);
  }
  needle->data = bytes;
  if (!bytes)
    return out_of_memory();
  return needle->length ? STATUS_OK : arguments_refuse(args, "the PATTERN is empty");
}

static int refuse_pattern(const struct find_patterns *patterns, const struct arguments *args,
                          int code) {
  const tome_error *error = tome_error_last();
  if (code == TOME_EINVAL && error->detail && error->length < patterns->count)
    return arguments_refuse(args, "\"%s\": %s (at byte %llu)", patterns->texts[error->length],
                            error->detail, (unsigned long long)error->offset);
  complain_tome("find", NULL);
  return STATUS_ERROR;
}

int find_patterns_make(struct find_patterns *patterns, const struct arguments *args) {
  patterns->needles = calloc(patterns->count, sizeof *patterns->needles);
  if (!patterns->needles)
    return out_of_memory();
  for (size_t i = 0; i < patterns->count; i++) {
    int status = make_needle(patterns, args, i);
    if (status != STATUS_OK)
      return status;
  }
  uint32_t flags = patterns->regex ? TOME_PATTERN_REGEX : TOME_PATTERN_LITERAL;
  if (patterns->ignore_case)
    flags |= TOME_PATTERN_IGNORE_CASE;
  int code = tome_pattern_new(&patterns->ready, patterns->needles, patterns->count, flags);
  return code < 0 ? refuse_pattern(patterns, args, code) : STATUS_OK;
}

int find_patterns_is_string(const struct find_patterns *patterns) {
  return patterns->count == 1 && !patterns->regex;
}

/* The needles are ours, though their type says that they are only looked at. */
void find_patterns_end(struct find_patterns *patterns) {
  for (size_t i = 0; patterns->needles && i < patterns->count; i++) {
    void *bytes;
    memcpy(&bytes, &patterns->needles[i].data, sizeof bytes);
    free(bytes);
  }
  tome_pattern_free(patterns->ready);
  free(patterns->needles);
  free(patterns->texts);
}
