/* Letting go: what goes, what stays, and that no byte is lost. */
#include "emulator_limits.h"
#include "page_model.h"
#include "system_abilities.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 64 };

static tome *open_read_through(const char *path, uint32_t flags) {
  tome *map = open_map(path, flags);
  must_read_pattern(map, 0, tome_size(map));
  must(pages_there(path, 0, PAGES) > 0);
  return map;
}

static void pages_that_the_map_has_read_go(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  const char *path = make_cold_file("file", PAGES * PAGE - 7);
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_WRITE | TOME_GROW};
  for (int i = 0; i < 3; i++) {
    tome *map = open_read_through(path, flags[i]);
    must_evict(map, 0, TOME_END, path, 0, PAGES);
    must_read_pattern(map, 0, PAGES * PAGE - 7);
    must_succeed(tome_close(map));
  }
}

static uint64_t calls(tome *map) {
  tome_stats stats = {.struct_size = sizeof stats};
  must_succeed(tome_stats_get(map, &stats));
  return stats.calls;
}

/* As memory they would be read with the disk's read-ahead. */
static void what_went_is_read_by_call_again(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGES * PAGE);
  if (forced_window() != 0)
    skip_because("windows are always read as memory");
  tome *map = open_read_through(path, TOME_READ);
  uint64_t before = calls(map);
  must_succeed(tome_evict(map, 5 * PAGE, 10 * PAGE));
  must_read_pattern(map, 6 * PAGE, 10);
  must(calls(map) > before);
  must_succeed(tome_close(map));
}

static void pages_of_a_view_go_and_come_back(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  const char *path = make_cold_file("file", PAGES * PAGE);
  tome *map = open_map(path, TOME_READ);
  tome_view view = begin_view(map, 0, PAGES * PAGE, TOME_VIEW_READ);
  must_be_pattern(view.data, 0, PAGES * PAGE);
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_be_pattern(view.data, 0, PAGES * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

/* When they are read again it is from the disk: there they are. */
static void dirty_pages_are_written_back_first(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  const size_t size = PAGES * PAGE;
  drop_file(make_pattern_file("probe", PAGE));
  const char *path = make_hole("file", size);
  void *bytes = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_write(map, 0, bytes, size / 2));
  tome_view view = begin_view(map, size / 2, size / 4, TOME_VIEW_WRITE);
  fill_pattern(view.data, size / 2, size / 4);
  write_elsewhere(path, size / 4 * 3, (char *)bytes + size / 4 * 3, size / 4);
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_be_pattern_file(path, size);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  free(bytes);
}

static void a_reader_evicts_what_others_wrote(void **state) {
  (void)state;
  const char *path = make_cold_file("file", PAGES * PAGE);
  char bytes[100];
  fill_pattern(bytes, 9 * PAGE, sizeof bytes);
  tome *map = open_map(path, TOME_READ);
  write_elsewhere(path, 9 * PAGE, bytes, sizeof bytes);
  must(pages_there(path, 0, PAGES) > 0);
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_succeed(tome_close(map));
}

/* Large folios, which are no larger than 2 MiB and lie at multiples of their size, go or stay as one. */
static void the_rest_of_the_file_stays(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  const size_t part = (size_t)2 << 20, pages = part / PAGE;
  const size_t most = pages / 10 * 9; /* the system may take some back of its own accord */
  const char *path = make_cold_file("file", 4 * part);
  tome *map = open_map(path, TOME_READ);
  must_read_pattern(map, 0, 4 * part);
  must_evict(map, part, part, path, pages, pages);
  must(pages_there(path, 0, pages) > most);
  must(pages_there(path, 2 * pages, 2 * pages) > 2 * most);
  must_evict(map, 3 * part, part, path, 3 * pages, pages);
  must(pages_there(path, 0, pages) > most);
  must(pages_there(path, 2 * pages, pages) > most);
  must_succeed(tome_close(map));
}

static void a_page_covered_in_part_stays(void **state) {
  (void)state;
  needs_whole_last_pages();
  const char *path = make_cold_file("file", PAGES * PAGE);
  tome *map = open_map(path, TOME_READ);
  bring_in_pages(path, 10, 4);
  must_evict(map, 10 * PAGE + 1, 4 * PAGE - 2, path, 11, 2);
  must_equal(pages_there(path, 10, 1), 1);
  must_equal(pages_there(path, 13, 1), 1);
  must_succeed(tome_close(map));
}

static void a_part_evicts_its_own_pages(void **state) {
  (void)state;
  const char *path = make_cold_file("file", PAGES * PAGE);
  tome *map = open_part(path, TOME_READ, 8 * PAGE, 8 * PAGE);
  bring_in_pages(path, 0, PAGES);
  must_evict(map, 0, TOME_END, path, 8, 8);
  must_equal(pages_there(path, 0, 8), 8);
  must_equal(pages_there(path, 16, PAGES - 16), PAGES - 16);
  must_succeed(tome_close(map));
}

static void what_others_have_mapped_stays(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  const char *path = make_cold_file("file", PAGES * PAGE);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  char *other = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(other != MAP_FAILED);
  tome *map = open_read_through(path, TOME_READ);
  must_be_pattern(other, 0, PAGE);
  must_succeed(tome_evict(map, 0, TOME_END));
  must_equal(pages_there(path, 0, 1), 1);
  must_equal(munmap(other, PAGE), 0);
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_equal(close(fd), 0);
  must_succeed(tome_close(map));
}

static void a_private_map_keeps_what_was_stored(void **state) {
  (void)state;
  const char *path = make_cold_file("file", PAGES * PAGE);
  char got[4];
  tome *map = open_map(path, TOME_COPY);
  must_succeed(tome_write(map, 5 * PAGE - 2, "mine", 4));
  must_succeed(tome_evict(map, 0, TOME_END));
  must_succeed(tome_read(map, 5 * PAGE - 2, got, 4));
  must_be_bytes(got, "mine", 4);
  must_read_pattern(map, 6 * PAGE, 10 * PAGE);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, PAGES * PAGE);
}

static void anonymous_memory_keeps_all(void **state) {
  (void)state;
  tome *map = open_anonymous(PAGES * PAGE);
  void *bytes = new_pattern(0, PAGES * PAGE);
  must_succeed(tome_write(map, 0, bytes, PAGES * PAGE));
  must_succeed(tome_evict(map, 0, TOME_END));
  must_read_pattern(map, 0, PAGES * PAGE);
  must_succeed(tome_close(map));
  free(bytes);
}

static void any_range_is_taken_and_those_outside_are_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 5 * PAGE + 3);
  tome *map = open_map(path, TOME_WRITE);
  dice any = dice_from(3);
  for (int i = 0; i < 100; i++) {
    uint64_t offset = roll_near_page(&any, 5 * PAGE + 3);
    must_succeed(tome_evict(map, offset, roll_near_page(&any, 5 * PAGE + 3 - offset)));
    must_read_pattern(map, 0, 5 * PAGE + 3);
  }
  must_succeed(tome_evict(map, 5 * PAGE + 3, TOME_END));
  must_succeed(tome_evict(map, 1, 0));
  must_fail_at(tome_evict(map, 1, 5 * PAGE + 3), TOME_ERANGE, 1, 5 * PAGE + 3);
  must_fail(tome_evict(map, 5 * PAGE + 4, TOME_END), TOME_ERANGE);
  must_fail(tome_evict(map, UINT64_MAX, 2), TOME_ERANGE);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(pages_that_the_map_has_read_go),
      TEST(what_went_is_read_by_call_again),
      TEST(pages_of_a_view_go_and_come_back),
      TEST(dirty_pages_are_written_back_first),
      TEST(a_reader_evicts_what_others_wrote),
      TEST(the_rest_of_the_file_stays),
      TEST(a_page_covered_in_part_stays),
      TEST(a_part_evicts_its_own_pages),
      TEST(what_others_have_mapped_stays),
      TEST(a_private_map_keeps_what_was_stored),
      TEST(anonymous_memory_keeps_all),
      TEST(any_range_is_taken_and_those_outside_are_refused),
  };
  return run_matching(tests, count, arguments);
}
