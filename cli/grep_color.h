/* The colours of tome grep, which are grep's. */
#ifndef TOME_CLI_GREP_COLOR_H
#define TOME_CLI_GREP_COLOR_H

#include "bulk_output.h"

/* What a terminal is told before a part of the answer (the numbers between ESC [ and m); "" is nothing. */
struct grep_colors {
  char selected_match[32],
      context_match[32]; /* what matches, in lines selected and in their context */
  char selected_line[32], context_line[32]; /* the rest of them */
  char name[32], number[32], offset[32], separator[32];
  int reversed; /* with -v the two kinds of lines change roles */
};

/* The usual colours, changed as GREP_COLORS says; `text` may be NULL. */
void grep_colors_begin(struct grep_colors *colors, const char *text);

void grep_color_on(struct bulk_output *out, const char *color);
void grep_color_off(struct bulk_output *out, const char *color);

#endif
