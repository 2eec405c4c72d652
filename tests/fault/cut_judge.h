/* What a call in a storm of cuts may end in; see cut_weather.h for what is certain in which phase.
 *
 * Even pages of the file hold the pattern, always. Odd pages belong to workers who store what they like. */
#ifndef CUT_JUDGE_H
#define CUT_JUDGE_H

#include "cut_weather.h"

/** Who makes calls and looks at what they gave. */
typedef struct observer {
  weather *sky;
  int alone; /* in its process, so that nobody else's patches can be in its way */
} observer;

/** A call under way: what was asked, and the phases around it. */
typedef struct asked {
  const char *what;
  uint64_t offset, length, before, after;
  int in_part; /* not all that is missing need be told */
} asked;

asked ask(const observer *self, const char *what, uint64_t offset, uint64_t length);

/** Whether the call succeeded. Fails the test if it might not end so: with a loss that lies outside, or leaves something out, or
 *  that there was none, or with any other error. */
int judge(const observer *self, asked *call, int result);
/** The range of the thread's last failure. */
tome_range lost_range(void);
/** A loading call that succeeded: it may not, where bytes were missing. */
void judge_found(const observer *self, const asked *call);
/** Bytes that were taken for good, but for those in `lost`. */
void judge_bytes(const observer *self, const asked *call, const unsigned char *got,
                 tome_range lost);
/** What was missing of the range, if the file was cut all along. */
tome_range missing_of(const observer *self, const asked *call);

#define wrong(self, call, format, ...)                                                             \
  fail_at(__FILE__, __LINE__, "%s of [%llu, %llu) in phases %llu to %llu, cut at %llu: " format,   \
          (call)->what, (unsigned long long)(call)->offset,                                        \
          (unsigned long long)((call)->offset + (call)->length),                                   \
          (unsigned long long)(call)->before, (unsigned long long)(call)->after,                   \
          (unsigned long long)cut_in((self)->sky, (call)->before), __VA_ARGS__)

#endif
