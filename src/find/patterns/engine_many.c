/* Many byte strings.
 *
 * A filter passes over the text where none of them can begin. Where one can, we go down the tree of the needles as far as the
 * text goes with it. Should that have to be done too often, as in a text that was made for it, the tree goes on as an automaton,
 * which looks at each byte once. */
#include "needle_filter.h"
#include "needle_list.h"
#include "needle_tree.h"
#include "pattern_state.h"

typedef struct needle_set {
  needle_tree tree;
  needle_filter filter;
} needle_set;

/* Bytes that may be looked at in going down the tree: for each byte passed over, and for a start. */
enum { STEPS_FOR_BYTE = 8, STEPS_AT_FIRST = 2048 };

/* ---- down the tree ---- */

/* The longest needle at data[at]: as tome__matcher_next() answers. *steps counts the bytes looked at. */
static int match_at(const tome_pattern *p, const stretch *text, size_t at, size_t *steps,
                    span *ret) {
  const needle_tree *tree = &p->set->tree;
  uint32_t node = 0;
  int found = 0;
  for (size_t end = at;; end++) {
    int fits = tome__tree_is_needle(tree, node) ? tome__has_neighbours(p, text, at, end) : 0;
    if (fits == 1)
      *ret = (span){at, end - at};
    found |= fits == 1;
    if (fits == MATCHER_NEEDS_MORE ||
        (end == text->length && !text->is_end && !tome__tree_is_leaf(tree, node))) {
      *ret = (span){at, 0};
      return MATCHER_NEEDS_MORE;
    }
    ++*steps;
    if (end == text->length || (node = tome__tree_child(tree, node, text->data[end])) == 0)
      return found;
  }
}

/* ---- as an automaton ---- */

/* The needles that end here, the longest first, so that the first one that fits is the one that begins first. */
static int ends_here(const tome_pattern *p, const stretch *text, uint32_t node, size_t end,
                     span *ret) {
  const needle_tree *tree = &p->set->tree;
  if (!tome__tree_is_needle(tree, node))
    node = tree->ending[node];
  for (; node != 0; node = tree->ending[node]) {
    size_t length = tome__tree_depth(tree, node);
    int fits = tome__has_neighbours(p, text, end - length, end);
    *ret = (span){end - length, length};
    if (fits != 0)
      return fits;
  }
  return 0;
}

static uint32_t step(const needle_tree *tree, uint32_t node, unsigned char byte) {
  uint32_t child = 0;
  while ((child = tome__tree_child(tree, node, byte)) == 0 && node != 0)
    node = tree->shorter[node];
  return child;
}

/* Better: it begins earlier, or at the same place and is longer, as it ends later. */
static int is_better(span one, const span *best, int found) {
  return !found || one.begin <= best->begin;
}

/* Nothing under way began as early, or it is what was found and does not go on. */
static int cannot_be_better(const needle_tree *tree, uint32_t node, size_t begun,
                            const span *best) {
  return begun > best->begin || (begun == best->begin && tome__tree_is_leaf(tree, node));
}

/* What is under way began at `end` less the depth of the node: nothing to come can begin earlier. */
static int run_automaton(const tome_pattern *p, const stretch *text, size_t at, size_t before,
                         span *ret) {
  const needle_tree *tree = &p->set->tree;
  uint32_t node = 0;
  span best = {0, 0}, one = {0, 0};
  int found = 0;
  for (size_t end = at;; end++) {
    size_t begun = end - tome__tree_depth(tree, node);
    int fits = node != 0 ? ends_here(p, text, node, end, &one) : 0;
    if (fits == 1 && is_better(one, &best, found)) {
      best = one;
      found = 1;
    }
    if (begun >= before || (found && cannot_be_better(tree, node, begun, &best)))
      break;
    if (end == text->length) {
      if (text->is_end || node == 0)
        break;
      *ret = (span){begun, 0};
      return MATCHER_NEEDS_MORE;
    }
    node = step(tree, node, text->data[end]);
  }
  if (!found || best.begin >= before)
    return 0;
  *ret = best;
  return 1;
}

/* ---- the engine ---- */

/* The first place from `at` on where a needle may begin; *ret_last is the last one that the filter let pass with it. */
static size_t candidate(const needle_filter *filter, const stretch *text, size_t at,
                        size_t *ret_last) {
  size_t stride = filter->stride;
  *ret_last = tome__filter_next(filter, text->data, at + stride - 1, text->length);
  return *ret_last - at >= stride ? *ret_last - stride + 1 : at;
}

/* Where the bytes end, but not the text, each place is tried. */
static int next_at_end(const tome_pattern *p, const stretch *text, size_t at, size_t before,
                       size_t shortest, span *ret) {
  size_t steps = 0;
  int r = 0;
  if (text->length >= shortest && at < text->length - shortest + 1)
    at = text->length - shortest + 1;
  for (; r == 0 && at < before; at++)
    r = match_at(p, text, at, &steps, ret);
  return r;
}

int tome__many_next(matcher *m, const stretch *text, size_t at, size_t before, span *ret) {
  const tome_pattern *p = m->pattern;
  const needle_filter *filter = &p->set->filter;
  size_t begin = at, steps = 0, last = 0;
  size_t least = filter->width + filter->stride - 1; /* no needle is shorter */
  while (at < before && at + least <= text->length) {
    at = candidate(filter, text, at, &last);
    if (last == text->length && filter->width > 0)
      break;
    for (; at <= last && at < before; at++) {
      int r = match_at(p, text, at, &steps, ret);
      if (r != 0)
        return r;
    }
    if (steps > STEPS_FOR_BYTE * (at - begin) + STEPS_AT_FIRST && filter->width > 0)
      return at < before ? run_automaton(p, text, at, before, ret) : 0;
  }
  return text->is_end ? 0 : next_at_end(p, text, begin, before, least, ret);
}

void tome__many_free(tome_pattern *p) {
  if (!p->set)
    return;
  tome__tree_end(&p->set->tree);
  tome__filter_end(&p->set->filter);
  tome__os_free(p->set);
}

const pattern_engine tome__engine_many = {
    .next = tome__many_next, .lines = tome__lines_by_next, .free = tome__many_free};

int tome__many_begin(tome_pattern *p, const tome_needle *needles, size_t count) {
  int ignore_case = (p->flags & TOME_PATTERN_IGNORE_CASE) != 0;
  p->engine = &tome__engine_many;
  p->set = tome__os_new(1, sizeof *p->set);
  if (!p->set || tome__tree_begin(&p->set->tree, needles, count, ignore_case) != 0 ||
      tome__filter_begin(&p->set->filter, needles, count, ignore_case) != 0)
    return tome__pattern_failure(TOME_ENOMEM, NULL, 0, 0);
  return 0;
}
