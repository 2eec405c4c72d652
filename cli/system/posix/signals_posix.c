#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static void (*before_interrupt)(void);
static struct screen_signals screen;
static sigset_t stops;

/* ---- before an interrupt ---- */

/* The default action is in force again when this begins, and taken when it ends. */
static void on_interrupt(int number) {
  before_interrupt();
  raise(number);
}

void signals_before_interrupt(void (*before)(void)) {
  struct sigaction now, action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  before_interrupt = before;
  if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
    sigaction(SIGINT, &action, NULL);
}

/* ---- for the screen ---- */

/* As above. */
static void on_end(int number) {
  screen.leave();
  screen.end();
  raise(number);
}

/* Nothing changes for who has a signal ignored. */
static void catch_signal(int number, void (*handler)(int), int flags) {
  struct sigaction now, action = {.sa_handler = handler, .sa_flags = flags};
  sigfillset(&action.sa_mask);
  if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
    sigaction(number, &action, NULL);
}

/* By the default action, which knows whether there is anybody to continue it. */
static void stop(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_stop(int number) {
  int error = errno; // NOLINT(bugprone-signal-handler,cert-sig30-c): POSIX has it done so
  screen.leave();
  stop();
  catch_signal(number, on_stop, 0);
  screen.enter();
  errno = error; // NOLINT(bugprone-signal-handler,cert-sig30-c)
}

static void on_resize(int number) {
  (void)number;
  screen.resized();
}

void signals_for_screen(const struct screen_signals *calls) {
  static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  screen = *calls;
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
    catch_signal(ends[i], on_end, (int)SA_RESETHAND);
  catch_signal(SIGTSTP, on_stop, 0);
  catch_signal(SIGWINCH, on_resize, 0);
}

/* ---- stops ---- */

/* Those that the caller has ignored stay so, as under nohup. */
void signals_hold_stops(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  sigemptyset(&stops);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct sigaction now;
    if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
      sigaddset(&stops, numbers[i]);
  }
  sigprocmask(SIG_BLOCK, &stops, NULL);
}

void signals_wait_for_stop(void) {
  int number;
  (void)sigwait(&stops, &number);
}
