/* Bisection against a look at every record, on files that are made up, and what it costs. */
#include "calls.h"
#include "sorted_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- cost ---- */

static struct {
  os_calls real;
  uint64_t reads, bytes;
} counted;

static ssize_t counting_pread(int fd, void *to, size_t n, off_t at) {
  counted.reads++;
  counted.bytes += n;
  return counted.real.pread(fd, to, n, at);
}

static void count_reads(void) {
  counted.real = tome__os_calls;
  counted.reads = counted.bytes = 0;
  tome__os_calls.pread = counting_pread;
}

static void stop_counting(void) {
  tome__os_calls = counted.real;
}

/* 16 MiB are 4096 pages: 12 probes, each of which may need the page behind it, and the last few pages line by line. */
static void a_border_costs_a_few_reads_of_a_page(void **state) {
  (void)state;
  const size_t lines = 1 << 18, width = 64;
  char *text = malloc(lines * width + 1);
  for (size_t i = 0; i < lines; i++)
    snprintf(text + i * width, width + 1, "%010zu %-52s\n", i + 1700000000, "text");
  tome *map = open_map(make_file("sorted", text, lines * width), TOME_READ);
  count_reads();
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  stop_counting();
  must(counted.reads <= 70 && counted.bytes <= 300000);
  dice any = dice_from(6);
  for (int i = 0; i < 100; i++) {
    size_t line = roll(&any, lines);
    tome_key_value bound = {.time = (int64_t)(line + 1700000000) * 1000000000};
    uint64_t at;
    count_reads();
    must_succeed(tome_bisect(map, key, &bound, 0, &at));
    stop_counting();
    must_equal(at, line * width);
    must(counted.reads <= 30 && counted.bytes <= 200000);
  }
  tome_key_free(key);
  must_succeed(tome_close(map));
  free(text);
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

/* A trace of 8 MiB among short records: read through once, not once for each probe. */
static void a_long_record_costs_its_length_once(void **state) {
  (void)state;
  const size_t long_one = 8u << 20;
  sorted s = {.entries = calloc(MOST_ENTRIES, sizeof(entry))};
  dice any = dice_from(7);
  for (int i = 0; i < 2000; i++) {
    put_record(&s, &any, TOME_KEY_TIME, i, 1);
    while (i == 1000 && s.length < s.entries[i].offset + long_one)
      put_line(&s, "  at one of very many lines of a trace");
    s.entries[i].end = s.length;
  }
  tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  for (int64_t bound = 0; bound < 2000; bound += 111) {
    char written[64];
    tome_key_value value = value_of(TOME_KEY_TIME, bound, written, sizeof written);
    uint64_t at;
    count_reads();
    must_succeed(tome_bisect(map, key, &value, 0, &at));
    stop_counting();
    must_equal(at, s.entries[bound].offset);
    must(counted.bytes <= long_one + 500000);
  }
  tome_key_free(key);
  must_succeed(tome_close(map));
  free_sorted(&s);
}

/* ---- files that change, disks that fail ---- */

static void what_was_cut_away_is_told(void **state) {
  (void)state;
  dice any = dice_from(8);
  sorted s = make_sorted(&any, TOME_KEY_TIME, 4000, 9, 0, 50);
  const char *path = make_file("sorted", s.text, s.length);
  tome *map = open_map(path, TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  uint64_t left = s.length / 2 + 99;
  must_equal(truncate(path, (off_t)left), 0);
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

static ssize_t failing_pread(int fd, void *to, size_t n, off_t at) {
  if (--counted.reads > 0)
    return counted.real.pread(fd, to, n, at);
  errno = EIO;
  return -1;
}

static void a_disk_that_cannot_read_is_told(void **state) {
  (void)state;
  dice any = dice_from(9);
  sorted s = make_sorted(&any, TOME_KEY_TIME, 4000, 9, 0, 5);
  tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  int failed = 0;
  for (uint64_t k = 1; k < 60; k++) {
    tome_between_result span;
    counted.real = tome__os_calls;
    counted.reads = k;
    tome__os_calls.pread = failing_pread;
    int r = tome_between(map, key, NULL, &span);
    tome__os_calls = counted.real;
    must(r == 1 || r == TOME_ELOST);
    must(r == TOME_ELOST || span.bytes == s.length);
    failed += r < 0;
  }
  must(failed > 5 && failed < 59);
  tome_key_free(key);
  must_succeed(tome_close(map));
  free_sorted(&s);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_border_is_where_a_look_at_every_record_finds_it),
      TEST(parts_and_private_copies_are_bisected),
      TEST(a_border_costs_a_few_reads_of_a_page),
      TEST(keys_behind_long_columns_are_found),
      TEST(a_long_record_costs_its_length_once),
      TEST(what_was_cut_away_is_told),
      TEST(what_is_appended_is_seen_after_a_refresh),
      TEST(a_disk_that_cannot_read_is_told),
  };
  return run_matching(tests, count, arguments);
}
