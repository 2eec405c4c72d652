/* Clocks, and the zone. */
#include "os.h"
#include "windows_headers.h"

#define BILLION UINT64_C(1000000000)
#define MILLION UINT64_C(1000000)

/* Of a FILETIME, in units of 100 ns since 1601. */
#define UNITS_IN_SECOND INT64_C(10000000)
#define SECONDS_TO_1970 INT64_C(11644473600)

uint64_t tome__os_now(void) {
  LARGE_INTEGER frequency, now;
  QueryPerformanceFrequency(&frequency); /* neither can fail */
  QueryPerformanceCounter(&now);
  uint64_t units = (uint64_t)now.QuadPart, second = (uint64_t)frequency.QuadPart;
  return units / second * BILLION + units % second * BILLION / second;
}

/* The system counts in ticks, and may wake up to one too early. */
void tome__os_sleep(uint64_t nanoseconds) {
  const uint64_t most = 1000 * MILLION * 1000;
  uint64_t begun = tome__os_now(), gone = 0;
  do {
    uint64_t left = nanoseconds - gone < most ? nanoseconds - gone : most;
    Sleep((DWORD)((left + MILLION - 1) / MILLION));
    gone = tome__os_now() - begun;
  } while (gone < nanoseconds);
}

static int64_t units_of(const SYSTEMTIME *time, int *ok) {
  FILETIME file_time;
  *ok = *ok && SystemTimeToFileTime(time, &file_time);
  return *ok ? (int64_t)((uint64_t)file_time.dwHighDateTime << 32 | file_time.dwLowDateTime) : 0;
}

/* By the rules of the year that the moment is in. The calendar of the system begins in 1601 and ends in 30827. */
int tome__os_zone_at(int64_t utc, int32_t *ret_offset) {
  SYSTEMTIME moment, local;
  const int64_t most = INT64_MAX / UNITS_IN_SECOND - SECONDS_TO_1970;
  if (utc < -SECONDS_TO_1970 || utc > most)
    return TOME_ENOTSUP;
  uint64_t units = (uint64_t)((utc + SECONDS_TO_1970) * UNITS_IN_SECOND);
  FILETIME file_time = {(DWORD)units, (DWORD)(units >> 32)};
  int ok = FileTimeToSystemTime(&file_time, &moment) &&
           SystemTimeToTzSpecificLocalTime(NULL, &moment, &local);
  int64_t ahead = units_of(&local, &ok) - units_of(&moment, &ok);
  if (!ok)
    return TOME_ENOTSUP;
  *ret_offset = (int32_t)(ahead / UNITS_IN_SECOND);
  return 0;
}
