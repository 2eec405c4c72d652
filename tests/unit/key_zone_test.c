/* Time stamps in local time, in zones of all kinds. */
#include "local_time_model.h"

#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

static void must_be_time(const char *text, int32_t zone, int64_t seconds, int64_t nanos) {
  int64_t got = -7;
  note("\"%s\"", text);
  must_return(tome_time_parse(text, strlen(text), zone, TOME_TIME_UNKNOWN, &got), 1);
  must_equal(got, seconds * SECOND + nanos);
}

static void a_year_in(const char *zone) {
  set_environment("TZ", zone);
  tzset();
  must_be_local_time_for_a_year();
}

static void local_times_are_those_of_the_zone(void **state) {
  (void)state;
  static const char *const zones[] = {"CET-1CEST,M3.5.0,M10.5.0/3",
                                      "EST5EDT,M3.2.0,M11.1.0",
                                      "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
                                      "NZST-12NZDT,M9.5.0,M4.1.0/3",
                                      "UTC0",
                                      "XXX+12"};
  for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
    a_year_in(zones[i]);
  a_year_in("CET-1CEST,M3.5.0,M10.5.0/3");
  must_be_time("2026-03-29 02:30:00", TOME_ZONE_LOCAL, 1774747800, 0); /* left out: 01:30 UTC */
  must_be_time("2026-10-25 02:30:00", TOME_ZONE_LOCAL, 1792888200, 0); /* twice: 00:30 UTC */
  set_environment("TZ", NULL);
  tzset();
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(local_times_are_those_of_the_zone),
  };
  return run_matching(tests, count, arguments);
}
