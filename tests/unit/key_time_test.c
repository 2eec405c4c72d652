/* Time stamps: what is one, and which moment it is. Expectations are literals, a calendar that counts days one by one, and the C library's
 * own way from moments to clocks. */
#include "local_time_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

static void must_be_time(const char *text, int32_t zone, int64_t seconds, int64_t nanos) {
  int64_t got = -7;
  note("\"%s\"", text);
  must_return(tome_time_parse(text, strlen(text), zone, TOME_TIME_UNKNOWN, &got), 1);
  must_equal(got, seconds * SECOND + nanos);
}

static void must_be_none(const char *text) {
  int64_t got = -7;
  note("\"%s\"", text);
  must_return(tome_time_parse(text, strlen(text), 0, 1795262706 * SECOND, &got), 0);
  must_equal(got, -7);
}

static void each_format_gives_its_moment(void **state) {
  (void)state;
  const int64_t moment = 1795266306; /* 2026-11-21 13:05:06 UTC */
  static const char *const whole[] = {"2026-11-21T13:05:06Z",
                                      "2026-11-21t13:05:06Z",
                                      "2026-11-21 13:05:06Z",
                                      "2026-11-21 13:05:06",
                                      "2026/11/21 13:05:06",
                                      "2026-11-21T14:05:06+01:00",
                                      "2026-11-21T14:05:06+0100",
                                      "2026-11-21T14:05:06+01",
                                      "2026-11-21 14:05:06 +0100",
                                      "2026-11-21 14:05:06 +01:00",
                                      "2026-11-21T00:05:06-13:00",
                                      "2026-11-22T02:50:06+13:45",
                                      "2026-11-21T13:05:06+00:00:00",
                                      "2026-11-21 13:05:06 UTC",
                                      "2026-11-21 13:05:06 GMT",
                                      "21/Nov/2026:14:05:06 +0100",
                                      "Sat Nov 21 13:05:06 2026",
                                      "Nov 21 2026 13:05:06",
                                      "1795266306",
                                      "1795266306000",
                                      "1795266306000000",
                                      "1795266306000000000"};
  for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
    must_be_time(whole[i], 0, moment, 0);
  must_be_time("2026-11-21T13:05", 0, moment - 6, 0);
  must_be_time("2026-11-21", 0, 1795219200, 0);
  must_be_time("2026-11-21T13:05:06.5Z", 0, moment, 500000000);
  must_be_time("2026-11-21T13:05:06,789", 0, moment, 789000000);
  must_be_time("2026-11-21T13:05:06.123456789012", 0, moment, 123456789);
  must_be_time("1795266306.000000001", 0, moment, 1);
  must_be_time("1795266306000.25", 0, moment, 250000);
  must_be_time("1795266306000000.5", 0, moment, 500);
  must_be_time("2026-11-21T13:05:06", 3600, moment - 3600, 0);
  must_be_time("2026-11-21T13:05:06Z", 3600, moment, 0);
}

static void what_is_no_time_is_none(void **state) {
  (void)state;
  static const char *const none[] = {"",
                                     " ",
                                     "2026",
                                     "2026-11",
                                     "2026-11-2",
                                     "2026-13-01",
                                     "2026-00-10",
                                     "2026-11-00",
                                     "2026-11-31",
                                     "2026-02-29",
                                     "1900-02-29",
                                     "2100-02-29",
                                     "2026-11-21T",
                                     "2026-11-21T1",
                                     "2026-11-21T24:00:01",
                                     "2026-11-21T25:00",
                                     "2026-11-21T12:60",
                                     "2026-11-21T12:00:61",
                                     "2026-11-21T12:00:00+24:00",
                                     "2026-11-21T12:00:00+01:60",
                                     "2026-11-21T12:00:00X",
                                     "2026-11-21T12:00:00.",
                                     "2026-11-21T12:00:000",
                                     "2026-11-21-12:00",
                                     "2026-11/21",
                                     "12026-11-21",
                                     "20261-11-21",
                                     "21/Now/2026:14:05:06 +0100",
                                     "21/Nov/26:14:05:06 +0100",
                                     "Nov 21",
                                     "Nov 31 10:00:00",
                                     "Xov 21 10:00:00",
                                     "Nov 21 10:00",
                                     "179526630",
                                     "17952663060",
                                     "0795266306",
                                     "1795266306x",
                                     "17952663060000000000",
                                     "99999999999999999999",
                                     "1676-12-31",
                                     "1677-09-21T00:12:43Z",
                                     "2262-04-11T23:47:17Z",
                                     "9999-12-31",
                                     "0000-01-01"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
    must_be_none(none[i]);
}

static void the_ends_of_the_range_are_times(void **state) {
  (void)state;
  must_be_time("2262-04-11T23:47:16.854775807Z", 0, 9223372036, 854775807);
  must_be_time("1677-09-21T00:12:44Z", 0, -9223372036, 0);
  must_be_time("1969-12-31T23:59:59.75Z", 0, -1, 750000000);
}

static void every_day_is_counted(void **state) {
  (void)state;
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t day = 0;
  for (int year = 1970; year < 2262; year++)
    for (int month = 1; month <= 12; month++) {
      int leap = month == 2 && (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0));
      for (int d = 1; d <= days[month - 1] + leap; d++, day++) {
        char text[32];
        snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, d);
        must_be_time(text, 0, day * 86400, 0);
      }
      char text[32];
      snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, days[month - 1] + leap + 1);
      must_be_none(text);
    }
}

static void a_leap_second_is_the_last_moment_of_the_one_before(void **state) {
  (void)state;
  must_be_time("2016-12-31T23:59:60Z", 0, 1483228799, 999999999);
  must_be_time("2017-01-01T05:29:60.5+05:30", 0, 1483228799, 999999999);
  must_be_time("2016-12-31T24:00:00Z", 0, 1483228800, 0);
}

static void what_has_no_year_is_in_the_last_one_before_the_reference(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t reference, want;
  } cases[] = {{"Dec 31 23:59:59", 1767225600, 1767225599},  /* read at 2026-01-01 00:00:00 */
               {"Dec 31 23:59:59", 1767225599, 1767225599},  /* in that very second */
               {"Jan  1 00:00:00", 1767225599, 1767225600},  /* a clock may be a second late */
               {"Jan  2 00:00:01", 1767225600, 1735776001},  /* but not more than a day: 2025 */
               {"Nov  3 14:05:06", 1795266306, 1793714706},  /* 2026 */
               {"Nov 23 14:05:06", 1795266306, 1763906706},  /* 2025 */
               {"Feb 29 12:00:00", 1772366400, 1709208000},  /* 2024, read in 2026 */
               {"Feb 29 12:00:00", 4107542400, 3981355200}}; /* 2096: 2100 has none */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t got;
    note("\"%s\" before %lld", cases[i].text, (long long)cases[i].reference);
    must_return(
        tome_time_parse(cases[i].text, strlen(cases[i].text), 0, cases[i].reference * SECOND, &got),
        1);
    must_equal(got, cases[i].want * SECOND);
  }
  int64_t got;
  must_return(tome_time_parse("Nov  3 14:05:06", 15, 0, TOME_TIME_UNKNOWN, &got), 0);
}

/* Of the zone that is set here; others are tried where a program can choose. */
static void local_times_are_those_that_the_clock_shows(void **state) {
  (void)state;
  must_be_local_time_for_a_year();
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(each_format_gives_its_moment),
      TEST(what_is_no_time_is_none),
      TEST(the_ends_of_the_range_are_times),
      TEST(every_day_is_counted),
      TEST(a_leap_second_is_the_last_moment_of_the_one_before),
      TEST(what_has_no_year_is_in_the_last_one_before_the_reference),
      TEST(local_times_are_those_that_the_clock_shows),
  };
  return run_matching(tests, count, arguments);
}
