/* One patch a page would exhaust the system's count of mappings (vm.max_map_count, 65,530), and then the process could not be
 * saved. So every second page of files of more than twice as many pages is touched: after a cut, and on a full disk. */
#include "cut_weather.h"
#include "planted_bug.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MANY_PAGES = 140000 };

static weather *sky;

static void begin_counting(void) {
  sky = begin_weather(0);
  count_patches(sky);
}

static void end_counting(void) {
  stop_counting();
  must(sky->patches > 0);
  tell_figure("patches laid under lost pages", sky->patches);
  munmap(sky, sizeof *sky);
}

static unsigned char load(const tome_view *view, uint64_t offset) {
  return ((volatile unsigned char *)view->data)[offset];
}

static void a_view_of_every_second_page_of_a_large_cut_file_costs_one_patch(void **state) {
  (void)state;
  const uint64_t size = MANY_PAGES * PAGE;
  const char *path = make_hole("file", size);
  begin_counting();
  tome *map = open_windowed(path, TOME_WRITE, 0);
  tome_view view = begin_view(map, 0, size, TOME_VIEW_READ);
  must_equal(load(&view, PAGE), 0);
  unsigned before = count_all_mappings();
  truncate_elsewhere(path, 100);
  for (uint64_t at = PAGE; at < size; at += 2 * PAGE)
    must_equal(load(&view, at), 0);
  must_equal(sky->patches, 1);
  must(count_all_mappings() <= before + 2);
  must_fail_at(tome_view_end(&view), TOME_ELOST, 100, size - 100);
  must_equal(count_all_mappings(), before);
  must_succeed(tome_close(map));
  end_counting();
}

/* Each call heals, so each page is patched anew. Large pages take an emulator as long as all the small ones they are made of. */
static void read_every_second_page(size_t window) {
  const uint64_t size = MANY_PAGES * PAGE, step = 2 * PAGE * how_many(7 * PAGE / 4096, 1);
  const char *path = make_hole("file", size);
  char byte;
  begin_counting();
  tome *map = open_windowed(path, TOME_READ, window);
  for (uint64_t at = PAGE; at < size; at += step)
    must_succeed(tome_read(map, at, &byte, 1));
  unsigned before = count_all_mappings();
  truncate_elsewhere(path, 0);
  for (uint64_t at = PAGE; at < size; at += step)
    must_fail_at(tome_read(map, at, &byte, 1), TOME_ELOST, at, 1);
  must(count_all_mappings() <= before + 9);
  truncate_elsewhere(path, size);
  for (uint64_t at = PAGE; at < size; at += step)
    must_succeed(tome_read(map, at, &byte, 1));
  must_succeed(tome_close(map));
  end_counting();
}

static void
reads_of_every_second_page_of_a_large_cut_file_are_lost_and_leave_no_patch(void **state) {
  (void)state;
  read_every_second_page(0);
  read_every_second_page(PAGE);
}

/* ---- pages that are lost one by one, without a cut ---- */

static uint64_t pages_without_room(void) {
  return how_many(6000, MANY_PAGES);
}

/* A sparse file on a full disk; its first pages have their blocks. */
static tome *open_without_room(uint64_t size) {
  const char *path = make_hole("disk/file", size);
  tome *map = open_windowed(path, TOME_WRITE | TOME_SPARSE, 0);
  void *bytes = new_pattern(0, 8 * PAGE);
  must_succeed(tome_write(map, 0, bytes, 8 * PAGE));
  leave_free(0);
  free(bytes);
  return map;
}

static void store_sparsely(const tome_view *view) {
  for (uint64_t at = 9 * PAGE; at < view->length; at += 2 * PAGE)
    ((volatile char *)view->data)[at] = 'x';
}

static void must_hold_first_pages(tome *map) {
  size_t length;
  unsigned char *bytes = read_file(in_dir("disk/file"), &length);
  must_be_pattern(bytes, 0, 8 * PAGE);
  must_be_zero(bytes + 8 * PAGE, length - 8 * PAGE);
  must_read_pattern(map, 0, 8 * PAGE);
  free(bytes);
}

static void store_into_pages_without_room(void) {
  const uint64_t size = pages_without_room() * PAGE;
  begin_counting();
  tome *map = open_without_room(size);
  tome_view view = begin_view(map, 0, size, TOME_VIEW_WRITE);
  unsigned before = count_all_mappings();
  ((volatile char *)view.data)[3] = (char)pattern_byte(3);
  store_sparsely(&view);
  must(sky->patches >= how_many(pages_without_room() / 2 - 5, 20000));
  tell_figure("pages lost one by one", (pages_without_room() - 9) / 2);
  must_fail(tome_flush(map, 0, TOME_END, TOME_FLUSH_START), TOME_ELOST);
  must_fail(tome_view_end(&view), TOME_ELOST);
  uint64_t first = tome_error_last()->offset, end = first + tome_error_last()->length;
  must(first <= 9 * PAGE && end <= size && end > size - 3 * PAGE);
  must_equal(count_all_mappings(), before);
  must_hold_first_pages(map);
  must_fail(tome_write(map, 20 * PAGE, "x", 1), TOME_ENOSPC);
  tome_close(map);
  end_counting();
}

static void stores_into_every_second_page_of_a_sparse_view_on_a_full_disk_are_told(void **state) {
  (void)state;
  on_disk(DISK_SMALL, store_into_pages_without_room);
}

/* ---- a planted bug ---- */

static void store_without_room(void *unused) {
  (void)unused;
  tome *map = open_without_room(100 * PAGE);
  tome_view view = begin_view(map, 0, 100 * PAGE, TOME_VIEW_WRITE);
  store_sparsely(&view);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_fail(tome_close(map), TOME_ELOST);
}

static void find_missing_guard(void) {
  must_find_bug("the guard is off on a full disk", plant_no_guard, store_without_room, NULL);
}

static void stores_without_room_show_that_the_guard_is_off(void **state) {
  (void)state;
  on_disk(DISK_SMALL, find_missing_guard);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_view_of_every_second_page_of_a_large_cut_file_costs_one_patch),
      TEST(reads_of_every_second_page_of_a_large_cut_file_are_lost_and_leave_no_patch),
      TEST(stores_into_every_second_page_of_a_sparse_view_on_a_full_disk_are_told),
      TEST(stores_without_room_show_that_the_guard_is_off),
  };
  return run_matching(tests, count, arguments);
}
