/* One grammar for all sizes of the command: digits and a unit, or 0x and hex digits (no unit: E and
 * B are digits there). */
#include "size_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char NOT_A_SIZE[] = "is not a size; write 4096, 0x1000, 64K or 64KiB (K, M, G, T, P, "
                                 "E: times 1024), 64kB or 1MB (times 1000)";
static const char NOT_A_COUNT[] = "is not a count; write 100, 0x64 or 64K (times 1024)";
static const char NOT_WHOLE[] = "is not a whole number; take a smaller unit: 1536M, not 1.5G";
static const char PLUS[] = "begins with +; write the number without it";
static const char NEGATIVE[] = "cannot be negative";
static const char TOO_LARGE[] = "is too large; sizes end below 16E";

static int digit_value(char digit) {
  if (isdigit((unsigned char)digit))
    return digit - '0';
  return isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10 : 16;
}

/* Reads digits of the base; returns how many, and UINT64_MAX + 1 as *overflow. */
static size_t read_digits(const char *text, size_t length, unsigned base, uint64_t *ret,
                          int *overflow) {
  size_t count = 0;
  *ret = 0;
  *overflow = 0;
  for (; count < length && (unsigned)digit_value(text[count]) < base; count++) {
    unsigned digit = (unsigned)digit_value(text[count]);
    if (*ret > (UINT64_MAX - digit) / base)
      *overflow = 1;
    *ret = *ret * base + digit;
  }
  return count;
}

static uint64_t power(uint64_t base, size_t exponent) {
  uint64_t result = 1;
  while (exponent-- > 0)
    result *= base;
  return result;
}

/* "", K, k, KiB, kB, KB, M, MiB, MB, ...: what one of them is worth; 0 if the unit is none of
 * these. */
static uint64_t unit_value(const char *unit, size_t length) {
  static const char letters[] = "KMGTPE";
  if (length == 0)
    return 1;
  int small_k = unit[0] == 'k' && length <= 2;
  const char *letter = small_k ? letters : memchr(letters, unit[0], sizeof letters - 1);
  if (!letter)
    return 0;
  size_t rank = (size_t)(letter - letters) + 1;
  if (length == 2 && unit[1] == 'B')
    return power(1000, rank);
  if (length == 1 || (length == 3 && memcmp(unit + 1, "iB", 2) == 0))
    return power(1024, rank);
  return 0;
}

/* What is wrong with text that is no number with a unit: `otherwise`, if nothing better is known. */
static const char *explain(const char *text, size_t length, const char *otherwise) {
  if (length > 1 && text[0] == '+' && isdigit((unsigned char)text[1]))
    return PLUS;
  size_t whole = 0;
  while (whole < length && isdigit((unsigned char)text[whole]))
    whole++;
  return whole > 0 && whole < length && text[whole] == '.' ? NOT_WHOLE : otherwise;
}

static const char *parse(const char *text, size_t length, const char *otherwise, uint64_t *ret) {
  int hex = length > 2 && text[0] == '0' && text[1] == 'x';
  size_t prefix = hex ? 2 : 0;
  uint64_t value;
  int overflow;
  size_t digits = read_digits(text + prefix, length - prefix, hex ? 16 : 10, &value, &overflow);
  size_t used = prefix + digits;
  uint64_t unit = hex && used < length ? 0 : unit_value(text + used, length - used);
  if (digits == 0 || unit == 0)
    return explain(text, length, otherwise);
  if (overflow || value > UINT64_MAX / unit)
    return TOO_LARGE;
  *ret = value * unit;
  return NULL;
}

static const char *parse_unsigned(const char *text, size_t length, const char *otherwise,
                                  uint64_t *ret) {
  int minus = length > 1 && text[0] == '-' && isdigit((unsigned char)text[1]);
  return minus ? NEGATIVE : parse(text, length, otherwise, ret);
}

const char *size_parse(const char *text, size_t length, uint64_t *ret) {
  return parse_unsigned(text, length, NOT_A_SIZE, ret);
}

const char *count_parse(const char *text, size_t length, uint64_t *ret) {
  return parse_unsigned(text, length, NOT_A_COUNT, ret);
}

const char *position_parse(const char *text, size_t length, struct position *ret) {
  int minus = length > 0 && text[0] == '-';
  uint64_t value = 0;
  const char *wrong = parse(text + minus, length - (size_t)minus, NOT_A_SIZE, &value);
  if (!wrong)
    *ret = (struct position){.value = value, .from_end = minus && value > 0};
  return wrong;
}

uint64_t position_clamp(struct position position, uint64_t size) {
  uint64_t within = position.value < size ? position.value : size;
  return position.from_end ? size - within : within;
}

char *size_format(char *text, uint64_t size) {
  static const char letters[] = "KMGTPE";
  if (size < 1024) {
    snprintf(text, SIZE_TEXT_MAX, "%d B", (int)size);
    return text;
  }
  double value = (double)size / 1024;
  const char *letter = letters;
  for (; value >= 1023.95 && letter[1]; letter++)
    value /= 1024;
  snprintf(text, SIZE_TEXT_MAX, "%.1f %ciB", value, *letter);
  return text;
}
