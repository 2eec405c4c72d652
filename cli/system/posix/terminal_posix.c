/* The locale is read from the variables themselves: a machine without the locale that they name still has the terminal that they are
 * about. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

void terminal_size(int *ret_columns, int *ret_rows) {
  struct winsize window = {0};
  if (isatty(STDOUT_FILENO))
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
  *ret_columns = window.ws_col;
  *ret_rows = window.ws_row;
}

int terminal_takes_escapes(void) {
  const char *name = getenv("TERM");
  return isatty(STDOUT_FILENO) && name && strcmp(name, "dumb") != 0;
}

int terminal_shows_utf8(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *locale = getenv(names[i]);
    if (locale && *locale)
      return strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8");
  }
  return 0;
}
