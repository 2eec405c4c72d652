/* Times as people write them, and as nanoseconds since 1970 in UTC. */
#ifndef TOME_CIVIL_TIME_H
#define TOME_CIVIL_TIME_H

#include <stddef.h>
#include <stdint.h>

#define NANOS INT64_C(1000000000) /* in a second */

#define NO_YEAR (-1)

/** A time stamp, as far as it was written. */
typedef struct stamp {
  int year; /* or NO_YEAR: not told */
  int month, day;
  int hour, minute, second;
  int32_t nanos;
  int zoned;      /* offset is known */
  int32_t offset; /* seconds east of UTC */
  int counted;    /* `moment` is all there is to know */
  int64_t moment; /* nanoseconds since 1970 */
} stamp;

/** What a stamp leaves open. */
typedef struct time_rule {
  int32_t zone;      /* or TOME_ZONE_LOCAL */
  int64_t reference; /* or TOME_TIME_UNKNOWN */
} time_rule;

/** The local zone on a day and the days around it, so that not every line asks the system. All zeros: nothing known. For one
 *  thread. */
typedef struct zone_memory {
  int known;
  int64_t day; /* since 1970, of the local calendar */
  int32_t offset;
} zone_memory;

/** How many days a month, from 1, has. */
int tome__days_in(int year, int month);
/** 1 and the moment; 0 if there is no such time, or it lies outside of what 64 bits hold. */
int tome__stamp_moment(const stamp *s, const time_rule *rule, zone_memory *memory, int64_t *ret);

#endif
