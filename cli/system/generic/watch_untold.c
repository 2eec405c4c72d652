/* No system call tells of changes that tail could wait for; files are looked at instead. */
#include "tail_watch.h"

int tail_watch_begin(void) {
  return TAIL_WATCH_NONE;
}

int tail_watch_file(int watch, int fd) {
  (void)watch;
  (void)fd;
  return TAIL_WATCH_NONE;
}

int tail_watch_folder(int watch, const char *path) {
  (void)watch;
  (void)path;
  return TAIL_WATCH_NONE;
}

void tail_watch_drop(int watch, int number) {
  (void)watch;
  (void)number;
}
