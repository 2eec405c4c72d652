#include "system_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

#include "wide_text.h"

/* The runtime is not to make names of files out of * and ?: it would do so in quotes, too, and in another character set. */
int _dowildcard = 0;

/* Without the period and the end of the line. */
const char *system_error_text(int number) {
  static char text[256];
  wchar_t wide[sizeof text / 3];
  DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                (DWORD)number, 0, wide, sizeof wide / sizeof *wide, NULL);
  while (length > 0 && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
    length--;
  int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text, sizeof text - 1, NULL, NULL);
  text[bytes > 0 ? bytes : 0] = '\0';
  if (bytes <= 0)
    snprintf(text, sizeof text, "error %d of the system", number);
  return text;
}

void system_arguments(int *argc, char ***argv) {
  int count = 0;
  wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
  char **utf8 = wide ? calloc((size_t)count + 1, sizeof *utf8) : NULL;
  for (int i = 0; utf8 && i < count; i++)
    if (!(utf8[i] = utf8_of(wide[i])))
      abort();
  LocalFree(wide);
  if (!utf8)
    return;
  *argc = count;
  *argv = utf8;
}
