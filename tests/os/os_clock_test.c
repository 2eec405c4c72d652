/* os.h: the clock and the time zone. */
#include "os_harness.h"

#include <time.h>

static void time_never_runs_back(void **state) {
  (void)state;
  uint64_t last = tome__os_now();
  for (int i = 0; i < 100000; i++) {
    uint64_t now = tome__os_now();
    must(now >= last);
    last = now;
  }
}

static void a_sleep_is_at_least_that_long(void **state) {
  (void)state;
  static const uint64_t times[] = {0, 1, 1000, 1000000, 20000000};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    uint64_t before = tome__os_now();
    tome__os_sleep(times[i]);
    uint64_t took = tome__os_now() - before;
    note("asked for %llu ns, took %llu", (unsigned long long)times[i], (unsigned long long)took);
    must(took >= times[i]);
  }
}

/* The clock is not a count of something else: what sleeps for 50 ms by it sees plain C's wall clock move less than a minute. */
static void time_is_in_nanoseconds(void **state) {
  (void)state;
  time_t begun = time(NULL);
  uint64_t before = tome__os_now();
  while (time(NULL) == begun)
    tome__os_sleep(1000000);
  uint64_t took = tome__os_now() - before;
  must(took < UINT64_C(60000000000));
  begun = time(NULL);
  before = tome__os_now();
  while (time(NULL) == begun)
    tome__os_sleep(1000000);
  took = tome__os_now() - before;
  note("a second took %llu ns", (unsigned long long)took);
  must(took > UINT64_C(500000000));
  must(took < UINT64_C(60000000000));
}

/* What plain C says: local time, read as if it were UTC, less UTC. */
static int64_t days_before(int64_t year) { /* of 1970; only for dates after 1900 */
  int64_t y = year - 1;
  return 365 * (year - 1970) + (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int64_t as_utc(const struct tm *t) {
  return ((days_before(t->tm_year + 1900) + t->tm_yday) * 24 + t->tm_hour) * 3600 + t->tm_min * 60 +
         t->tm_sec;
}

static void the_zone_is_that_of_plain_c(void **state) {
  (void)state;
  static const int64_t moments[] = {0, 86399, 951782400, 1082880000, 1184000000, 1700000000};
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    time_t moment = (time_t)moments[i];
    int32_t offset = 99999999;
    if (!is_supported(tome__os_zone_at(moments[i], &offset)))
      skip_because("this system does not know its zone");
    struct tm *local = localtime(&moment);
    must(local != NULL);
    note("at %lld", (long long)moments[i]);
    must_equal(offset, as_utc(local) - moments[i]);
  }
}

static void moments_far_away_do_no_harm(void **state) {
  (void)state;
  static const int64_t moments[] = {INT64_MIN, -1, INT64_MAX, INT64_C(253402300800)};
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    int32_t offset = 99999999;
    int r = tome__os_zone_at(moments[i], &offset);
    if (r == 0)
      must(offset > -172800 && offset < 172800);
    else {
      must_equal(r, TOME_ENOTSUP);
      must_equal(offset, 99999999);
    }
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(time_never_runs_back),        TEST(a_sleep_is_at_least_that_long),
      TEST(time_is_in_nanoseconds),      TEST(the_zone_is_that_of_plain_c),
      TEST(moments_far_away_do_no_harm),
  };
  return run_matching(tests, argc, argv);
}
