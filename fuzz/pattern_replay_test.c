/* The corpus of the patterns' fuzz target, replayed. */
#include "replay_corpus.h"
#include "test_support.h"

static char corpus[] = FUZZ_FOLDER "/pattern_corpus.txt";

static void answers_fit_each_other(void **state) {
  (void)state;
  in_child(replay_corpus, corpus);
  tell_figure("inputs replayed", count_corpus(corpus));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(answers_fit_each_other),
  };
  return run_matching(tests, count, arguments);
}
