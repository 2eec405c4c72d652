/* Systems that lack something, or lie: one call of the table is replaced, and everything must still be right. */
#include "calls.h"
#include "emulator_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tome/tome.h>
#include <unistd.h>

static os_calls real;
static char path[256];
static int failures;

/* Two pages at least, however large they are. */
enum { SIZE = 2 * 65536 };

#define MUST(condition)                                                                            \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      printf("FAILED %s:%d: %s\n", __func__, __LINE__, #condition);                                \
      failures++;                                                                                  \
    }                                                                                              \
  } while (0)

static tome *open_file(uint32_t flags) {
  static char bytes[SIZE];
  tome *map = NULL;
  memset(bytes, 'A', sizeof bytes);
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  MUST(fd >= 0 && write(fd, bytes, sizeof bytes) == sizeof bytes);
  close(fd);
  MUST(tome_open(&map, path, flags, NULL) == 0);
  return map;
}

static void *no_anonymous_memory(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  if (flags & MAP_ANONYMOUS) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return real.mmap(at, n, prot, flags, fd, offset);
}

/* Without room for the sets of pages a private copy may not read the file where it has stored. */
static void a_copy_without_sets_reads_back_what_was_stored(void) {
  char got[3];
  tome__os_calls.mmap = no_anonymous_memory;
  tome *map = open_file(TOME_COPY);
  MUST(tome_write(map, 0, "new", 3) == 0);
  MUST(tome_read(map, 0, got, 3) == 0 && memcmp(got, "new", 3) == 0);
  tome__os_calls = real;
  MUST(tome_close(map) == 0);
}

/* As before Linux 4.16. */
static int flag_refusal;

static ssize_t no_appending_flag(int fd, const struct iovec *v, int count, off_t at, int flags) {
  if (flags != 0) {
    errno = flag_refusal;
    return -1;
  }
  return real.pwritev2(fd, v, count, at, flags);
}

/* Between the question where the end is and the write there, someone else appends. */
static int others;

static int fstat_before_another_appends(int fd, struct stat *status) {
  int r = real.fstat(fd, status);
  int other = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  MUST(write(other, "other", 5) == 5);
  others++;
  close(other);
  return r;
}

static void must_append_behind_others(uint32_t flags) {
  char got[5];
  uint64_t at;
  int found = 0;
  tome *map = open_file(flags);
  tome__os_calls.pwritev2 = no_appending_flag;
  tome__os_calls.fstat = fstat_before_another_appends;
  others = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  for (int i = 0; i < 3; i++) {
    MUST(tome_append(map, "mine!", 5, &at) == 0);
    MUST(pread(fd, got, 5, (off_t)at) == 5 && memcmp(got, "mine!", 5) == 0);
  }
  tome__os_calls = real;
  for (off_t from = SIZE; pread(fd, got, 5, from) == 5; from += 5)
    found += memcmp(got, "other", 5) == 0;
  MUST(found == others);
  close(fd);
  MUST(tome_close(map) == 0);
}

static void without_a_flag_for_it_appends_lose_nothing_of_others(void) {
  const int refusals[] = {EOPNOTSUPP, EINVAL, ENOSYS};
  for (int i = 0; i < 3; i++) {
    flag_refusal = refusals[i];
    must_append_behind_others(TOME_WRITE);
    must_append_behind_others(TOME_WRITE | TOME_GROW);
  }
}

static int is_locked_for_children(int fd) {
  pid_t child = fork();
  if (child == 0) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    _exit(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK && lock.l_pid == getppid());
  }
  int status;
  MUST(waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* Closing any descriptor of the file would give up the locks of the process. */
static void without_a_flag_for_it_appends_keep_the_record_locks(void) {
  tome *map = open_file(TOME_WRITE);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  MUST(fcntl(fd, F_SETLK, &lock) == 0 && is_locked_for_children(fd));
  flag_refusal = EOPNOTSUPP;
  tome__os_calls.pwritev2 = no_appending_flag;
  MUST(tome_append(map, "x", 1, NULL) == 0);
  MUST(tome_append(map, "y", 1, NULL) == 0);
  tome__os_calls = real;
  MUST(is_locked_for_children(fd));
  MUST(tome_close(map) == 0);
  close(fd);
}

static ssize_t append_of_nothing(int fd, const struct iovec *v, int count, off_t at, int flags) {
  (void)fd, (void)v, (void)count, (void)at, (void)flags;
  return 0;
}

static void an_append_of_nothing_is_an_error(void) {
  static const char bytes[100000];
  uint64_t size;
  tome *map = open_file(TOME_WRITE | TOME_GROW);
  alarm(60);
  tome__os_calls.pwritev2 = append_of_nothing;
  MUST(tome_append(map, bytes, sizeof bytes, NULL) == TOME_EIO);
  size = tome_size(map);
  tome__os_calls = real;
  alarm(0);
  MUST(size == SIZE);
  MUST(tome_close(map) == 0);
}

static int no_fstat(int fd, struct stat *status) {
  (void)fd, (void)status;
  errno = EIO;
  return -1;
}

static void a_check_that_cannot_ask_the_file_says_so(void) {
  tome *map = open_file(TOME_WRITE);
  MUST(tome_write(map, 0, "q", 1) == 0);
  tome__os_calls.fstat = no_fstat;
  MUST(tome_check(map, NULL) == TOME_EIO);
  MUST(tome_error_last()->system == EIO);
  tome__os_calls = real;
  MUST(tome_check(map, NULL) == 0);
  MUST(tome_close(map) == 0);
}

static int syncs;

static int no_fsync(int fd) {
  (void)fd;
  errno = EINVAL;
  return -1;
}

static int counting_syncfs(int fd) {
  syncs++;
  return real.syncfs(fd);
}

/* Some file systems have no fsync for directories: a created name is then made durable with all the rest. */
static void a_directory_without_fsync_is_synced_with_its_file_system(void) {
  tome *map = NULL;
  unlink(path);
  MUST(tome_open(&map, path, TOME_WRITE | TOME_CREATE | TOME_GROW, NULL) == 0);
  MUST(tome_write(map, 0, "x", 1) == 0);
  tome__os_calls.fsync = no_fsync;
  tome__os_calls.syncfs = counting_syncfs;
  syncs = 0;
  MUST(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE) == 0);
  MUST(syncs == 1);
  MUST(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE) == 0);
  MUST(syncs == 1); /* once is enough */
  tome__os_calls = real;
  MUST(tome_close(map) == 0);
}

static int no_scan(int fd, struct os_scan *scan) {
  (void)fd, (void)scan;
  errno = ENOTTY;
  return -1;
}

/* Before Linux 6.7. */
static void without_a_scan_mapped_pages_are_counted_one_by_one(void) {
  tome *map = open_file(TOME_READ);
  tome_stats stats = {.struct_size = sizeof stats};
  tome_view view;
  tome__os_calls.os_scan_pages = no_scan;
  MUST(tome_stats_get(map, &stats) == 0 && stats.mapped == 0);
  MUST(tome_view_begin(map, 0, SIZE, TOME_VIEW_READ, &view) == 0);
  for (size_t i = 0; i < SIZE; i += 4096)
    MUST(((volatile char *)view.data)[i] == 'A');
  MUST(tome_view_end(&view) == 0);
  MUST(tome_stats_get(map, &stats) == 0);
  if (tells_own_pages())
    MUST(stats.mapped == SIZE || stats.mapped == TOME_UNKNOWN);
  else
    puts("SKIPPED: how many pages are mapped: this system does not tell of its programs' pages");
  tome__os_calls = real;
  MUST(tome_close(map) == 0);
}

static int asked_for;

static ssize_t no_reading_at_once(int fd, const struct iovec *v, int count, off_t at, int flags) {
  (void)fd, (void)v, (void)count, (void)at, (void)flags;
  asked_for++;
  errno = EOPNOTSUPP;
  return -1;
}

/* Such a file system is asked once. */
static void where_nothing_can_be_read_at_once_waits_are_not_counted(void) {
  char got[3];
  tome *map = open_file(TOME_READ);
  tome_stats stats = {.struct_size = sizeof stats};
  tome__os_calls.preadv2 = no_reading_at_once;
  asked_for = 0;
  MUST(tome_read(map, 0, got, 3) == 0 && memcmp(got, "AAA", 3) == 0);
  MUST(tome_read(map, SIZE - 3, got, 3) == 0 && memcmp(got, "AAA", 3) == 0);
  MUST(tome_stats_get(map, &stats) == 0);
  MUST(asked_for == 1 && stats.calls == 2 && stats.called == 6 && stats.waits == 0);
  tome__os_calls = real;
  MUST(tome_close(map) == 0);
}

static int advised;

static int counting_fadvise(int fd, off_t offset, off_t n, int advice) {
  advised += advice == POSIX_FADV_RANDOM || advice == POSIX_FADV_SEQUENTIAL;
  return real.posix_fadvise(fd, offset, n, advice);
}

static int no_openat(int at, const char *name, int flags, mode_t mode) {
  (void)at, (void)name, (void)flags, (void)mode;
  errno = EACCES;
  return -1;
}

static void a_description_that_is_the_caller_s_too_is_not_advised(void) {
  tome_options options = TOME_OPTIONS_INIT;
  tome *map = open_file(TOME_READ), *other = NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  options.advice = TOME_ADVICE_RANDOM;
  tome__os_calls.posix_fadvise = counting_fadvise;
  advised = 0;
  MUST(tome_open_fd(&other, fd, TOME_READ, &options) == 0 && advised == 1);
  MUST(tome_close(other) == 0);
  tome__os_calls.openat = no_openat;
  MUST(tome_open_fd(&other, fd, TOME_READ, &options) == 0 && advised == 1);
  tome__os_calls = real;
  MUST(tome_close(other) == 0);
  MUST(tome_close(map) == 0);
  close(fd);
}

int main(void) {
  const char *folder = getenv("TMPDIR");
  snprintf(path, sizeof path, "%s/tome-odd-%ld", folder ? folder : "/tmp", (long)getpid());
  real = tome__os_calls;
  a_copy_without_sets_reads_back_what_was_stored();
  without_a_flag_for_it_appends_lose_nothing_of_others();
  without_a_flag_for_it_appends_keep_the_record_locks();
  an_append_of_nothing_is_an_error();
  a_check_that_cannot_ask_the_file_says_so();
  a_directory_without_fsync_is_synced_with_its_file_system();
  without_a_scan_mapped_pages_are_counted_one_by_one();
  where_nothing_can_be_read_at_once_waits_are_not_counted();
  a_description_that_is_the_caller_s_too_is_not_advised();
  unlink(path);
  printf("9 cases, %d checks wrong\n", failures);
  return failures > 0;
}
