/* Words and times of day are put into a full date, which the library reads: so there is one way to make a moment of it. */
#include "time_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "time_of_day.h"

#define SECOND INT64_C(1000000000)

static const char NOT_A_TIME[] =
    "is not a time; write 2026-11-21T14:05:06+01:00, \"2026-11-21 14:05\", 14:05, "
    "-15min, \"yesterday 23:00\", now, or as in the file";
static const char NOT_A_DURATION[] =
    "is not an amount of time; write 5s, 250ms, 15min, 2h, 1d or 1h30min";
static const char NOT_A_ZONE[] = "is not a zone; write +01:00, -0530 or Z";
static const char OUTSIDE[] = "lies outside of the years 1678 to 2261";

int64_t time_now(void) {
  return time_of_day();
}

/* ---- amounts ---- */

static const struct {
  const char *names; /* each with a blank before and behind it */
  int64_t worth;
} units[] = {
    {" ns ", 1},
    {" us ", 1000},
    {" ms msec ", 1000000},
    {" s sec secs second seconds ", SECOND},
    {" m min mins minute minutes ", 60 * SECOND},
    {" h hr hour hours ", 3600 * SECOND},
    {" d day days ", 86400 * SECOND},
    {" w week weeks ", 7 * 86400 * SECOND},
};

static int64_t unit_worth(const char *name, size_t length) {
  char padded[16];
  if (length == 0 || length > sizeof padded - 3)
    return 0;
  snprintf(padded, sizeof padded, " %.*s ", (int)length, name);
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strstr(units[i].names, padded))
      return units[i].worth;
  return 0;
}

/* Add `count` and the digits behind its point, times `worth`. */
static int add_part(int64_t *sum, int64_t count, const char *fraction, size_t digits,
                    int64_t worth) {
  int64_t part;
  if (__builtin_mul_overflow(count, worth, &part) || __builtin_add_overflow(*sum, part, sum))
    return 0;
  for (size_t i = 0; i < digits && worth > 0; i++) {
    int64_t tenth = worth / 10;
    if (__builtin_add_overflow(*sum, tenth * (fraction[i] - '0'), sum))
      return 0;
    worth = tenth;
  }
  return 1;
}

/* "1h", "1.5 h": read one part and pass over it. */
static int take_part(const char **text, const char *end, int64_t *sum) {
  const char *at = *text;
  int64_t count = 0;
  while (at < end && isdigit((unsigned char)*at))
    if (__builtin_mul_overflow(count, 10, &count) ||
        __builtin_add_overflow(count, *at++ - '0', &count))
      return 0;
  if (at == *text)
    return 0;
  const char *fraction = at + 1;
  size_t digits = 0;
  if (at < end && *at == '.')
    for (at++; at < end && isdigit((unsigned char)*at); at++)
      digits++;
  while (at < end && *at == ' ')
    at++;
  const char *unit = at;
  while (at < end && isalpha((unsigned char)*at))
    at++;
  int64_t worth = unit_worth(unit, (size_t)(at - unit));
  while (at < end && *at == ' ')
    at++;
  *text = at;
  return worth > 0 && add_part(sum, count, fraction, digits, worth);
}

static int read_duration(const char *text, const char *end, int64_t *ret) {
  int64_t sum = 0;
  if (text == end)
    return 0;
  while (text < end)
    if (!take_part(&text, end, &sum))
      return 0;
  *ret = sum;
  return 1;
}

const char *duration_parse(const char *text, int64_t *ret) {
  return read_duration(text, text + strlen(text), ret) ? NULL : NOT_A_DURATION;
}

/* ---- moments ---- */

/* -15min, 15min ago: 1 and how long before now. */
static int is_before_now(const char *text, int64_t *ret) {
  static const char ago[] = " ago";
  size_t length = strlen(text);
  if (text[0] == '-')
    return read_duration(text + 1, text + length, ret);
  return length > sizeof ago && strcmp(text + length - (sizeof ago - 1), ago) == 0 &&
         read_duration(text, text + length - (sizeof ago - 1), ret);
}

/* The calendar as of `context->now`, `days` later, at its midnight. */
static int calendar_day(const struct time_context *context, int days, struct tm *ret) {
  int64_t now = context->now / SECOND - (context->now % SECOND < 0);
  struct tm local;
  int failed = context->zone != TOME_ZONE_LOCAL ? calendar_utc(now + context->zone, &local)
                                                : calendar_local(now, &local);
  if (failed)
    return 0;
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  return calendar_utc(calendar_moment(&local) + (int64_t)days * 86400, ret) == 0;
}

/* "14:05", "14:05:30.25"; an empty one is midnight. */
static int is_clock(const char *text) {
  size_t digits = strspn(text, "0123456789:.,");
  return text[0] == '\0' || (digits == strlen(text) && strlen(text) >= 4 && strchr(text, ':'));
}

static const char *on_day(const char *clock, const struct time_context *context, int days,
                          int64_t *ret) {
  struct tm day;
  char text[80];
  if (!is_clock(clock) || strlen(clock) > 40)
    return NOT_A_TIME;
  if (!calendar_day(context, days, &day))
    return OUTSIDE;
  snprintf(text, sizeof text, "%04d-%02d-%02d %s%s", day.tm_year + 1900, day.tm_mon + 1,
           day.tm_mday, clock[0] && clock[1] == ':' ? "0" : "", *clock ? clock : "00:00");
  return tome_time_parse(text, strlen(text), context->zone, TOME_TIME_UNKNOWN, ret) ? NULL
                                                                                    : NOT_A_TIME;
}

/* What stands behind a word and blanks; NULL if the text does not begin with it. */
static const char *behind_word(const char *text, const char *word) {
  size_t length = strlen(word);
  if (strncmp(text, word, length) != 0 || (text[length] && text[length] != ' '))
    return NULL;
  return text + length + strspn(text + length, " ");
}

const char *time_parse(const char *text, const struct time_context *context, int64_t *ret) {
  static const char *const days[] = {"yesterday", "today", "tomorrow"};
  int64_t before;
  if (text[0] == '@' && isdigit((unsigned char)text[1]))
    text++;
  if (tome_time_parse(text, strlen(text), context->zone, context->now, ret))
    return NULL;
  if (strcmp(text, "now") == 0) {
    *ret = context->now;
    return NULL;
  }
  if (is_before_now(text, &before))
    return __builtin_sub_overflow(context->now, before, ret) ? OUTSIDE : NULL;
  for (int i = 0; i < 3; i++) {
    const char *clock = behind_word(text, days[i]);
    if (clock)
      return on_day(clock, context, i - 1, ret);
  }
  return *text ? on_day(text, context, 0, ret) : NOT_A_TIME;
}

const char *zone_parse(const char *text, int32_t *ret) {
  char stamp[64];
  int64_t moment;
  size_t length = strlen(text);
  if (length > 10 || (text[0] != '+' && text[0] != '-' && strcmp(text, "Z") != 0))
    return NOT_A_ZONE;
  snprintf(stamp, sizeof stamp, "1970-01-02T00:00:00%s", text);
  if (!tome_time_parse(stamp, strlen(stamp), 0, TOME_TIME_UNKNOWN, &moment))
    return NOT_A_ZONE;
  *ret = (int32_t)(86400 - moment / SECOND);
  return NULL;
}
