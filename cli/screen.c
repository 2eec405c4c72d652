/* The locale is read from the variables themselves: a machine without the locale that they name
 * still has the terminal that they are about. */
#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

static int locale_is_utf8(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *locale = getenv(names[i]);
    if (locale && *locale)
      return strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8");
  }
  return 0;
}

struct screen screen_get(enum color_choice color) {
  struct winsize window = {0};
  const char *terminal = getenv("TERM");
  struct screen screen = {.is_terminal = isatty(STDOUT_FILENO), .unicode = locale_is_utf8()};
  screen.can_redraw = screen.is_terminal && terminal && strcmp(terminal, "dumb") != 0;
  screen.colored = color_wanted(color);
  if (screen.is_terminal)
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
  screen.columns = between(20, first_of(variable("COLUMNS"), window.ws_col, COLUMNS_USUAL), 1000);
  screen.rows = between(1, first_of(variable("LINES"), window.ws_row, ROWS_USUAL), 1000);
  return screen;
}
