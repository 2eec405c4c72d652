/* Bisection and walking against a look at every record, on files that are made up, and what they cost. */
#include "calls.h"
#include "test_support.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a record is, beside the file: here keys are small numbers, whatever they look like in the file. */
typedef struct entry {
  int64_t key;
  uint64_t offset, end;
} entry;

typedef struct sorted {
  char *text;
  size_t length, room;
  entry *entries;
  size_t count;
} sorted;

enum { MOST_ENTRIES = 4000 };

static void put_text(sorted *s, const char *text, size_t length) {
  while (s->length + length > s->room) {
    s->room = s->room ? s->room * 2 : 65536;
    s->text = realloc(s->text, s->room);
  }
  memcpy(s->text + s->length, text, length);
  s->length += length;
}

static void put_line(sorted *s, const char *text) {
  put_text(s, text, strlen(text));
  put_text(s, "\n", 1);
}

/* A key as the kinds of keys have it; as text, so that bytes are in the order of the numbers. */
static void write_key(char *to, size_t room, uint32_t kind, int64_t key) {
  if (kind == TOME_KEY_TIME)
    snprintf(to, room, "%" PRId64, INT64_C(1700000000) + key);
  else if (kind == TOME_KEY_NUMBER)
    snprintf(to, room, "%s%" PRId64 ".%" PRId64, key < 5000 ? "-" : "",
             (key < 5000 ? 5000 - key : key - 5000) / 4,
             (key < 5000 ? 5000 - key : key - 5000) % 4 * 25);
  else
    snprintf(to, room, "k%08" PRId64, key);
}

static void put_record(sorted *s, dice *any, uint32_t kind, int64_t key, size_t longest) {
  char line[200], written[64];
  write_key(written, sizeof written, kind, key);
  int length = snprintf(line, sizeof line, "%s text %*s", written, (int)roll(any, 90), "");
  entry *e = &s->entries[s->count++];
  *e = (entry){key, s->length, 0};
  put_text(s, line, (size_t)length);
  put_text(s, "\n", 1);
  for (uint64_t left = roll(any, 5) ? 0 : roll(any, longest); left > 0; left--)
    put_line(s, kind == TOME_KEY_TEXT ? "" : "\tat a line of a stack trace");
  e->end = s->length;
}

/* `slack`: a record may be smaller by up to that than one before it. */
static sorted make_sorted(dice *any, uint32_t kind, size_t count, uint64_t gap, uint64_t slack,
                          size_t longest) {
  sorted s = {.entries = calloc(MOST_ENTRIES, sizeof(entry))};
  int64_t key = 100;
  for (size_t i = 0; i < count; i++) {
    key += (int64_t)roll(any, gap);
    put_record(&s, any, kind, key - (int64_t)roll(any, slack + 1), longest);
  }
  if (!s.text)
    put_text(&s, "", 0);
  return s;
}

static void free_sorted(sorted *s) {
  free(s->text);
  free(s->entries);
}

static tome_key_options options_of(uint32_t kind) {
  tome_key_options options = TOME_KEY_OPTIONS_INIT;
  options.kind = kind;
  options.zone = 0;
  return options;
}

static tome_key *new_key(tome *map, uint32_t kind, uint64_t slack) {
  tome_key_options options = options_of(kind);
  char number[32];
  tome_key *key;
  if (slack && kind == TOME_KEY_TIME)
    options.slack = (int64_t)slack * 1000000000;
  snprintf(number, sizeof number, "%" PRIu64 ".%" PRIu64, slack / 4, slack % 4 * 25);
  if (slack && kind == TOME_KEY_NUMBER)
    options.number_slack = number;
  must_succeed(tome_key_new(&key, map, &options));
  return key;
}

/* `written` holds the text. */
static tome_key_value value_of(uint32_t kind, int64_t key, char *written, size_t room) {
  write_key(written, room, kind, key);
  return (tome_key_value){
      .time = (INT64_C(1700000000) + key) * 1000000000, .text = written, .length = strlen(written)};
}

/* ---- the border ---- */

static uint64_t border_by_looking(const sorted *s, int64_t bound, int after) {
  for (size_t i = 0; i < s->count; i++)
    if (after ? s->entries[i].key > bound : s->entries[i].key >= bound)
      return s->entries[i].offset;
  return s->length;
}

static int64_t some_bound(dice *any, const sorted *s) {
  if (s->count == 0)
    return 100;
  return s->entries[roll(any, s->count)].key + (int64_t)roll(any, 3) - 1;
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

/* ---- the walk ---- */

typedef struct collected {
  char *text;
  size_t length;
  uint64_t next; /* where the next chunk may begin */
  int calls, stop_after;
} collected;

static int collect(void *context, uint64_t offset, const void *data, size_t length) {
  collected *c = context;
  must(offset >= c->next && length > 0);
  memcpy(c->text + c->length, data, length);
  c->length += length;
  c->next = offset + length;
  return ++c->calls == c->stop_after;
}

/* What lies between, by looking at every record; NULL as text: only its span. */
static tome_span walk_by_looking(const sorted *s, int64_t from, int64_t to, char *text) {
  tome_span span = {0};
  for (size_t i = 0; i < s->count; i++) {
    const entry *e = &s->entries[i];
    if (e->key < from || e->key > to)
      continue;
    if (span.records++ == 0)
      span.offset = e->offset;
    span.end = e->end;
    memcpy(text + span.bytes, s->text + e->offset, e->end - e->offset);
    span.bytes += e->end - e->offset;
  }
  for (uint64_t i = 0; i < span.bytes; i++)
    span.lines += text[i] == '\n';
  return span;
}

/* Returns what tome_between() does, having checked the answer if there is one. */
static int try_between(tome *map, const tome_key *key, uint32_t kind, const sorted *s, int64_t from,
                       int64_t to) {
  char low[64], high[64], *want = malloc(s->length + 1);
  tome_key_value lower = value_of(kind, from, low, sizeof low);
  tome_key_value upper = value_of(kind, to, high, sizeof high);
  collected c = {.text = malloc(s->length + 1)};
  tome_between_options options = TOME_BETWEEN_INIT;
  options.from = &lower;
  options.to = &upper;
  options.found = collect;
  options.context = &c;
  tome_span span, expected = walk_by_looking(s, from, to, want);
  int r = tome_between(map, key, &options, &span);
  if (r >= 0) {
    must_equal(r, expected.records > 0);
    must_equal(span.records, expected.records);
    must_equal(span.lines, expected.lines);
    must_equal(span.bytes, expected.bytes);
    must_equal(span.offset, expected.offset);
    must_equal(span.end, expected.end);
    must_equal(c.length, expected.bytes);
    must_be_bytes(c.text, want, c.length);
  }
  free(c.text);
  free(want);
  return r;
}

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
  tome_span span;
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

/* The answer is right, or the file is said not to be sorted; where the disorder lies in the span, it is always said. */
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
  tome_span span;
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
    tome_span span;
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

/* ---- keys ---- */

static void must_refuse(tome *map, tome_key_options options) {
  tome_key *key = NULL;
  must_fail(tome_key_new(&key, map, &options), TOME_EINVAL);
  must(key == NULL && tome_error_last()->detail != NULL);
}

static void options_that_do_not_go_together_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_file("sorted", "1700000001 a\n", 13), TOME_READ);
  tome_key_options o = options_of(3);
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.struct_size--;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.slack = -1;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TEXT);
  o.slack = 1;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.number_slack = "1";
  must_refuse(map, o);
  o = options_of(TOME_KEY_NUMBER);
  o.number_slack = "-1";
  must_refuse(map, o);
  o.number_slack = "1x";
  must_refuse(map, o);
  o = options_of(TOME_KEY_NUMBER);
  o.format = "%Y";
  must_refuse(map, o);
  o = options_of(TOME_KEY_NUMBER);
  o.separator = "";
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.zone = 86400;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.format = "%Y-%m-%d %";
  must_refuse(map, o);
  must_equal(tome_error_last()->offset, 9);
  must_succeed(tome_close(map));
}

static void what_keys_are_is_told(void **state) {
  (void)state;
  static const char *const lines[][2] = {
      {"2026-11-21 14:05:06 x\n", "ISO 8601"},
      {"10.1.1.1 - - [21/Nov/2026:14:05:06 +0100] x\n", "web server log"},
      {"<34>Nov 21 14:05:06 host x\n", "syslog"},
      {"[Sat Nov 21 14:05:06.789 2026] x\n", "syslog with weekday and year"},
      {"2026-11-21;x\n", "ISO 8601 date"},
      {"1795266306 x\n", "seconds since 1970"},
      {"{\"id\":1795266306,\"time\":\"2026-11-21T14:05:06Z\"}\n", "ISO 8601"},
      {"1795266306000\tx\n", "milliseconds since 1970"},
      {"1795266306000000\n", "microseconds since 1970"}};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    tome *map = open_map(make_file("sorted", lines[i][0], strlen(lines[i][0])), TOME_READ);
    tome_key *key = new_key(map, TOME_KEY_TIME, 0);
    note("%s", lines[i][0]);
    must_equal(strlen(tome_key_format(key)), strlen(lines[i][1]));
    must_be_bytes(tome_key_format(key), lines[i][1], strlen(lines[i][1]));
    tome_key_value value;
    must_return(tome_key_parse(key, lines[i][0], strlen(lines[i][0]) - 1, &value), 1);
    must_return(tome_key_parse(key, "no time", 7, &value), 0);
    tome_key_free(key);
    must_succeed(tome_close(map));
  }
}

static void a_file_without_keys_is_told(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("none", 300 * PAGE), TOME_READ);
  tome_key *key = NULL;
  must_fail(tome_key_new(&key, map, NULL), TOME_ENOKEY);
  must_succeed(tome_close(map));
  map = open_map(make_file("empty", "", 0), TOME_READ);
  must_succeed(tome_key_new(&key, map, NULL));
  must_equal(strlen(tome_key_format(key)), 0);
  must_return(tome_between(map, key, NULL, NULL), 0);
  tome_key_free(key);
  must_succeed(tome_close(map));
  tome_key_free(NULL);
}

static void bounds_that_are_no_numbers_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_file("sorted", "1\n2\n", 4), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_NUMBER, 0);
  tome_key_value bad = {.text = "1x", .length = 2}, none = {.text = "", .length = 0};
  uint64_t at = 77;
  must_fail(tome_bisect(map, key, &bad, 0, &at), TOME_EINVAL);
  must_fail(tome_bisect(map, key, &none, 0, &at), TOME_EINVAL);
  tome_between_options options = TOME_BETWEEN_INIT;
  options.to = &bad;
  must_fail(tome_between(map, key, &options, NULL), TOME_EINVAL);
  must_equal(at, 77);
  tome_key_free(key);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_border_is_where_a_look_at_every_record_finds_it),
      TEST(parts_and_private_copies_are_bisected),
      TEST(a_walk_gives_what_a_look_at_every_record_gives),
      TEST(a_walk_ends_when_it_is_told_to),
      TEST(disorder_is_told_or_makes_no_difference),
      TEST(reversed_files_are_said_not_to_be_sorted),
      TEST(a_border_costs_a_few_reads_of_a_page),
      TEST(a_long_record_costs_its_length_once),
      TEST(what_was_cut_away_is_told),
      TEST(what_is_appended_is_seen_after_a_refresh),
      TEST(a_disk_that_cannot_read_is_told),
      TEST(options_that_do_not_go_together_are_refused),
      TEST(what_keys_are_is_told),
      TEST(a_file_without_keys_is_told),
      TEST(bounds_that_are_no_numbers_are_refused),
  };
  return run_matching(tests, count, arguments);
}
