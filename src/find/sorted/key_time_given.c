/* Time stamps in a format that the user gives, as strptime(3) has it, in English whatever the locale.
 *
 * %Y %y %m %b %B %h %d %e %j %H %k %I %l %p %M %S %f (digits of a fraction) %s (seconds since 1970) %z %Z %a %A %D %F %T %R %n %t
 * %%. White space stands for any amount of it, none too; the rest stands for itself. %Z passes over a word, and knows UTC and GMT. */
#include "key_time.h"

#include <string.h>

/* The stamp so far, and what can be put into it only when all is read. */
typedef struct reading {
  stamp stamp;
  int day_of_year; /* 0: not told */
  int half;        /* of a clock of 12 hours: 0 not told, 1 am, 2 pm */
  int twelve;      /* the hour is on one */
  int64_t seconds;
} reading;

static void skip_blanks(text_cursor *text) {
  while (text->at < text->end && strchr(" \t\r\f\v", *text->at) && *text->at)
    text->at++;
}

/* A number of up to `most` digits, which may have blanks in front of it. */
static int take_padded(text_cursor *text, int most, int *ret) {
  skip_blanks(text);
  return tome__take_number(text, 1, most, ret);
}

static int take_two_digit_year(text_cursor *text, int *ret) {
  int year;
  if (!take_padded(text, 2, &year))
    return 0;
  *ret = year < 69 ? 2000 + year : 1900 + year;
  return 1;
}

static int take_half(text_cursor *text, int *ret) {
  if (text->end - text->at < 2 || (text->at[1] | 32) != 'm')
    return 0;
  int letter = text->at[0] | 32;
  *ret = letter == 'a' ? 1 : 2;
  text->at += 2;
  return letter == 'a' || letter == 'p';
}

static int take_zone_name(text_cursor *text, stamp *s) {
  const unsigned char *begin = text->at;
  if (!tome__take_word(text))
    return 0;
  size_t length = (size_t)(text->at - begin);
  if ((length == 3 && (memcmp(begin, "UTC", 3) == 0 || memcmp(begin, "GMT", 3) == 0)) ||
      (length == 1 && *begin == 'Z')) {
    s->zoned = 1;
    s->offset = 0;
  }
  return 1;
}

static int take_seconds(text_cursor *text, reading *r) {
  const unsigned char *begin = text->at;
  int64_t value = 0;
  for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, *text->at - '0', &value))
      return 0;
  r->seconds = value;
  r->stamp.counted = 1;
  return text->at > begin;
}

/* What a shorthand stands for; NULL: it is none. */
static const char *long_form(char conversion) {
  switch (conversion) {
  case 'D':
    return "%m/%d/%y";
  case 'F':
    return "%Y-%m-%d";
  case 'T':
    return "%H:%M:%S";
  case 'R':
    return "%H:%M";
  default:
    return NULL;
  }
}

static int take_date_part(text_cursor *text, char conversion, reading *r) {
  switch (conversion) {
  case 'Y':
    return tome__take_digits(text, 4, &r->stamp.year);
  case 'y':
    return take_two_digit_year(text, &r->stamp.year);
  case 'm':
    return take_padded(text, 2, &r->stamp.month);
  case 'b':
  case 'B':
  case 'h':
    return tome__take_month(text, &r->stamp.month);
  case 'd':
  case 'e':
    return take_padded(text, 2, &r->stamp.day);
  case 'j':
    return take_padded(text, 3, &r->day_of_year) && r->day_of_year > 0;
  default: /* a, A */
    return tome__take_word(text);
  }
}

static int take_part(text_cursor *text, char conversion, reading *r) {
  switch (conversion) {
  case 'I':
  case 'l':
    r->twelve = 1;
    return take_padded(text, 2, &r->stamp.hour) && r->stamp.hour >= 1 && r->stamp.hour <= 12;
  case 'H':
  case 'k':
    return take_padded(text, 2, &r->stamp.hour);
  case 'p':
    return take_half(text, &r->half);
  case 'M':
    return take_padded(text, 2, &r->stamp.minute);
  case 'S':
    return take_padded(text, 2, &r->stamp.second);
  case 'f':
    return tome__take_fraction(text, &r->stamp.nanos);
  case 's':
    return take_seconds(text, r);
  case 'z':
    return tome__take_zone(text, &r->stamp);
  case 'Z':
    return take_zone_name(text, &r->stamp);
  default:
    return take_date_part(text, conversion, r);
  }
}

static int is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Pre: the format is good. What a shorthand stands for has none in it, so this goes no deeper than two. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static int take_all(const char *format, text_cursor *text, reading *r) {
  for (; *format; format++) {
    if (is_space(*format)) {
      skip_blanks(text);
      continue;
    }
    if (*format != '%' || format[1] == '%') {
      format += *format == '%';
      if (!tome__take_byte(text, (unsigned char)*format))
        return 0;
      continue;
    }
    const char *stands_for = long_form(*++format);
    if (*format == 'n' || *format == 't')
      skip_blanks(text);
    else if (stands_for ? !take_all(stands_for, text, r) : !take_part(text, *format, r))
      return 0;
  }
  return 1;
}

/* The day of the year as month and day. */
static int place_day(reading *r) {
  int left = r->day_of_year;
  for (int month = 1; month <= 12; month++) {
    int length = tome__days_in(r->stamp.year, month);
    if (left <= length) {
      r->stamp.month = month;
      r->stamp.day = left;
      return 1;
    }
    left -= length;
  }
  return 0;
}

static int complete(reading *r) {
  if (r->stamp.counted)
    return !__builtin_mul_overflow(r->seconds, NANOS, &r->stamp.moment) &&
           !__builtin_add_overflow(r->stamp.moment, r->stamp.nanos, &r->stamp.moment);
  if (r->twelve)
    r->stamp.hour = r->stamp.hour % 12 + (r->half == 2 ? 12 : 0);
  return r->day_of_year == 0 || place_day(r);
}

size_t tome__read_formatted(const char *format, const unsigned char *text, size_t length,
                            stamp *ret) {
  text_cursor at = {text, text + length};
  reading r = {.stamp = {.year = NO_YEAR}};
  if (!take_all(format, &at, &r) || !complete(&r))
    return 0;
  *ret = r.stamp;
  return (size_t)(at.at - text);
}

/* Which fields a format tells, as bits; the shorthands count as what they stand for. */
enum { A_MONTH = 1, A_DAY = 2, A_DAY_OF_YEAR = 4, A_COUNT = 8, A_YEAR = 16 };

static unsigned fields_of(char conversion) {
  switch (conversion) {
  case 'm':
  case 'b':
  case 'B':
  case 'h':
    return A_MONTH;
  case 'd':
  case 'e':
    return A_DAY;
  case 'j':
    return A_DAY_OF_YEAR;
  case 's':
    return A_COUNT;
  case 'Y':
  case 'y':
    return A_YEAR;
  case 'D':
  case 'F':
    return A_MONTH | A_DAY | A_YEAR;
  default:
    return 0;
  }
}

const char *tome__check_format(const char *format, size_t *ret_where) {
  unsigned fields = 0;
  const char *at = format;
  for (; *at; at++) {
    *ret_where = (size_t)(at - format);
    if (*at != '%')
      continue;
    if (*++at == '\0' || !strchr("YymbBhdejHkIlpMSfszZaADFTRnt%", *at))
      return "a conversion that Tome does not know; it knows %Y %y %m %b %d %e %j %H %I %p %M %S "
             "%f "
             "%s %z %Z %a %D %F %T %R %n %t %%";
    fields |= fields_of(*at);
  }
  *ret_where = 0;
  if (fields & A_COUNT || (fields & A_DAY_OF_YEAR && fields & A_YEAR) ||
      (fields & A_MONTH && fields & A_DAY))
    return NULL;
  return "the format has no date: it needs a day and a month (%d %m), a day and a year (%j %Y), or "
         "%s";
}
