/* Searching sparse files: holes are passed over, and nothing is missed at their borders. */
#include "system_abilities.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

#define SIZE (3u << 20)

/* Some islands of data in a large hole, in the file and in the model alike. */
static const char *make_islands(unsigned char *model) {
  static const uint64_t places[] = {0,       70000, 1398095, 1398101, 2u << 20, (2u << 20) + 4093,
                                    SIZE - 3};
  const char *path = make_hole("islands", SIZE);
  memset(model, 0, SIZE);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    memcpy(model + places[i], "abc", 3);
    write_elsewhere(path, places[i], "abc", 3);
  }
  return path;
}

/* The long needle begins with zeros, as the file does nearly everywhere. */
static int is_there(const unsigned char *model, const void *needle, size_t n, uint64_t at) {
  return model[at + n - 1] == ((const unsigned char *)needle)[n - 1] &&
         memcmp(model + at, needle, n) == 0;
}

static int model_find(const unsigned char *model, const void *needle, size_t n, uint64_t from,
                      uint64_t *ret_at) {
  for (uint64_t at = from; at + n <= SIZE; at++)
    if (is_there(model, needle, n, at)) {
      *ret_at = at;
      return 1;
    }
  return 0;
}

static int model_rfind(const unsigned char *model, const void *needle, size_t n, uint64_t to,
                       uint64_t *ret_at) {
  for (uint64_t end = to; end >= n; end--)
    if (is_there(model, needle, n, end - n)) {
      *ret_at = end - n;
      return 1;
    }
  return 0;
}

static void must_find_all(tome *map, const unsigned char *model, const void *needle, size_t n) {
  uint64_t got = 0, want = 0;
  for (uint64_t from = 0;; from = want + 1) {
    int found = model_find(model, needle, n, from, &want);
    must_equal(tome_find(map, needle, n, from, TOME_END, &got), found);
    if (!found)
      break;
    must_equal(got, want);
  }
  for (uint64_t to = SIZE;; to = want + n - 1) {
    int found = model_rfind(model, needle, n, to, &want);
    must_equal(tome_rfind(map, needle, n, 0, to, &got), found);
    if (!found)
      break;
    must_equal(got, want);
  }
}

static void every_match_beside_a_hole_is_found(void **state) {
  (void)state;
  unsigned char *model = malloc(SIZE);
  const char *path = make_islands(model);
  tome *map = open_map(path, TOME_READ);
  static const char long_needle[20000] = {[19999] = 'a'};
  must_find_all(map, model, "abc", 3);
  must_find_all(map, model, "\0a", 2);
  must_find_all(map, model, "c\0", 2);
  must_find_all(map, model, "\0\0\0\0abc\0\0", 9);
  must_find_all(map, model, long_needle, sizeof long_needle);
  must_find_all(map, model, "not there", 9);
  must_succeed(tome_close(map));
  free(model);
}

static uint64_t count_walk(tome *map, const tome_pattern *pattern) {
  uint64_t count = 0;
  tome_matches *walk;
  tome_range match;
  must_succeed(tome_matches_begin(&walk, map, pattern, 0, TOME_END, 0));
  while (tome_matches_next(walk, &match) == 1)
    count++;
  tome_matches_end(walk);
  return count;
}

static void must_walk_all(tome *map, const unsigned char *model, const void *needle, size_t n,
                          uint32_t flags) {
  uint64_t from = 0, want = 0;
  const tome_needle needles[] = {{needle, n}};
  tome_pattern *pattern;
  tome_matches *walk;
  tome_range match;
  must_succeed(tome_pattern_new(&pattern, needles, 1, 0));
  must_succeed(tome_matches_begin(&walk, map, pattern, 0, TOME_END, flags));
  while (model_find(model, needle, n, from, &want)) {
    must_return(tome_matches_next(walk, &match), 1);
    must_equal(match.offset, want);
    must_equal(match.length, n);
    from = flags & TOME_SEARCH_OVERLAPPING ? want + 1 : want + n;
  }
  must_return(tome_matches_next(walk, &match), 0);
  tome_matches_end(walk);
  tome_pattern_free(pattern);
}

static void a_walk_meets_every_match_beside_a_hole(void **state) {
  (void)state;
  unsigned char *model = malloc(SIZE);
  tome *map = open_map(make_islands(model), TOME_READ);
  for (uint32_t flags = 0; flags <= TOME_SEARCH_OVERLAPPING; flags += TOME_SEARCH_OVERLAPPING) {
    must_walk_all(map, model, "abc", 3, flags);
    must_walk_all(map, model, "\0a", 2, flags);
    must_walk_all(map, model, "c\0\0", 3, flags);
    must_walk_all(map, model, "\0\0\0\0abc\0\0", 9, flags);
    must_walk_all(map, model, "not there", 9, flags);
  }
  must_succeed(tome_close(map));
  free(model);
}

/* Longer than could be read in hours. */
static void a_search_passes_over_a_hole_of_4_TiB(void **state) {
  (void)state;
  if (!system_tells_holes())
    skip_because("this system does not tell for certain where holes are, so they are read");
  const uint64_t size = UINT64_C(4) << 40, places[] = {(1u << 20) - 3, UINT64_C(3) << 40, size - 3};
  const char *path = make_hole("hole", size);
  for (size_t i = 0; i < 3; i++)
    write_elsewhere(path, places[i], "abc", 3);
  tome *map = open_map(path, TOME_READ);
  tome_pattern *pattern;
  const tome_needle needles[] = {{"abc", 3}, {"\0\0c", 3}, {"\0ab", 3}};
  const uint64_t counts[] = {3, 0, 3};
  for (size_t i = 0; i < 3; i++) {
    uint64_t count = 7;
    must_succeed(tome_pattern_new(&pattern, &needles[i], 1, 0));
    must_return(tome_search(map, pattern, NULL, &count), counts[i] > 0);
    must_equal(count, counts[i]);
    must_equal(count_walk(map, pattern), counts[i]);
    tome_pattern_free(pattern);
  }
  must_succeed(tome_close(map));
}

static void zeros_are_found_in_holes(void **state) {
  (void)state;
  unsigned char *model = malloc(SIZE);
  tome *map = open_map(make_islands(model), TOME_READ);
  uint64_t at = 0;
  must_equal(tome_find(map, "\0\0\0\0", 4, 1u << 20, TOME_END, &at), 1);
  must_equal(at, 1u << 20);
  must_equal(tome_rfind(map, "\0\0\0\0", 4, 0, 1u << 20, &at), 1);
  must_equal(at, (1u << 20) - 4);
  must_succeed(tome_close(map));
  free(model);
}

static void what_was_stored_into_a_hole_is_found(void **state) {
  (void)state;
  const uint32_t kinds[] = {TOME_WRITE, TOME_COPY};
  for (int i = 0; i < 2; i++) {
    tome *map = open_map(make_hole("hole", SIZE), kinds[i]);
    uint64_t at = 0;
    must_succeed(tome_write(map, 2u << 20, "stored", 6));
    must_equal(tome_find(map, "stored", 6, 0, TOME_END, &at), 1);
    must_equal(at, 2u << 20);
    must_equal(tome_rfind(map, "stored", 6, 0, TOME_END, &at), 1);
    must_equal(at, 2u << 20);
    must_succeed(tome_close(map));
  }
}

static void what_was_cut_off_is_no_hole(void **state) {
  (void)state;
  const char *path = make_hole("hole", SIZE);
  tome *map = open_map(path, TOME_READ);
  truncate_elsewhere(path, 1u << 20);
  must_fail(tome_find(map, "x", 1, 0, TOME_END, NULL), TOME_ELOST);
  must_fail(tome_rfind(map, "x", 1, 0, TOME_END, NULL), TOME_ELOST);
  must_equal(tome_find(map, "x", 1, 0, 1u << 20, NULL), 0);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_match_beside_a_hole_is_found),   TEST(a_walk_meets_every_match_beside_a_hole),
      TEST(a_search_passes_over_a_hole_of_4_TiB), TEST(zeros_are_found_in_holes),
      TEST(what_was_stored_into_a_hole_is_found), TEST(what_was_cut_off_is_no_hole),
  };
  return run_matching(tests, count, arguments);
}
