/* A file larger than all addresses of 32 bits, by every call, in less than 512 MiB of address space: with addresses of 32 bits as
 * it is, and with longer ones where the process may have no more, or wants windows. */
#include "emulator_limits.h"
#include "huge_file.h"

#include "calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SPACE MEBI(512)

/* Where offsets of 32 bits end, with bytes on both sides. */
#define BEYOND (GIBI(4) - 3)

typedef struct surroundings {
  uint64_t space; /* bytes of address space that the process may have; 0: no limit */
  size_t window;
} surroundings;

static void must_read_back(tome *map, uint64_t offset, const char *want, size_t length) {
  char got[16];
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(map, offset, got, length));
    must_be_bytes(got, want, length);
  }
}

/* ---- bytes ---- */

static void read_and_write(tome *map) {
  static const uint64_t places[] = {0, BEYOND, GIBI(4) + 5000, GIBI(8) - 7, HUGE_SIZE - 11};
  char got[11];
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    note("at %llu", (unsigned long long)places[i]);
    must_succeed(tome_read(map, places[i], got, 11));
    must_be_zero(got, 11);
    must_succeed(tome_write(map, places[i], "here I am..", 11));
    must_read_back(map, places[i], "here I am..", 11);
    must_equal(read_from(in_dir("huge"), places[i], got, 11), 11);
    must_be_bytes(got, "here I am..", 11);
  }
  must_fail(tome_read(map, HUGE_SIZE - 10, got, 11), TOME_ERANGE);
}

static void fill_move_and_flush(tome *map) {
  must_succeed(tome_fill(map, BEYOND - MEBI(2), MEBI(4), 'f'));
  must_succeed(tome_move(map, GIBI(7), BEYOND - MEBI(2), MEBI(4)));
  must_read_back(map, GIBI(7) + MEBI(4) - 5, "fffff\0\0", 7);
  must_read_back(map, GIBI(7) - 2, "\0\0fff", 5);
  must_succeed(tome_flush(map, GIBI(7) - 1, MEBI(4) + 2, TOME_FLUSH_START));
  must_succeed(tome_flush(map, BEYOND, GIBI(4), TOME_FLUSH_WRITTEN));
  must_succeed(tome_flush(map, HUGE_SIZE - 1, 1, TOME_FLUSH_DURABLE));
}

static void view_parts(tome *map) {
  static const struct {
    uint64_t offset;
    size_t length;
  } parts[] = {{GIBI(6) - 3, 7},
               {TEXT_BEGIN, (size_t)MEBI(40)},
               {GIBI(6) - MEBI(9) - 1, (size_t)MEBI(17)},
               {GIBI(6) - HALF_WINDOW, (size_t)HALF_WINDOW}};
  unsigned char *want = malloc((size_t)MEBI(40));
  must(want != NULL);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    note("view %zu", i);
    tome_view view = begin_view(map, parts[i].offset, parts[i].length, TOME_VIEW_READ);
    huge_text(want, parts[i].offset, parts[i].length);
    must_be_bytes(view.data, want, parts[i].length);
    must_succeed(tome_view_end(&view));
  }
  free(want);
  tome_view view = begin_view(map, BEYOND, 6, TOME_VIEW_WRITE);
  memcpy(view.data, "stored", 6);
  must_succeed(tome_view_end(&view));
  must_read_back(map, BEYOND, "stored", 6);
}

static void gather_places(tome *map) {
  enum { SPANS = 200 };
  static unsigned char got[SPANS][100], want[100];
  tome_span spans[SPANS];
  for (size_t i = 0; i < SPANS; i++) {
    uint64_t text = TEXT_BEGIN + i * (TEXT_END - TEXT_BEGIN) / SPANS;
    uint64_t offset = i % 2 ? text : GIBI(8) + 100 + i * KIBI(999);
    spans[i] = (tome_span){.offset = offset, .length = sizeof got[i], .buffer = got[i]};
  }
  must_succeed(tome_gather(map, spans, SPANS));
  for (size_t i = 0; i < SPANS; i++) {
    memset(want, 0, sizeof want);
    if (i % 2)
      huge_text(want, spans[i].offset, sizeof want);
    must_equal(spans[i].result, 0);
    must_be_bytes(got[i], want, sizeof want);
  }
}

/* ---- searches ---- */

static void find_both_ways(tome *map) {
  uint64_t needles[MOST_NEEDLES], at = 0, from = 0, to = TOME_END, count = 0;
  size_t all = huge_needles(needles);
  for (size_t i = 0; i < all; i++, from = at + 1) {
    must_return(tome_find(map, NEEDLE, NEEDLE_LENGTH, from, TOME_END, &at), 1);
    must_equal(at, needles[i]);
  }
  must_return(tome_find(map, NEEDLE, NEEDLE_LENGTH, from, TOME_END, &at), 0);
  for (size_t i = all; i-- > 0; to = at + NEEDLE_LENGTH - 1) {
    must_return(tome_rfind(map, NEEDLE, NEEDLE_LENGTH, 0, to, &at), 1);
    must_equal(at, needles[i]);
  }
  must_return(tome_rfind(map, NEEDLE, NEEDLE_LENGTH, 0, to, &at), 0);
  must_return(tome_count(map, NEEDLE, NEEDLE_LENGTH, 0, TOME_END, &count), 1);
  must_equal(count, all);
}

/* Ranges that begin and end around a border: the needle is found if it is wholly inside. */
static void find_around_borders(tome *map) {
  uint64_t needles[MOST_NEEDLES], at;
  size_t all = huge_needles(needles);
  for (size_t i = 0; i < all; i++) {
    uint64_t begin = needles[i], end = begin + NEEDLE_LENGTH;
    for (int less = 0; less < 2; less++) {
      must_return(tome_find(map, NEEDLE, NEEDLE_LENGTH, begin, end - (uint64_t)less, &at), !less);
      must_return(tome_rfind(map, NEEDLE, NEEDLE_LENGTH, begin + (uint64_t)less, end, &at), !less);
      must_return(tome_find(map, NEEDLE, NEEDLE_LENGTH, begin - 200, end - (uint64_t)less, &at),
                  !less);
    }
  }
}

typedef struct told {
  uint64_t offsets[MOST_NEEDLES];
  size_t count;
} told;

static int note_hits(void *context, const tome_hit *hits, size_t count) {
  told *all = context;
  for (size_t i = 0; i < count; i++) {
    must(all->count < MOST_NEEDLES);
    must_be_bytes(hits[i].data, NEEDLE, NEEDLE_LENGTH);
    all->offsets[all->count++] = hits[i].offset;
  }
  return 0;
}

static void search_by(tome *map, const tome_needle *needles, size_t count, uint32_t flags) {
  uint64_t want[MOST_NEEDLES];
  size_t all = huge_needles(want);
  told seen = {.count = 0};
  tome_search_options options = TOME_SEARCH_INIT;
  options.from = TEXT_BEGIN - MEBI(100);
  options.to = TEXT_END + MEBI(100);
  options.threads = 4;
  options.found = note_hits;
  options.context = &seen;
  tome_pattern *pattern = NULL;
  int r = tome_pattern_new(&pattern, needles, count, flags);
  if (r == TOME_ENOTSUP && (flags & TOME_PATTERN_REGEX))
    return; /* built without */
  must_equal(r, 0);
  must_return(tome_search(map, pattern, &options, NULL), 1);
  must_equal(seen.count, all);
  must_be_bytes(seen.offsets, want, all * sizeof want[0]);
  tome_pattern_free(pattern);
}

static void search_all_ways(tome *map) {
  static const tome_needle needles[] = {{NEEDLE, NEEDLE_LENGTH}, {"absent", 6}};
  static const tome_needle expression = {"NEEDLE_[A-Z]*_B[A-Z]*", 21};
  search_by(map, needles, 1, 0);
  search_by(map, needles, 2, 0);
  search_by(map, &expression, 1, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES);
}

/* ---- lines ---- */

/* Where only the hole and the text are, a line ends with each 64 bytes of it, and the hole behind it is one more. */
static void count_lines(tome *map) {
  uint64_t count = 0;
  tome_line line;
  tome_lines_options options = TOME_LINES_INIT;
  options.from = TEXT_BEGIN - MEBI(50);
  options.to = TEXT_END + MEBI(50);
  must_return(tome_lines_count(map, &options, &count), 1);
  must_equal(count, huge_lines() + 1);
  must_return(tome_lines_nth_last(map, 2, &options, &line), 1);
  must_equal(line.next, TEXT_END - TEXT_LINE / 2);
  must_return(tome_lines_nth(map, 2, &options, &line), 1);
  must_equal(line.offset, TEXT_BEGIN + TEXT_LINE / 2);
}

/* It reads all of the file. */
static void go_by_index(tome *map) {
  uint64_t number = 0;
  tome_line line;
  tome_line_index *index = NULL;
  must_succeed(tome_line_index_open(&index, map, NULL));
  must_equal(tome_line_index_lines(index), huge_lines() + 1);
  for (uint64_t i = 2; i <= huge_lines(); i += 99991) {
    uint64_t begin = TEXT_BEGIN + (i - 1) * TEXT_LINE - TEXT_LINE / 2;
    must_return(tome_line_index_line(index, i, &line), 1);
    must_equal(line.offset, begin);
    must_equal(line.length, TEXT_LINE - 1);
    must_return(tome_line_index_number(index, begin + 5, &number), 1);
    must_equal(number, i);
    must_return(tome_line_at(map, begin + TEXT_LINE - 1, TOME_LINES_LF, &line), 1);
    must_equal(line.offset, begin);
    must_equal(line.next, begin + TEXT_LINE);
  }
  tome_line_index_close(index);
}

/* ---- growing ---- */

static void grow(tome *map) {
  uint64_t at = 0;
  must_succeed(tome_resize(map, HUGE_SIZE + MEBI(20)));
  must_equal(tome_size(map), HUGE_SIZE + MEBI(20));
  must_succeed(tome_write(map, HUGE_SIZE + MEBI(20) - 4, "end.", 4));
  must_succeed(tome_append(map, "appended", 8, &at));
  must_equal(at, HUGE_SIZE + MEBI(20));
  must_succeed(tome_write(map, at + 1000, "further", 7));
  must_equal(tome_size(map), at + 1007);
  must_equal(file_length(in_dir("huge")), at + 1007);
  must_read_back(map, at - 4, "end.appended", 12);
  must_read_back(map, at + 998, "\0\0further", 9);
  must_return(tome_rfind(map, "appended", 8, 0, TOME_END, &at), 1);
  must_equal(at, HUGE_SIZE + MEBI(20));
  must_succeed(tome_resize(map, HUGE_SIZE));
  must_equal(file_length(in_dir("huge")), HUGE_SIZE);
}

/* ---- in each place ---- */

static void use_all(void *context) {
  const surroundings *where = context;
  tome_options options = TOME_OPTIONS_INIT;
  tome *map = NULL;
  options.window = where->window;
  limit_address_space(where->space);
  must_succeed(tome_open(&map, in_dir("huge"), TOME_WRITE | TOME_GROW, &options));
  must_equal(tome_size(map), HUGE_SIZE);
  read_and_write(map);
  view_parts(map);
  find_both_ways(map);
  find_around_borders(map);
  search_all_ways(map);
  count_lines(map);
  if (where->space)
    go_by_index(map);
  fill_move_and_flush(map);
  gather_places(map);
  grow(map);
  find_both_ways(map);
  must_succeed(tome_close(map));
  /* With long addresses the C library takes up to 128 MiB of them for each thread that asks for memory, if it may. */
  must(peak_address_space() < MOST_SPACE || (sizeof(void *) > 4 && where->space == 0));
  tell_figure("most address space in KiB of one that used a file of 9 GiB",
              peak_address_space() >> 10);
}

static void use_all_in(surroundings where) {
  if (SANITIZED)
    skip_because("a sanitizer needs terabytes of address space");
  if (where.space)
    needs_address_limit();
  make_huge_file("huge");
  in_child(use_all, &where);
}

static void a_file_of_9_gib_is_used_in_an_address_space_of_512_mib(void **state) {
  (void)state;
  use_all_in((surroundings){MOST_SPACE, 0});
}

static void a_file_of_9_gib_is_used_in_windows(void **state) {
  (void)state;
  use_all_in((surroundings){0, (size_t)MEBI(16)});
}

static void a_file_of_9_gib_takes_little_of_32_bits(void **state) {
  (void)state;
  if (sizeof(void *) > 4)
    skip_because("addresses of more bits are taken up as they are needed");
  use_all_in((surroundings){0, 0});
}

static void a_view_of_3_gib_is_refused_where_it_does_not_fit(void *unused) {
  (void)unused;
  tome_view view;
  limit_address_space(MOST_SPACE);
  tome *map = open_map(in_dir("huge"), TOME_READ);
  must_fail(tome_view_begin(map, GIBI(4), (size_t)GIBI(3), TOME_VIEW_READ, &view), TOME_ENOMEM);
  must_read_back(map, GIBI(4), "\0\0\0\0", 4);
  must_succeed(tome_close(map));
}

static void a_view_that_does_not_fit_is_refused(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer needs terabytes of address space");
  needs_address_limit();
  make_hole("huge", HUGE_SIZE);
  in_child(a_view_of_3_gib_is_refused_where_it_does_not_fit, NULL);
}

/* ---- more than a call takes ---- */

static size_t longest;

static ssize_t take_little(int fd, const struct iovec *pieces, int count, off_t at, int flags) {
  must_equal(count, 1);
  longest = pieces[0].iov_len > longest ? pieces[0].iov_len : longest;
  struct stat status;
  must_equal(fstat(fd, &status), 0);
  if (status.st_size > (off_t)MEBI(2)) {
    errno = ENOSPC;
    return -1;
  }
  struct iovec little = {pieces[0].iov_base, (size_t)MEBI(1)};
  return pwritev2(fd, &little, 1, at, flags);
}

/* The system refuses lengths that do not fit a number with a sign. */
static void append_much(void *unused) {
  (void)unused;
  uint64_t at = 7;
  const size_t length = (size_t)GIBI(2) + 4097;
  void *much = new_pages(length);
  tome *map = open_map(make_file("file", "abc", 3), TOME_WRITE);
  tome__os_calls.pwritev2 = take_little;
  must_fail(tome_append(map, much, length, &at), TOME_ENOSPC);
  must(longest > 0 && longest <= INT32_MAX);
  must_equal(at, 7);
  must_equal(tome_size(map), 3);
  must_equal(file_length(in_dir("file")), 3);
  must_succeed(tome_close(map));
}

static void an_append_of_more_than_2_gib_is_handed_over_in_parts(void **state) {
  (void)state;
  in_child(append_much, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_file_of_9_gib_is_used_in_an_address_space_of_512_mib),
      TEST(a_file_of_9_gib_is_used_in_windows),
      TEST(a_file_of_9_gib_takes_little_of_32_bits),
      TEST(a_view_that_does_not_fit_is_refused),
      TEST(an_append_of_more_than_2_gib_is_handed_over_in_parts),
  };
  return run_matching(tests, count, arguments);
}
