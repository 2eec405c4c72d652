/* Walking between two keys against a look at every record, and disorder, which is told. */
#include "sorted_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the walk ---- */

static void a_walk_gives_what_a_look_at_every_record_gives(void **state) {
  (void)state;
  dice any = dice_from(3);
  for (uint32_t kind = 0; kind < 3; kind++)
    for (uint64_t slack = 0; slack <= (kind == TOME_KEY_TEXT ? 0 : 60); slack += 20)
      for (size_t count = 1; count <= 1500; count = count * 4 + 1) {
        note("kind %u, %zu records, slack %" PRIu64, kind, count, slack);
        sorted s = make_sorted(&any, kind, count, 9, slack, 200);
        tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
        tome_key *key = new_key(map, kind, slack);
        for (int i = 0; i < 20; i++) {
          int64_t from = some_bound(&any, &s), to = from + (int64_t)roll(&any, 2000);
          must(try_between(map, key, kind, &s, from, to) >= 0);
        }
        must_return(try_between(map, key, kind, &s, 0, 9000000), 1);
        must_return(try_between(map, key, kind, &s, 9000000, 0), 0);
        tome_key_free(key);
        must_succeed(tome_close(map));
        free_sorted(&s);
      }
}

static int refuse(void *context, uint64_t done, uint64_t total) {
  *(int *)context += done <= total ? 1 : 1000;
  return 1;
}

static void a_walk_ends_when_it_is_told_to(void **state) {
  (void)state;
  dice any = dice_from(4);
  sorted s = make_sorted(&any, TOME_KEY_TIME, 4000, 9, 0, 50);
  tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  collected c = {.text = malloc(s.length), .stop_after = 1};
  tome_between_options options = TOME_BETWEEN_INIT;
  tome_between_result span;
  options.found = collect;
  options.context = &c;
  must_return(tome_between(map, key, &options, &span), 1);
  must_equal(c.calls, 1);
  must_equal(span.bytes, c.length);
  must_be_bytes(c.text, s.text, c.length);
  int asked = 0;
  options = (tome_between_options)TOME_BETWEEN_INIT;
  options.progress = refuse;
  options.context = &asked;
  must_fail(tome_between(map, key, &options, NULL), TOME_ECANCELED);
  must_equal(asked, 1);
  free(c.text);
  tome_key_free(key);
  must_succeed(tome_close(map));
  free_sorted(&s);
}

/* ---- disorder ---- */

/* Exchange two records of the file, and of what is known of it. */
static void exchange(sorted *s, size_t i, size_t j) {
  entry *a = &s->entries[i], *b = &s->entries[j];
  size_t first = a->end - a->offset, between = b->offset - a->end, second = b->end - b->offset;
  char *all = malloc(first + between + second);
  memcpy(all, s->text + b->offset, second);
  memcpy(all + second, s->text + a->end, between);
  memcpy(all + second + between, s->text + a->offset, first);
  memcpy(s->text + a->offset, all, first + between + second);
  free(all);
  int64_t key = a->key;
  a->key = b->key;
  b->key = key;
  uint64_t shift = second - first;
  a->end += shift;
  for (size_t k = i + 1; k < j; k++) {
    s->entries[k].offset += shift;
    s->entries[k].end += shift;
  }
  b->offset += shift;
}

/* The key has not looked at this file. Records that have changed places within two pages make no difference, or are told. */
static void records_that_changed_places_are_told_or_make_no_difference(void **state) {
  (void)state;
  dice any = dice_from(10);
  uint64_t told = 0, cases = how_many(300, 5000);
  tome *alike = open_map(make_file("alike", "1700000000 text\n", 16), TOME_READ);
  tome_key *key = new_key(alike, TOME_KEY_TIME, 0);
  for (uint64_t n = 0; n < cases; n++) {
    sorted s = make_sorted(&any, TOME_KEY_TIME, 1500, 9, 0, 4);
    size_t i = roll(&any, 1480), j = i + 1 + roll(&any, 19);
    int64_t smaller = s.entries[i].key, larger = s.entries[j].key;
    exchange(&s, i, j);
    tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
    int64_t from = roll(&any, 2) ? smaller + (int64_t)roll(&any, 30) : some_bound(&any, &s);
    int64_t to = from + (int64_t)roll(&any, roll(&any, 2) ? 20 : 3000);
    note("case %" PRIu64 ": %" PRId64 " to %" PRId64, n, from, to);
    int r = try_between(map, key, TOME_KEY_TIME, &s, from, to);
    must(r >= 0 || r == TOME_EORDER);
    must(r < 0 || smaller == larger || from > smaller || to < larger);
    told += r < 0;
    must_succeed(tome_close(map));
    free_sorted(&s);
  }
  tell_figure("files said not to be sorted", told);
  must(told > cases / 10);
  tome_key_free(key);
  must_succeed(tome_close(alike));
}

/* A file in reverse order, of which the key has seen nothing, is told by what bisection meets. */
static void probes_that_contradict_each_other_are_told(void **state) {
  (void)state;
  dice any = dice_from(11);
  tome *alike = open_map(make_file("alike", "1700000000 text\n", 16), TOME_READ);
  tome_key *key = new_key(alike, TOME_KEY_TIME, 0);
  enum { LINES = 1 << 14, WIDTH = 64 };
  char *text = malloc(LINES * WIDTH + 1);
  for (int i = 0; i < LINES; i++)
    snprintf(text + (size_t)i * WIDTH, WIDTH + 1, "%d %-52s\n", 1700000000 + LINES - i, "text");
  size_t length = LINES * WIDTH;
  tome *map = open_map(make_file("sorted", text, length), TOME_READ);
  for (int n = 0; n < 30; n++) {
    tome_key_value bound = {.time =
                                (INT64_C(1700000000) + (int64_t)roll(&any, 1 << 20)) * 1000000000};
    uint64_t at;
    must_fail(tome_bisect(map, key, &bound, 0, &at), TOME_EORDER);
  }
  must_succeed(tome_close(map));
  free(text);
  tome_key_free(key);
  must_succeed(tome_close(alike));
}

/* The key has looked at the whole file. */
static void disorder_is_told_or_makes_no_difference(void **state) {
  (void)state;
  dice any = dice_from(5);
  uint64_t told = 0, cases = how_many(300, 5000);
  for (uint64_t n = 0; n < cases; n++) {
    sorted s = make_sorted(&any, TOME_KEY_TIME, 600, 9, 0, 4);
    size_t i = roll(&any, 599), j = i + 1 + roll(&any, 599 - i);
    if (roll(&any, 2))
      j = i + 1;
    int64_t smaller = s.entries[i].key, larger = s.entries[j].key;
    exchange(&s, i, j);
    tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
    tome_key_options options = options_of(TOME_KEY_TIME);
    tome_key *key;
    int64_t from = some_bound(&any, &s), to = from + (int64_t)roll(&any, 900);
    int r = tome_key_new(&key, map, &options);
    if (r == 0) {
      note("case %" PRIu64 ": %" PRId64 " to %" PRId64, n, from, to);
      r = try_between(map, key, TOME_KEY_TIME, &s, from, to);
      must(r >= 0 || r == TOME_EORDER);
      tome_key_free(key);
    }
    must(r < 0 || smaller == larger || from > smaller || to < larger);
    told += r < 0;
    must_succeed(tome_close(map));
    free_sorted(&s);
  }
  tell_figure("files said not to be sorted", told);
  must(told > cases / 10);
}

static void reversed_files_are_said_not_to_be_sorted(void **state) {
  (void)state;
  char text[20000];
  size_t length = 0;
  for (int i = 0; i < 900; i++)
    length += (size_t)snprintf(text + length, sizeof text - length, "%d line\n", 5000 - i);
  tome *map = open_map(make_file("sorted", text, length), TOME_READ);
  tome_key_options options = options_of(TOME_KEY_NUMBER);
  tome_key *key = NULL;
  must_fail_at(tome_key_new(&key, map, &options), TOME_EORDER, 10, 9);
  must(key == NULL);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_walk_gives_what_a_look_at_every_record_gives),
      TEST(a_walk_ends_when_it_is_told_to),
      TEST(records_that_changed_places_are_told_or_make_no_difference),
      TEST(probes_that_contradict_each_other_are_told),
      TEST(disorder_is_told_or_makes_no_difference),
      TEST(reversed_files_are_said_not_to_be_sorted),
  };
  return run_matching(tests, count, arguments);
}
