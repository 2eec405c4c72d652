/* inotify(7). */
#include "tail_watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "verb.h"

#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
#define FOLDER_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR)

int tail_watch_begin(void) {
  int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return watch < 0 ? TAIL_WATCH_NONE : watch;
}

static int add(int watch, const char *path, uint32_t events) {
  int number = watch < 0 ? -1 : inotify_add_watch(watch, path, events);
  return number < 0 ? TAIL_WATCH_NONE : number;
}

/* By way of /proc it is this very file, whatever its name means by now. */
int tail_watch_file(int watch, int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return add(watch, path, FILE_EVENTS);
}

int tail_watch_folder(int watch, const char *path) {
  return add(watch, path, FOLDER_EVENTS);
}

void tail_watch_drop(int watch, int number) {
  if (number != TAIL_WATCH_NONE)
    (void)inotify_rm_watch(watch, number);
}

static void tell_all(int watch, tail_watch_tell *tell, void *context) {
  char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t length;
  while ((length = read(watch, room, sizeof room)) > 0)
    for (const char *at = room; at < room + length;) {
      const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
      int missed = (event->mask & IN_Q_OVERFLOW) != 0;
      tell(context, missed ? TAIL_WATCH_NONE : event->wd, event->len > 0 ? event->name : NULL);
      at += sizeof *event + event->len;
    }
}

static void end_without_reader(void) {
  raise(SIGPIPE);
  _exit(STATUS_ERROR); /* who started us has the signal blocked */
}

void tail_watch_wait(int watch, int milliseconds, tail_watch_tell *tell, void *context) {
  struct pollfd sides[] = {{.fd = STDOUT_FILENO}, {.fd = watch, .events = POLLIN}};
  if (poll(sides, 2, milliseconds) <= 0)
    return;
  if (sides[0].revents)
    end_without_reader();
  if (sides[1].revents)
    tell_all(watch, tell, context);
}
