/* Byte strings, put in order. */
#include "needle_list.h"
#include "os.h"
#include "pattern_state.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right) {
  const tome_needle *a = left, *b = right;
  size_t both = a->length < b->length ? a->length : b->length;
  int r = both > 0 ? memcmp(a->data, b->data, both) : 0;
  return r != 0 ? r : (a->length > b->length) - (a->length < b->length);
}

static int is_wanted(const tome_needle *needle, int in_lines) {
  return !in_lines || needle->length == 0 || !memchr(needle->data, '\n', needle->length);
}

static size_t total_length(const tome_needle *needles, size_t count) {
  size_t total = 0;
  for (size_t i = 0; i < count; i++)
    total += needles[i].length;
  return total;
}

static void copy(needle_list *list, const tome_needle *needle, unsigned char *to, int fold) {
  const unsigned char *bytes = needle->data;
  for (size_t i = 0; i < needle->length; i++)
    to[i] = fold ? tome__fold(bytes[i]) : bytes[i];
  list->needles[list->count++] = (tome_needle){to, needle->length};
}

static void drop_duplicates(needle_list *list) {
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++)
    if (i == 0 || compare(&list->needles[i], &list->needles[kept - 1]) != 0)
      list->needles[kept++] = list->needles[i];
  list->count = kept;
}

int tome__needles_begin(needle_list *list, const tome_needle *needles, size_t count,
                        int ignore_case, int in_lines) {
  *list = (needle_list){.needles = tome__os_new(count + 1, sizeof *needles),
                        .bytes = tome__os_new(total_length(needles, count) + 1, 1)};
  if (!list->needles || !list->bytes) {
    tome__needles_end(list);
    return TOME_ENOMEM;
  }
  unsigned char *to = list->bytes;
  for (size_t i = 0; i < count; i++) {
    if (!is_wanted(&needles[i], in_lines))
      continue;
    copy(list, &needles[i], to, ignore_case);
    to += needles[i].length;
  }
  if (list->count > 1)
    qsort(list->needles, list->count, sizeof *list->needles, compare);
  drop_duplicates(list);
  return 0;
}

void tome__needles_end(needle_list *list) {
  tome__os_free(list->needles);
  tome__os_free(list->bytes);
  *list = (needle_list){0};
}

/* Sorted, what begins with a needle follows it at once. */
int tome__needles_overlap(const needle_list *list) {
  for (size_t i = 1; i < list->count; i++) {
    const tome_needle *a = &list->needles[i - 1], *b = &list->needles[i];
    if (a->length == 0 || (a->length <= b->length && memcmp(a->data, b->data, a->length) == 0))
      return 1;
  }
  return 0;
}

/* ---- patterns of byte strings ---- */

/* Sorted, an empty needle is the first. In lines it matches at the end of the text, if that is not behind a newline. */
static void describe(tome_pattern *p, const needle_list *list) {
  size_t looks_around = (p->flags & (TOME_PATTERN_WORD | TOME_PATTERN_WHOLE_LINE)) != 0;
  size_t has_empty = list->count > 0 && list->needles[0].length == 0;
  for (size_t i = 0; i < list->count; i++)
    if (list->needles[i].length > p->traits.longest)
      p->traits.longest = list->needles[i].length;
  p->traits.one_literal = list->count == 1 && !looks_around;
  p->traits.behind = looks_around || (has_empty && p->traits.in_lines);
  p->traits.ahead = looks_around;
}

int tome__literals_begin(tome_pattern *p, const tome_needle *needles, size_t count) {
  needle_list list;
  int ignore_case = (p->flags & TOME_PATTERN_IGNORE_CASE) != 0, r = 0;
  if (tome__needles_begin(&list, needles, count, ignore_case, p->traits.in_lines) != 0)
    return tome__pattern_failure(TOME_ENOMEM, NULL, 0, 0);
  describe(p, &list);
  if (list.count == 1 && list.needles[0].length > 0)
    r = tome__one_begin(p, list.needles);
  else if (list.count > 0 && list.count <= MOST_FEW && list.needles[0].length > 0 &&
           p->traits.behind == 0)
    r = tome__few_begin(p, list.needles, list.count);
  else if (list.count > 0)
    r = tome__many_begin(p, list.needles, list.count);
  tome__needles_end(&list);
  return r;
}
