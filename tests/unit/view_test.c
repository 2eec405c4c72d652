/* Views: the bytes of a range at one address, until the end. */
#include "system_abilities.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

static void a_view_holds_the_bytes_of_its_range(void **state) {
  (void)state;
  const size_t size = 6 * PAGE + 5;
  tome *map = open_map(make_pattern_file("file", size), TOME_READ);
  dice any = dice_from(1);
  for (int i = 0; i < 500; i++) {
    uint64_t offset = roll_near_page(&any, size);
    size_t length = roll_near_page(&any, size - offset);
    note("view of %zu at %llu", length, (unsigned long long)offset);
    tome_view view = begin_view(map, offset, length, TOME_VIEW_READ);
    must_be_pattern(view.data, offset, length);
    must_succeed(tome_view_end(&view));
  }
  must_succeed(tome_close(map));
}

static void the_address_is_aligned_as_the_offset_in_the_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 4 * PAGE);
  const uint64_t starts[] = {0, 1, 64, PAGE + 8};
  for (int i = 0; i < 4; i++) {
    tome *map = open_part(path, TOME_READ, starts[i], TOME_END);
    for (uint64_t offset = 0; offset < 2 * PAGE; offset += 999) {
      tome_view view = begin_view(map, offset, 10, TOME_VIEW_READ);
      must_equal((uintptr_t)view.data % PAGE, (starts[i] + offset) % PAGE);
      must_succeed(tome_view_end(&view));
    }
    must_succeed(tome_close(map));
  }
}

static void stores_through_a_view_are_in_the_file_at_once(void **state) {
  (void)state;
  const size_t size = 3 * PAGE;
  const char *path = make_pattern_file("file", size);
  unsigned char *want = new_pattern(0, size), got;
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, PAGE - 10, PAGE + 20, TOME_VIEW_WRITE);
  unsigned char *bytes = view.data;
  for (size_t i = 0; i < PAGE + 20; i += 5) {
    bytes[i] = want[PAGE - 10 + i] = (unsigned char)i;
    must_succeed(tome_read(map, PAGE - 10 + i, &got, 1));
    must_equal(got, (unsigned char)i);
  }
  must_be_file(path, want, size);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  must_be_file(path, want, size);
  free(want);
}

static void a_write_call_is_seen_through_an_open_view(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 3 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, 3 * PAGE, TOME_VIEW_READ);
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_write(map, PAGE - 2, time ? "two" : "one", 3));
    must_be_bytes((char *)view.data + PAGE - 2, time ? "two" : "one", 3);
    write_elsewhere(path, 2 * PAGE - 2, time ? "dos" : "uno", 3);
    must_be_bytes((char *)view.data + 2 * PAGE - 2, time ? "dos" : "uno", 3);
  }
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

static void views_may_nest_and_overlap(void **state) {
  (void)state;
  enum { VIEWS = 60 };
  const size_t size = 8 * PAGE;
  tome *map = open_map(make_pattern_file("file", size), TOME_WRITE);
  tome_view views[VIEWS];
  dice any = dice_from(3);
  for (int i = 0; i < VIEWS; i++) {
    uint64_t offset = roll_near_page(&any, size);
    views[i] = begin_view(map, offset, roll_near_page(&any, size - offset), (uint32_t)(i % 2));
  }
  for (int i = 0; i < VIEWS; i++) {
    tome_view *view = &views[(i * 23) % VIEWS];
    for (int j = 0; j < VIEWS; j++)
      if (views[j].map != NULL)
        must_be_pattern(views[j].data, views[j].offset, views[j].length);
    must_succeed(tome_view_end(view));
  }
  must_succeed(tome_close(map));
}

static void overlapping_views_show_one_file(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 4 * PAGE), TOME_WRITE);
  tome_view left = begin_view(map, 0, 2 * PAGE, TOME_VIEW_WRITE);
  tome_view right = begin_view(map, PAGE, 2 * PAGE, TOME_VIEW_WRITE);
  ((char *)left.data)[PAGE + 5] = 'L';
  must_equal(((char *)right.data)[5], 'L');
  ((char *)right.data)[6] = 'R';
  must_equal(((char *)left.data)[PAGE + 6], 'R');
  must_succeed(tome_view_end(&left));
  must_equal(((char *)right.data)[5], 'L');
  must_succeed(tome_view_end(&right));
  must_succeed(tome_close(map));
}

static void a_view_may_be_empty(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_WRITE);
  const uint64_t offsets[] = {0, 5, PAGE};
  for (int i = 0; i < 3; i++) {
    tome_view view = begin_view(map, offsets[i], 0, TOME_VIEW_WRITE);
    must_succeed(tome_view_end(&view));
  }
  must_succeed(tome_close(map));
}

static void an_ended_view_is_blank_and_may_be_ended_again(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_WRITE);
  tome_view view = begin_view(map, 0, PAGE, TOME_VIEW_READ);
  for (int time = 0; time < 3; time++) {
    must_succeed(tome_view_end(&view));
    must(view.data == NULL);
    must(view.map == NULL);
    must_equal(view.length, 0);
  }
  must_succeed(tome_view_end(NULL));
  must_succeed(tome_resize(map, 0)); /* it is counted as ended once */
  tome_view zeroed = {0};
  must_succeed(tome_view_end(&zeroed));
  must_succeed(tome_close(map));
}

static void ending_twice_does_not_end_another_view(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_WRITE);
  tome_view first = begin_view(map, 0, PAGE, TOME_VIEW_READ);
  tome_view second = begin_view(map, 0, PAGE, TOME_VIEW_READ);
  must_succeed(tome_view_end(&first));
  must_succeed(tome_view_end(&first));
  must_fail(tome_resize(map, 10), TOME_EBUSY);
  must_be_pattern(second.data, 0, PAGE);
  must_succeed(tome_view_end(&second));
  must_succeed(tome_resize(map, 10));
  must_succeed(tome_close(map));
}

static void a_copy_of_the_struct_is_as_good_as_the_first(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 2 * PAGE), TOME_WRITE);
  tome_view view = begin_view(map, 1, 2 * PAGE - 1, TOME_VIEW_READ), copy = view;
  memset(&view, 0xEE, sizeof view);
  must_be_pattern(copy.data, 1, 2 * PAGE - 1);
  must_fail(tome_resize(map, PAGE), TOME_EBUSY);
  must_succeed(tome_view_end(&copy));
  must_succeed(tome_resize(map, PAGE));
  must_succeed(tome_close(map));
}

static void bad_arguments_are_refused_and_leave_the_view_alone(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE);
  tome *writer = open_map(path, TOME_WRITE), *reader = open_map(path, TOME_READ);
  tome_view view, blank;
  memset(&view, 0x44, sizeof view);
  memset(&blank, 0x44, sizeof blank);
  must_fail(tome_view_begin(writer, 0, 1, 8, &view), TOME_EINVAL);
  must_fail(tome_view_begin(writer, 0, 1, TOME_VIEW_RANDOM | TOME_VIEW_SEQUENTIAL, &view),
            TOME_EINVAL);
  must_fail(tome_view_begin(reader, 0, 1, TOME_VIEW_WRITE | TOME_VIEW_RANDOM, &view),
            TOME_EREADONLY);
  must_fail(tome_view_begin(writer, 0, 1, UINT32_MAX, &view), TOME_EINVAL);
  must_fail(tome_view_begin(reader, 0, 1, TOME_VIEW_WRITE, &view), TOME_EREADONLY);
  must_fail_at(tome_view_begin(reader, PAGE, 1, TOME_VIEW_READ, &view), TOME_ERANGE, PAGE, 1);
  must_fail(tome_view_begin(reader, 0, PAGE + 1, TOME_VIEW_READ, &view), TOME_ERANGE);
  must_fail(tome_view_begin(writer, 1, SIZE_MAX, TOME_VIEW_WRITE, &view), TOME_ERANGE);
  must_be_bytes(&view, &blank, sizeof view);
  must_succeed(tome_close(writer));
  must_succeed(tome_close(reader));
}

/* Growing is by calls that ask for it; a view never grows a file. */
static void a_view_past_the_end_is_refused_even_if_writes_may_grow(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 100), TOME_WRITE | TOME_GROW);
  tome_view view;
  must_fail(tome_view_begin(map, 50, 51, TOME_VIEW_WRITE, &view), TOME_ERANGE);
  must_equal(tome_size(map), 100);
  must_succeed(tome_close(map));
}

static void a_view_of_a_private_copy_is_written_privately(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_COPY);
  tome_view view = begin_view(map, 0, 2 * PAGE, TOME_VIEW_WRITE);
  memset(view.data, 'p', 2 * PAGE);
  must_succeed(tome_view_end(&view));
  char got[10];
  must_succeed(tome_read(map, PAGE - 5, got, 10));
  must_be_bytes(got, "pppppppppp", 10);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 2 * PAGE);
}

static void a_write_view_allocates_its_blocks_unless_sparse(void **state) {
  (void)state;
  if (!system_populates())
    skip_because("this system has no call that makes pages present");
  const uint64_t size = 256 * PAGE;
  tome *dense = open_map(make_hole("dense", size), TOME_WRITE);
  tome_view view = begin_view(dense, PAGE + 1, 100 * PAGE, TOME_VIEW_WRITE);
  must(file_allocated(in_dir("dense")) >= 100 * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(dense));
  must_equal(file_length(in_dir("dense")), size);
  tome *sparse = open_map(make_hole("sparse", size), TOME_WRITE | TOME_SPARSE);
  view = begin_view(sparse, PAGE + 1, 100 * PAGE, TOME_VIEW_WRITE);
  must_equal(file_allocated(in_dir("sparse")), 0);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(sparse));
}

static void a_read_view_allocates_nothing(void **state) {
  (void)state;
  if (is_kept_in_memory(in_dir(".")))
    skip_because("tmpfs allocates what is looked at");
  const char *path = make_hole("hole", 256 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, 256 * PAGE, TOME_VIEW_READ);
  must_be_zero(view.data, 256 * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  must_equal(file_allocated(path), 0);
}

static void closing_ends_all_views(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 4 * PAGE), TOME_WRITE);
  begin_view(map, 0, 4 * PAGE, TOME_VIEW_READ);
  begin_view(map, PAGE, 10, TOME_VIEW_WRITE);
  must_succeed(tome_close(map)); /* that nothing stays mapped is checked at the end of every test */
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_view_holds_the_bytes_of_its_range),
      TEST(the_address_is_aligned_as_the_offset_in_the_file),
      TEST(stores_through_a_view_are_in_the_file_at_once),
      TEST(a_write_call_is_seen_through_an_open_view),
      TEST(views_may_nest_and_overlap),
      TEST(overlapping_views_show_one_file),
      TEST(a_view_may_be_empty),
      TEST(an_ended_view_is_blank_and_may_be_ended_again),
      TEST(ending_twice_does_not_end_another_view),
      TEST(a_copy_of_the_struct_is_as_good_as_the_first),
      TEST(bad_arguments_are_refused_and_leave_the_view_alone),
      TEST(a_view_past_the_end_is_refused_even_if_writes_may_grow),
      TEST(a_view_of_a_private_copy_is_written_privately),
      TEST(a_write_view_allocates_its_blocks_unless_sparse),
      TEST(a_read_view_allocates_nothing),
      TEST(closing_ends_all_views),
  };
  return run_matching(tests, count, arguments);
}
