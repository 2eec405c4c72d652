/* The corpus of the line index's fuzz target, replayed; and on libraries that were broken on purpose. */
#include "calls.h"
#include "planted_bug.h"
#include "planted_reading.h"
#include "replay_corpus.h"

#include <stdlib.h>

static char corpus[] = FUZZ_FOLDER "/line_index_corpus.txt";
static os_calls real;

/* The target makes its own directory in the test's. */
static void replay_here(void *path) {
  must_equal(setenv("TMPDIR", in_dir("."), 1), 0);
  replay_corpus(path);
}

static void no_change_makes_an_answer_wrong(void **state) {
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

/* Of the text: nothing else is read by so much. */
static ssize_t pread_one_behind(int fd, void *to, size_t n, off_t at) {
  return real.pread(fd, to, n, n > 100000 ? at + 1 : at);
}

static void stretches_from_elsewhere(void) {
  real = tome__os_calls;
  plant_reading(pread_one_behind);
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  must_find_bug("files that stay open", descriptors_left, replay_here, corpus);
  must_find_bug("another stretch of the text", stretches_from_elsewhere, replay_here, corpus);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(no_change_makes_an_answer_wrong),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
