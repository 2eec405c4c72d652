/* Nobody tells of changes: every file is looked at ten times a second. */
#include "tail_watch.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "verb.h"

#define LOOK_AFTER 100 /* ms */

static void end_without_reader(void) {
  raise(SIGPIPE);
  _exit(STATUS_ERROR); /* who started us has the signal blocked */
}

void tail_watch_wait(int watch, int milliseconds, tail_watch_tell *tell, void *context) {
  struct pollfd output = {.fd = STDOUT_FILENO};
  (void)watch;
  if (tell && milliseconds > LOOK_AFTER)
    milliseconds = LOOK_AFTER;
  if (poll(&output, 1, milliseconds) > 0 && output.revents)
    end_without_reader();
  if (tell)
    tell(context, TAIL_WATCH_NONE, NULL);
}
