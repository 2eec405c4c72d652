/* The corpus of the fuzz target of searching memory, replayed. */
#include "replay_corpus.h"
#include "test_support.h"

static char corpus[] = FUZZ_FOLDER "/kernels_corpus.txt";

static void all_kernels_find_what_a_loop_finds(void **state) {
  (void)state;
  in_child(replay_corpus, corpus);
  tell_figure("inputs replayed", count_corpus(corpus));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(all_kernels_find_what_a_loop_finds),
  };
  return run_matching(tests, count, arguments);
}
