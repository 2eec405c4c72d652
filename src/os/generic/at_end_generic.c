/* The end of a file, and writing there.
 *
 * It is locked by whoever moves it, with a record lock on a byte that no file has, so that processes with this library know of each
 * other. Those without it lose nothing either, as long as there is a descriptor that appends. */
#include "at_end.h"

#include "calls.h"
#include "end_of_file.h"
#include "posix_error.h"

#include <errno.h>

/* ---- the lock ---- */

/* Between the threads of this process, for which a record lock is one. */
static pthread_mutex_t moving = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void) {
  pthread_mutex_lock(&moving);
}

static void after_fork(void) {
  pthread_mutex_unlock(&moving);
}

static void see_to_forks(void) {
  tome__os_calls.pthread_atfork(before_fork, after_fork, after_fork);
}

static int set_lock(const os_file *file, short type) {
  struct flock lock = {
      .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)(INT64_MAX - 1), .l_len = 1};
  int r;
  do
    r = tome__os_calls.fcntl(file->descriptor, F_SETLKW, (long)(intptr_t)&lock);
  while (r < 0 && errno == EINTR);
  return r;
}

/* A file system without locks does without. */
void tome__os_lock_end(const os_file *file) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, see_to_forks);
  pthread_mutex_lock(&moving);
  set_lock(file, F_WRLCK);
}

void tome__os_unlock_end(const os_file *file) {
  int system = errno;
  set_lock(file, F_UNLCK);
  pthread_mutex_unlock(&moving);
  errno = system;
}

/* ---- at the end; under the lock ---- */

/* Without a descriptor for it, only those with the lock are kept from writing there too. */
static ssize_t write_there(const os_file *file, const void *data, size_t length, off_t *ret_end) {
  struct stat status;
  ssize_t n;
  if (file->appender < 0 && tome__os_calls.fstat(file->descriptor, &status) < 0)
    return -1;
  do
    n = file->appender >= 0 ? tome__os_calls.write(file->appender, data, length)
                            : tome__os_calls.pwrite(file->descriptor, data, length, status.st_size);
  while (n < 0 && errno == EINTR);
  if (n >= 0)
    *ret_end = file->appender >= 0 ? tome__os_calls.lseek(file->appender, 0, SEEK_CUR)
                                   : status.st_size + n;
  return n;
}

int tome__os_append_zeros(const os_file *file, uint64_t new_size, uint64_t *ret_written) {
  static const char zeros[64 * 1024];
  off_t end;
  for (;;) {
    uint64_t size = tome__os_size_now(file);
    if (size >= new_size)
      return 0;
    size_t most = new_size - size < sizeof zeros ? (size_t)(new_size - size) : sizeof zeros;
    ssize_t n = write_there(file, zeros, most, &end);
    if (n < 0)
      return tome__os_failed();
    *ret_written += (uint64_t)n;
  }
}

ssize_t tome__os_write_at_end(const os_file *file, int owned, const void *data, size_t length,
                              off_t *ret_end) {
  (void)owned;
  tome__os_lock_end(file);
  ssize_t n = write_there(file, data, length, ret_end);
  tome__os_unlock_end(file);
  return n;
}
