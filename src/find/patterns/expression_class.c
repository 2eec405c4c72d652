/* Classes in a regular expression; see expression_class.h. */
#include "expression_class.h"
#include "pattern_state.h"

#include <string.h>

/* ---- escapes ---- */

static int hex_digit(unsigned char byte) {
  byte = tome__fold(byte);
  if (byte >= '0' && byte <= '9')
    return byte - '0';
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static int is_alphanumeric(unsigned char byte) {
  return tome__is_word(byte) && byte != '_';
}

size_t tome__escaped_byte(const unsigned char *at, const unsigned char *end,
                          unsigned char *ret_byte) {
  static const char letters[] = "ntrfea", meant[] = "\n\t\r\f\033\a";
  if (end - at < 2)
    return 0;
  const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
  if (letter)
    *ret_byte = (unsigned char)meant[letter - letters];
  else if (!is_alphanumeric(at[1]))
    *ret_byte = at[1];
  if (letter || !is_alphanumeric(at[1]))
    return 2;
  if (at[1] != 'x' || end - at < 4 || hex_digit(at[2]) < 0 || hex_digit(at[3]) < 0)
    return 0;
  *ret_byte = (unsigned char)(hex_digit(at[2]) * 16 + hex_digit(at[3]));
  return 4;
}

/* ---- what a class is made of ---- */

typedef struct element {
  size_t length; /* in the expression; 0: not known */
  int is_byte;
  unsigned char byte;
  int has_newline;
} element;

static element read_name(const unsigned char *at, const unsigned char *end) {
  static const char *const names[] = {"alnum", "alpha", "blank", "digit", "graph", "lower",
                                      "print", "punct", "upper", "word",  "xdigit"},
                           *const with_newline[] = {"ascii", "cntrl", "space"};
  size_t negated = end - at > 2 && at[2] == '^', skip = 2 + negated;
  for (size_t i = 0; i < sizeof names / sizeof *names + 3; i++) {
    int newline = i < 3;
    const char *name = newline ? with_newline[i] : names[i - 3];
    size_t length = strlen(name);
    if ((size_t)(end - at) >= skip + length + 2 && memcmp(at + skip, name, length) == 0 &&
        memcmp(at + skip + length, ":]", 2) == 0)
      return (element){skip + length + 2, 0, 0, newline != (int)negated};
  }
  return (element){0};
}

static element read_escape(const unsigned char *at, const unsigned char *end) {
  element e = {.is_byte = 1};
  e.length = tome__escaped_byte(at, end, &e.byte);
  if (e.length > 0 || end - at < 2)
    return e;
  if (at[1] == 'b')
    return (element){2, 1, '\b', 0};
  int newline = at[1] && strchr("sDWHv", at[1]);
  return newline || (at[1] && strchr("SdwhV", at[1])) ? (element){2, 0, 0, newline} : (element){0};
}

static element read_element(const unsigned char *at, const unsigned char *end) {
  if (*at == '\\')
    return read_escape(at, end);
  if (*at == '[' && end - at > 1 && at[1] == ':')
    return read_name(at, end);
  if (*at == '[' && end - at > 1 && (at[1] == '.' || at[1] == '='))
    return (element){0};
  return (element){1, 1, *at, 0};
}

/* An element and, if it is the beginning of a range, all of that. */
static element read_range(const unsigned char *at, const unsigned char *end) {
  element first = read_element(at, end);
  const unsigned char *dash = at + first.length;
  first.has_newline |= first.is_byte && first.byte == '\n';
  if (first.length == 0 || end - dash < 2 || *dash != '-' || dash[1] == ']')
    return first;
  element last = read_element(dash + 1, end);
  if (last.length == 0 || !first.is_byte || !last.is_byte)
    return (element){0};
  return (element){first.length + 1 + last.length, 0, 0, first.byte <= '\n' && last.byte >= '\n'};
}

size_t tome__class_read(const unsigned char *at, const unsigned char *end, expression_class *ret) {
  const unsigned char *begin = at++;
  int newline = 0;
  ret->negated = at < end && *at == '^';
  at += ret->negated;
  for (const unsigned char *first = at; at < end && (*at != ']' || at == first);) {
    element one = read_range(at, end);
    if (one.length == 0)
      return 0;
    newline |= one.has_newline;
    at += one.length;
  }
  if (at == end)
    return 0;
  ret->has_newline = newline != ret->negated;
  return (size_t)(at + 1 - begin);
}
