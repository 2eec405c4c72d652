/* Patterns as the files of this folder share them.
 *
 * A pattern has one engine, chosen when it is made: engine_literal.c for one byte string, engine_few.c and engine_many.c for more
 * of them, engine_regex.c for expressions. What an engine needs to know of the pattern lies in the pattern and never changes; what it
 * changes while it works lies in a matcher. */
#ifndef TOME_PATTERN_STATE_H
#define TOME_PATTERN_STATE_H

#include "finder.h"
#include "matcher.h"
#include "os.h"

/** What an engine does. The functions answer as those of matcher.h that bear their names. */
typedef struct pattern_engine {
  /* Pre: at < before; before <= length, or one more where a match may lie at the end of the text. */
  int (*next)(matcher *m, const stretch *text, size_t at, size_t before, span *ret);
  int (*lines)(matcher *m, const unsigned char *data, size_t length, uint64_t most, spans *list,
               uint64_t *ret_count);
  int (*begin)(matcher *m); /* 0 or TOME_ENOMEM; NULL: there is nothing to make ready */
  void (*end)(matcher *m);
  void (*free)(tome_pattern *pattern);
} pattern_engine;

extern const pattern_engine tome__engine_none, tome__engine_literal, tome__engine_few,
    tome__engine_many, tome__engine_regex;

struct tome_pattern {
  const pattern_engine *engine;
  uint32_t flags; /* TOME_PATTERN_… */
  pattern_traits traits;
  finder finder;             /* of engine_literal */
  unsigned char *needle;     /* owned: the finder's */
  struct needle_set *set;    /* of engine_many */
  struct few_needles *few;   /* of engine_few, which has a set, too */
  struct expressions *regex; /* of engine_regex */
  os_mutex lock;             /* for: */
  matcher *idle;             /* those put back */
};

struct matcher {
  const tome_pattern *pattern;
  matcher *next; /* in the list of idle ones */
  void *scratch; /* the engine's own */
};

/** Make a pattern of byte strings, or of expressions, ready: its engine and traits. Returns 0, or a code that has been recorded
 *  as a failure of tome_pattern_new(). */
int tome__literals_begin(tome_pattern *p, const tome_needle *needles, size_t count);
int tome__regex_begin(tome_pattern *p, const tome_needle *needles, size_t count);

/** Record a failure of tome_pattern_new(). */
int tome__pattern_failure(int code, const char *detail, size_t offset, size_t needle);

/** A pattern without needles, for a part of another pattern; freed by tome_pattern_free(). NULL: no memory. */
tome_pattern *tome__pattern_empty(uint32_t flags);

/** The lines by next(), for an engine that knows nothing better. */
int tome__lines_by_next(matcher *m, const unsigned char *data, size_t length, uint64_t most,
                        spans *list, uint64_t *ret_count);

/** The line that holds data[at], or whose end is there. Pre: `from` is where it begins or a line before. */
span tome__line_at(const unsigned char *data, size_t length, size_t from, size_t at);

static inline unsigned char tome__fold(unsigned char byte) {
  return (unsigned char)(byte - 'A') < 26 ? byte | 0x20 : byte;
}

static inline int tome__is_word(unsigned char byte) {
  return (unsigned char)(tome__fold(byte) - 'a') < 26 || (unsigned char)(byte - '0') < 10 ||
         byte == '_';
}

/** Whether a match [begin, end) has the neighbours that the flags demand: 1, 0, or MATCHER_NEEDS_MORE.
 *  Pre: begin > 0 unless the text begins there. */
static inline int tome__has_neighbours(const tome_pattern *p, const stretch *text, size_t begin,
                                       size_t end) {
  if (!(p->flags & (TOME_PATTERN_WORD | TOME_PATTERN_WHOLE_LINE)))
    return 1;
  int whole = (p->flags & TOME_PATTERN_WHOLE_LINE) != 0;
  if (begin > 0 && (whole ? text->data[begin - 1] != '\n' : tome__is_word(text->data[begin - 1])))
    return 0;
  if (end == text->length)
    return text->is_end ? 1 : MATCHER_NEEDS_MORE;
  return whole ? text->data[end] == '\n' : !tome__is_word(text->data[end]);
}

#endif
