#include "time_of_day.h"

#define SECOND INT64_C(1000000000)

static int64_t clock_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

uint64_t clock_now(void) {
  return (uint64_t)clock_of(CLOCK_MONOTONIC);
}

int64_t time_of_day(void) {
  return clock_of(CLOCK_REALTIME);
}

void wait_milliseconds(unsigned milliseconds) {
  struct timespec interval = {.tv_sec = (time_t)(milliseconds / 1000),
                              .tv_nsec = (long)(milliseconds % 1000) * 1000000};
  nanosleep(&interval, NULL);
}

/* Where time_t has 32 bits, what does not fit is not told. */
static int fits(int64_t moment, time_t *ret) {
  *ret = (time_t)moment;
  return *ret == moment;
}

int calendar_utc(int64_t moment, struct tm *ret) {
  time_t seconds;
  return fits(moment, &seconds) && gmtime_r(&seconds, ret) ? 0 : -1;
}

int calendar_local(int64_t moment, struct tm *ret) {
  time_t seconds;
  return fits(moment, &seconds) && localtime_r(&seconds, ret) ? 0 : -1;
}

int64_t calendar_moment(struct tm *utc) {
  return timegm(utc);
}
