/* Many byte strings as a tree; see needle_tree.h. */
#include "needle_tree.h"
#include "os.h"
#include "pattern_state.h"

/* The needles that a node begins are neighbours in the sorted list. */
typedef struct growth {
  needle_tree *tree;
  const tome_needle *needles;
  uint32_t *from, *to; /* which, for each node */
} growth;

static unsigned char byte_of(const growth *g, size_t needle, size_t at) {
  return ((const unsigned char *)g->needles[needle].data)[at];
}

static void add_child(growth *g, uint32_t node, uint32_t from, uint32_t to, uint32_t depth) {
  uint32_t child = g->tree->nodes++;
  g->from[child] = from;
  g->to[child] = to;
  g->tree->label[child] = byte_of(g, from, depth - 1);
  g->tree->depth[child] = depth;
  if (node == 0)
    g->tree->root[g->tree->label[child]] = child;
}

/* Sorted, a needle that ends at the node is the first of those that it begins. */
static void add_children(growth *g, uint32_t node) {
  needle_tree *tree = g->tree;
  uint32_t depth = tree->depth[node], from = g->from[node], to = g->to[node];
  tree->first[node] = tree->nodes;
  if (from < to && g->needles[from].length == depth) {
    tree->depth[node] |= TREE_NEEDLE;
    from++;
  }
  while (from < to) {
    uint32_t end = from + 1;
    while (end < to && byte_of(g, end, depth) == byte_of(g, from, depth))
      end++;
    add_child(g, node, from, end, depth + 1);
    from = end;
  }
}

/* ---- as an automaton ---- */

static uint32_t child_by_label(const needle_tree *tree, uint32_t node, unsigned char label) {
  uint32_t low = tree->first[node], high = tree->first[node + 1], end = high;
  if (node == 0)
    return tree->root[label];
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (tree->label[middle] < label)
      low = middle + 1;
    else
      high = middle;
  }
  return low < end && tree->label[low] == label ? low : 0;
}

static uint32_t shorter_of(const needle_tree *tree, uint32_t parent, unsigned char label) {
  uint32_t child = 0;
  while (parent != 0 && child == 0) {
    parent = tree->shorter[parent];
    child = child_by_label(tree, parent, label);
  }
  return child;
}

static void link_children(needle_tree *tree, uint32_t node) {
  for (uint32_t child = tree->first[node]; child < tree->first[node + 1]; child++) {
    uint32_t shorter = shorter_of(tree, node, tree->label[child]);
    tree->shorter[child] = shorter;
    tree->ending[child] = tome__tree_is_needle(tree, shorter) ? shorter : tree->ending[shorter];
  }
}

/* ---- the whole ---- */

static int get_memory(growth *g, size_t nodes) {
  needle_tree *tree = g->tree;
  tree->label = tome__os_new(nodes, 1);
  tree->first = tome__os_new(nodes + 1, sizeof *tree->first);
  tree->depth = tome__os_new(nodes, sizeof *tree->depth);
  tree->shorter = tome__os_new(nodes, sizeof *tree->shorter);
  tree->ending = tome__os_new(nodes, sizeof *tree->ending);
  g->from = tome__os_new(nodes, sizeof *g->from);
  g->to = tome__os_new(nodes, sizeof *g->to);
  return tree->label && tree->first && tree->depth && tree->shorter && tree->ending && g->from &&
                 g->to
             ? 0
             : TOME_ENOMEM;
}

/* As each level is known before the next one begins, so is what is shorter than its nodes. */
static void grow_tree(growth *g, size_t count) {
  needle_tree *tree = g->tree;
  tree->nodes = 1;
  g->to[0] = (uint32_t)count;
  for (uint32_t node = 0; node < tree->nodes; node++)
    add_children(g, node);
  tree->first[tree->nodes] = tree->nodes;
  for (uint32_t node = 0; node < tree->nodes; node++)
    link_children(tree, node);
}

static size_t most_nodes(const tome_needle *needles, size_t count) {
  size_t nodes = 1;
  for (size_t i = 0; i < count; i++)
    nodes += needles[i].length;
  return nodes;
}

int tome__tree_begin(needle_tree *tree, const tome_needle *needles, size_t count, int ignore_case) {
  growth g = {.tree = tree, .needles = needles};
  *tree = (needle_tree){.ignore_case = ignore_case};
  int r = get_memory(&g, most_nodes(needles, count));
  if (r == 0)
    grow_tree(&g, count);
  else
    tome__tree_end(tree);
  tome__os_free(g.from);
  tome__os_free(g.to);
  return r;
}

void tome__tree_end(needle_tree *tree) {
  tome__os_free(tree->label);
  tome__os_free(tree->first);
  tome__os_free(tree->depth);
  tome__os_free(tree->shorter);
  tome__os_free(tree->ending);
  *tree = (needle_tree){0};
}

uint32_t tome__tree_child(const needle_tree *tree, uint32_t node, unsigned char byte) {
  return child_by_label(tree, node, tree->ignore_case ? tome__fold(byte) : byte);
}
