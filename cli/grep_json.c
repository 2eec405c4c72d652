/* Written by hand, since there may be millions: names and lines are all that needs escapes. A byte that is not part of UTF-8
 * becomes U+FFFD, and the line is then given once more, in base64. */
#include "grep_json.h"

#include <string.h>

/* How many bytes the well-formed character at `text` has; 0 if there is none. The ranges of the second byte are those of the
 * Unicode Standard, table 3-7. */
static size_t character_length(const unsigned char *text, size_t left) {
  unsigned char first = text[0], low = 0x80, high = 0xbf;
  if (first < 0x80)
    return 1;
  size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || left < length)
    return 0;
  if (first == 0xe0)
    low = 0xa0;
  else if (first == 0xf0)
    low = 0x90;
  else if (first == 0xed)
    high = 0x9f;
  else if (first == 0xf4)
    high = 0x8f;
  if (text[1] < low || text[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

static void put_escaped(struct bulk_output *out, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  static const char codes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *code = byte ? strchr(codes, byte) : NULL;
  char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  if (code)
    escape[1] = letters[code - codes];
  bulk_put(out, escape, code ? 2 : sizeof escape);
}

static int is_special(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80;
}

/* Returns whether all of it was UTF-8. */
static int put_string(struct bulk_output *out, const void *bytes, size_t length) {
  const unsigned char *at = bytes, *end = at + length;
  int clean = 1;
  bulk_put_byte(out, '"');
  while (at < end) {
    const unsigned char *plain = at;
    while (at < end && !is_special(*at))
      at++;
    bulk_put(out, plain, (size_t)(at - plain));
    if (at == end)
      break;
    size_t character = character_length(at, (size_t)(end - at));
    if (character > 1)
      bulk_put(out, at, character);
    else if (character == 1)
      put_escaped(out, *at);
    else
      bulk_put_text(out, "\xEF\xBF\xBD");
    clean &= character > 0;
    at += character ? character : 1;
  }
  bulk_put_byte(out, '"');
  return clean;
}

static void put_base64(struct bulk_output *out, const unsigned char *bytes, size_t length) {
  static const unsigned char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  bulk_put_byte(out, '"');
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned one = bytes[i], two = left > 1 ? bytes[i + 1] : 0, three = left > 2 ? bytes[i + 2] : 0;
    unsigned char four[] = {digits[one >> 2], digits[(one & 3) << 4 | two >> 4],
                            left > 1 ? digits[(two & 15) << 2 | three >> 6] : '=',
                            left > 2 ? digits[three & 63] : '='};
    bulk_put(out, four, sizeof four);
  }
  bulk_put_byte(out, '"');
}

struct list {
  struct bulk_output *out;
  const char *mark; /* before the next one */
};

static int put_matches(void *context, const tome_hit *matches, size_t count) {
  struct list *list = context;
  for (size_t i = 0; i < count; i++) {
    bulk_put_text(list->out, list->mark);
    list->mark = ",";
    bulk_put_text(list->out, "{\"start\":");
    bulk_put_number(list->out, matches[i].offset);
    bulk_put_text(list->out, ",\"end\":");
    bulk_put_number(list->out, matches[i].offset + matches[i].length);
    bulk_put_byte(list->out, '}');
  }
  return 0;
}

static int put_list(const struct grep_printer *printer, const struct grep_line *line,
                    int has_matches) {
  struct list list = {printer->out, ""};
  tome_search_options options = TOME_SEARCH_INIT;
  options.found = put_matches;
  options.context = &list;
  int code = 0;
  bulk_put_text(printer->out, ",\"matches\":[");
  if (has_matches)
    code = tome_search_memory(line->data, line->length, printer->request->parts, &options, NULL);
  bulk_put_byte(printer->out, ']');
  return code < 0 ? code : 0;
}

int grep_json_print(const struct grep_printer *printer, const struct grep_line *line,
                    int has_matches) {
  struct bulk_output *out = printer->out;
  bulk_put_text(out, "{\"file\":");
  put_string(out, printer->name, strlen(printer->name));
  if (printer->request->numbers) {
    bulk_put_text(out, ",\"line\":");
    bulk_put_number(out, line->number);
  }
  bulk_put_text(out, ",\"offset\":");
  bulk_put_number(out, line->offset);
  if (!line->selected)
    bulk_put_text(out, ",\"context\":true");
  bulk_put_text(out, ",\"text\":");
  if (!put_string(out, line->data, line->length)) {
    bulk_put_text(out, ",\"bytes\":");
    put_base64(out, line->data, line->length);
  }
  int code = put_list(printer, line, has_matches);
  bulk_put_text(out, "}\n");
  return code;
}
