#include "svg_text.h"

#include <string.h>

#include "json_text.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD";

static int is_first_byte(char byte) {
  return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t count_characters(const char *text) {
  size_t count = 0;
  for (; *text; text++)
    count += (size_t)is_first_byte(*text);
  return count;
}

static const char *skip_characters(const char *text, size_t count) {
  for (; *text; text++)
    if (is_first_byte(*text) && count-- == 0)
      break;
  return text;
}

/* U+FFFE and U+FFFF */
static int is_no_character(const char *text) {
  return strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0;
}

static size_t print_character(FILE *out, const char *text) {
  unsigned char first = (unsigned char)*text;
  if (is_no_character(text)) {
    fputs(REPLACEMENT, out);
    return 3;
  }
  if (first < 0x20 || first == 0x7f)
    fputs(REPLACEMENT, out);
  else if (strchr("&<>\"", first))
    fprintf(out, "&#%d;", first);
  else
    fputc(first, out);
  return 1;
}

void svg_text_print(FILE *out, const char *bytes, size_t most) {
  json_t *clean = json_text(bytes);
  const char *text = clean ? json_string_value(clean) : "?";
  size_t count = count_characters(text);
  if (most != 0 && count > most) {
    fputs("\u2026", out);
    text = skip_characters(text, count - most + 1);
  }
  while (*text)
    text += print_character(out, text);
  json_decref(clean);
}
