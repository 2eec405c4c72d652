/* The calendar is the system's, which knows the rules of past years; the C library's knows those of this year only. */
#include "time_of_day.h"

#include <windows.h>

#define BILLION INT64_C(1000000000)

/* Of a FILETIME, in units of 100 ns since 1601. */
#define UNITS_IN_SECOND INT64_C(10000000)
#define SECONDS_TO_1970 INT64_C(11644473600)

uint64_t clock_now(void) {
  LARGE_INTEGER frequency, now;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&now);
  uint64_t units = (uint64_t)now.QuadPart, second = (uint64_t)frequency.QuadPart;
  return units / second * BILLION + units % second * BILLION / second;
}

static int64_t units_of(FILETIME time) {
  return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime);
}

int64_t time_of_day(void) {
  FILETIME now;
  GetSystemTimePreciseAsFileTime(&now);
  return (units_of(now) - SECONDS_TO_1970 * UNITS_IN_SECOND) * (BILLION / UNITS_IN_SECOND);
}

void wait_milliseconds(unsigned milliseconds) {
  Sleep(milliseconds);
}

static int as_calendar(int64_t moment, SYSTEMTIME *ret) {
  if (moment < -SECONDS_TO_1970 || moment > INT64_MAX / UNITS_IN_SECOND - SECONDS_TO_1970)
    return -1;
  uint64_t units = (uint64_t)((moment + SECONDS_TO_1970) * UNITS_IN_SECOND);
  FILETIME time = {(DWORD)units, (DWORD)(units >> 32)};
  return FileTimeToSystemTime(&time, ret) ? 0 : -1;
}

static struct tm as_tm(const SYSTEMTIME *time) {
  return (struct tm){.tm_year = time->wYear - 1900,
                     .tm_mon = time->wMonth - 1,
                     .tm_mday = time->wDay,
                     .tm_hour = time->wHour,
                     .tm_min = time->wMinute,
                     .tm_sec = time->wSecond,
                     .tm_wday = time->wDayOfWeek};
}

int calendar_utc(int64_t moment, struct tm *ret) {
  SYSTEMTIME time;
  if (as_calendar(moment, &time) < 0)
    return -1;
  *ret = as_tm(&time);
  return 0;
}

int calendar_local(int64_t moment, struct tm *ret) {
  SYSTEMTIME time, local;
  if (as_calendar(moment, &time) < 0 || !SystemTimeToTzSpecificLocalTime(NULL, &time, &local))
    return -1;
  *ret = as_tm(&local);
  return 0;
}

int64_t calendar_moment(struct tm *utc) {
  SYSTEMTIME time = {.wYear = (WORD)(utc->tm_year + 1900),
                     .wMonth = (WORD)(utc->tm_mon + 1),
                     .wDay = (WORD)utc->tm_mday,
                     .wHour = (WORD)utc->tm_hour,
                     .wMinute = (WORD)utc->tm_min,
                     .wSecond = (WORD)utc->tm_sec};
  FILETIME units = {0};
  SystemTimeToFileTime(&time, &units);
  return units_of(units) / UNITS_IN_SECOND - SECONDS_TO_1970;
}
