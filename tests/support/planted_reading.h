/* A planted bug in reading: for tests that see the library's table of system calls. */
#ifndef PLANTED_READING_H
#define PLANTED_READING_H

#include "calls.h"
#include "planted_calls.h"

#include <sys/uio.h>

/** Whatever is read by system call is read by the planted pread. */
static ssize_t planted_preadv2(int fd, const struct iovec *v, int count, off_t at, int flags) {
  (void)count;
  (void)flags;
  return tome__os_calls.pread(fd, v->iov_base, v->iov_len, at);
}

static inline void plant_reading(ssize_t (*bug)(int fd, void *to, size_t n, off_t at)) {
  tome__os_calls.pread = bug;
  plant_call("preadv2", (any_call *)planted_preadv2);
}

#endif
