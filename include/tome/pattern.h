/* Patterns: what to search for, made ready once.
 *
 * A pattern is one byte string, many of them, or regular expressions; it matches where any of them does. Bytes are bytes: `.` is
 * any one byte but a newline (with `(?s)` that too), and upper and lower case are those of ASCII, whatever the locale. In text as
 * UTF-8 a character outside ASCII is several bytes: a literal one is found all the same, but `.` and `[é]` see its bytes.
 *
 * Which match: the one that begins first; of those, the longest with TOME_PATTERN_LONGEST or with byte strings, else the one
 * that the expression prefers, as in Perl. */
#ifndef TOME_PATTERN_H
#define TOME_PATTERN_H

#include <tome/base.h>

#define TOME_PATTERN_LITERAL UINT32_C(0) /**< byte strings; an empty one matches everywhere */
#define TOME_PATTERN_REGEX                                                                         \
  UINT32_C(1) /**< regular expressions in the syntax of PCRE2; ^ and $ are ends of lines */
#define TOME_PATTERN_IGNORE_CASE UINT32_C(2) /**< a-z and A-Z are the same */
#define TOME_PATTERN_IN_LINES                                                                      \
  UINT32_C(4) /**< no match holds the end of a line; what could go past it does not match */
#define TOME_PATTERN_WORD                                                                          \
  UINT32_C(8) /**< neither preceded nor followed by a letter, digit or underscore; with IN_LINES */
#define TOME_PATTERN_WHOLE_LINE UINT32_C(16) /**< the match is a whole line; with IN_LINES */
#define TOME_PATTERN_LONGEST UINT32_C(32)    /**< of the matches that begin first the longest */

TOME_BEGIN_DECLS

/** A byte string or an expression. */
typedef struct tome_needle {
  const void *data; /**< borrowed; need not end in a NUL */
  size_t length;    /**< bytes */
} tome_needle;

/** What to search for. Opaque; never changes, so any number of threads may use it at once. */
typedef struct tome_pattern tome_pattern;

/** Make a pattern.
 *  @param[out] ret  owned by the caller until tome_pattern_free(); untouched on failure
 *  @param needles   borrowed, `count` of them, copied; none: a pattern that never matches
 *  @param count     how many; thousands are fine
 *  @param flags     TOME_PATTERN_… or 0
 *  @return 0, or
 *          TOME_EINVAL (unknown flags, flags that do not go together; or an expression that is wrong: the error's detail says
 *          how, its offset is where in the expression, its length which of the needles, from 0),
 *          TOME_ENOTSUP (TOME_PATTERN_REGEX, in a library built without it), TOME_EFBIG (too large to be made ready),
 *          TOME_ENOMEM
 *  Cost: for thousands of needles, tens of milliseconds. Since 0.1. */
TOME_API int tome_pattern_new(tome_pattern **ret, const tome_needle *needles, size_t count,
                              uint32_t flags);

/** Free a pattern. @param pattern  owned, may be NULL; nobody is searching with it. Since 0.1. */
TOME_API void tome_pattern_free(tome_pattern *pattern);

TOME_END_DECLS

#endif
