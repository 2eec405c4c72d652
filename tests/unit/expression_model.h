/* Random regular expressions as trees, their text, and what they match, by trying everything in the order in which an expression
 * prefers it. */
#ifndef EXPRESSION_MODEL_H
#define EXPRESSION_MODEL_H

#include "pattern_model.h"

typedef enum node_kind {
  ONE_BYTE,
  SEQUENCE,
  CHOICE,
  REPEAT,
  LOOK,
  LINE_BEGIN,
  LINE_END,
  BORDER
} node_kind;

typedef struct node {
  node_kind kind;
  int negated, lazy, captures;
  unsigned byte_class;  /* of ONE_BYTE: which of the table */
  unsigned least, most; /* of REPEAT; most 0: no bound */
  unsigned count;
  struct node *parts[4];
} node;

typedef struct tree {
  node nodes[64];
  unsigned used;
  node *root;
  char text[2048];
  size_t length;
} tree;

void random_tree(dice *any, tree *t);
/** Make the expression one of which nothing is known but by PCRE2; it means what it did. */
void make_strange(tree *t);

/** Patterns of trees: a match_model. */
typedef struct trees {
  const tree *items;
  size_t count;
  uint32_t flags;
} trees;
size_t tree_match_at(const void *context, const unsigned char *text, size_t length, size_t at);

#endif
