/* Members keep the order in which they were set, so that the output is the same each time. */
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "complain.h"
#include "standard_output.h"
#include "verb.h"

/* How many bytes the well-formed character at `text` has; 0 if there is none. jansson is the judge.
 */
static size_t character_length(const char *text) {
  size_t left = strlen(text);
  for (size_t length = 1; length <= 4 && length <= left; length++) {
    json_t *character = json_stringn(text, length);
    json_decref(character);
    if (character)
      return length;
  }
  return 0;
}

json_t *json_text(const char *bytes) {
  static const char replacement[] = "\xEF\xBF\xBD";
  char *clean = malloc(strlen(bytes) * (sizeof replacement - 1) + 1);
  if (!clean)
    return NULL;
  char *end = clean;
  while (*bytes) {
    size_t length = character_length(bytes);
    const char *source = length ? bytes : replacement;
    size_t copied = length ? length : sizeof replacement - 1;
    memcpy(end, source, copied);
    end += copied;
    bytes += length ? length : 1;
  }
  *end = '\0';
  json_t *text = json_string(clean);
  free(clean);
  return text;
}

json_t *json_figure(uint64_t figure) {
  return figure == TOME_UNKNOWN ? json_null() : json_integer((json_int_t)figure);
}

int json_print(json_t *value) {
  int failed = !value || json_dumpf(value, stdout, JSON_INDENT(2)) != 0;
  json_decref(value);
  putchar('\n');
  if (failed && standard_output_ok())
    complain("--json", "out of memory");
  return failed ? STATUS_ERROR : STATUS_OK;
}
