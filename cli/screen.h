/* What standard output can show of a picture made of characters. */
#ifndef TOME_CLI_SCREEN_H
#define TOME_CLI_SCREEN_H

#include "color_choice.h"

struct screen {
  int columns, rows;
  int is_terminal;
  int can_redraw; /* a terminal with a cursor that can be moved */
  int colored;
  int unicode;
};

/* The variables COLUMNS and LINES are believed first, then the terminal; where there is none, the
 * screen has 80 columns. Characters beyond ASCII are for those whose locale is UTF-8. */
struct screen screen_get(enum color_choice color);

#endif
