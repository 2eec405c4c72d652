/* The corpus of the command's fuzz target, replayed; and on libraries that were broken on purpose. */
#include "calls.h"
#include "planted_bug.h"
#include "planted_reading.h"
#include "replay_corpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char corpus[] = FUZZ_FOLDER "/arguments_corpus.txt";
static os_calls real;

/* The target makes its own directory in the test's. */
static void replay_here(void *path) {
  must_equal(setenv("TMPDIR", in_dir("."), 1), 0);
  replay_corpus(path);
}

static void all_arguments_end_as_documented(void **state) {
  (void)state;
  in_child(replay_here, corpus);
  tell_figure("inputs replayed", count_corpus(corpus));
}

static int close_but_not_really(int fd) {
  (void)fd;
  return 0;
}

static void descriptors_left(void) {
  tome__os_calls.close = close_but_not_really;
}

static int fdatasync_too_late(int fd) {
  (void)fd;
  errno = EIO;
  return -1;
}

static void failure_after_the_store(void) {
  tome__os_calls.fdatasync = fdatasync_too_late;
}

static ssize_t pread_that_stores(int fd, void *to, size_t n, off_t at) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int again = open(path, O_RDWR | O_CLOEXEC);
  if (again < 0 || pwrite(again, "!", 1, at) < 0)
    errno = 0;
  close(again);
  return real.pread(fd, to, n, at);
}

static void reading_changes_the_file(void) {
  real = tome__os_calls;
  plant_reading(pread_that_stores);
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  must_find_bug("files that stay open", descriptors_left, replay_here, corpus);
  must_find_bug("an error told after the file was changed", failure_after_the_store, replay_here,
                corpus);
  must_find_bug("a read that changes the file", reading_changes_the_file, replay_here, corpus);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(all_arguments_end_as_documented),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
