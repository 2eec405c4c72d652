#include "sorted_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(sorted *s, const char *text, size_t length) {
  while (s->length + length > s->room) {
    s->room = s->room ? s->room * 2 : 65536;
    s->text = realloc(s->text, s->room);
  }
  if (length > 0)
    memcpy(s->text + s->length, text, length);
  s->length += length;
}

void put_line(sorted *s, const char *text) {
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

void put_record(sorted *s, dice *any, uint32_t kind, int64_t key, size_t longest) {
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

sorted make_sorted(dice *any, uint32_t kind, size_t count, uint64_t gap, uint64_t slack,
                   size_t longest) {
  sorted s = {.entries = calloc(MOST_ENTRIES, sizeof(entry))};
  int64_t key = 100;
  for (size_t i = 0; i < count; i++) {
    key += (int64_t)roll(any, gap);
    put_record(&s, any, kind, key - (int64_t)roll(any, slack + 1), longest);
  }
  s.text = s.text ? s.text : calloc(1, 1);
  return s;
}

void free_sorted(sorted *s) {
  free(s->text);
  free(s->entries);
}

tome_key_options options_of(uint32_t kind) {
  tome_key_options options = TOME_KEY_OPTIONS_INIT;
  options.kind = kind;
  options.zone = 0;
  return options;
}

tome_key *new_key(tome *map, uint32_t kind, uint64_t slack) {
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

tome_key_value value_of(uint32_t kind, int64_t key, char *written, size_t room) {
  write_key(written, room, kind, key);
  return (tome_key_value){
      .time = (INT64_C(1700000000) + key) * 1000000000, .text = written, .length = strlen(written)};
}

int64_t some_bound(dice *any, const sorted *s) {
  if (s->count == 0)
    return 100;
  return s->entries[roll(any, s->count)].key + (int64_t)roll(any, 3) - 1;
}

int collect(void *context, uint64_t offset, const void *data, size_t length) {
  collected *c = context;
  must(offset >= c->next && length > 0);
  memcpy(c->text + c->length, data, length);
  c->length += length;
  c->next = offset + length;
  return ++c->calls == c->stop_after;
}

/* What lies between, by looking at every record; NULL as text: only its span. */
static tome_between_result walk_by_looking(const sorted *s, int64_t from, int64_t to, char *text) {
  tome_between_result span = {0};
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

int try_between(tome *map, const tome_key *key, uint32_t kind, const sorted *s, int64_t from,
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
  tome_between_result span, expected = walk_by_looking(s, from, to, want);
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
