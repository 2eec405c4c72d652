/* The formats of time stamps that are recognised. Each reader is given text that begins where the stamp would; whether the numbers
 * make a time is seen later. */
#include "key_bytes.h"
#include "key_time.h"

#include <string.h>

/* ---- pieces ---- */

int tome__take_number(text_cursor *text, int least, int most, int *ret) {
  const unsigned char *at = text->at;
  int value = 0;
  for (; at < text->end && at - text->at < most && tome__is_digit(*at); at++)
    value = value * 10 + (*at - '0');
  if (at - text->at < least)
    return 0;
  text->at = at;
  *ret = value;
  return 1;
}

int tome__take_digits(text_cursor *text, int count, int *ret) {
  return tome__take_number(text, count, count, ret);
}

int tome__take_byte(text_cursor *text, unsigned char byte) {
  if (text->at == text->end || *text->at != byte)
    return 0;
  text->at++;
  return 1;
}

/* Behind a nanosecond there is nothing. */
int tome__take_fraction(text_cursor *text, int32_t *ret_nanos) {
  const unsigned char *begin = text->at;
  int32_t nanos = 0, unit = NANOS;
  for (; text->at < text->end && tome__is_digit(*text->at); text->at++) {
    unit /= 10;
    nanos += unit * (*text->at - '0');
  }
  if (text->at > begin)
    *ret_nanos = nanos;
  return text->at > begin;
}

static int is_word(const unsigned char *at, const char *lower, size_t length) {
  for (size_t i = 0; i < length; i++)
    if ((at[i] | 32) != lower[i])
      return 0;
  return 1;
}

int tome__take_month(text_cursor *text, int *ret) {
  static const char *const names[] = {"january",   "february", "march",    "april",
                                      "may",       "june",     "july",     "august",
                                      "september", "october",  "november", "december"};
  size_t left = (size_t)(text->end - text->at);
  for (int i = 0; left >= 3 && i < 12; i++) {
    size_t all = strlen(names[i]);
    if (!is_word(text->at, names[i], 3))
      continue;
    text->at += left >= all && is_word(text->at, names[i], all) ? all : 3;
    *ret = i + 1;
    return 1;
  }
  return 0;
}

int tome__take_word(text_cursor *text) {
  const unsigned char *begin = text->at;
  while (text->at < text->end && tome__is_letter(*text->at))
    text->at++;
  return text->at > begin;
}

/* Digits behind it would make another number of it. */
static int ends_here(const text_cursor *text) {
  return text->at == text->end || !tome__is_digit(*text->at);
}

int tome__take_zone(text_cursor *text, stamp *s) {
  text_cursor at = *text;
  int hours, minutes = 0, seconds = 0;
  if (tome__take_byte(&at, 'Z')) {
    *text = at;
    s->zoned = 1;
    s->offset = 0;
    return 1;
  }
  int west = tome__take_byte(&at, '-');
  if ((!west && !tome__take_byte(&at, '+')) || !tome__take_digits(&at, 2, &hours))
    return 0;
  text_cursor short_one = at;
  int colon = tome__take_byte(&at, ':');
  if (!tome__take_digits(&at, 2, &minutes)) {
    at = short_one;
    colon = 0;
  }
  text_cursor usual = at;
  if (colon && (!tome__take_byte(&at, ':') || !tome__take_digits(&at, 2, &seconds)))
    at = usual;
  if (!ends_here(&at) || hours > 23 || minutes > 59 || seconds > 59)
    return 0;
  *text = at;
  s->zoned = 1;
  s->offset = (west ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  return 1;
}

/* A fraction, if there is one; a point without digits is not part of the stamp. */
static void take_point_fraction(text_cursor *text, stamp *s) {
  text_cursor at = *text;
  if ((tome__take_byte(&at, '.') || tome__take_byte(&at, ',')) &&
      tome__take_fraction(&at, &s->nanos))
    *text = at;
}

/* hh:mm:ss with a fraction; without seconds only if they may be missing. */
static int take_clock(text_cursor *text, int short_too, stamp *s) {
  text_cursor at = *text;
  if (!tome__take_digits(&at, 2, &s->hour) || !tome__take_byte(&at, ':') ||
      !tome__take_digits(&at, 2, &s->minute))
    return 0;
  text_cursor minutes = at;
  if (tome__take_byte(&at, ':') && tome__take_digits(&at, 2, &s->second)) {
    take_point_fraction(&at, s);
  } else {
    at = minutes;
    s->second = 0;
    if (!short_too || tome__take_byte(&at, ':'))
      return 0;
  }
  if (!ends_here(&at))
    return 0;
  *text = at;
  return 1;
}

/* " +0100", " UTC": behind a blank a zone has four digits, or it might be any number. */
static void take_zone_behind_blank(text_cursor *text, stamp *s) {
  text_cursor at = *text;
  if (!tome__take_byte(&at, ' '))
    return;
  const unsigned char *begin = at.at;
  size_t left = (size_t)(at.end - begin);
  if (left >= 3 && (memcmp(begin, "UTC", 3) == 0 || memcmp(begin, "GMT", 3) == 0) &&
      (left == 3 || (!tome__is_letter(begin[3]) && !tome__is_digit(begin[3])))) {
    s->zoned = 1;
    s->offset = 0;
    text->at = begin + 3;
    return;
  }
  stamp zone = *s;
  if (tome__take_zone(&at, &zone) && at.at - begin >= 5) {
    *s = zone;
    *text = at;
  }
}

/* ---- formats ---- */

static size_t read_iso_date(text_cursor *text, stamp *s) {
  text_cursor at = *text;
  if (!tome__take_digits(&at, 4, &s->year) || at.at == at.end)
    return 0;
  unsigned char between = *at.at;
  if ((between != '-' && between != '/') || !tome__take_byte(&at, between) ||
      !tome__take_digits(&at, 2, &s->month) || !tome__take_byte(&at, between) ||
      !tome__take_digits(&at, 2, &s->day) || !ends_here(&at))
    return 0;
  *text = at;
  return 1;
}

static size_t read_iso(const unsigned char *text, size_t length, stamp *ret) {
  text_cursor at = {text, text + length};
  stamp s = {.year = NO_YEAR};
  if (!read_iso_date(&at, &s))
    return 0;
  if (!tome__take_byte(&at, 'T') && !tome__take_byte(&at, ' ') && !tome__take_byte(&at, 't'))
    return 0;
  if (!take_clock(&at, 1, &s))
    return 0;
  if (!tome__take_zone(&at, &s))
    take_zone_behind_blank(&at, &s);
  *ret = s;
  return (size_t)(at.at - text);
}

static size_t read_date(const unsigned char *text, size_t length, stamp *ret) {
  text_cursor at = {text, text + length};
  stamp s = {.year = NO_YEAR};
  if (!read_iso_date(&at, &s))
    return 0;
  *ret = s;
  return (size_t)(at.at - text);
}

/* Day and year of "Nov 21 2026 14:05:06", the day with a blank or a digit in front of it, or without. */
static int take_day(text_cursor *text, stamp *s) {
  if (!tome__take_byte(text, ' '))
    return 0;
  tome__take_byte(text, ' ');
  if (!tome__take_number(text, 1, 2, &s->day) || !tome__take_byte(text, ' '))
    return 0;
  text_cursor at = *text;
  if (tome__take_digits(&at, 4, &s->year) && tome__take_byte(&at, ' '))
    *text = at;
  else
    s->year = NO_YEAR;
  return 1;
}

static size_t read_syslog(const unsigned char *text, size_t length, stamp *ret) {
  text_cursor at = {text, text + length};
  stamp s = {.year = NO_YEAR};
  if (!tome__take_month(&at, &s.month) || !take_day(&at, &s) || !take_clock(&at, 0, &s))
    return 0;
  *ret = s;
  return (size_t)(at.at - text);
}

/* "Sat Nov 21 14:05:06.789 2026", as ctime(3) and some web servers' errors have it. */
static size_t read_ctime(const unsigned char *text, size_t length, stamp *ret) {
  text_cursor at = {text, text + length};
  if (length < 4 || !tome__take_word(&at) || at.at - text != 3 || !tome__take_byte(&at, ' '))
    return 0;
  stamp s;
  size_t read = read_syslog(at.at, (size_t)(at.end - at.at), &s);
  at.at += read;
  if (!read || s.year != NO_YEAR || !tome__take_byte(&at, ' ') ||
      !tome__take_digits(&at, 4, &s.year) || !ends_here(&at))
    return 0;
  *ret = s;
  return (size_t)(at.at - text);
}

static size_t read_web(const unsigned char *text, size_t length, stamp *ret) {
  text_cursor at = {text, text + length};
  stamp s = {.year = NO_YEAR};
  if (!tome__take_digits(&at, 2, &s.day) || !tome__take_byte(&at, '/') ||
      !tome__take_month(&at, &s.month) || !tome__take_byte(&at, '/') ||
      !tome__take_digits(&at, 4, &s.year) || !tome__take_byte(&at, ':') || !take_clock(&at, 0, &s))
    return 0;
  take_zone_behind_blank(&at, &s);
  *ret = s;
  return (size_t)(at.at - text);
}

/* What the digits behind the point are worth, below a nanosecond cut off. */
static int64_t fraction_of(text_cursor *text, int32_t unit) {
  text_cursor at = *text;
  int32_t billionths = 0;
  if ((!tome__take_byte(&at, '.') && !tome__take_byte(&at, ',')) ||
      !tome__take_fraction(&at, &billionths))
    return 0;
  *text = at;
  return (int64_t)billionths * unit / NANOS;
}

/* Exactly so many digits, the last of which is worth `unit` nanoseconds. Nobody pads a count of this length with zeros. */
static size_t read_count(const unsigned char *text, size_t length, int digits, int32_t unit,
                         stamp *ret) {
  text_cursor at = {text, text + length};
  int64_t count = 0, moment;
  for (; at.at < at.end && tome__is_digit(*at.at) && at.at - text < digits; at.at++)
    if (__builtin_mul_overflow(count, 10, &count) ||
        __builtin_add_overflow(count, *at.at - '0', &count))
      return 0;
  if (at.at - text != digits || *text == '0' || !ends_here(&at) ||
      __builtin_mul_overflow(count, unit, &moment))
    return 0;
  int64_t fraction = fraction_of(&at, unit);
  if (__builtin_add_overflow(moment, fraction, &moment) ||
      (at.at < at.end && tome__is_letter(*at.at)))
    return 0;
  *ret = (stamp){.counted = 1, .moment = moment};
  return (size_t)(at.at - text);
}

static size_t read_seconds(const unsigned char *text, size_t length, stamp *ret) {
  return read_count(text, length, 10, 1000000000, ret);
}

static size_t read_milliseconds(const unsigned char *text, size_t length, stamp *ret) {
  return read_count(text, length, 13, 1000000, ret);
}

static size_t read_microseconds(const unsigned char *text, size_t length, stamp *ret) {
  return read_count(text, length, 16, 1000, ret);
}

static size_t read_nanoseconds(const unsigned char *text, size_t length, stamp *ret) {
  return read_count(text, length, 19, 1, ret);
}

#define DIGITS "0123456789"

/* A date alone is the beginning of a longer stamp; digits may be any number. */
const time_format tome__time_formats[TIME_FORMATS] = {
    {"ISO 8601", read_iso, DIGITS},
    {"web server log", read_web, DIGITS},
    {"syslog with weekday and year", read_ctime, "MTWFSmtwfs"},
    {"syslog", read_syslog, "JFMASONDjfmasond"},
    {"ISO 8601 date", read_date, DIGITS},
    {"seconds since 1970", read_seconds, DIGITS},
    {"milliseconds since 1970", read_milliseconds, DIGITS},
    {"microseconds since 1970", read_microseconds, DIGITS},
    {"nanoseconds since 1970", read_nanoseconds, DIGITS},
};
