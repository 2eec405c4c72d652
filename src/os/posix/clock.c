/* Clocks, and the zone: the C library reads TZ and the zone's file once. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <time.h>

#define BILLION 1000000000u

/* The two days are the same one, or next to each other. */
static int days_between(const struct tm *from, const struct tm *to) {
  if (from->tm_year != to->tm_year)
    return to->tm_year > from->tm_year ? 1 : -1;
  return to->tm_yday - from->tm_yday;
}

int tome__os_zone_at(int64_t utc, int32_t *ret_offset) {
  time_t moment = (time_t)utc;
  struct tm local, there;
  if ((int64_t)moment != utc || !localtime_r(&moment, &local) || !gmtime_r(&moment, &there))
    return TOME_ENOTSUP;
  *ret_offset = days_between(&there, &local) * 86400 + (local.tm_hour - there.tm_hour) * 3600 +
                (local.tm_min - there.tm_min) * 60 + (local.tm_sec - there.tm_sec);
  return 0;
}

int tome__os_written(const os_file *file, int64_t *ret_time) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) < 0)
    return tome__os_failed();
  int64_t time;
  if (__builtin_mul_overflow((int64_t)status.st_mtim.tv_sec, INT64_C(1000000000), &time) ||
      __builtin_add_overflow(time, (int64_t)status.st_mtim.tv_nsec, &time))
    return TOME_ENOTSUP;
  *ret_time = time;
  return 0;
}

uint64_t tome__os_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
  return (uint64_t)now.tv_sec * BILLION + (uint64_t)now.tv_nsec;
}

void tome__os_sleep(uint64_t nanoseconds) {
  struct timespec left = {(time_t)(nanoseconds / BILLION), (long)(nanoseconds % BILLION)};
  while (tome__os_calls.nanosleep(&left, &left) < 0 && errno == EINTR)
    ;
}
