#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "streams.h"
#include "terminal.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 4
#endif

void terminal_size(int *ret_columns, int *ret_rows) {
  CONSOLE_SCREEN_BUFFER_INFO screen;
  if (!GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(STREAM_OUT), &screen))
    return;
  *ret_columns = screen.srWindow.Right - screen.srWindow.Left + 1;
  *ret_rows = screen.srWindow.Bottom - screen.srWindow.Top + 1;
}

/* Consoles before Windows 10 do not. */
int terminal_takes_escapes(void) {
  const char *name = getenv("TERM");
  DWORD mode;
  return GetConsoleMode((HANDLE)_get_osfhandle(STREAM_OUT), &mode) &&
         (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) && !(name && strcmp(name, "dumb") == 0);
}

static int says_utf8(const char *locale) {
  for (; *locale; locale++)
    if (_strnicmp(locale, "UTF-8", 5) == 0 || _strnicmp(locale, "UTF8", 4) == 0)
      return 1;
  return 0;
}

/* The variables are those of shells that came from elsewhere. The console takes UTF-8 from us. */
int terminal_shows_utf8(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *locale = getenv(names[i]);
    if (locale && *locale)
      return says_utf8(locale);
  }
  return stream_is_terminal(STREAM_OUT);
}
