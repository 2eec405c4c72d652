/* The end of a file, and writing there.
 *
 * It is locked by whoever moves it, with a record lock on a byte that no file has, so that processes with this library know of each
 * other. Those without it lose nothing either, as long as there is a descriptor that appends. */
#include "at_end.h"

#include "calls.h"
#include "end_of_file.h"
#include "posix_error.h"

#include <errno.h>
#include <stdatomic.h>

/* ---- the lock ---- */

/* Between the threads of this process, for which a record lock is one. The process that has it, or 0: what a child of a fork finds
 * taken by another process is free, and no lock has to be held across the fork. */
static _Atomic pid_t moving;

static void take_turn(void) {
  pid_t self = getpid();
  for (unsigned tries = 0;; tries++) {
    pid_t found = 0;
    if (atomic_compare_exchange_strong(&moving, &found, self) ||
        (found != self && atomic_compare_exchange_strong(&moving, &found, self)))
      return;
    if (tries < 100)
      tome__os_yield();
    else
      tome__os_sleep(100000);
  }
}

static struct flock the_end(short type) {
  return (struct flock){
      .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)(INT64_MAX - 1), .l_len = 1};
}

static int ask_lock(const os_file *file, int command, struct flock *lock) {
  int r;
  do
    r = tome__os_calls.fcntl(file->descriptor, command, (long)(intptr_t)lock);
  while (r < 0 && errno == EINTR);
  return r;
}

/* Whether it is another process with this library that keeps us from it, and will soon be done; or was, and is. Whoever has locked
 * more than this byte, the whole file for one, may keep it for ever, and means to keep others from something else. */
static int may_be_waited_for(const os_file *file) {
  struct flock found = the_end(F_WRLCK), wanted = found;
  if (ask_lock(file, F_GETLK, &found) < 0)
    return 0;
  return found.l_type == F_UNLCK || (found.l_type == F_WRLCK && found.l_start == wanted.l_start &&
                                     found.l_len == wanted.l_len);
}

/* A file system without locks does without. */
void tome__os_lock_end(const os_file *file) {
  struct flock wanted = the_end(F_WRLCK);
  take_turn();
  while (ask_lock(file, F_SETLK, &wanted) < 0 && (errno == EAGAIN || errno == EACCES) &&
         may_be_waited_for(file))
    if (ask_lock(file, F_SETLKW, &wanted) == 0)
      return;
}

void tome__os_unlock_end(const os_file *file) {
  int system = errno;
  struct flock none = the_end(F_UNLCK);
  ask_lock(file, F_SETLK, &none);
  atomic_store(&moving, 0);
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
    os_stat now;
    int r = tome__os_stat(file, &now);
    if (r < 0 || now.size >= new_size)
      return r;
    uint64_t left = new_size - now.size;
    size_t most = left < sizeof zeros ? (size_t)left : sizeof zeros;
    ssize_t n = write_there(file, zeros, most, &end);
    if (n < 0)
      return tome__os_failed();
    *ret_written += (uint64_t)n;
  }
}

int tome__os_set_longer(const os_file *file, uint64_t new_size) {
  os_stat now;
  int r = tome__os_stat(file, &now);
  return r == 0 && now.size < new_size ? tome__os_truncate(file, new_size) : r;
}

ssize_t tome__os_write_at_end(os_file *file, int owned, const void *data, size_t length,
                              off_t *ret_end) {
  (void)owned;
  tome__os_lock_end(file);
  ssize_t n = write_there(file, data, length, ret_end);
  tome__os_unlock_end(file);
  return n;
}
