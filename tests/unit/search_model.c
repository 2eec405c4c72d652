#include "search_model.h"

#include <stdlib.h>
#include <string.h>

const uint32_t thread_counts[3] = {1, 2, 7};

/* ---- lists ---- */

void add_hit(hit_list *list, uint64_t offset, uint64_t length, uint64_t number) {
  if (list->count == list->room) {
    list->room = list->room ? 2 * list->room : 64;
    list->items = realloc(list->items, list->room * sizeof *list->items);
    must(list->items != NULL);
  }
  list->items[list->count++] = (tome_hit){offset, length, number, NULL};
}

void must_be_same_hits(const hit_list *got, const hit_list *want) {
  size_t count = got->count < want->count ? got->count : want->count;
  for (size_t i = 0; i < count; i++) {
    const tome_hit *a = &got->items[i], *b = &want->items[i];
    if (a->offset != b->offset || a->length != b->length || a->number != b->number)
      fail_at(__FILE__, __LINE__, "hit %zu is %llu+%llu (line %llu), not %llu+%llu (line %llu)", i,
              (unsigned long long)a->offset, (unsigned long long)a->length,
              (unsigned long long)a->number, (unsigned long long)b->offset,
              (unsigned long long)b->length, (unsigned long long)b->number);
  }
  must_equal(got->count, want->count);
}

/* ---- patterns ---- */

tome_pattern *pattern_of(const needles *some) {
  tome_pattern *pattern = NULL;
  must_succeed(tome_pattern_new(&pattern, some->items, some->count, some->flags));
  return pattern;
}

tome_pattern *pattern_of_string(const char *needle, uint32_t flags) {
  needles one = {.items = {{needle, strlen(needle)}}, .count = 1, .flags = flags};
  return pattern_of(&one);
}

void random_letters(dice *any, unsigned char *text, size_t length, const char *letters,
                    size_t count) {
  for (size_t i = 0; i < length; i++)
    text[i] = (unsigned char)letters[roll(any, count)];
}

needles random_needles(dice *any, const unsigned char *text, size_t size, const char *letters,
                       size_t count, unsigned char *room) {
  needles some = {.count = roll(any, 3) ? 1 : 1 + roll(any, 4)};
  for (size_t i = 0; i < some.count; i++, room += 512) {
    size_t length = roll(any, roll(any, 6) ? 6 : 500);
    length = length == 0 && roll(any, 8) ? 1 : length;
    random_letters(any, room, length, letters, count);
    if (length <= size && roll(any, 2))
      memcpy(room, text + roll_near_page(any, size - length), length);
    some.items[i] = (tome_needle){room, length};
  }
  return some;
}

/* ---- the model ---- */

static int equal_bytes(const unsigned char *a, const unsigned char *b, size_t length, int fold) {
  for (size_t i = 0; i < length; i++) {
    unsigned char x = a[i], y = b[i];
    if (fold && x >= 'A' && x <= 'Z')
      x = (unsigned char)(x + 32);
    if (fold && y >= 'A' && y <= 'Z')
      y = (unsigned char)(y + 32);
    if (x != y)
      return 0;
  }
  return 1;
}

/* The longest needle at `at`; -1: none. */
static int64_t match_at(const unsigned char *text, uint64_t at, uint64_t to, const needles *some) {
  int64_t longest = -1;
  int fold = (some->flags & TOME_PATTERN_IGNORE_CASE) != 0;
  for (size_t i = 0; i < some->count; i++) {
    size_t length = some->items[i].length;
    if (length <= to - at && (int64_t)length > longest &&
        equal_bytes(text + at, some->items[i].data, length, fold))
      longest = (int64_t)length;
  }
  return longest;
}

hit_list model_matches(const unsigned char *text, uint64_t from, uint64_t to, const needles *some,
                       int overlapping) {
  hit_list list = {0};
  uint64_t barred = TOME_END;
  for (uint64_t at = from; at <= to;) {
    int64_t length = match_at(text, at, to, some);
    if (length < 0 || (length == 0 && at == barred)) {
      at++;
      continue;
    }
    add_hit(&list, at, (uint64_t)length, 0);
    barred = overlapping ? TOME_END : at + (uint64_t)length;
    at += overlapping || length == 0 ? 1 : (uint64_t)length;
  }
  return list;
}

hit_list model_lines(const unsigned char *text, uint64_t from, uint64_t to, const needles *some,
                     uint32_t flags) {
  hit_list list = {0};
  uint64_t number = 0, end;
  for (uint64_t at = from; at < to; at = end + 1) {
    int found = 0;
    number++;
    for (end = at; end < to && text[end] != '\n'; end++)
      ;
    for (uint64_t i = at; i <= end && !found; i++)
      found = match_at(text, i, end, some) >= 0;
    if (found != ((flags & TOME_SEARCH_INVERT) != 0))
      add_hit(&list, at, end - at, flags & TOME_SEARCH_NUMBERS ? number : 0);
  }
  return list;
}

/* ---- searching ---- */

static int write_down(void *context, const tome_hit *hits, size_t count) {
  told *t = context;
  must(count > 0);
  for (size_t i = 0; i < count; i++) {
    const tome_hit *last = t->hits.count ? &t->hits.items[t->hits.count - 1] : NULL;
    must(!last || last->offset < hits[i].offset);
    if (t->text)
      must_be_bytes(hits[i].data, t->text + hits[i].offset, (size_t)hits[i].length);
    add_hit(&t->hits, hits[i].offset, hits[i].length, hits[i].number);
  }
  return t->stop_after && t->hits.count >= t->stop_after;
}

static void check_told(const told *t) {
  must(t->result <= 1);
  if (t->result < 0)
    must_equal(tome_error_last()->code, t->result);
  else
    must_equal(t->result, t->count > 0);
  must_equal(t->count, t->hits.count);
}

told tell_search(tome *map, const unsigned char *text, const tome_pattern *pattern,
                 tome_search_options options) {
  told t = {.text = text};
  options.found = write_down;
  options.context = &t;
  t.result = tome_search(map, pattern, &options, &t.count);
  check_told(&t);
  return t;
}

told tell_memory(const unsigned char *text, size_t length, const tome_pattern *pattern,
                 tome_search_options options) {
  told t = {.text = text};
  options.found = write_down;
  options.context = &t;
  t.result = tome_search_memory(text, length, pattern, &options, &t.count);
  check_told(&t);
  return t;
}

tome *open_in_pages(const void *text, size_t length) {
  tome *map;
  tome_options options = test_options(TOME_WRITE);
  options.window = PAGE;
  must_succeed(tome_open(&map, make_file("text", text, length), TOME_WRITE, &options));
  return map;
}

unsigned char *text_of_words(size_t size, hit_list *ret_want) {
  unsigned char *text = malloc(size);
  memset(text, '.', size);
  for (uint64_t at = 100; at + 4 <= size; at += 611) {
    memcpy(text + at, "word", 4);
    add_hit(ret_want, at, 4, 0);
  }
  return text;
}

tome_search_options search_options(uint64_t from, uint64_t to, uint32_t flags, uint32_t threads) {
  tome_search_options options = TOME_SEARCH_INIT;
  options.from = from;
  options.to = to;
  options.flags = flags;
  options.threads = threads;
  return options;
}

void must_tell(tome *map, const unsigned char *text, const tome_pattern *pattern, uint64_t from,
               uint64_t to, uint32_t flags, const hit_list *want) {
  for (size_t i = 0; i < 3; i++) {
    uint64_t count = 77;
    tome_search_options options = search_options(from, to, flags, thread_counts[i]);
    told t = tell_search(map, text, pattern, options);
    must(t.result >= 0);
    must_be_same_hits(&t.hits, want);
    free(t.hits.items);
    must_return(tome_search(map, pattern, &options, &count), want->count > 0);
    must_equal(count, want->count);
  }
}
