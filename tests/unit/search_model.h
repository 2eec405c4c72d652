/* What a search must find, by plain loops over the bytes, and what it tells, written down. */
#ifndef SEARCH_MODEL_H
#define SEARCH_MODEL_H

#include "test_support.h"

/** Hits in order; `data` is not kept. */
typedef struct hit_list {
  tome_hit *items;
  size_t count, room;
} hit_list;

void add_hit(hit_list *list, uint64_t offset, uint64_t length, uint64_t number);
/** Fails unless both hold the same. */
void must_be_same_hits(const hit_list *got, const hit_list *want);

/** Byte strings: at each place the longest one matches. */
typedef struct needles {
  tome_needle items[8];
  size_t count;
  uint32_t flags; /* TOME_PATTERN_IGNORE_CASE and what does not change which bytes match */
} needles;

tome_pattern *pattern_of(const needles *some);
tome_pattern *pattern_of_string(const char *needle, uint32_t flags);

/** Matches in text[from, to), and lines. */
hit_list model_matches(const unsigned char *text, uint64_t from, uint64_t to, const needles *some,
                       int overlapping);
hit_list model_lines(const unsigned char *text, uint64_t from, uint64_t to, const needles *some,
                     uint32_t flags);

/** What tome_search() tells, checked: hits that come in order, and whose data are the text's bytes (text NULL: not looked at). */
typedef struct told {
  hit_list hits;
  const unsigned char *text;
  uint64_t stop_after; /* 0: never */
  int result;
  uint64_t count;
} told;

/** Search with these options; `found` and `context` are filled in. The error record is checked if it fails. */
told tell_search(tome *map, const unsigned char *text, const tome_pattern *pattern,
                 tome_search_options options);
told tell_memory(const unsigned char *text, size_t length, const tome_pattern *pattern,
                 tome_search_options options);

tome_search_options search_options(uint64_t from, uint64_t to, uint32_t flags, uint32_t threads);
/** All numbers of threads tell these hits, and count them. */
void must_tell(tome *map, const unsigned char *text, const tome_pattern *pattern, uint64_t from,
               uint64_t to, uint32_t flags, const hit_list *want);

/** A map whose pieces are a page. */
tome *open_in_pages(const void *text, size_t length);

/** Letters from a set, `\n` among them if it is. */
void random_letters(dice *any, unsigned char *text, size_t length, const char *letters,
                    size_t count);
/** One to four needles of few letters, or bytes of the text. The bytes lie in `room`, of at least 2048. */
needles random_needles(dice *any, const unsigned char *text, size_t size, const char *letters,
                       size_t count, unsigned char *room);

/** Dots, and "word" here and there: those are the list. free() both. */
unsigned char *text_of_words(size_t size, hit_list *ret_want);

/** Numbers of threads that are tried. */
extern const uint32_t thread_counts[3];

#endif
