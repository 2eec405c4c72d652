/* Making expressions ready: they are compiled by PCRE2, those that were understood as one.
 *
 * Expressions that are nothing but byte strings become a pattern of byte strings. */
#include "expression.h"
#include "failure.h"
#include "needle_list.h"
#include "regex_jit.h"
#include "regex_state.h"

#include <stdlib.h>
#include <string.h>

/* The needles, and what is known of them. */
typedef struct making {
  tome_pattern *p;
  expressions *regex;
  const tome_needle *needles;
  expression *known;
  size_t count;
  unsigned char *text; /* of expressions that are put together */
  int hasty_loops;     /* see has_hasty_loops() */
  int slow_parts;      /* see has_slow_parts() */
} making;

/* ---- memory ---- */

static void *new_memory(size_t size, void *context) {
  (void)context;
  return tome__os_new(size, 1);
}

static void free_memory(void *memory, void *context) {
  (void)context;
  tome__os_free(memory);
}

static int no_memory(void) {
  return tome__pattern_failure(TOME_ENOMEM, NULL, 0, 0);
}

void tome__regex_free(tome_pattern *p) {
  expressions *regex = p->regex;
  if (!regex)
    return;
  for (size_t i = 0; regex->codes && i < regex->count; i++)
    tome__regex_code_free(regex->codes[i].code);
  for (size_t i = 0; i < regex->required_count; i++)
    tome_pattern_free(regex->required[i]);
  tome__regex_jit_trim(regex->memory);
  pcre2_compile_context_free(regex->how);
  pcre2_general_context_free(regex->memory);
  tome__os_free(regex->codes);
  tome__os_free(regex);
}

static int begin(making *work) {
  expressions *regex = tome__os_new(1, sizeof *regex);
  work->p->engine = &tome__engine_regex;
  work->p->regex = work->regex = regex;
  if (!regex)
    return no_memory();
  regex->memory = pcre2_general_context_create(new_memory, free_memory, NULL);
  regex->how = regex->memory ? pcre2_compile_context_create(regex->memory) : NULL;
  regex->codes = tome__os_new(work->count + 1, sizeof *regex->codes);
  work->known = tome__os_new(work->count + 1, sizeof *work->known);
  if (!regex->how || !regex->codes || !work->known)
    return no_memory();
  pcre2_set_newline(regex->how, PCRE2_NEWLINE_LF);
  return 0;
}

static void end(making *work) {
  for (size_t i = 0; work->known && i < work->count; i++)
    tome__expression_end(&work->known[i]);
  tome__os_free(work->known);
  tome__os_free(work->text);
}

/* ---- compiling ---- */

static int compile_failure(int error, size_t offset, size_t needle) {
  char message[200];
  if (error == PCRE2_ERROR_HEAP_FAILED)
    return no_memory();
  if (pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message) < 0)
    message[0] = '\0';
  int large = error == PCRE2_ERROR_PATTERN_TOO_LARGE ||
              error == PCRE2_ERROR_PATTERN_TOO_COMPLICATED ||
              error == PCRE2_ERROR_PATTERN_STRING_TOO_LONG;
  return tome__pattern_failure(large ? TOME_EFBIG : TOME_EINVAL, tome__detail_copy(message), offset,
                               needle);
}

static pcre2_code *compile(const making *work, const void *text, size_t length, uint32_t options,
                           int *ret_error, size_t *ret_offset) {
  options |= PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
  if (work->p->flags & TOME_PATTERN_IGNORE_CASE)
    options |= PCRE2_CASELESS;
  return pcre2_compile(length > 0 ? text : (const void *)"", length, options, ret_error, ret_offset,
                       work->regex->how);
}

static void keep(making *work, pcre2_code *code, int by_line) {
  int in_parts = !by_line && !work->slow_parts;
  uint32_t options = PCRE2_JIT_COMPLETE | (in_parts ? PCRE2_JIT_PARTIAL_HARD : 0);
  int compiled = tome__regex_jit(code, options);
  work->regex->codes[work->regex->count++] =
      (regex_code){code, compiled, compiled && in_parts, by_line};
}

/* Each expression by itself: whether it is right, and what is known of it. */
static int read_one(making *work, size_t i) {
  int error = 0;
  size_t offset = 0;
  const tome_needle *needle = &work->needles[i];
  pcre2_code *code = compile(work, needle->data, needle->length, 0, &error, &offset);
  if (!code)
    return compile_failure(error, offset, i);
  pcre2_code_free(code);
  if (tome__expression_begin(&work->known[i], needle->data, needle->length,
                             work->p->traits.in_lines) != 0)
    return no_memory();
  return 0;
}

/* ---- several as one ---- */

static void write_text(making *work, size_t *length, const void *text, size_t count) {
  memcpy(work->text + *length, text, count);
  *length += count;
}

static void write_string(making *work, size_t *length, const char *text) {
  write_text(work, length, text, strlen(text));
}

static int is_before_10_43(void) {
  char version[64] = "", *minor = version;
  if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) < (int)sizeof version)
    pcre2_config(PCRE2_CONFIG_VERSION, version);
  unsigned long major = strtoul(version, &minor, 10);
  return major == 10 && *minor == '.' && strtoul(minor + 1, NULL, 10) < 43;
}

/* Before version 10.43 machine code of PCRE2 passes over matches where a loop follows a group of alternatives, as in (1|)b*1: it
 * takes for the whole group what it learnt of the loop behind one of them. It learns nothing behind a look ahead, an empty one,
 * too. */
static int has_hasty_loops(void) {
  return is_before_10_43();
}

/* There, machine code for 64-bit ARM that may match in part looks for the first byte of a match again at each byte, through all
 * of the subject, and sometimes behind it: https://github.com/PCRE2Project/pcre2/issues/257 */
static int has_slow_parts(void) {
  char machine[128] = "";
  int length = pcre2_config(PCRE2_CONFIG_JITTARGET, NULL);
  if (length > 0 && length <= (int)sizeof machine)
    pcre2_config(PCRE2_CONFIG_JITTARGET, machine);
  return strncmp(machine, "ARM-64", 6) == 0 && is_before_10_43();
}

/* What the flags want around an expression. */
static const char *before_all(uint32_t flags) {
  return flags & TOME_PATTERN_WHOLE_LINE ? "^(?:" : flags & TOME_PATTERN_WORD ? "(?<!\\w)(?:" : "";
}

static const char *behind_all(uint32_t flags) {
  return flags & TOME_PATTERN_WHOLE_LINE ? ")$" : flags & TOME_PATTERN_WORD ? ")(?!\\w)" : "";
}

/* In (?|...|...) the groups of each alternative are numbered from 1, so that its back references mean what they did. */
static size_t put_together(making *work, size_t from, size_t to) {
  size_t length = 0;
  int groups = 0, varied = 0;
  for (size_t i = from; i < to; i++) {
    groups |= to - from > 1 && work->known[i].groups;
    varied |= work->known[i].varied;
  }
  write_string(work, &length, varied && work->hasty_loops ? "(?=)" : "");
  write_string(work, &length, before_all(work->p->flags));
  write_string(work, &length, groups ? "(?|" : "");
  for (size_t i = from; i < to; i++) {
    write_string(work, &length, i > from ? "|" : "");
    write_string(work, &length, groups ? "(?:" : "");
    write_text(work, &length, work->known[i].text, work->known[i].length);
    write_string(work, &length, groups ? ")" : "");
  }
  write_string(work, &length, groups ? ")" : "");
  write_string(work, &length, behind_all(work->p->flags));
  return length;
}

/* Those of [from, end), which were understood; in parts where they are too large for one. */
static int compile_together(making *work, size_t from, size_t end) {
  int error = 0;
  size_t offset = 0;
  for (size_t to = end; from < end;) {
    size_t length = put_together(work, from, to);
    pcre2_code *code = compile(work, work->text, length, 0, &error, &offset);
    if (code) {
      keep(work, code, 0);
      from = to;
      to = end;
    } else if (error == PCRE2_ERROR_PATTERN_TOO_LARGE && to - from > 1) {
      to = from + (to - from) / 2;
    } else {
      return compile_failure(error, 0, from);
    }
  }
  return 0;
}

static int compile_alone(making *work, size_t i) {
  int error = 0;
  size_t offset = 0, length = 0;
  const tome_needle *needle = &work->needles[i];
  /* Verbs such as (*COMMIT) mean something else without it. */
  int has_verb = 0;
  for (size_t at = 0; at + 1 < needle->length && !has_verb; at++)
    has_verb = memcmp((const char *)needle->data + at, "(*", 2) == 0;
  uint32_t options = work->hasty_loops && !has_verb ? PCRE2_NO_START_OPTIMIZE : 0;
  write_string(work, &length, before_all(work->p->flags));
  write_text(work, &length, needle->data, needle->length);
  write_string(work, &length, behind_all(work->p->flags));
  pcre2_code *code = compile(work, work->text, length, options, &error, &offset);
  if (!code)
    return compile_failure(error, 0, i);
  keep(work, code, work->p->traits.in_lines);
  return 0;
}

static int compile_all(making *work) {
  size_t room = 64;
  for (size_t i = 0; i < work->count; i++)
    room += work->needles[i].length + work->known[i].length + 8;
  work->text = tome__os_new(room, 1);
  if (!work->text)
    return no_memory();
  int r = 0;
  for (size_t i = 0, known; i < work->count && r == 0; i = known + (known == i)) {
    for (known = i; known < work->count && work->known[known].known;)
      known++;
    r = known > i ? compile_together(work, i, known) : compile_alone(work, i);
  }
  return r;
}

/* ---- byte strings ---- */

/* The best set of each expression, or of one alone the `which`th; NULL: there is none. */
static tome_needle *strings_of(making *work, size_t which, size_t *ret_count) {
  size_t count = 0;
  for (size_t i = 0; i < work->count; i++)
    count += work->known[i].sets[which].count;
  tome_needle *strings = tome__os_new(count + 1, sizeof *strings);
  *ret_count = 0;
  for (size_t i = 0; strings && i < work->count; i++) {
    const expression *e = &work->known[i];
    tome__expression_needles(e, &e->sets[which], strings + *ret_count);
    *ret_count += e->sets[which].count;
  }
  return strings;
}

static size_t fewest_sets(const making *work) {
  size_t fewest = work->count == 1 ? MOST_SETS : work->count > 1;
  for (size_t i = 0; i < work->count; i++)
    if (work->known[i].set_count < fewest)
      fewest = work->known[i].set_count;
  return fewest;
}

/* Which of several strings is told, where one is the beginning of another, is another thing with expressions, unless the longest
 * is asked for. */
static int mean_the_same(const making *work, const tome_needle *strings, size_t count) {
  needle_list list;
  if (work->p->flags & TOME_PATTERN_LONGEST)
    return 1;
  if (tome__needles_begin(&list, strings, count, (work->p->flags & TOME_PATTERN_IGNORE_CASE) != 0,
                          0) != 0)
    return 0;
  int same = !tome__needles_overlap(&list);
  tome__needles_end(&list);
  return same;
}

/* Returns 1 if the expressions are byte strings, 0, or a code. */
static int are_strings(making *work) {
  size_t count = 0;
  for (size_t i = 0; i < work->count; i++)
    if (!work->known[i].exact)
      return 0;
  tome_needle *strings = strings_of(work, 0, &count);
  if (!strings)
    return no_memory();
  int r = mean_the_same(work, strings, count);
  if (r == 1) {
    tome__regex_free(work->p);
    work->p->regex = NULL;
    work->p->engine = &tome__engine_none;
    r = tome__literals_begin(work->p, strings, count);
    r = r == 0 ? 1 : r;
  }
  tome__os_free(strings);
  return r;
}

static int require(making *work, size_t which) {
  size_t count = 0;
  uint32_t flags = work->p->flags & TOME_PATTERN_IGNORE_CASE;
  tome_pattern *required = tome__pattern_empty(flags);
  tome_needle *strings = required ? strings_of(work, which, &count) : NULL;
  if (required)
    work->regex->required[work->regex->required_count++] = required;
  int r = strings ? tome__literals_begin(required, strings, count) : no_memory();
  tome__os_free(strings);
  return r;
}

static int require_strings(making *work) {
  size_t sets = work->p->traits.in_lines ? fewest_sets(work) : 0;
  int r = 0;
  for (size_t i = 0; i < sets && r == 0; i++)
    r = require(work, i);
  return r;
}

/* ---- what the engine must know ---- */

static void note_starts(expressions *regex) {
  const pcre2_code *code = regex->codes[0].code;
  const uint8_t *bits = NULL;
  uint32_t kind = 0, first = 0;
  pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &kind);
  pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &first);
  pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bits);
  for (unsigned byte = 0; byte < 256; byte++) {
    int is_first = tome__fold((unsigned char)byte) == tome__fold((unsigned char)first);
    int in_bits = !bits || (bits[byte / 8] >> byte % 8 & 1);
    regex->starts[byte] = (unsigned char)(kind == 1 ? is_first : in_bits);
  }
}

/* What PCRE2 tells is the furthest that one lookbehind moves back. Those in others move back from there, and at the end of it all
 * \b or ^ looks at one byte more. */
static size_t furthest_behind(const making *work, uint32_t one) {
  size_t brackets = 1;
  for (size_t i = 0; i < work->count; i++)
    for (size_t at = 0; one > 1 && at < work->needles[i].length; at++)
      brackets += ((const char *)work->needles[i].data)[at] == '(';
  return brackets < SIZE_MAX / (one + 1) ? brackets * one + 1 : SIZE_MAX;
}

static int may_move_begin(const making *work) {
  for (size_t i = 0; i < work->count; i++)
    for (size_t at = 0; at + 1 < work->needles[i].length; at++)
      if (memcmp((const char *)work->needles[i].data + at, "\\K", 2) == 0)
        return 1;
  return 0;
}

static void describe(const making *work) {
  tome_pattern *p = work->p;
  expressions *regex = p->regex;
  p->traits.longest = p->traits.ahead = SIZE_MAX;
  p->traits.moves_begin = may_move_begin(work);
  for (size_t i = 0; i < regex->count; i++) {
    uint32_t behind = 0;
    pcre2_pattern_info(regex->codes[i].code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
    size_t all = furthest_behind(work, behind);
    if (regex->codes[i].by_line)
      p->traits.behind = SIZE_MAX;
    else if (all > p->traits.behind)
      p->traits.behind = all;
  }
  regex->one_block = regex->count == 1 && !regex->codes[0].by_line;
  if (regex->one_block)
    note_starts(regex);
}

static int make(making *work) {
  int r = begin(work);
  for (size_t i = 0; i < work->count && r == 0; i++)
    r = read_one(work, i);
  if (r == 0 && work->count > 0)
    r = are_strings(work);
  if (r != 0)
    return r < 0 ? r : 0;
  r = compile_all(work);
  if (r == 0)
    r = require_strings(work);
  if (r == 0)
    describe(work);
  return r;
}

int tome__regex_begin(tome_pattern *p, const tome_needle *needles, size_t count) {
  making work = {.p = p,
                 .needles = needles,
                 .count = count,
                 .hasty_loops = has_hasty_loops(),
                 .slow_parts = has_slow_parts()};
  int r = make(&work);
  end(&work);
  return r;
}
