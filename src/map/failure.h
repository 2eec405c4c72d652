/* Recording failures: every path out of a public call that is not success ends here. */
#ifndef TOME_FAILURE_H
#define TOME_FAILURE_H

#include <stdint.h>
#include <tome/error.h>

/** What went wrong. Strings are static, or `detail` was made by tome__detail_copy(). */
typedef struct failure {
  const char *operation; /* the public call */
  int code;              /* TOME_E… */
  int system;            /* the system's code, where it was the system that failed */
  uint64_t offset;
  uint64_t length;
  const char *detail;
} failure;

/** Record a failure for the calling thread.
 *  @param path  the file, may be NULL
 *  @return what.code */
int tome__fail(const char *path, failure what);

/** Keep a detail that is not static for the calling thread, cut if need be, until it keeps another one. */
const char *tome__detail_copy(const char *text);

#endif
