/* Moments and amounts of time as people write them. */
#ifndef TOME_CLI_TIME_TEXT_H
#define TOME_CLI_TIME_TEXT_H

#include <stdint.h>

/* What the text leaves open. */
struct time_context {
  int64_t now;  /* nanoseconds since 1970 */
  int32_t zone; /* seconds east of UTC, or TOME_ZONE_LOCAL */
};

/* Read a moment: what the library recognises, 14:05[:30], today, yesterday or tomorrow with or without a time, now, -15min, and
 * "15min ago". Return NULL, or what is wrong with the text, to be put behind it; *ret is untouched then. */
const char *time_parse(const char *text, const struct time_context *context, int64_t *ret);

/* Read an amount such as 5s, 250ms or 1h30min, in nanoseconds. */
const char *duration_parse(const char *text, int64_t *ret);

/* Read +01:00, -0530 or Z, in seconds. */
const char *zone_parse(const char *text, int32_t *ret);

/* The clock. */
int64_t time_now(void);

#endif
