/* Columns of a line, and keys that are simply what stands in one: numbers and text. */
#include "finder.h"
#include "key.h"
#include "key_bytes.h"

#include <string.h>

static int blank_column(uint32_t column, const unsigned char *line, size_t length,
                        size_t *ret_begin, size_t *ret_end) {
  size_t at = 0;
  for (;; column--) {
    while (at < length && tome__is_blank(line[at]))
      at++;
    *ret_begin = at;
    while (at < length && !tome__is_blank(line[at]))
      at++;
    *ret_end = at;
    if (*ret_begin == length)
      return 0;
    if (column == 1)
      return 1;
  }
}

/* Shorter ones are compared wherever they may begin. */
#define LONG_SEPARATOR 16

static const unsigned char *find_separator(const tome_key *key, const unsigned char *at,
                                           const unsigned char *end) {
  const unsigned char *separator = key->separator;
  size_t n = key->separator_length;
  if (n >= LONG_SEPARATOR) {
    finder f;
    tome__finder_begin(&f, separator, n, 0);
    return tome__finder_first(&f, at, (size_t)(end - at));
  }
  while ((size_t)(end - at) >= n && (at = memchr(at, separator[0], (size_t)(end - at) - n + 1))) {
    if (memcmp(at, separator, n) == 0)
      return at;
    at++;
  }
  return NULL;
}

/* The next separator from `at` on, or the line's end. */
static size_t next_separator(const tome_key *key, const unsigned char *line, size_t length,
                             size_t at) {
  const unsigned char *found = find_separator(key, line + at, line + length);
  return found ? (size_t)(found - line) : length;
}

int tome__key_column(const tome_key *key, const unsigned char *line, size_t length,
                     size_t *ret_begin, size_t *ret_end) {
  uint32_t column = key->column ? key->column : 1;
  if (!key->separator)
    return blank_column(column, line, length, ret_begin, ret_end);
  size_t begin = 0, end = next_separator(key, line, length, 0);
  for (; column > 1; column--) {
    if (end == length)
      return 0;
    begin = end + key->separator_length;
    end = next_separator(key, line, length, begin);
  }
  *ret_begin = begin;
  *ret_end = end;
  return 1;
}

static int is_word_byte(unsigned char byte) {
  return tome__is_digit(byte) || tome__is_letter(byte) || byte >= 0x80;
}

/* Quotes and brackets around a number do not belong to it; letters and digits behind it make it something else. */
static int number_in(const unsigned char *text, size_t length, tome_key_value *ret) {
  size_t at = 0;
  while (at < length && (tome__is_blank(text[at]) || strchr("\"'([{<", text[at])) && text[at])
    at++;
  decimal number;
  size_t read = tome__decimal_read(text + at, length - at, &number);
  for (size_t i = at + read; i < length; i++)
    if (is_word_byte(text[i]))
      return 0;
  if (read)
    *ret = (tome_key_value){.text = text + at, .length = read};
  return read > 0;
}

int tome__key_in_column(const tome_key *key, const unsigned char *line, size_t length,
                        tome_key_value *ret) {
  size_t begin, end;
  if (!tome__key_column(key, line, length, &begin, &end))
    return 0;
  if (key->kind == TOME_KEY_NUMBER)
    return number_in(line + begin, end - begin, ret);
  *ret = (tome_key_value){.text = line + begin, .length = end - begin};
  return 1;
}
