/* Bisection against a look at every record, on files that are made up. */
#include "emulator_limits.h"
#include "sorted_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the border ---- */

static uint64_t border_by_looking(const sorted *s, int64_t bound, int after) {
  for (size_t i = 0; i < s->count; i++)
    if (after ? s->entries[i].key > bound : s->entries[i].key >= bound)
      return s->entries[i].offset;
  return s->length;
}

static void must_bisect(tome *map, const tome_key *key, uint32_t kind, const sorted *s,
                        int64_t bound) {
  char written[64];
  tome_key_value value = value_of(kind, bound, written, sizeof written);
  for (int after = 0; after < 2; after++) {
    uint64_t at = 7777777;
    must_succeed(tome_bisect(map, key, &value, after, &at));
    must_equal(at, border_by_looking(s, bound, after));
  }
}

static void the_border_is_where_a_look_at_every_record_finds_it(void **state) {
  (void)state;
  needs_whole_pages();
  dice any = dice_from(1);
  static const size_t counts[] = {0, 1, 2, 7, 100, 1500};
  for (uint32_t kind = 0; kind < 3; kind++)
    for (size_t c = 0; c < 6; c++)
      for (uint64_t gap = 1; gap < 100; gap *= 7) {
        note("kind %u, %zu records, gaps below %" PRIu64, kind, counts[c], gap);
        sorted s = make_sorted(&any, kind, counts[c], gap, 0, c == 5 ? 300 : 10);
        tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
        tome_key *key = new_key(map, kind, 0);
        for (int i = 0; i < 40; i++)
          must_bisect(map, key, kind, &s, some_bound(&any, &s));
        must_bisect(map, key, kind, &s, 0);
        must_bisect(map, key, kind, &s, 9000000);
        tome_key_free(key);
        must_succeed(tome_close(map));
        free_sorted(&s);
      }
}

static void parts_and_private_copies_are_bisected(void **state) {
  (void)state;
  dice any = dice_from(2);
  sorted s = make_sorted(&any, TOME_KEY_TIME, 1000, 20, 0, 10);
  char *shifted = malloc(s.length + 777);
  memset(shifted, '0', 777);
  memcpy(shifted + 777, s.text, s.length);
  tome *part = open_part(make_file("part", shifted, s.length + 777), TOME_READ, 777, TOME_END);
  tome *copy = open_map(make_hole("copy", s.length), TOME_COPY);
  must_succeed(tome_write(copy, 0, s.text, s.length));
  tome_key *key = new_key(part, TOME_KEY_TIME, 0), *other = new_key(copy, TOME_KEY_TIME, 0);
  for (int i = 0; i < 100; i++) {
    int64_t bound = some_bound(&any, &s);
    must_bisect(part, key, TOME_KEY_TIME, &s, bound);
    must_bisect(copy, other, TOME_KEY_TIME, &s, bound);
  }
  tome_key_free(key);
  tome_key_free(other);
  must_succeed(tome_close(part));
  must_succeed(tome_close(copy));
  free(shifted);
  free_sorted(&s);
}

/* Keys stand far from the beginnings of their lines, which do not fit what is read at once. */
static void keys_behind_long_columns_are_found(void **state) {
  (void)state;
  enum { LINES = 60 };
  dice any = dice_from(12);
  char *text = malloc((size_t)LINES * 70000);
  size_t length = 0;
  uint64_t begins[LINES + 1];
  for (int i = 0; i < LINES; i++) {
    begins[i] = length;
    size_t column = 40000 + roll(&any, 25400);
    memset(text + length, 'x', column);
    length += column;
    length += (size_t)snprintf(text + length, 100, " %d %*s\n", 100 + i, (int)roll(&any, 40), "");
  }
  begins[LINES] = length;
  tome *map = open_map(make_file("sorted", text, length), TOME_READ);
  tome_key_options options = options_of(TOME_KEY_NUMBER);
  options.column = 2;
  tome_key *key;
  must_succeed(tome_key_new(&key, map, &options));
  for (int i = 0; i <= LINES; i++) {
    char number[16];
    snprintf(number, sizeof number, "%d", 100 + i);
    tome_key_value bound = {.text = number, .length = strlen(number)};
    uint64_t at;
    must_succeed(tome_bisect(map, key, &bound, 0, &at));
    must_equal(at, begins[i]);
  }
  tome_between_result span;
  must_return(tome_between(map, key, NULL, &span), 1);
  must_equal(span.records, LINES);
  must_equal(span.bytes, length);
  tome_key_free(key);
  must_succeed(tome_close(map));
  free(text);
}

/* ---- files that change ---- */

static void what_was_cut_away_is_told(void **state) {
  (void)state;
  dice any = dice_from(8);
  sorted s = make_sorted(&any, TOME_KEY_TIME, 4000, 9, 0, 50);
  const char *path = make_file("sorted", s.text, s.length);
  tome *map = open_map(path, TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  uint64_t left = s.length / 2 + 99;
  truncate_elsewhere(path, left);
  collected c = {.text = malloc(s.length)};
  tome_between_options options = TOME_BETWEEN_INIT;
  options.found = collect;
  options.context = &c;
  tome_between_result span;
  must_fail(tome_between(map, key, &options, &span), TOME_ELOST);
  must_equal(tome_error_last()->offset, left);
  must(c.length <= left && left - c.length < 4096 && span.bytes == c.length);
  must_be_bytes(c.text, s.text, c.length);
  uint64_t at;
  tome_key_value bound = {.time = INT64_MAX};
  must_fail(tome_bisect(map, key, &bound, 0, &at), TOME_ELOST);
  must_succeed(tome_refresh(map));
  must_succeed(tome_bisect(map, key, &bound, 0, &at));
  must_equal(at, left);
  free(c.text);
  tome_key_free(key);
  must_succeed(tome_close(map));
  free_sorted(&s);
}

static void what_is_appended_is_seen_after_a_refresh(void **state) {
  (void)state;
  static const char first[] = "1700000001 a\n", second[] = "1700000002 b\n";
  const char *path = make_file("sorted", first, sizeof first - 1);
  tome *map = open_map(path, TOME_READ), *writer = open_map(path, TOME_WRITE);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  tome_key_value bound = {.time = INT64_C(1700000002000000000)};
  uint64_t at;
  must_succeed(tome_append(writer, second, sizeof second - 1, NULL));
  must_succeed(tome_append(writer, second, sizeof second - 1, NULL));
  must_succeed(tome_bisect(map, key, &bound, 0, &at));
  must_equal(at, 13);
  must_succeed(tome_refresh(map));
  must_succeed(tome_bisect(map, key, &bound, 1, &at));
  must_equal(at, 39);
  tome_key_free(key);
  must_succeed(tome_close(writer));
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_border_is_where_a_look_at_every_record_finds_it),
      TEST(parts_and_private_copies_are_bisected),
      TEST(keys_behind_long_columns_are_found),
      TEST(what_was_cut_away_is_told),
      TEST(what_is_appended_is_seen_after_a_refresh),
  };
  return run_matching(tests, count, arguments);
}
