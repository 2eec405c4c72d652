/* Changing the size: new bytes are zero, holes are asked for, and no byte that stays moves. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t MEBI = UINT64_C(1) << 20, GIBI = UINT64_C(1) << 30;

static void must_read_zeros(tome *map, uint64_t offset, size_t length) {
  unsigned char *got = malloc(length + 1);
  for (int time = 0; time < 2; time++) {
    memset(got, 1, length + 1);
    must_succeed(tome_read(map, offset, got, length));
    must_be_zero(got, length);
  }
  free(got);
}

static void a_resized_file_has_that_length_at_once(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 10);
  tome *map = open_map(path, TOME_WRITE);
  const uint64_t sizes[] = {PAGE, PAGE + 1, 3 * PAGE - 1, 10 * PAGE, 1000 * PAGE + 7, 5,
                            0,    1,        PAGE};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    must_succeed(tome_resize(map, sizes[i]));
    must_equal(tome_size(map), sizes[i]);
    must_equal(file_length(path), sizes[i]);
  }
  must_succeed(tome_close(map));
  must_equal(file_length(path), PAGE);
}

static void new_bytes_are_zero_and_old_ones_stay(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = make_pattern_file("file", PAGE + 100);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_resize(map, 5 * PAGE + 1));
  must_read_pattern(map, 0, PAGE + 100);
  must_read_zeros(map, PAGE + 100, 4 * PAGE - 99);
  must_succeed(tome_close(map));
}

/* The bytes behind a cut must not come back from the page that the cut went through. */
static void bytes_that_were_cut_do_not_come_back(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 3 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  must_read_pattern(map, 0, 3 * PAGE);
  must_succeed(tome_resize(map, PAGE + 10));
  must_succeed(tome_resize(map, 3 * PAGE));
  must_read_pattern(map, 0, PAGE + 10);
  must_read_zeros(map, PAGE + 10, 2 * PAGE - 10);
  must_succeed(tome_close(map));
}

static void resizing_to_the_same_size_changes_nothing(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE + 1);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_resize(map, PAGE + 1));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, PAGE + 1);
}

static void appends_land_one_after_the_other(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = make_file("file", "", 0);
  tome *map = open_map(path, TOME_WRITE);
  dice any = dice_from(1);
  uint64_t end = 0, at = 77;
  for (int i = 0; i < 300; i++) {
    size_t length = roll_near_page(&any, 2 * PAGE);
    void *bytes = new_pattern(end, length);
    must_succeed(tome_append(map, bytes, length, length % 3 ? &at : NULL));
    if (length % 3)
      must_equal(at, end);
    end += length;
    must_equal(tome_size(map), end);
    must_equal(file_length(path), end);
    free(bytes);
  }
  must_read_pattern(map, 0, end);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, end);
}

static void appending_nothing_succeeds(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 100);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_append(map, "", 0, NULL));
  must_equal(tome_size(map), 100);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 100);
}

static void what_others_appended_is_adopted_by_an_append(void **state) {
  (void)state;
  const char *path = make_file("file", "ours", 4);
  tome *map = open_map(path, TOME_WRITE);
  append_elsewhere(path, "theirs", 6);
  uint64_t at;
  must_succeed(tome_append(map, "ours", 4, &at));
  must_equal(at, 10);
  must_equal(tome_size(map), 14);
  must_succeed(tome_close(map));
  must_be_file(path, "ourstheirsours", 14);
}

static void a_write_past_the_end_grows_and_the_gap_is_zero(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = make_pattern_file("file", 100);
  tome *map = open_map(path, TOME_WRITE | TOME_GROW);
  must_succeed(tome_write(map, 98, "over", 4));
  must_equal(tome_size(map), 102);
  must_succeed(tome_write(map, 102, "next", 4));
  must_equal(tome_size(map), 106);
  must_succeed(tome_write(map, 5 * PAGE + 3, "far", 3));
  must_equal(tome_size(map), 5 * PAGE + 6);
  must_read_pattern(map, 0, 98);
  must_read_zeros(map, 106, 5 * PAGE + 3 - 106);
  char got[8];
  must_succeed(tome_read(map, 98, got, 8));
  must_be_bytes(got, "overnext", 8);
  must_succeed(tome_read(map, 5 * PAGE + 3, got, 3));
  must_be_bytes(got, "far", 3);
  must_succeed(tome_close(map));
  must_equal(file_length(path), 5 * PAGE + 6);
}

static void without_the_flag_a_write_past_the_end_is_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 100);
  tome *map = open_map(path, TOME_WRITE | TOME_SPARSE);
  must_fail_at(tome_write(map, 98, "over", 4), TOME_ERANGE, 98, 4);
  must_fail(tome_write(map, 100, "x", 1), TOME_ERANGE);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 100);
}

static void growing_allocates_blocks_unless_sparse(void **state) {
  (void)state;
  needs_whole_pages();
  const uint64_t size = 8 * MEBI;
  tome *dense = open_map(in_dir("dense"), TOME_WRITE | TOME_CREATE | TOME_GROW);
  must_succeed(tome_resize(dense, size));
  must(file_allocated(in_dir("dense")) >= size);
  must_succeed(tome_write(dense, 2 * size, "x", 1));
  must(file_allocated(in_dir("dense")) >= 2 * size);
  must_succeed(tome_close(dense));
  tome *sparse = open_map(in_dir("sparse"), TOME_WRITE | TOME_CREATE | TOME_GROW | TOME_SPARSE);
  must_succeed(tome_resize(sparse, size));
  must(file_allocated(in_dir("sparse")) <= 8 * PAGE);
  must_succeed(tome_write(sparse, 2 * size, "x", 1));
  must(file_allocated(in_dir("sparse")) <= 16 * PAGE);
  must_succeed(tome_close(sparse));
  must_equal(file_length(in_dir("sparse")), 2 * size + 1);
}

static void shrinking_gives_blocks_back(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = in_dir("file");
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE);
  must_succeed(tome_resize(map, 8 * MEBI));
  must_succeed(tome_resize(map, PAGE));
  must(file_allocated(path) <= 16 * PAGE);
  must_succeed(tome_close(map));
}

/* ---- addresses ---- */

static void grow_here(tome *map, const char *path, uint64_t size) {
  (void)path;
  must_succeed(tome_resize(map, size));
}

static void grow_there(tome *map, const char *path, uint64_t size) {
  truncate_elsewhere(path, size);
  must_succeed(tome_refresh(map));
}

static void resize_in_child(void *context) {
  tome *map = open_map(in_dir("file"), TOME_WRITE | TOME_SPARSE);
  must_succeed(tome_resize(map, *(uint64_t *)context));
  must_succeed(tome_close(map));
}

static void grow_there_through_tome(tome *map, const char *path, uint64_t size) {
  (void)path;
  in_child(resize_in_child, &size);
  must_succeed(tome_refresh(map));
}

typedef void grower(tome *map, const char *path, uint64_t size);

/* From 1 MiB to 8 GiB in doublings; views begun on the way keep their addresses too. */
static void must_keep_addresses(grower *grow) {
  char path[512];
  strcpy(path, make_pattern_file("file", MEBI));
  tome *map = open_map(path, TOME_WRITE | TOME_SPARSE);
  tome_view views[14];
  void *addresses[14];
  unsigned count = 0;
  for (uint64_t size = MEBI; size <= 8 * GIBI; size *= 2) {
    if (size > MEBI)
      grow(map, path, size);
    must_equal(tome_size(map), size);
    views[count] = begin_view(map, size - MEBI, MEBI, TOME_VIEW_WRITE);
    addresses[count] = views[count].data;
    fill_pattern(views[count].data, size - MEBI, MEBI);
    count++;
    for (unsigned i = 0; i < count; i++) {
      must(views[i].data == addresses[i]);
      must_be_pattern(views[i].data, (MEBI << i) - MEBI, 3 * PAGE);
    }
  }
  must_equal(count, 14);
  for (unsigned i = 0; i < count; i++) {
    must_be_pattern(addresses[i], (MEBI << i) - MEBI, MEBI);
    must_succeed(tome_view_end(&views[i]));
  }
  must_succeed(tome_close(map));
  must_equal(file_length(path), 8 * GIBI);
}

static void a_pointer_stays_while_the_file_grows_to_8_gib(void **state) {
  (void)state;
  needs_whole_pages();
  must_keep_addresses(grow_here);
}

static void a_pointer_stays_while_another_process_grows_the_file(void **state) {
  (void)state;
  needs_whole_pages();
  must_keep_addresses(grow_there);
}

static void a_pointer_stays_while_another_map_grows_the_file(void **state) {
  (void)state;
  needs_whole_pages();
  must_keep_addresses(grow_there_through_tome);
}

static void a_view_sees_stores_made_after_growing(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE);
  tome *map = open_map(path, TOME_WRITE | TOME_GROW);
  tome_view view = begin_view(map, 0, PAGE, TOME_VIEW_WRITE);
  for (int i = 1; i < 200; i++) {
    char byte = (char)i, got;
    must_succeed(tome_append(map, "x", 1, NULL));
    must_succeed(tome_write(map, 10, &byte, 1));
    must_equal(((char *)view.data)[10], byte);
    ((char *)view.data)[11] = byte;
    must_succeed(tome_read(map, 11, &got, 1));
    must_equal(got, byte);
  }
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

/* Behind a small reservation the same calls go through windows. */
static void growing_past_the_reservation_changes_nothing_for_the_caller(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = make_pattern_file("file", PAGE / 2);
  tome_options options = test_options(TOME_WRITE);
  options.reserve = 2 * PAGE;
  tome *map;
  must_succeed(tome_open(&map, path, TOME_WRITE | TOME_GROW, &options));
  tome_view first = begin_view(map, 0, PAGE / 2, TOME_VIEW_READ);
  void *address = first.data;
  void *rest = new_pattern(PAGE / 2, 600 * PAGE);
  must_succeed(tome_write(map, PAGE / 2, rest, 600 * PAGE));
  free(rest);
  must(first.data == address);
  must_be_pattern(address, 0, PAGE / 2);
  must_read_pattern(map, 0, 600 * PAGE);
  tome_view across = begin_view(map, PAGE, 5 * PAGE, TOME_VIEW_READ);
  must_be_pattern(across.data, PAGE, 5 * PAGE);
  unsigned char needle[8];
  uint64_t at;
  fill_pattern(needle, 500 * PAGE - 4, 8);
  must_return(tome_find(map, needle, 8, 0, TOME_END, &at), 1);
  must_equal(at, 500 * PAGE - 4);
  must_succeed(tome_view_end(&across));
  must_succeed(tome_view_end(&first));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 600 * PAGE + PAGE / 2);
}

/* ---- shrinking and views ---- */

static void shrinking_from_past_the_reservation_is_like_any_other(void **state) {
  (void)state;
  needs_whole_pages();
  const uint64_t reserves[] = {PAGE, UINT64_MAX};
  for (int i = 0; i < 2; i++) {
    const char *path = make_pattern_file("far", PAGE + 3);
    tome_options options = test_options(TOME_WRITE);
    tome *map = NULL;
    options.offset = 1;
    options.reserve = reserves[i];
    must_succeed(tome_open(&map, path, TOME_WRITE | TOME_SPARSE, &options));
    must_succeed(tome_resize(map, UINT64_C(1) << 30));
    must_succeed(tome_write(map, (UINT64_C(1) << 30) - 1, "x", 1));
    must_succeed(tome_resize(map, PAGE));
    must_succeed(tome_close(map));
    must_be_pattern_file(path, PAGE + 1);
  }
}

static void a_view_of_the_cut_bytes_stops_a_shrink(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 4 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 2 * PAGE, PAGE + 10, TOME_VIEW_READ);
  const uint64_t sizes[] = {0, PAGE, 2 * PAGE, 2 * PAGE + 1, 3 * PAGE, 3 * PAGE + 9};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    must_fail(tome_resize(map, sizes[i]), TOME_EBUSY);
    must_equal(tome_size(map), 4 * PAGE);
    must_be_pattern_file(path, 4 * PAGE);
    must_be_pattern(view.data, 2 * PAGE, PAGE + 10);
  }
  must_succeed(tome_resize(map, 3 * PAGE + 10));
  must_be_pattern(view.data, 2 * PAGE, PAGE + 10);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_resize(map, 100));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 100);
}

static void views_of_the_bytes_that_stay_do_not_stop_a_shrink(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 4 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  tome_view whole = begin_view(map, 0, 100, TOME_VIEW_WRITE);
  tome_view edge = begin_view(map, 50, 50, TOME_VIEW_READ);
  tome_view nothing = begin_view(map, 3 * PAGE, 0, TOME_VIEW_READ);
  must_succeed(tome_resize(map, 100));
  must_be_pattern(whole.data, 0, 100);
  must_be_pattern(edge.data, 50, 50);
  must_fail(tome_resize(map, 99), TOME_EBUSY);
  must_succeed(tome_view_end(&nothing));
  must_succeed(tome_view_end(&edge));
  must_succeed(tome_view_end(&whole));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 100);
}

static void the_last_of_several_views_decides(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 4 * PAGE), TOME_WRITE);
  tome_view views[20];
  for (unsigned i = 0; i < 20; i++)
    views[i] = begin_view(map, 3 * PAGE + i, 10, TOME_VIEW_READ);
  for (unsigned i = 0; i < 20; i++) {
    must_fail(tome_resize(map, PAGE), TOME_EBUSY);
    must_succeed(tome_view_end(&views[(i * 7) % 20]));
  }
  must_succeed(tome_resize(map, PAGE));
  must_succeed(tome_close(map));
}

/* ---- adopting ---- */

static void the_size_is_the_known_one_until_refreshed(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 100);
  tome *map = open_map(path, TOME_READ);
  append_elsewhere(path, "more", 4);
  must_equal(tome_size(map), 100);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), 104);
  truncate_elsewhere(path, 50);
  must_equal(tome_size(map), 104);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), 50);
  must_read_pattern(map, 0, 50);
  must_succeed(tome_close(map));
}

static void a_call_past_the_known_size_adopts_growth(void **state) {
  (void)state;
  needs_whole_pages();
  char got[4], path[512];
  uint64_t at;
  strcpy(path, make_pattern_file("file", PAGE));
  tome *map = open_map(path, TOME_WRITE);
  append_elsewhere(path, "read", 4);
  must_succeed(tome_read(map, PAGE, got, 4));
  must_be_bytes(got, "read", 4);
  must_equal(tome_size(map), PAGE + 4);
  append_elsewhere(path, "view", 4);
  tome_view view = begin_view(map, PAGE + 4, 4, TOME_VIEW_READ);
  must_be_bytes(view.data, "view", 4);
  must_succeed(tome_view_end(&view));
  append_elsewhere(path, "find", 4);
  must_return(tome_find(map, "find", 4, 0, PAGE + 12, &at), 1);
  must_equal(at, PAGE + 8);
  append_elsewhere(path, "rfin", 4);
  must_return(tome_rfind(map, "rfin", 4, PAGE, PAGE + 16, &at), 1);
  append_elsewhere(path, "....", 4);
  must_succeed(tome_write(map, PAGE + 16, "writ", 4));
  append_elsewhere(path, "....", 4);
  must_succeed(tome_fill(map, PAGE + 20, 4, 'f'));
  append_elsewhere(path, "....", 4);
  must_succeed(tome_move(map, PAGE + 24, PAGE, 4));
  append_elsewhere(path, "....", 4);
  must_succeed(tome_flush(map, PAGE + 28, 4, TOME_FLUSH_START));
  must_fail(tome_read(map, PAGE + 30, got, 3), TOME_ERANGE);
  char end[33];
  must_succeed(tome_read(map, PAGE, end, 32));
  must_be_bytes(end, "readviewfindrfinwritffffread....", 32);
  must_succeed(tome_close(map));
}

/* A file of one page that others make longer: the end is known only once they are asked. */
static tome *open_outgrown(const char *more) {
  const char *path = make_pattern_file("file", PAGE);
  tome *map = open_map(path, TOME_WRITE);
  append_elsewhere(path, more, strlen(more));
  must_equal(tome_size(map), PAGE);
  return map;
}

static void a_range_to_the_end_from_past_the_known_size_adopts_growth(void **state) {
  (void)state;
  needs_whole_pages();
  uint64_t at = 77;
  char got[20];
  tome *map = open_outgrown("0123456789needle6789");
  must_return(tome_find(map, "needle", 6, PAGE + 5, TOME_END, &at), 1);
  must_equal(at, PAGE + 10);
  must_succeed(tome_close(map));
  map = open_outgrown("0123456789needle6789");
  must_return(tome_rfind(map, "needle", 6, PAGE + 5, TOME_END, &at), 1);
  must_equal(at, PAGE + 10);
  must_succeed(tome_close(map));
  map = open_outgrown("0123456789needle6789");
  must_succeed(tome_fill(map, PAGE + 15, TOME_END, 'f'));
  must_equal(tome_size(map), PAGE + 20);
  must_succeed(tome_read(map, PAGE, got, 20));
  must_be_bytes(got, "0123456789needlfffff", 20);
  must_succeed(tome_close(map));
  map = open_outgrown("0123456789needle6789");
  must_succeed(tome_flush(map, PAGE + 5, TOME_END, TOME_FLUSH_WRITTEN));
  must_equal(tome_size(map), PAGE + 20);
  must_fail(tome_flush(map, PAGE + 21, TOME_END, TOME_FLUSH_WRITTEN), TOME_ERANGE);
  must_succeed(tome_close(map));
}

static void growth_adopted_by_a_resize_is_kept(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = make_pattern_file("file", PAGE);
  tome *map = open_map(path, TOME_WRITE);
  void *more = new_pattern(PAGE, 9 * PAGE);
  append_elsewhere(path, more, 9 * PAGE);
  free(more);
  must_succeed(tome_resize(map, 2 * PAGE));
  must_equal(tome_size(map), 10 * PAGE);
  must_read_pattern(map, 0, 10 * PAGE);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 10 * PAGE);
}

static void anonymous_memory_grows_and_shrinks_like_a_file(void **state) {
  (void)state;
  needs_whole_pages();
  tome *map = open_anonymous(0);
  uint64_t at;
  must_succeed(tome_append(map, "abc", 3, &at));
  must_equal(at, 0);
  must_succeed(tome_resize(map, 20 * PAGE));
  must_read_zeros(map, 3, 20 * PAGE - 3);
  must_succeed(tome_append(map, "def", 3, &at));
  must_equal(at, 20 * PAGE);
  must_succeed(tome_resize(map, 2));
  must_succeed(tome_resize(map, PAGE));
  must_read_zeros(map, 2, PAGE - 2);
  tome_view view = begin_view(map, 0, PAGE, TOME_VIEW_WRITE);
  must_fail(tome_resize(map, 1), TOME_EBUSY);
  must_succeed(tome_resize(map, 100 * PAGE));
  must_be_bytes(view.data, "ab", 2);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_resized_file_has_that_length_at_once),
      TEST(new_bytes_are_zero_and_old_ones_stay),
      TEST(bytes_that_were_cut_do_not_come_back),
      TEST(resizing_to_the_same_size_changes_nothing),
      TEST(appends_land_one_after_the_other),
      TEST(appending_nothing_succeeds),
      TEST(what_others_appended_is_adopted_by_an_append),
      TEST(a_write_past_the_end_grows_and_the_gap_is_zero),
      TEST(without_the_flag_a_write_past_the_end_is_refused),
      TEST(growing_allocates_blocks_unless_sparse),
      TEST(shrinking_gives_blocks_back),
      TEST(a_pointer_stays_while_the_file_grows_to_8_gib),
      TEST(a_pointer_stays_while_another_process_grows_the_file),
      TEST(a_pointer_stays_while_another_map_grows_the_file),
      TEST(a_view_sees_stores_made_after_growing),
      TEST(growing_past_the_reservation_changes_nothing_for_the_caller),
      TEST(shrinking_from_past_the_reservation_is_like_any_other),
      TEST(a_view_of_the_cut_bytes_stops_a_shrink),
      TEST(views_of_the_bytes_that_stay_do_not_stop_a_shrink),
      TEST(the_last_of_several_views_decides),
      TEST(the_size_is_the_known_one_until_refreshed),
      TEST(a_call_past_the_known_size_adopts_growth),
      TEST(a_range_to_the_end_from_past_the_known_size_adopts_growth),
      TEST(growth_adopted_by_a_resize_is_kept),
      TEST(anonymous_memory_grows_and_shrinks_like_a_file),
  };
  return run_matching(tests, count, arguments);
}
