/* Lines, against a model that goes through the text byte by byte. */
#include "emulator_limits.h"
#include "line_model.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

/* ---- what must hold of a text ---- */

static void must_walk(tome *map, const line_model *m, uint32_t ends) {
  tome_line line = {0};
  for (size_t i = 0; i < m->count; i++) {
    note("line %zu of %zu, ends %u", i + 1, m->count, ends);
    must_return(tome_line_next(map, ends, &line), 1);
    must_be_line(line, m->lines[i]);
  }
  must_return(tome_line_next(map, ends, &line), 0);
  line = (tome_line){.offset = tome_size(map)};
  for (size_t i = m->count; i-- > 0;) {
    note("line %zu of %zu backwards, ends %u", i + 1, m->count, ends);
    must_return(tome_line_previous(map, ends, &line), 1);
    must_be_line(line, m->lines[i]);
  }
  must_return(tome_line_previous(map, ends, &line), 0);
}

static void must_know_offset(tome *map, const line_model *m, uint32_t ends, uint64_t offset) {
  tome_line line = {1, 2, 3};
  note("offset %llu, ends %u", (unsigned long long)offset, ends);
  if (offset == tome_size(map)) {
    must_return(tome_line_at(map, offset, ends, &line), 0);
    must_be_line(line, (tome_line){1, 2, 3});
    return;
  }
  size_t i = 0;
  while (m->lines[i].next <= offset)
    i++;
  must_return(tome_line_at(map, offset, ends, &line), 1);
  must_be_line(line, m->lines[i]);
}

static tome_lines_options options_of(uint64_t from, uint64_t to, uint32_t ends) {
  tome_lines_options options = TOME_LINES_INIT;
  options.from = from;
  options.to = to;
  options.ends = ends;
  return options;
}

static void must_count(tome *map, const tome_lines_options *options, uint64_t want) {
  uint64_t count = 77;
  must_return(tome_lines_count(map, options, &count), want > 0);
  must_equal(count, want);
}

/* Line `number` from both ends, where number 0 and one that is too large are asked for elsewhere. */
static void must_have_nth(tome *map, const line_model *m, const tome_lines_options *options,
                          size_t number) {
  tome_line line;
  note("line %zu of %zu in [%llu, %llu), ends %u", number, m->count,
       (unsigned long long)options->from, (unsigned long long)options->to, options->ends);
  must_return(tome_lines_nth(map, number, options, &line), 1);
  must_be_line(line, m->lines[number - 1]);
  must_return(tome_lines_nth_last(map, m->count + 1 - number, options, &line), 1);
  must_be_line(line, m->lines[number - 1]);
}

static void must_have_no_more(tome *map, const line_model *m, const tome_lines_options *options) {
  const uint64_t numbers[] = {m->count + 1, m->count + 2, UINT64_MAX};
  for (int i = 0; i < 3; i++) {
    tome_line line = {1, 2, 3};
    note("line %llu of %zu", (unsigned long long)numbers[i], m->count);
    must_return(tome_lines_nth(map, numbers[i], options, &line), 0);
    must_return(tome_lines_nth_last(map, numbers[i], options, &line), 0);
    must_be_line(line, (tome_line){1, 2, 3});
  }
}

/* Lines of the range, as a text of its own, some of them. */
static void must_hold_in(dice *any, tome *map, const unsigned char *text, line_model *m,
                         const tome_lines_options *options, size_t some) {
  make_model(m, text, options->from, options->to == TOME_END ? tome_size(map) : options->to,
             options->ends);
  must_count(map, options, m->count);
  must_have_no_more(map, m, options);
  for (size_t i = 0; i < some && i < m->count; i++)
    must_have_nth(map, m, options, some < m->count ? 1 + roll(any, m->count) : i + 1);
}

static void must_hold(dice *any, const unsigned char *text, size_t size) {
  line_model m = {0};
  tome *map = open_map(make_file("text", text, size), TOME_WRITE);
  for (uint32_t ends = TOME_LINES_LF; ends <= TOME_LINES_NUL; ends++) {
    tome_lines_options options = options_of(0, TOME_END, ends);
    must_hold_in(any, map, text, &m, &options, 20);
    must_walk(map, &m, ends);
    for (int i = 0; i < 50; i++)
      must_know_offset(map, &m, ends,
                       size < 50 ? (uint64_t)i % (size + 1) : roll_near_page(any, size));
    uint64_t from = roll_near_page(any, size), to = from + roll_near_page(any, size - from);
    options = options_of(from, to, ends);
    must_hold_in(any, map, text, &m, &options, 5);
  }
  must_succeed(tome_close(map));
  free_model(&m);
}

/* ---- texts ---- */

static void every_short_text_has_the_lines_of_the_model(void **state) {
  (void)state;
  needs_whole_pages();
  static const unsigned char letters[] = {'a', '\n', '\r', '\0'};
  dice any = dice_from(1);
  unsigned char text[5];
  size_t texts = 1;
  for (size_t size = 0; size <= how_many(4, 5); size++, texts *= sizeof letters)
    for (size_t number = 0; number < texts; number++) {
      for (size_t i = 0, rest = number; i < size; i++, rest /= sizeof letters)
        text[i] = letters[rest % sizeof letters];
      must_hold(&any, text, size);
    }
}

static void random_texts_have_the_lines_of_the_model(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t most = 3 * PAGE + 40;
  unsigned char *text = malloc(most);
  dice any = dice_from(2);
  for (unsigned i = 0; i < how_many(60, 2000); i++) {
    uint64_t rare = (uint64_t[]){4, 5, 20, 300, 5000}[i % 5];
    size_t size = roll_near_page(&any, most);
    for (size_t j = 0; j < size; j++) {
      uint64_t letter = roll(&any, rare);
      text[j] = letter < 4 ? (unsigned char)"\n\r\0b"[letter] : 'a';
    }
    must_hold(&any, text, size);
  }
  free(text);
}

/* ---- long ones ---- */

/* A text of many pieces in which lines are of all lengths up to some hundred KiB. */
static unsigned char *long_text(dice *any, size_t size) {
  unsigned char *text = malloc(size);
  memset(text, 'x', size);
  for (size_t at = 0; at < size;
       at += 1 + roll(any, roll(any, 20) ? 600 : (uint64_t)(roll(any, 4) ? 40000 : 900000)))
    text[at] = '\n';
  return text;
}

static void lines_are_found_in_a_text_of_many_pieces(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t size = (11u << 20) + 12345;
  dice any = dice_from(3);
  unsigned char *text = long_text(&any, size);
  line_model m = {0};
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  for (int i = 0; i < 8; i++) {
    uint64_t from = i ? roll(&any, size) : 0, to = i ? from + roll(&any, size - from) : size;
    tome_lines_options options = options_of(from, to, TOME_LINES_LF);
    options.threads = (uint32_t)i % 4;
    must_hold_in(&any, map, text, &m, &options, 12);
  }
  make_model(&m, text, 0, size, TOME_LINES_LF);
  must_walk(map, &m, TOME_LINES_LF);
  must_succeed(tome_close(map));
  free_model(&m);
  free(text);
}

static void a_line_behind_four_gib_is_found(void **state) {
  (void)state;
  const uint64_t size = (UINT64_C(4) << 30) + 1000;
  const char *path = make_hole("text", size);
  tome_line line;
  write_elsewhere(path, size - 900, "\nfar\nout", 8);
  tome *map = open_map(path, TOME_READ);
  must_return(tome_line_at(map, size - 897, TOME_LINES_LF, &line), 1);
  must_be_line(line, (tome_line){size - 899, 3, size - 895});
  must_return(tome_line_next(map, TOME_LINES_LF, &line), 1);
  must_be_line(line, (tome_line){size - 895, 895, size});
  must_return(tome_lines_nth_last(map, 2, NULL, &line), 1);
  must_be_line(line, (tome_line){size - 899, 3, size - 895});
  tome_lines_options options = options_of(size - 1000, TOME_END, TOME_LINES_LF);
  must_count(map, &options, 3);
  must_return(tome_lines_nth(map, 2, &options, &line), 1);
  must_be_line(line, (tome_line){size - 899, 3, size - 895});
  must_succeed(tome_close(map));
}

/* Holes are zeros, which are ends of lines too, of some. */
static void holes_are_counted_as_the_zeros_they_are(void **state) {
  (void)state;
  const uint64_t size = (UINT64_C(40) << 20) + 777, data = (UINT64_C(20) << 20) + 5;
  tome_line line;
  const char *path = make_hole("text", size);
  write_elsewhere(path, data, "ab\ncd", 5);
  tome *map = open_map(path, TOME_READ);
  tome_lines_options options = options_of(0, TOME_END, TOME_LINES_NUL);
  must_count(map, &options, size - 5);
  must_return(tome_lines_nth(map, data + 2, &options, &line), 1);
  must_be_line(line, (tome_line){data + 6, 0, data + 7});
  must_return(tome_lines_nth_last(map, size - data - 5, &options, &line), 1);
  must_be_line(line, (tome_line){data, 5, data + 6});
  options.ends = TOME_LINES_LF;
  must_count(map, &options, 2);
  must_succeed(tome_close(map));
}

/* ---- other maps ---- */

static void a_part_has_lines_of_its_own(void **state) {
  (void)state;
  const char *path = make_file("text", "one\ntwo\nthree\nfour\n", 19);
  tome *map = open_part(path, TOME_READ, 2, 9);
  tome_line line = {0};
  must_count(map, NULL, 3);
  must_return(tome_line_next(map, TOME_LINES_LF, &line), 1);
  must_be_line(line, (tome_line){0, 1, 2});
  must_return(tome_lines_nth(map, 3, NULL, &line), 1);
  must_be_line(line, (tome_line){6, 3, 9});
  must_succeed(tome_close(map));
}

static void stores_of_a_private_copy_count(void **state) {
  (void)state;
  const size_t size = 3 * PAGE;
  tome *map = open_map(make_hole("text", size), TOME_COPY);
  tome_line line;
  must_succeed(tome_write(map, PAGE + 7, "\n", 1));
  must_succeed(tome_write(map, 2 * PAGE, "\n", 1));
  must_count(map, NULL, 3);
  must_return(tome_lines_nth(map, 2, NULL, &line), 1);
  must_be_line(line, (tome_line){PAGE + 8, PAGE - 8, 2 * PAGE + 1});
  must_succeed(tome_close(map));
}

static void anonymous_memory_has_lines(void **state) {
  (void)state;
  tome *map = open_anonymous(6);
  must_succeed(tome_write(map, 0, "a\r\nbc\n", 6));
  tome_line line;
  must_count(map, NULL, 2);
  tome_lines_options options = options_of(0, 6, TOME_LINES_CRLF);
  must_return(tome_lines_nth(map, 1, &options, &line), 1);
  must_be_line(line, (tome_line){0, 1, 3});
  must_succeed(tome_close(map));
}

/* ---- losses ---- */

/* Line ends at 9, 19, ... in a file that is cut to some pages and 5 bytes while it is open. */
static void what_lies_before_a_cut_is_still_told(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t size = 400 * PAGE, left = 200 * PAGE + 5;
  unsigned char *text = malloc(size);
  memset(text, 'x', size);
  for (size_t i = 9; i < size; i += 10)
    text[i] = '\n';
  const char *path = make_file("text", text, size);
  tome *map = open_map(path, TOME_READ);
  truncate_elsewhere(path, left);
  tome_line line = {0};
  uint64_t count = 77, last = left / 10 * 10;
  must_return(tome_line_at(map, last - 1, TOME_LINES_LF, &line), 1);
  must_be_line(line, (tome_line){last - 10, 9, last});
  must_fail(tome_line_next(map, TOME_LINES_LF, &line), TOME_ELOST);
  must_equal(tome_error_last()->offset, left);
  must_be_line(line, (tome_line){last - 10, 9, last});
  must_return(tome_lines_nth(map, last / 10, NULL, &line), 1);
  must_be_line(line, (tome_line){last - 10, 9, last});
  must_fail(tome_lines_nth(map, last / 10 + 1, NULL, &line), TOME_ELOST);
  must_equal(tome_error_last()->offset, left);
  must_fail(tome_lines_count(map, NULL, &count), TOME_ELOST);
  must_equal(tome_error_last()->offset, left);
  must_equal(count, 77);
  must_fail(tome_lines_nth_last(map, 1, NULL, &line), TOME_ELOST);
  must_succeed(tome_close(map));
  free(text);
}

/* ---- being told, and stopping ---- */

typedef struct progress {
  uint64_t calls, last, total, stop_at;
} progress;

static int watch(void *context, uint64_t done, uint64_t total) {
  progress *p = context;
  must(done >= p->last && done <= total);
  p->calls++;
  p->last = done;
  p->total = total;
  return done >= p->stop_at;
}

static void progress_is_told_up_to_the_whole(void **state) {
  (void)state;
  const size_t size = 20u << 20;
  progress seen = {.stop_at = UINT64_MAX};
  tome *map = open_map(make_hole("text", size), TOME_READ);
  tome_lines_options options = options_of(0, TOME_END, TOME_LINES_LF);
  options.progress = watch;
  options.context = &seen;
  must_count(map, &options, 1);
  must(seen.calls > 1);
  must_equal(seen.last, size);
  must_equal(seen.total, size);
  must_succeed(tome_close(map));
}

static void a_progress_callback_can_stop_it(void **state) {
  (void)state;
  const size_t size = 20u << 20;
  tome *map = open_map(make_hole("text", size), TOME_READ);
  tome_lines_options options = options_of(0, TOME_END, TOME_LINES_LF);
  tome_line line = {1, 2, 3};
  uint64_t count = 77;
  progress seen = {.stop_at = 1};
  options.progress = watch;
  options.context = &seen;
  must_fail(tome_lines_count(map, &options, &count), TOME_ECANCELED);
  must_equal(count, 77);
  seen = (progress){.stop_at = 1 << 20};
  must_fail(tome_lines_nth(map, 7, &options, &line), TOME_ECANCELED);
  seen = (progress){.stop_at = 1 << 20};
  must_fail(tome_lines_nth_last(map, 7, &options, &line), TOME_ECANCELED);
  must_be_line(line, (tome_line){1, 2, 3});
  must_succeed(tome_close(map));
}

/* ---- arguments ---- */

static void wrong_arguments_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_file("text", "a\nb\n", 4), TOME_READ);
  tome_line line = {1, 2, 3};
  uint64_t count = 77;
  tome_lines_options options = options_of(0, TOME_END, 3);
  must_fail(tome_line_at(map, 0, 3, &line), TOME_EINVAL);
  must_fail(tome_line_next(map, 3, &line), TOME_EINVAL);
  must_fail(tome_line_previous(map, 3, &line), TOME_EINVAL);
  must_fail(tome_lines_count(map, &options, &count), TOME_EINVAL);
  options.ends = TOME_LINES_LF;
  options.struct_size = 1;
  must_fail(tome_lines_count(map, &options, &count), TOME_EINVAL);
  must_fail(tome_lines_nth(map, 0, NULL, &line), TOME_EINVAL);
  must_fail(tome_lines_nth_last(map, 0, NULL, &line), TOME_EINVAL);
  must_fail(tome_line_at(map, 5, TOME_LINES_LF, &line), TOME_ERANGE);
  must_fail(tome_line_at(map, UINT64_MAX, TOME_LINES_LF, &line), TOME_ERANGE);
  const uint64_t bad[][2] = {{2, 1}, {0, 5}, {5, TOME_END}, {UINT64_MAX, TOME_END}};
  for (int i = 0; i < 4; i++) {
    options = options_of(bad[i][0], bad[i][1], TOME_LINES_LF);
    must_fail(tome_lines_count(map, &options, &count), TOME_ERANGE);
    must_fail(tome_lines_nth(map, 1, &options, &line), TOME_ERANGE);
    must_fail(tome_lines_nth_last(map, 1, &options, &line), TOME_ERANGE);
  }
  must_be_line(line, (tome_line){1, 2, 3});
  line = (tome_line){5, 0, 5};
  must_fail(tome_line_next(map, TOME_LINES_LF, &line), TOME_ERANGE);
  must_fail(tome_line_previous(map, TOME_LINES_LF, &line), TOME_ERANGE);
  must_equal(count, 77);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_short_text_has_the_lines_of_the_model),
      TEST(random_texts_have_the_lines_of_the_model),
      TEST(lines_are_found_in_a_text_of_many_pieces),
      TEST(a_line_behind_four_gib_is_found),
      TEST(holes_are_counted_as_the_zeros_they_are),
      TEST(a_part_has_lines_of_its_own),
      TEST(stores_of_a_private_copy_count),
      TEST(anonymous_memory_has_lines),
      TEST(what_lies_before_a_cut_is_still_told),
      TEST(progress_is_told_up_to_the_whole),
      TEST(a_progress_callback_can_stop_it),
      TEST(wrong_arguments_are_refused),
  };
  return run_matching(tests, count, arguments);
}
