/* Many byte strings as a tree: a node is a beginning of one or more needles, its children are one byte longer.
 *
 * Nodes are numbered from the root, 0, level by level. So the children of a node are neighbours: those from first[node] on, up to
 * first[node + 1], in the order of their bytes.
 *
 * shorter[node] is the node of the longest end of its bytes that begins a needle, too, which makes the tree an automaton (Aho
 * and Corasick, "Efficient string matching", 1975): when a byte does not go on from a node, it may from the shorter one, and
 * no byte of the text is looked at twice. */
#ifndef TOME_NEEDLE_TREE_H
#define TOME_NEEDLE_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <tome/pattern.h>

typedef struct needle_tree {
  uint32_t nodes;
  unsigned char *label; /* the last byte of the node */
  uint32_t *first;      /* nodes + 1 of them */
  uint32_t
      *depth; /* how many bytes the node has; those that are needles are marked with TREE_NEEDLE */
  uint32_t *shorter;
  uint32_t *ending; /* the longest needle that is an end of the node and shorter than it; 0: none */
  uint32_t root[256]; /* the children of the root; 0: none */
  int ignore_case;
} needle_tree;

#define TREE_NEEDLE UINT32_C(0x80000000)

/** Pre: needles[] is sorted by bytes, without duplicates, and in lower case if case is ignored; less than 2 GiB in all.
 *  Returns 0 or TOME_ENOMEM. */
int tome__tree_begin(needle_tree *tree, const tome_needle *needles, size_t count, int ignore_case);
void tome__tree_end(needle_tree *tree);

/** The child of a node by a byte of the text as it is; 0: there is none. */
uint32_t tome__tree_child(const needle_tree *tree, uint32_t node, unsigned char byte);

static inline uint32_t tome__tree_depth(const needle_tree *tree, uint32_t node) {
  return tree->depth[node] & ~TREE_NEEDLE;
}

static inline int tome__tree_is_needle(const needle_tree *tree, uint32_t node) {
  return (tree->depth[node] & TREE_NEEDLE) != 0;
}

static inline int tome__tree_is_leaf(const needle_tree *tree, uint32_t node) {
  return tree->first[node] == tree->first[node + 1];
}

#endif
