/* The C library has no buffer for lines, and without one each character is a system call. So it gets a large one, which is written
 * out a few times a second. */
#include "console.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "streams.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 4
#endif

#define BUFFER ((size_t)64 << 10)
#define SHOW_AFTER 100 /* ms */

static struct {
  HANDLE screen; /* NULL: there is none */
  UINT code_page;
  DWORD mode;
} before;

void console_restore(void) {
  if (!before.screen)
    return;
  SetConsoleOutputCP(before.code_page);
  SetConsoleMode(before.screen, before.mode);
}

/* The default action follows. */
static BOOL WINAPI on_end(DWORD event) {
  (void)event;
  console_restore();
  return FALSE;
}

static DWORD WINAPI show(void *unused) {
  (void)unused;
  for (;;) {
    Sleep(SHOW_AFTER);
    fflush(stdout);
  }
  return 0;
}

static void show_output_soon(void) {
  setvbuf(stdout, NULL, _IOFBF, BUFFER);
  HANDLE thread = CreateThread(NULL, 0, show, NULL, 0, NULL);
  if (thread)
    CloseHandle(thread);
}

void console_begin(void) {
  int fd = stream_is_terminal(STREAM_OUT) ? STREAM_OUT : STREAM_ERROR;
  if (!stream_is_terminal(fd))
    return;
  before.screen = (HANDLE)_get_osfhandle(fd);
  before.code_page = GetConsoleOutputCP();
  GetConsoleMode(before.screen, &before.mode);
  SetConsoleOutputCP(CP_UTF8);
  SetConsoleMode(before.screen,
                 before.mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
  SetConsoleCtrlHandler(on_end, TRUE);
  atexit(console_restore);
  if (fd == STREAM_OUT)
    show_output_soon();
}
