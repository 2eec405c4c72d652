/* Power loss: what a flush to TOME_FLUSH_DURABLE acknowledged is there in every state that a power cut could leave, and what
 * was not being written is untouched. */
#include "power_session.h"

#include <stdio.h>

static void survive(const char *name) {
  const uint64_t states = how_many(100000, 2000000);
  char figure[128];
  if (why_no_tracer() != NULL)
    skip_because(why_no_tracer());
  uint64_t plain = cut_power(find_writing(name), states, forced_window());
  uint64_t windows = cut_power(find_writing(name), states, PAGE);
  snprintf(figure, sizeof figure, "power cuts replayed: %s", name);
  tell_figure(figure, plain + windows);
}

#define SURVIVES(function, name)                                                                   \
  static void function(void **state) {                                                             \
    (void)state;                                                                                   \
    survive(name);                                                                                 \
  }

SURVIVES(what_was_appended_survives, "append")
SURVIVES(what_was_written_inside_survives, "write inside")
SURVIVES(what_was_written_over_the_end_survives, "write over the end")
SURVIVES(what_was_written_behind_a_gap_survives, "write behind a gap")
SURVIVES(what_was_written_behind_a_sparse_gap_survives, "write behind a sparse gap")
SURVIVES(what_was_written_behind_a_written_gap_survives, "write behind a written gap")
SURVIVES(what_was_filled_survives, "fill")
SURVIVES(what_was_moved_survives, "move")
SURVIVES(a_larger_size_survives, "resize up")
SURVIVES(a_larger_sparse_size_survives, "resize up, sparse")
SURVIVES(a_larger_size_without_fallocate_survives, "resize up, written")
SURVIVES(a_smaller_size_survives, "resize down")
SURVIVES(what_a_view_stored_survives, "view")
SURVIVES(what_was_written_after_truncation_survives, "truncate at open")
SURVIVES(a_created_file_survives_with_its_name, "create")
SURVIVES(a_flushed_range_survives_whatever_else_is_dirty, "flush range by range")
SURVIVES(whatever_was_done_survives, "anything in turn")

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_was_appended_survives),
      TEST(what_was_written_inside_survives),
      TEST(what_was_written_over_the_end_survives),
      TEST(what_was_written_behind_a_gap_survives),
      TEST(what_was_written_behind_a_sparse_gap_survives),
      TEST(what_was_written_behind_a_written_gap_survives),
      TEST(what_was_filled_survives),
      TEST(what_was_moved_survives),
      TEST(a_larger_size_survives),
      TEST(a_larger_sparse_size_survives),
      TEST(a_larger_size_without_fallocate_survives),
      TEST(a_smaller_size_survives),
      TEST(what_a_view_stored_survives),
      TEST(what_was_written_after_truncation_survives),
      TEST(a_created_file_survives_with_its_name),
      TEST(a_flushed_range_survives_whatever_else_is_dirty),
      TEST(whatever_was_done_survives),
  };
  return run_matching(tests, count, arguments);
}
