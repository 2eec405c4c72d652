/* A pattern at work on memory, in one thread. */
#ifndef TOME_MATCHER_H
#define TOME_MATCHER_H

#include <stddef.h>
#include <stdint.h>
#include <tome/pattern.h>

/** Bytes [begin, begin + length) of the memory that was searched. */
typedef struct span {
  size_t begin, length;
} span;

/** Spans in order; `items` is freed by tome__spans_free(). All zeros: none. */
typedef struct spans {
  span *items;
  size_t count, room;
} spans;

/** Add one at the end: 0 or TOME_ENOMEM. */
int tome__spans_add(spans *list, size_t begin, size_t length);
void tome__spans_free(spans *list);

/** What the pattern needs in one thread. Kept by the pattern when it is put back, so that taking one is cheap. */
typedef struct matcher matcher;

/** Take one: 0 or TOME_ENOMEM. Any thread. */
int tome__matcher_take(const tome_pattern *pattern, matcher **ret);
void tome__matcher_put(matcher *m);

/** What the search must know of a pattern. */
typedef struct pattern_traits {
  int one_literal; /* a single byte string: it has a finder, unless it is empty (longest is 0) */
  int in_lines;    /* made with TOME_PATTERN_IN_LINES */
  int moves_begin; /* a match may begin behind where it was looked for (\K) */
  size_t longest;  /* no match is longer; SIZE_MAX: there is no bound */
  size_t behind;   /* how many bytes before a match decide about it (\b, ^, (?<=...)) */
  size_t ahead;    /* and how many behind it; SIZE_MAX: no bound */
} pattern_traits;
const pattern_traits *tome__pattern_traits(const tome_pattern *pattern);

/** The finder of a pattern that is one literal. */
const struct finder *tome__pattern_finder(const tome_pattern *pattern);

/** Memory to be searched: a stretch of a text. */
typedef struct stretch {
  const unsigned char *data;
  size_t length;
  int is_start; /* the text begins here; else the first `behind` bytes are there only to be looked at */
  int is_end; /* the text ends here; else bytes follow */
} stretch;

#define MATCHER_NEEDS_MORE 2

/** The first match that begins in [at, before).
 *  Returns 1 and the match; 0: none; MATCHER_NEEDS_MORE: whether one begins at ret->begin is decided by bytes that follow the
 *  stretch (never with is_end); before it there is none. Or TOME_ENOMEM, TOME_EFBIG (see tome_search()). */
int tome__matcher_next(matcher *m, const stretch *text, size_t at, size_t before, span *ret);

/** All matches that begin in [at, before), each behind the one before it (`overlapping`: each beginning behind the beginning of
 *  the one before it), at most `most`, added to the list, as tome__matcher_next() would find them; an empty match right behind a match is
 *  passed over. Returns as that does: 0 done, MATCHER_NEEDS_MORE with *ret_at where to go on; or a code. */
int tome__matcher_all(matcher *m, const stretch *text, size_t at, size_t before, int overlapping,
                      uint64_t most, spans *ret, size_t *ret_at);

/** All lines that hold a match, without their ends, added to the list; at most `most`. `list` NULL: only counted.
 *  `data` is whole lines: each ends in a newline, but perhaps the last. An end of data is no line behind the last newline.
 *  Pre: the pattern is in_lines. Returns 0 or a code. */
int tome__matcher_lines(matcher *m, const unsigned char *data, size_t length, uint64_t most,
                        spans *list, uint64_t *ret_count);

#endif
