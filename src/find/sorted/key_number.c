/* Two numbers of one sign and one magnitude are compared digit by digit where they stand. */
#include "key_number.h"

#include "key_bytes.h"

/* An exponent is as good as any other where it is too large to be meant. */
#define MOST_EXPONENT ((int64_t)1 << 60)

/* "e-12" and the like: how many bytes, or 0. */
static size_t read_exponent(const unsigned char *text, const unsigned char *end, int64_t *ret) {
  const unsigned char *at = text;
  if (at == end || (*at | 32) != 'e')
    return 0;
  at++;
  int negative = at < end && *at == '-';
  at += at < end && (*at == '-' || *at == '+');
  const unsigned char *begin = at;
  int64_t value = 0;
  for (; at < end && tome__is_digit(*at); at++)
    if (value < MOST_EXPONENT / 10)
      value = value * 10 + (*at - '0');
  if (at == begin)
    return 0;
  *ret = negative ? -value : value;
  return (size_t)(at - text);
}

/* Where the first digit stands that is not zero: its magnitude, in *ret, or no sign at all. */
static void find_first(decimal *number, const unsigned char *digits, const unsigned char *point) {
  for (const unsigned char *at = digits; at < number->behind; at++)
    if (*at != '0' && *at != '.') {
      number->digits = at;
      number->magnitude += at < point ? point - at : point + 1 - at;
      return;
    }
  number->sign = 0;
}

size_t tome__decimal_read(const unsigned char *text, size_t length, decimal *ret) {
  const unsigned char *at = text, *end = text + length;
  decimal number = {.sign = at < end && *at == '-' ? -1 : 1};
  at += at < end && (*at == '-' || *at == '+');
  const unsigned char *digits = at;
  while (at < end && tome__is_digit(*at))
    at++;
  const unsigned char *point = at;
  if (at < end && *at == '.' && at + 1 < end && tome__is_digit(at[1]))
    for (at++; at < end && tome__is_digit(*at);)
      at++;
  if (at == digits)
    return 0;
  number.behind = at;
  find_first(&number, digits, point);
  int64_t exponent = 0;
  at += read_exponent(at, end, &exponent);
  number.magnitude += exponent;
  *ret = number;
  return (size_t)(at - text);
}

/* The next digit, passing over the point; zeros for ever behind the last. */
static unsigned char next_digit(const unsigned char **at, const unsigned char *behind) {
  if (*at < behind && **at == '.')
    (*at)++;
  return *at < behind ? *(*at)++ : '0';
}

static int compare_digits(const decimal *a, const decimal *b) {
  const unsigned char *x = a->digits, *y = b->digits;
  while (x < a->behind || y < b->behind) {
    int difference = next_digit(&x, a->behind) - next_digit(&y, b->behind);
    if (difference)
      return difference;
  }
  return 0;
}

int tome__decimal_compare(const decimal *a, const decimal *b) {
  if (a->sign != b->sign)
    return a->sign < b->sign ? -1 : 1;
  if (a->sign == 0)
    return 0;
  if (a->magnitude != b->magnitude)
    return a->magnitude < b->magnitude ? -a->sign : a->sign;
  return a->sign * compare_digits(a, b);
}

#define HALF INT64_C(1000000000000000000)

/* What digits behind the last billionth are worth: a billionth, if the number is to become smaller by them. */
static int has_more(const unsigned char *at, const unsigned char *behind) {
  while (at < behind)
    if (next_digit(&at, behind) != '0')
      return 1;
  return 0;
}

billionths tome__decimal_billionths(const decimal *number) {
  const unsigned char *at = number->digits;
  billionths b = {HALF, 0};
  if (number->sign == 0)
    return (billionths){0, 0};
  if (number->magnitude <= 27) {
    b.high = 0;
    for (int64_t place = number->magnitude; place > -9; place--) {
      int64_t *half = place > 9 ? &b.high : &b.low;
      *half = *half * 10 + (next_digit(&at, number->behind) - '0');
    }
    if (number->sign > 0)
      return b;
    b.low += has_more(at, number->behind);
  }
  return number->sign > 0 ? b
         : b.low > 0      ? (billionths){-b.high - 1, HALF - b.low}
                          : (billionths){-b.high, 0};
}

int tome__billionths_exceed(billionths a, billionths b, billionths c) {
  billionths d = {b.high - a.high, b.low - a.low};
  if (d.low < 0) {
    d.low += HALF;
    d.high--;
  }
  return d.high > c.high || (d.high == c.high && d.low > c.low);
}
