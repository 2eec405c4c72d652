/* The corpus of the keys' fuzz target, replayed. */
#include "replay_corpus.h"
#include "test_support.h"

static char corpus[] = FUZZ_FOLDER "/keys_corpus.txt";

static void all_files_are_bisected_as_every_line_says(void **state) {
  (void)state;
  in_child(replay_corpus, corpus);
  tell_figure("inputs replayed", count_corpus(corpus));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(all_files_are_bisected_as_every_line_says),
  };
  return run_matching(tests, count, arguments);
}
