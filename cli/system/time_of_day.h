/* The system's clocks and calendar. */
#ifndef TOME_CLI_TIME_OF_DAY_H
#define TOME_CLI_TIME_OF_DAY_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some moment. */
uint64_t clock_now(void);
/* Nanoseconds since 1970. */
int64_t time_of_day(void);
/* Do nothing for so many milliseconds. */
void wait_milliseconds(unsigned milliseconds);

/* The calendar at a moment, in seconds since 1970, in UTC or where the system is; and the moment of a date in UTC. Less than 0: the
 * system cannot tell. */
int calendar_utc(int64_t moment, struct tm *ret);
int calendar_local(int64_t moment, struct tm *ret);
int64_t calendar_moment(struct tm *utc);

#endif
