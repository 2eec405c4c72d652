/* One call of PCRE2: its limits, its stack, and what it answers.
 *
 * An expression may need any number of steps. Those from one place on are limited, so that one that goes astray ends with
 * TOME_EFBIG: a million, and some for each byte, as one loop over all of a long line is no mistake. The memory it may have is
 * limited, too. */
#include "regex_state.h"

#include <tome/error.h>

enum {
  STEPS = 1000000,
  STEPS_FOR_BYTE = 64,
  LONGEST_COUNTED = 32 << 20,
  MOST_HEAP_KIB = 64 << 10,
  DEEPEST = 1000000,
  SMALL_STACK = 256 << 10,
  LARGE_STACK = 64 << 20,
  FEWEST_STATES = 4096,
  MOST_STATES = 16 << 20
};

/* ---- memory ---- */

int tome__regex_scratch_begin(matcher *m) {
  const expressions *regex = m->pattern->regex;
  regex_scratch *s = tome__os_new(1, sizeof *s);
  m->scratch = s;
  if (s) {
    s->limits = pcre2_match_context_create(regex->memory);
    s->data = pcre2_match_data_create(1, regex->memory);
  }
  if (!s || !s->limits || !s->data) {
    tome__regex_scratch_end(m);
    return TOME_ENOMEM;
  }
  pcre2_set_depth_limit(s->limits, DEEPEST);
  pcre2_set_heap_limit(s->limits, MOST_HEAP_KIB);
  return 0;
}

void tome__regex_scratch_end(matcher *m) {
  regex_scratch *s = m->scratch;
  m->scratch = NULL;
  if (!s)
    return;
  pcre2_jit_stack_free(s->stack);
  pcre2_match_data_free(s->data);
  pcre2_match_context_free(s->limits);
  tome__os_free(s->states);
  tome__os_free(s);
}

/* The machine's stack has little room for it: 32 KiB. */
static int get_stack(matcher *m) {
  regex_scratch *s = m->scratch;
  if (s->stack)
    return 0;
  s->stack = pcre2_jit_stack_create(SMALL_STACK, LARGE_STACK, m->pattern->regex->memory);
  pcre2_jit_stack_assign(s->limits, NULL, s->stack);
  return s->stack != NULL;
}

static int more_states(regex_scratch *s) {
  size_t count = s->state_count ? 4 * s->state_count : FEWEST_STATES;
  if (count > MOST_STATES)
    return TOME_EFBIG;
  tome__os_free(s->states);
  s->states = tome__os_new(count, sizeof *s->states);
  s->state_count = s->states ? count : 0;
  return s->states ? 0 : TOME_ENOMEM;
}

/* ---- matching ---- */

static int judge(int answer) {
  switch (answer) {
  case PCRE2_ERROR_NOMATCH:
    return 0;
  case PCRE2_ERROR_PARTIAL:
    return MATCHER_NEEDS_MORE;
  case PCRE2_ERROR_NOMEMORY:
    return TOME_ENOMEM;
  default:
    return answer >= 0 ? 1 : TOME_EFBIG;
  }
}

static int call(matcher *m, const regex_code *code, const unsigned char *subject, size_t length,
                size_t at, uint32_t options) {
  regex_scratch *s = m->scratch;
  uint32_t bytes = (uint32_t)(length < LONGEST_COUNTED ? length : LONGEST_COUNTED);
  bytes = s->in_block ? 0 : bytes;
  pcre2_set_match_limit(s->limits, STEPS + STEPS_FOR_BYTE * bytes);
  if (!(options & PCRE2_PARTIAL_HARD ? code->in_parts : code->compiled))
    return pcre2_match(code->code, subject, length, at, options, s->data, s->limits);
  int answer = pcre2_jit_match(code->code, subject, length, at, options, s->data, s->limits);
  if (answer == PCRE2_ERROR_JIT_STACKLIMIT && get_stack(m))
    answer = pcre2_jit_match(code->code, subject, length, at, options, s->data, s->limits);
  return answer;
}

int tome__regex_first(matcher *m, const regex_code *code, const unsigned char *subject,
                      size_t length, size_t at, uint32_t options, span *ret) {
  const regex_scratch *s = m->scratch;
  static const unsigned char nothing[1];
  int r = judge(call(m, code, subject ? subject : nothing, length, at, options));
  const size_t *ends = pcre2_get_ovector_pointer(s->data);
  if (r > 0)
    *ret = (span){ends[0], ends[1] > ends[0] ? ends[1] - ends[0] : 0};
  return r;
}

/* PCRE2's other matcher follows all ways at once and tells the longest. What it cannot do, back references above all, keeps the
 * match that the expression prefers. */
int tome__regex_prolong(matcher *m, const regex_code *code, const unsigned char *subject,
                        size_t length, uint32_t options, span *ret) {
  regex_scratch *s = m->scratch;
  int answer = PCRE2_ERROR_DFA_WSSIZE;
  while (answer == PCRE2_ERROR_DFA_WSSIZE) {
    int r = s->state_count && s->states ? 0 : more_states(s);
    if (r != 0)
      return r;
    answer = pcre2_dfa_match(code->code, subject, length, ret->begin, options | PCRE2_ANCHORED,
                             s->data, s->limits, s->states, s->state_count);
    if (answer == PCRE2_ERROR_DFA_WSSIZE && (r = more_states(s)) != 0)
      return r;
  }
  switch (answer) {
  case PCRE2_ERROR_PARTIAL:
    return MATCHER_NEEDS_MORE;
  case PCRE2_ERROR_NOMEMORY:
  case PCRE2_ERROR_MATCHLIMIT:
  case PCRE2_ERROR_DEPTHLIMIT:
  case PCRE2_ERROR_HEAPLIMIT:
    return judge(answer);
  default:
    break;
  }
  size_t end = pcre2_get_ovector_pointer(s->data)[1];
  if (answer >= 0 && end > ret->begin + ret->length)
    ret->length = end - ret->begin;
  return 1;
}
