/* Files of an overlay, as in containers: their pages are those of another file, below. */
#include "page_model.h"
#include "test_support.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { PAGES = 64 };

static void make_overlay(void) {
  static const char *const folders[] = {"lower", "upper", "work", "over"};
  char options[3000], lower[512], upper[512], work[512];
  for (int i = 0; i < 4; i++)
    must_equal(mkdir(in_dir(folders[i]), 0755), 0);
  snprintf(lower, sizeof lower, "%s", in_dir("lower"));
  snprintf(upper, sizeof upper, "%s", in_dir("upper"));
  snprintf(work, sizeof work, "%s", in_dir("work"));
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
  if (mount("overlay", in_dir("over"), "overlay", 0, options) != 0)
    exit_unable("no overlay can be mounted here");
}

/* Dirty at first: what is evicted was written back before, or it would have stayed. */
static void see_and_evict(void *unused) {
  (void)unused;
  tome_residency now = {.struct_size = sizeof now};
  enter_namespace();
  make_overlay();
  const char *path = make_pattern_file("over/file", PAGES * PAGE);
  tome *map = open_map(path, TOME_READ);
  must_equal(pages_there(path, 0, PAGES), PAGES);
  must_succeed(tome_residency_get(map, 0, TOME_END, &now));
  must_equal(now.resident, PAGES * PAGE);
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_succeed(tome_residency_get(map, 0, TOME_END, &now));
  must_equal(now.resident, 0);
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must(pages_there(path, 0, PAGES) > 0);
  must_succeed(tome_close(map));
}

static void what_is_in_memory_of_an_overlay_is_seen_and_evicted(void **state) {
  (void)state;
  in_child(see_and_evict, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_in_memory_of_an_overlay_is_seen_and_evicted),
  };
  return run_matching(tests, count, arguments);
}
