/* Byte strings, put in order; and the engines that search for them. */
#ifndef TOME_NEEDLE_LIST_H
#define TOME_NEEDLE_LIST_H

#include "matcher.h"

#include <tome/pattern.h>

/** Needles in the order of their bytes, each once, and in lower case if case is ignored. */
typedef struct needle_list {
  tome_needle *needles;
  size_t count;
  unsigned char *bytes; /* of all of them */
} needle_list;

/** Put needles in order, without those that hold the end of a line if `in_lines`. Returns 0 or TOME_ENOMEM.
 *  Freed by tome__needles_end(). */
int tome__needles_begin(needle_list *list, const tome_needle *needles, size_t count,
                        int ignore_case, int in_lines);
void tome__needles_end(needle_list *list);

/** Whether one of them is the beginning of another one. */
int tome__needles_overlap(const needle_list *list);

/** Make the pattern one of this needle, or of these. Pre: prepared as in a needle_list; the one is not empty.
 *  Returns as tome__literals_begin() does; what was made is freed by tome_pattern_free() in any case. */
int tome__one_begin(tome_pattern *p, const tome_needle *needle);
int tome__many_begin(tome_pattern *p, const tome_needle *needles, size_t count);
void tome__many_free(tome_pattern *p);

enum { MOST_FEW = 6 };

/** As tome__many_begin(). Pre: at most MOST_FEW, none of them empty, no neighbours are wanted. */
int tome__few_begin(tome_pattern *p, const tome_needle *needles, size_t count);

/** The first match by the tree of a set: pattern_engine.next. */
int tome__many_next(struct matcher *m, const struct stretch *text, size_t at, size_t before,
                    struct span *ret);

#endif
