/* Windows tells of Ctrl-C in a thread of its own. The main thread is held while that one does what there is to be done; so it finds
 * everything as a signal handler would. */
#include "signals.h"

#include <windows.h>

#include "console.h"

#ifndef STATUS_CONTROL_C_EXIT
#define STATUS_CONTROL_C_EXIT ((DWORD)0xC000013A)
#endif

#define LAST_MOMENTS 10000 /* ms: Windows waits no longer when the console is closed */

static void (*before_interrupt)(void);
static struct screen_signals screen;
static HANDLE main_thread;
static HANDLE stopped; /* NULL: stops are not held */

static BOOL WINAPI on_event(DWORD event) {
  if (stopped) {
    SetEvent(stopped);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
      Sleep(LAST_MOMENTS);
    return TRUE;
  }
  if (main_thread)
    SuspendThread(main_thread);
  if (screen.leave) {
    screen.leave();
    screen.end();
  } else if (before_interrupt) {
    before_interrupt();
  }
  console_restore();
  TerminateProcess(GetCurrentProcess(), STATUS_CONTROL_C_EXIT);
  return TRUE;
}

static void begin(void) {
  HANDLE self = GetCurrentProcess();
  if (main_thread)
    return;
  if (!DuplicateHandle(self, GetCurrentThread(), self, &main_thread, THREAD_SUSPEND_RESUME, FALSE,
                       0))
    main_thread = NULL;
  SetConsoleCtrlHandler(on_event, TRUE);
}

void signals_before_interrupt(void (*before)(void)) {
  before_interrupt = before;
  begin();
}

/* Nobody stops a command for a while here, or tells of a new size, which is asked for at every picture. */
void signals_for_screen(const struct screen_signals *calls) {
  screen = *calls;
  begin();
}

void signals_hold_stops(void) {
  stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
  begin();
}

void signals_wait_for_stop(void) {
  if (stopped)
    WaitForSingleObject(stopped, INFINITE);
}
