#include "screen.h"

#include <stdlib.h>

#include "streams.h"
#include "terminal.h"

#define COLUMNS_USUAL 80
#define ROWS_USUAL 32

static int between(int least, int value, int most) {
  if (value < least)
    return least;
  return value > most ? most : value;
}

/* 0: the variable says nothing. */
static int variable(const char *name) {
  const char *text = getenv(name);
  long value = text ? strtol(text, NULL, 10) : 0;
  return value > 0 && value < 100000 ? (int)value : 0;
}

static int first_of(int first, int second, int third) {
  if (first)
    return first;
  return second ? second : third;
}

struct screen screen_get(enum color_choice color) {
  int columns = 0, rows = 0;
  struct screen screen = {.is_terminal = stream_is_terminal(STREAM_OUT),
                          .can_redraw = terminal_takes_escapes(),
                          .colored = color_wanted(color),
                          .unicode = terminal_shows_utf8()};
  terminal_size(&columns, &rows);
  screen.columns = between(20, first_of(variable("COLUMNS"), columns, COLUMNS_USUAL), 1000);
  screen.rows = between(1, first_of(variable("LINES"), rows, ROWS_USUAL), 1000);
  return screen;
}
