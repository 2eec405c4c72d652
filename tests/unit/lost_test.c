/* Lost bytes: another process cuts the file while this one uses it. Every call says so, and everything is good
 * again as soon as the file is. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 10 };
#define SIZE ((size_t)PAGES * UNIT)

/* Where a file of PAGES pages is cut: at a border, and inside a page. */
enum { CUTS = 4 };
static size_t cut_of(int i) {
  const size_t cuts[CUTS] = {4 * UNIT, 4 * UNIT + 100, 7 * UNIT - 1, 0};
  return cuts[i];
}

static char path[512];

/* A map of which every page was touched in both ways, and whose file was cut then. */
static tome *open_and_cut(uint32_t flags, size_t cut) {
  strcpy(path, make_pattern_file("file", SIZE));
  tome *map = open_map(path, flags);
  must_read_pattern(map, 0, SIZE);
  truncate_elsewhere(path, cut);
  note("cut at %zu", cut);
  return map;
}

static void grow_back(void) {
  truncate_elsewhere(path, 0);
  void *bytes = new_pattern(0, SIZE);
  write_elsewhere(path, 0, bytes, SIZE);
  free(bytes);
}

static void close_either_way(tome *map) {
  int result = tome_close(map);
  must(result == 0 || result == TOME_ELOST);
}

/* ---- copying calls ---- */

static void a_read_of_bytes_that_were_cut_is_lost_from_the_cut_on(void **state) {
  (void)state;
  needs_whole_pages();
  unsigned char *got = malloc(SIZE);
  for (int i = 0; i < CUTS; i++) {
    size_t cut = cut_of(i);
    tome *map = open_and_cut(TOME_READ, cut);
    for (int time = 0; time < 3; time++) {
      must_fail_from(tome_read(map, 0, got, SIZE), cut, SIZE);
      must_fail_at(tome_read(map, SIZE - 1, got, 1), TOME_ELOST, SIZE - 1, 1);
      must_fail_at(tome_read(map, 8 * UNIT, got, 10), TOME_ELOST, 8 * UNIT, 10);
      must_fail_at(tome_read(map, cut, got, 1), TOME_ELOST, cut, 1);
      must_read_pattern(map, 0, cut);
    }
    assert_string_equal(tome_error_last()->path, path);
    must_equal(tome_size(map), SIZE);
    must_succeed(tome_close(map));
  }
  free(got);
}

static void a_first_read_of_bytes_that_were_cut_is_lost_too(void **state) {
  (void)state;
  unsigned char *got = malloc(SIZE);
  for (int i = 0; i < CUTS; i++) {
    size_t cut = cut_of(i);
    strcpy(path, make_pattern_file("file", SIZE));
    tome *map = open_map(path, TOME_READ);
    truncate_elsewhere(path, cut);
    must_fail_from(tome_read(map, 0, got, SIZE), cut, SIZE);
    must_fail_at(tome_read(map, cut + 1, got, 5), TOME_ELOST, cut + 1, 5);
    must_read_pattern(map, 0, cut);
    must_succeed(tome_close(map));
  }
  free(got);
}

static void a_write_of_bytes_that_were_cut_is_lost_and_does_not_grow(void **state) {
  (void)state;
  needs_whole_pages();
  unsigned char *zeros = calloc(1, SIZE);
  const uint32_t kinds[] = {TOME_WRITE, TOME_WRITE | TOME_GROW};
  for (int i = 0; i < 2 * CUTS; i++) {
    size_t cut = cut_of(i % CUTS);
    tome *map = open_and_cut(kinds[i / CUTS], cut);
    for (int time = 0; time < 2; time++) {
      must_fail_from(tome_write(map, 0, zeros, SIZE), cut, SIZE);
      must_fail_at(tome_write(map, 8 * UNIT, zeros, 10), TOME_ELOST, 8 * UNIT, 10);
      must_fail(tome_fill(map, 0, TOME_END, 0), TOME_ELOST);
      must_fail(tome_fill(map, SIZE - 1, 1, 0), TOME_ELOST);
      must_be_file(path, zeros, cut);
    }
    close_either_way(map);
    must_equal(file_length(path), cut);
  }
  free(zeros);
}

/* No signal tells of a store into what is left of the page that the cut went through: tome_write() may not know,
 * but the map is told of it then. */
static void a_write_into_the_page_of_the_cut_is_reported_by_check_at_the_latest(void **state) {
  (void)state;
  for (int i = 1; i < 3; i++) {
    size_t cut = cut_of(i);
    tome *map = open_and_cut(TOME_WRITE, cut);
    int result = tome_write(map, cut, "x", 1);
    must(result == 0 || result == TOME_ELOST);
    if (result == 0)
      must_fail(tome_check(map, NULL), TOME_ELOST);
    must_be_pattern_file(path, cut);
    close_either_way(map);
  }
}

static void a_move_from_bytes_that_were_cut_stores_no_zeros(void **state) {
  (void)state;
  for (int i = 0; i < 3; i++) {
    size_t cut = cut_of(i);
    tome *map = open_and_cut(TOME_WRITE, cut);
    must_fail(tome_move(map, 0, 8 * UNIT, UNIT), TOME_ELOST);
    must_fail(tome_move(map, 0, cut, 10), TOME_ELOST);
    must_fail(tome_move(map, 9 * UNIT, 0, UNIT), TOME_ELOST);
    must_be_pattern_file(path, cut);
    close_either_way(map);
  }
}

static void a_search_stops_where_the_file_was_cut(void **state) {
  (void)state;
  needs_whole_pages();
  unsigned char early[8], late[8];
  fill_pattern(early, UNIT - 4, 8);
  fill_pattern(late, 8 * UNIT + 100, 8);
  for (int i = 0; i < 3; i++) {
    size_t cut = cut_of(i);
    tome *map = open_and_cut(TOME_READ, cut);
    for (int time = 0; time < 2; time++) {
      uint64_t at = 77;
      must_fail(tome_find(map, late, 8, 0, TOME_END, &at), TOME_ELOST);
      check_loss(__FILE__, __LINE__, cut, tome_error_last()->offset + tome_error_last()->length);
      must_fail(tome_rfind(map, early, 8, 0, TOME_END, &at), TOME_ELOST);
      must_fail(tome_find(map, "\0\0\0", 3, 0, TOME_END, &at), TOME_ELOST);
      must_equal(at, 77);
      must_return(tome_find(map, early, 8, 0, TOME_END, &at), 1);
      must_equal(at, UNIT - 4);
      must_return(tome_rfind(map, early, 8, 0, cut, &at), 1);
      must_equal(at, UNIT - 4);
    }
    must_succeed(tome_close(map));
  }
}

/* The rest of the page in which the file ends now lies behind a match that is still there, and nobody can tell what it held. */
static void a_backward_search_does_not_pass_a_cut_inside_a_page(void **state) {
  (void)state;
  char *text = malloc(2 * UNIT);
  memset(text, '.', 2 * UNIT);
  memcpy(text + UNIT + 100, "AB", 2);
  memcpy(text + UNIT + 3000, "AB", 2);
  const size_t cuts[] = {UNIT + 2000, UNIT + 3000, UNIT + 3001, UNIT + 102};
  for (int i = 0; i < 8; i++) {
    uint64_t at = 77;
    strcpy(path, make_file("file", text, 2 * UNIT));
    tome *map = open_map(path, TOME_READ);
    note("cut at %zu, %s", cuts[i / 2], i % 2 ? "untouched" : "searched before");
    if (i % 2 == 0) {
      must_return(tome_rfind(map, "AB", 2, 0, TOME_END, &at), 1);
      must_equal(at, UNIT + 3000);
    }
    truncate_elsewhere(path, cuts[i / 2]);
    at = 77;
    for (int time = 0; time < 2; time++)
      must_fail(tome_rfind(map, "AB", 2, 0, 2 * UNIT, &at), TOME_ELOST);
    must_equal(at, 77);
    must_return(tome_rfind(map, "AB", 2, 0, cuts[i / 2], &at), 1);
    must_equal(at, UNIT + 100);
    must_succeed(tome_close(map));
  }
  free(text);
}

static void shrink_in_child(void *map) {
  must_succeed(tome_resize(map, 100));
}

static void anonymous_memory_that_a_child_cut_is_lost(void **state) {
  (void)state;
  needs_whole_pages();
  char got[10];
  void *bytes = new_pattern(0, 2 * UNIT);
  tome *map = open_anonymous(2 * UNIT);
  must_succeed(tome_write(map, 0, bytes, 2 * UNIT));
  must_read_pattern(map, 0, 2 * UNIT);
  in_child(shrink_in_child, map);
  must_fail_at(tome_read(map, 200, got, 10), TOME_ELOST, 200, 10);
  must_fail_at(tome_read(map, UNIT + 5, got, 10), TOME_ELOST, UNIT + 5, 10);
  must_read_pattern(map, 0, 100);
  tome_view view = begin_view(map, 0, UNIT, TOME_VIEW_READ);
  must_fail_from(tome_view_end(&view), 100, UNIT);
  close_either_way(map);
  free(bytes);
}

static void a_private_copy_loses_what_was_cut_and_keeps_the_rest(void **state) {
  (void)state;
  char got[PAGES];
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_COPY);
  strcpy(path, in_dir("file"));
  must_succeed(tome_write(map, UNIT, "kept", 4));
  truncate_elsewhere(path, 4 * UNIT);
  must_succeed(tome_read(map, UNIT, got, 4));
  must_be_bytes(got, "kept", 4);
  must_fail(tome_read(map, 8 * UNIT, got, 4), TOME_ELOST);
  close_either_way(map);
}

/* ---- healing ---- */

static void the_bytes_are_good_again_as_soon_as_the_file_is(void **state) {
  (void)state;
  needs_whole_pages();
  unsigned char *got = malloc(SIZE);
  for (int i = 0; i < CUTS; i++) {
    tome *map = open_and_cut(TOME_READ, cut_of(i));
    for (int time = 0; time < 3; time++) {
      must_fail(tome_read(map, 0, got, SIZE), TOME_ELOST);
      grow_back();
      must_read_pattern(map, 0, SIZE);
      tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
      must_be_pattern(view.data, 0, SIZE);
      must_succeed(tome_view_end(&view));
      truncate_elsewhere(path, cut_of(i));
    }
    must_succeed(tome_close(map));
  }
  free(got);
}

static void a_patch_does_not_hide_what_others_write_later(void **state) {
  (void)state;
  needs_whole_pages();
  char got[6];
  tome *map = open_and_cut(TOME_WRITE, 2 * UNIT);
  must_fail(tome_write(map, 5 * UNIT, "gone", 4), TOME_ELOST);
  must_fail(tome_read(map, 5 * UNIT, got, 4), TOME_ELOST);
  grow_back();
  must_read_pattern(map, 0, SIZE);
  write_elsewhere(path, 5 * UNIT, "others", 6);
  must_succeed(tome_read(map, 5 * UNIT, got, 6));
  must_be_bytes(got, "others", 6);
  must_succeed(tome_write(map, 5 * UNIT, "ours", 4));
  tome *other = open_map(path, TOME_READ);
  must_succeed(tome_read(other, 5 * UNIT, got, 6));
  must_be_bytes(got, "oursrs", 6);
  must_succeed(tome_close(other));
  close_either_way(map);
}

static void after_a_refresh_the_size_is_that_of_the_cut_file(void **state) {
  (void)state;
  char byte;
  for (int i = 0; i < CUTS; i++) {
    size_t cut = cut_of(i);
    tome *map = open_and_cut(TOME_READ, cut);
    must_succeed(tome_refresh(map));
    must_equal(tome_size(map), cut);
    must_fail(tome_read(map, cut, &byte, 1), TOME_ERANGE);
    must_read_pattern(map, 0, cut);
    grow_back();
    must_read_pattern(map, 0, SIZE);
    must_equal(tome_size(map), SIZE);
    must_succeed(tome_close(map));
  }
}

/* ---- views ---- */

static unsigned char load(const tome_view *view, size_t offset) {
  return ((volatile unsigned char *)view->data)[offset];
}

static void a_view_loads_zeros_where_the_file_was_cut_and_its_end_says_so(void **state) {
  (void)state;
  for (int i = 0; i < CUTS; i++) {
    size_t cut = cut_of(i);
    tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
    strcpy(path, in_dir("file"));
    tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
    must_be_pattern(view.data, 0, SIZE);
    truncate_elsewhere(path, cut);
    must_equal(load(&view, 9 * UNIT + 5), 0);
    must_equal(load(&view, SIZE - 1), 0);
    must_equal(load(&view, cut), 0);
    must_be_pattern(view.data, 0, lost_from(cut));
    must_fail_from(tome_view_end(&view), cut, SIZE);
    must(view.data == NULL);
    must_read_pattern(map, 0, cut);
    must_succeed(tome_close(map));
  }
}

static void a_view_that_ends_in_a_cut_page_says_so_without_a_signal(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 2 * UNIT), TOME_READ);
  strcpy(path, in_dir("file"));
  tome_view view = begin_view(map, UNIT + 10, UNIT - 10, TOME_VIEW_READ);
  truncate_elsewhere(path, 2 * UNIT - 30);
  must_equal(load(&view, UNIT - 20), 0);
  must_fail_at(tome_view_end(&view), TOME_ELOST, 2 * UNIT - 30, 30);
  must_succeed(tome_close(map));
}

static void a_view_of_bytes_that_stayed_ends_well(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  strcpy(path, in_dir("file"));
  tome_view early = begin_view(map, 0, 3 * UNIT, TOME_VIEW_READ);
  tome_view late = begin_view(map, 5 * UNIT, UNIT, TOME_VIEW_READ);
  truncate_elsewhere(path, 4 * UNIT);
  must_equal(load(&late, 7), 0);
  must_be_pattern(early.data, 0, 3 * UNIT);
  must_succeed(tome_view_end(&early));
  must_fail_at(tome_view_end(&late), TOME_ELOST, 5 * UNIT, UNIT);
  must_succeed(tome_close(map));
}

static void stores_of_a_view_into_cut_bytes_go_nowhere(void **state) {
  (void)state;
  for (int i = 0; i < CUTS; i++) {
    size_t cut = cut_of(i);
    tome *map = open_map(make_pattern_file("file", SIZE), TOME_WRITE);
    strcpy(path, in_dir("file"));
    tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_WRITE);
    truncate_elsewhere(path, cut);
    memset((char *)view.data + cut, 'x', SIZE - cut);
    must_equal(file_length(path), cut);
    must_fail(tome_view_end(&view), TOME_ELOST);
    must_be_pattern_file(path, cut);
    close_either_way(map);
    must_be_pattern_file(path, cut);
  }
}

static void a_refresh_after_a_cut_leaves_open_views_where_they_are(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_WRITE);
  strcpy(path, in_dir("file"));
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  const void *address = view.data;
  truncate_elsewhere(path, 3 * UNIT);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), 3 * UNIT);
  must(view.data == address);
  must_be_pattern(address, 0, 3 * UNIT);
  must_equal(load(&view, 5 * UNIT), 0);
  must_fail_at(tome_view_end(&view), TOME_ELOST, 3 * UNIT, SIZE - 3 * UNIT);
  close_either_way(map);
}

static void several_views_of_the_same_lost_bytes_all_say_so(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  strcpy(path, in_dir("file"));
  tome_view views[3];
  for (int i = 0; i < 3; i++)
    views[i] = begin_view(map, 6 * UNIT, UNIT, TOME_VIEW_READ);
  truncate_elsewhere(path, UNIT);
  for (int i = 0; i < 3; i++)
    must_equal(load(&views[i], 10), 0);
  for (int i = 0; i < 3; i++)
    must_fail_at(tome_view_end(&views[i]), TOME_ELOST, 6 * UNIT, UNIT);
  must_succeed(tome_close(map));
}

/* A call between the fault of a view and its end must not make the loss forgotten. */
static void other_calls_do_not_swallow_what_a_view_lost(void **state) {
  (void)state;
  needs_whole_pages();
  char got[10];
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  strcpy(path, in_dir("file"));
  tome_view view = begin_view(map, 6 * UNIT, UNIT, TOME_VIEW_READ);
  truncate_elsewhere(path, UNIT);
  must_equal(load(&view, 10), 0);
  must_fail(tome_read(map, 6 * UNIT, got, 10), TOME_ELOST);
  must_read_pattern(map, 0, UNIT);
  grow_back();
  must_read_pattern(map, 0, SIZE);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

/* ---- tome_check ---- */

static void check_tells_what_views_lost_once(void **state) {
  (void)state;
  tome_range lost = {77, 78};
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  strcpy(path, in_dir("file"));
  tome_view view = begin_view(map, UNIT, SIZE - UNIT, TOME_VIEW_READ);
  must_succeed(tome_check(map, &lost));
  must_equal(lost.offset, 77);
  must_equal(lost.length, 78);
  truncate_elsewhere(path, 4 * UNIT);
  must_equal(load(&view, 7 * UNIT), 0);
  must_fail(tome_check(map, &lost), TOME_ELOST);
  must(lost.offset >= 4 * UNIT && lost.offset <= 8 * UNIT);
  must(lost.offset + lost.length > 8 * UNIT && lost.offset + lost.length <= SIZE);
  lost = (tome_range){77, 78};
  must_succeed(tome_check(map, &lost));
  must_succeed(tome_check(map, NULL));
  must_equal(lost.offset, 77);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
}

static void check_does_not_repeat_what_calls_reported(void **state) {
  (void)state;
  char got[10];
  tome *map = open_and_cut(TOME_READ, 3 * UNIT);
  must_fail(tome_read(map, 5 * UNIT, got, 10), TOME_ELOST);
  must_succeed(tome_check(map, NULL));
  tome_view view = begin_view(map, 6 * UNIT, UNIT, TOME_VIEW_READ);
  must_equal(load(&view, 0), 0);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
}

static void check_puts_the_file_back_under_a_view(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  strcpy(path, in_dir("file"));
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  truncate_elsewhere(path, 4 * UNIT);
  must_equal(load(&view, 7 * UNIT), 0);
  grow_back();
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_be_pattern(view.data, 0, SIZE);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_read_pattern(map, 0, SIZE);
  must_succeed(tome_close(map));
}

/* ---- stores that were cut away ---- */

static tome *store_then_cut(uint64_t offset, size_t cut) {
  strcpy(path, make_pattern_file("file", SIZE));
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_write(map, offset, "stored", 6));
  truncate_elsewhere(path, cut);
  return map;
}

static void stores_that_were_cut_away_are_reported_by_check(void **state) {
  (void)state;
  tome_range lost;
  tome *map = store_then_cut(9 * UNIT, 9 * UNIT + 3);
  must_fail(tome_check(map, &lost), TOME_ELOST);
  must(lost.offset <= 9 * UNIT + 3 && lost.offset + lost.length >= 9 * UNIT + 6);
  must_succeed(tome_close(map));
}

static void stores_that_were_cut_away_are_reported_by_flush(void **state) {
  (void)state;
  tome *map = store_then_cut(9 * UNIT, 9 * UNIT + 3);
  must_fail(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN), TOME_ELOST);
  close_either_way(map);
}

static void stores_that_were_cut_away_are_reported_by_close(void **state) {
  (void)state;
  must_fail(tome_close(store_then_cut(9 * UNIT, 9 * UNIT + 3)), TOME_ELOST);
  must_fail(tome_close(store_then_cut(9 * UNIT, 2 * UNIT)), TOME_ELOST);
}

static void a_cut_that_spares_all_stores_is_no_loss_to_close(void **state) {
  (void)state;
  must_succeed(tome_close(store_then_cut(0, 5 * UNIT)));
  must_succeed(tome_close(open_and_cut(TOME_READ, 5 * UNIT)));
  must_succeed(tome_close(open_and_cut(TOME_WRITE, 5 * UNIT)));
}

static void a_silent_store_into_a_cut_tail_is_reported(void **state) {
  (void)state;
  for (int way = 0; way < 2; way++) {
    tome *map = open_map(make_pattern_file("file", 2 * UNIT), TOME_WRITE);
    strcpy(path, in_dir("file"));
    tome_view view = begin_view(map, UNIT, UNIT, TOME_VIEW_WRITE);
    truncate_elsewhere(path, UNIT + 100);
    ((volatile char *)view.data)[200] = 'x';
    if (way == 0)
      must_fail(tome_check(map, NULL), TOME_ELOST);
    else
      must_fail(tome_flush(map, 0, TOME_END, TOME_FLUSH_START), TOME_ELOST);
    must_fail(tome_view_end(&view), TOME_ELOST);
    close_either_way(map);
  }
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_read_of_bytes_that_were_cut_is_lost_from_the_cut_on),
      TEST(a_first_read_of_bytes_that_were_cut_is_lost_too),
      TEST(a_write_of_bytes_that_were_cut_is_lost_and_does_not_grow),
      TEST(a_write_into_the_page_of_the_cut_is_reported_by_check_at_the_latest),
      TEST(a_move_from_bytes_that_were_cut_stores_no_zeros),
      TEST(a_search_stops_where_the_file_was_cut),
      TEST(a_backward_search_does_not_pass_a_cut_inside_a_page),
      TEST(anonymous_memory_that_a_child_cut_is_lost),
      TEST(a_private_copy_loses_what_was_cut_and_keeps_the_rest),
      TEST(the_bytes_are_good_again_as_soon_as_the_file_is),
      TEST(a_patch_does_not_hide_what_others_write_later),
      TEST(after_a_refresh_the_size_is_that_of_the_cut_file),
      TEST(a_view_loads_zeros_where_the_file_was_cut_and_its_end_says_so),
      TEST(a_view_that_ends_in_a_cut_page_says_so_without_a_signal),
      TEST(a_view_of_bytes_that_stayed_ends_well),
      TEST(stores_of_a_view_into_cut_bytes_go_nowhere),
      TEST(a_refresh_after_a_cut_leaves_open_views_where_they_are),
      TEST(several_views_of_the_same_lost_bytes_all_say_so),
      TEST(other_calls_do_not_swallow_what_a_view_lost),
      TEST(check_tells_what_views_lost_once),
      TEST(check_does_not_repeat_what_calls_reported),
      TEST(check_puts_the_file_back_under_a_view),
      TEST(stores_that_were_cut_away_are_reported_by_check),
      TEST(stores_that_were_cut_away_are_reported_by_flush),
      TEST(stores_that_were_cut_away_are_reported_by_close),
      TEST(a_cut_that_spares_all_stores_is_no_loss_to_close),
      TEST(a_silent_store_into_a_cut_tail_is_reported),
  };
  return run_matching(tests, count, arguments);
}
