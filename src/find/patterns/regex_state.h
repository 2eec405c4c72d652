/* Regular expressions by PCRE2, as the files regex_*.c and engine_regex.c share them. */
#ifndef TOME_REGEX_STATE_H
#define TOME_REGEX_STATE_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include "expression.h"
#include "pattern_state.h"

#include <pcre2.h>

/** Expressions compiled as one. */
typedef struct regex_code {
  pcre2_code *code;
  int compiled; /* to machine code */
  int in_parts; /* to machine code that may match in part, too */
  int by_line;  /* it was not understood: each line is searched by itself */
} regex_code;

typedef struct expressions {
  pcre2_general_context *memory;
  pcre2_compile_context *how;
  regex_code *codes; /* in the order of the needles */
  size_t count;
  tome_pattern *
      required[MOST_SETS]; /* byte strings: a line that holds none of one of these does not match */
  size_t required_count;
  int one_block;             /* there is one code, and blocks can be searched at once */
  unsigned char starts[256]; /* the bytes that a match may begin with */
} expressions;

/** How lines are found; see engine_regex.c. */
typedef enum regex_way { WAY_UNKNOWN, WAY_REQUIRED, WAY_LINES, WAY_BLOCK } regex_way;

/** What is changed in matching, in one thread. */
typedef struct regex_scratch {
  pcre2_match_context *limits;
  pcre2_match_data *data;
  pcre2_jit_stack *stack; /* only where the ordinary one was too small */
  int *states;            /* of pcre2_dfa_match() */
  size_t state_count;
  int in_block; /* the subject is many lines: its length says nothing of them */
  regex_way way;
  size_t required; /* which of them, with WAY_REQUIRED */
  size_t left;     /* bytes to be searched before it is chosen again */
} regex_scratch;

int tome__regex_scratch_begin(matcher *m);
void tome__regex_scratch_end(matcher *m);
void tome__regex_free(tome_pattern *p);

/** The first match in `subject` from `at` on. `options` are PCRE2's.
 *  Returns 1, 0, MATCHER_NEEDS_MORE (only with PCRE2_PARTIAL_HARD), TOME_ENOMEM or TOME_EFBIG. */
int tome__regex_first(matcher *m, const regex_code *code, const unsigned char *subject,
                      size_t length, size_t at, uint32_t options, span *ret);

/** Make a match the longest one that begins there. Returns 1 or as tome__regex_first(). */
int tome__regex_prolong(matcher *m, const regex_code *code, const unsigned char *subject,
                        size_t length, uint32_t options, span *ret);

#endif
