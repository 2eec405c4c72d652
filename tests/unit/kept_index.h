/* A text and the index of its lines that is kept beside it, in each test of that index's file. */
#ifndef KEPT_INDEX_H
#define KEPT_INDEX_H

#include "line_model.h"
#include "test_support.h"

/* As docs/line-index.md has it. */
enum { STRETCH = 128 << 10, BLOCK = 4096, COUNTS = 1020, CHECKSUM = 4088 };

/** The text, with what must be known of it, and where its index is. */
extern struct kept_index {
  char path[512], cache[512], index[600];
  unsigned char *bytes;
  size_t size;
  line_model model;
} the;

/** How the index is opened. */
tome_line_index_options kept(void);
/** What is told about the index once its answers were right. */
tome_line_index_info must_be_right(void);
/** Lines of about `about` bytes. */
void make_text(size_t size, uint64_t about);
/** The same, with its index kept. */
void make_indexed_text(size_t size, uint64_t about);
void free_kept_index(void);

#endif
