/* The fuzz target of keys and of bisection: an input is options, two lines to choose bounds from, and a file.
 *
 * The file is short enough for tome_key_new() to look at all its lines. So a file that it takes is in order, and what tome_between() gives
 * must be what looking at every line gives, with tome_key_parse() and tome_key_compare() as the judges of a line. */
#include "fuzz_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

enum { MOST_BYTES = 32768, MOST_LINES = 512, LONGEST_TEXT = 40 };

typedef struct line {
  const unsigned char *text;
  size_t length; /* without its end */
  uint64_t end;  /* of the record that it begins */
  int has_key;
  tome_key_value key;
} line;

typedef struct file {
  const unsigned char *bytes;
  size_t length;
  line lines[MOST_LINES];
  size_t count;
} file;

static void must(int condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "WRONG: %s\n", what);
  abort();
}

/* Text up to a zero byte; NULL if it begins with one. */
static const char *take_text(fuzz_input *in, char *to) {
  size_t length = 0;
  for (unsigned byte; length < LONGEST_TEXT && (byte = take_byte(in)) != 0; length++)
    to[length] = (char)byte;
  to[length] = '\0';
  return length ? to : NULL;
}

static void split(file *f, const tome_key *key) {
  f->count = 0;
  for (size_t at = 0; at < f->length && f->count < MOST_LINES;) {
    line *l = &f->lines[f->count++];
    const unsigned char *end = memchr(f->bytes + at, '\n', f->length - at);
    size_t length = end ? (size_t)(end - f->bytes) - at : f->length - at;
    l->text = f->bytes + at;
    l->length = length && l->text[length - 1] == '\r' ? length - 1 : length;
    at += length + (end != NULL);
    l->has_key = tome_key_parse(key, l->text, l->length, &l->key);
    must(!l->has_key || !l->key.text ||
             ((const unsigned char *)l->key.text >= l->text &&
              (const unsigned char *)l->key.text + l->key.length <= l->text + l->length),
         "a key outside its line");
  }
  uint64_t end = f->length;
  for (size_t i = f->count; i-- > 0;) {
    f->lines[i].end = end;
    if (f->lines[i].has_key)
      end = (uint64_t)(f->lines[i].text - f->bytes);
  }
}

/* What was found, against what lies before `at` of the records that are wanted. */
typedef struct answer {
  const file *file;
  const tome_key *key;
  const tome_key_value *from, *to;
  unsigned char *bytes;
  size_t length;
} answer;

static int collect(void *context, uint64_t offset, const void *data, size_t length) {
  answer *a = context;
  must(length > 0 && offset + length <= a->file->length, "bytes outside the file");
  must(a->length + length <= a->file->length, "too many bytes");
  must(memcmp(a->file->bytes + offset, data, length) == 0, "other bytes than the file's");
  memcpy(a->bytes + a->length, data, length);
  a->length += length;
  return 0;
}

static void check_answer(const answer *a) {
  size_t at = 0;
  for (size_t i = 0; i < a->file->count; i++) {
    const line *l = &a->file->lines[i];
    if (!l->has_key || tome_key_compare(a->key, &l->key, a->from) < 0 ||
        tome_key_compare(a->key, &l->key, a->to) > 0)
      continue;
    size_t length = (size_t)(l->end - (uint64_t)(l->text - a->file->bytes));
    must(length <= a->length - at && memcmp(a->bytes + at, l->text, length) == 0,
         "a record is missing");
    at += length;
  }
  must(at == a->length, "a record too many");
}

/* Any two keys of the file as bounds. */
static void check_span(tome *map, const tome_key *key, const file *f, unsigned i, unsigned j) {
  const line *low = &f->lines[i % f->count], *high = &f->lines[j % f->count];
  answer a = {.file = f, .key = key, .from = &low->key, .to = &high->key};
  tome_between_options options = TOME_BETWEEN_INIT;
  if (!low->has_key || !high->has_key)
    return;
  must(tome_key_compare(key, a.from, a.to) == -tome_key_compare(key, a.to, a.from) ||
           tome_key_compare(key, a.from, a.to) * tome_key_compare(key, a.to, a.from) < 0,
       "an order that depends on who is asked first");
  a.bytes = malloc(f->length);
  options.from = a.from;
  options.to = a.to;
  options.found = collect;
  options.context = &a;
  int r = tome_between(map, key, &options, NULL);
  must(r == (a.length > 0), "a file that was in order is not any more");
  check_answer(&a);
  free(a.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static file f;
  fuzz_input in = {data, data + size};
  char separator[LONGEST_TEXT + 1], format[LONGEST_TEXT + 1], slack[LONGEST_TEXT + 1];
  tome_key_options options = TOME_KEY_OPTIONS_INIT;
  options.kind = take_byte(&in) % 4;
  options.column = take_byte(&in) % 5;
  options.slack = (int64_t)take_byte(&in) * 100000000;
  options.zone = (int32_t)(take_byte(&in) % 27) * 3600 - 13 * 3600;
  options.reference = INT64_C(1795266306000000000);
  unsigned i = take_byte(&in), j = take_byte(&in);
  options.separator = take_text(&in, separator);
  options.format = take_text(&in, format);
  options.number_slack = take_text(&in, slack);
  f.bytes = in.at;
  f.length = in.end - in.at < MOST_BYTES ? (size_t)(in.end - in.at) : MOST_BYTES;
  tome *map;
  tome_key *key;
  if (tome_anonymous(&map, 0, NULL) < 0 || tome_append(map, f.bytes, f.length, NULL) < 0)
    abort();
  int r = tome_key_new(&key, map, &options);
  must(r == 0 || r == TOME_EINVAL || r == TOME_ENOKEY || r == TOME_EORDER, "an odd code");
  if (r == 0) {
    split(&f, key);
    if (f.count > 0 && f.count < MOST_LINES)
      check_span(map, key, &f, i, j);
    tome_key_free(key);
  }
  tome_close(map);
  return 0;
}
