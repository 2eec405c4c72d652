/* The corpus of the library's fuzz target, replayed; and on libraries that were broken on purpose. */
#include "calls.h"
#include "planted_bug.h"
#include "planted_calls.h"
#include "replay_corpus.h"

#include <unistd.h>

static char corpus[] = FUZZ_FOLDER "/model_corpus.txt";
static os_calls real;

static void every_program_does_what_the_model_says(void **state) {
  (void)state;
  in_child(replay_corpus, corpus);
  tell_figure("inputs replayed", count_corpus(corpus));
}

static int fstat_that_remembers(int fd, struct stat *status) {
  static off_t largest;
  int r = real.fstat(fd, status);
  if (status->st_size > largest)
    largest = status->st_size;
  status->st_size = largest;
  return r;
}

static void cuts_unnoticed(void) {
  real = tome__os_calls;
  tome__os_calls.fstat = fstat_that_remembers;
}

static ssize_t pwrite_but_the_last(int fd, const void *from, size_t n, off_t at) {
  char last;
  if (n < 2 || real.pread(fd, &last, 1, at + (off_t)n - 1) != 1)
    last = 0;
  ssize_t r = real.pwrite(fd, from, n, at);
  return n > 1 && r > 0 && real.pwrite(fd, &last, 1, at + r - 1) != 1 ? -1 : r;
}

static void byte_missing(void) {
  real = tome__os_calls;
  tome__os_calls.pwrite = pwrite_but_the_last;
}

static off_t lseek_that_guesses(int fd, off_t offset, int whence) {
  off_t at = real.lseek(fd, offset, whence);
  return whence == SEEK_CUR && at > 0 ? at - 1 : at;
}

static void appends_misplaced(void) {
  real = tome__os_calls;
  tome__os_calls.lseek = lseek_that_guesses;
}

static int fallocate_without_care(int fd, int mode, off_t offset, off_t n) {
  return fallocate(fd, mode & ~FALLOC_FL_KEEP_SIZE, offset, n);
}

static void longer_than_asked(void) {
  plant_call("fallocate", (any_call *)fallocate_without_care);
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  must_find_bug("the guard is off", plant_no_guard, replay_corpus, corpus);
  must_find_bug("cuts go unnoticed", cuts_unnoticed, replay_corpus, corpus);
  must_find_bug("a write past the end without its last byte", byte_missing, replay_corpus, corpus);
  must_find_bug("an append that tells the wrong place", appends_misplaced, replay_corpus, corpus);
  if (has_call("fallocate"))
    must_find_bug("blocks that make the file longer", longer_than_asked, replay_corpus, corpus);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_program_does_what_the_model_says),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
