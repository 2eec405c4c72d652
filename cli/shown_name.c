/* Bytes are looked at, not characters of a locale: in UTF-8 the control characters beyond ASCII are
 * the byte C2 and one of 80 to 9F. */
#include "shown_name.h"

#include <string.h>

#include "streams.h"

/* How many bytes the control character at `text` has; 0 if there is none. */
static size_t control_length(const unsigned char *text) {
  if ((text[0] != '\0' && text[0] < 0x20) || text[0] == 0x7f)
    return 1;
  return text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f ? 2 : 0;
}

static void print_byte(FILE *stream, unsigned char byte) {
  static const char codes[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
  const char *code = strchr(codes, byte);
  if (code)
    fprintf(stream, "\\%c", letters[code - codes]);
  else
    fprintf(stream, "\\%03o", byte);
}

static void print_escaped(FILE *stream, const char *text, const char *also_escaped) {
  const unsigned char *at = (const unsigned char *)text;
  while (*at) {
    size_t length = control_length(at);
    if (length == 0) {
      if (strchr(also_escaped, *at))
        fputc('\\', stream);
      fputc(*at++, stream);
    }
    while (length-- > 0)
      print_byte(stream, *at++);
  }
}

static int has_control(const char *text) {
  for (const unsigned char *at = (const unsigned char *)text; *at; at++)
    if (control_length(at) > 0)
      return 1;
  return 0;
}

void shown_name_print(FILE *stream, const char *name) {
  if (stream == stderr || stream_is_terminal(fileno(stream)))
    shown_name_quote(stream, name);
  else
    fputs(name, stream);
}

void shown_name_quote(FILE *stream, const char *name) {
  if (!has_control(name)) {
    fputs(name, stream);
    return;
  }
  fputs("$'", stream);
  print_escaped(stream, name, "\\'");
  fputc('\'', stream);
}

void shown_text_print(FILE *stream, const char *text) {
  print_escaped(stream, text, "");
}
