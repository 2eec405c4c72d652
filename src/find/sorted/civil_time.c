/* The calendar is arithmetic; only the local zone has to be asked for, and is then good for a day, unless the clock
 * changes around it. */
#include "civil_time.h"

#include "os.h"

#include <tome/bisect.h>

#define DAY INT64_C(86400)
#define FIRST_YEAR 1677
#define LAST_YEAR 2262

static int is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int tome__days_in(int year, int month) {
  static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && is_leap(year));
}

/* Since 1970. Pre: FIRST_YEAR <= year. */
static int64_t day_number(int year, int month, int day) {
  static const short before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const int64_t from_year_1_to_1970 = 719162;
  int64_t past = year - 1;
  return past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1] +
         (month > 2 && is_leap(year)) + day - 1 - from_year_1_to_1970;
}

static int is_time_of_day(const stamp *s) {
  if (s->hour == 24)
    return s->minute == 0 && s->second == 0 && s->nanos == 0;
  return s->hour >= 0 && s->hour < 24 && s->minute >= 0 && s->minute < 60 && s->second >= 0 &&
         s->second <= 60;
}

static int is_date(const stamp *s, int year) {
  return year >= FIRST_YEAR && year <= LAST_YEAR && s->month >= 1 && s->month <= 12 &&
         s->day >= 1 && s->day <= tome__days_in(year, s->month);
}

/* Of the zones before and behind a day the earlier one holds until the clock has been changed. */
static int around_a_change(int64_t clock, int32_t before, int32_t behind, int32_t *ret) {
  int32_t then;
  if (tome__os_zone_at(clock - before, &then) < 0)
    return 0;
  *ret = before;
  if (then == before)
    return 1;
  if (tome__os_zone_at(clock - behind, &then) < 0)
    return 0;
  if (then == behind)
    *ret = behind;
  return 1;
}

/* `clock` is what a clock showed, as seconds. */
static int local_offset(int64_t clock, zone_memory *memory, int32_t *ret) {
  int64_t day = clock >= 0 ? clock / DAY : (clock + 1) / DAY - 1;
  if (memory->known && memory->day == day) {
    *ret = memory->offset;
    return 1;
  }
  int32_t before, behind;
  if (tome__os_zone_at((day - 1) * DAY, &before) < 0 ||
      tome__os_zone_at((day + 2) * DAY, &behind) < 0)
    return 0;
  if (before != behind)
    return around_a_change(clock, before, behind, ret);
  *memory = (zone_memory){1, day, before};
  *ret = before;
  return 1;
}

static int moment_in_year(const stamp *s, int year, int32_t zone, zone_memory *memory,
                          int64_t *ret) {
  if (!is_date(s, year))
    return 0;
  int leap_second = s->second == 60;
  int64_t clock = day_number(year, s->month, s->day) * DAY + (int64_t)s->hour * 3600 +
                  (int64_t)s->minute * 60 + s->second - leap_second;
  int32_t offset = s->zoned ? s->offset : zone;
  if (!s->zoned && zone == TOME_ZONE_LOCAL && !local_offset(clock, memory, &offset))
    return 0;
  int64_t moment;
  int32_t nanos = leap_second ? (int32_t)(NANOS - 1) : s->nanos;
  if (__builtin_mul_overflow(clock - offset, NANOS, &moment) ||
      __builtin_add_overflow(moment, nanos, &moment) || moment == TOME_TIME_UNKNOWN)
    return 0;
  *ret = moment;
  return 1;
}

/* The last such day that does not lie in the future; clocks and zones may differ by a day. February 29 may be 8 years ago. */
static int moment_before(const stamp *s, const time_rule *rule, zone_memory *memory, int64_t *ret) {
  const int64_t year_seconds = 31556952;
  if (rule->reference == TOME_TIME_UNKNOWN)
    return 0;
  int next = (int)(1970 + rule->reference / NANOS / year_seconds) + 1;
  for (int year = next; year > next - 11; year--) {
    int64_t moment;
    if (moment_in_year(s, year, rule->zone, memory, &moment) &&
        moment / NANOS - DAY <= rule->reference / NANOS) {
      *ret = moment;
      return 1;
    }
  }
  return 0;
}

int tome__stamp_moment(const stamp *s, const time_rule *rule, zone_memory *memory, int64_t *ret) {
  if (s->counted) {
    *ret = s->moment;
    return 1;
  }
  if (!is_time_of_day(s))
    return 0;
  return s->year != NO_YEAR ? moment_in_year(s, s->year, rule->zone, memory, ret)
                            : moment_before(s, rule, memory, ret);
}
