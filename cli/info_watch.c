/* A terminal gives a second screen for the time being, as it does for an editor. Whatever signal ends the command,
 * its handler leaves that screen first and prints the latest picture on the usual one; so it does not matter what
 * the command was busy with. Nothing else of the terminal is changed. */
#include "info_watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "standard_output.h"
#include "stopwatch.h"
#include "tail_watch.h"
#include "verb.h"

#define SECOND UINT64_C(1000000000) /* ns */

/* The other screen; no cursor; lines are cut at the edge. */
static const char ENTER[] = "\033[?1049h\033[?25l\033[?7l";
static const char LEAVE[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

struct picture {
  char *text;
  size_t length;
};

static struct picture *volatile shown; /* what a handler leaves behind; NULL: nothing yet */
static volatile sig_atomic_t stale;    /* the screen is another one, or of another size */

int info_watch_interval(const char *text, uint64_t *ret) {
  char *end;
  if (!*text || text[strspn(text, "0123456789.")] != '\0')
    return -1;
  double seconds = strtod(text, &end);
  if (*end || seconds < 0.1 || seconds > 86400)
    return -1;
  *ret = (uint64_t)(seconds * (double)SECOND);
  return 0;
}

static void put(const char *text, size_t length) {
  while (length > 0) {
    ssize_t n = write(STDOUT_FILENO, text, length);
    if (n <= 0)
      return;
    text += n;
    length -= (size_t)n;
  }
}

static void leave(void) {
  put(LEAVE, sizeof LEAVE - 1);
  if (shown)
    put(shown->text, shown->length);
}

/* The default action is in force again when this begins, and taken when it ends. */
static void on_end(int number) {
  leave();
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
  put(LEAVE, sizeof LEAVE - 1);
  stop();
  catch_signal(number, on_stop, 0);
  put(ENTER, sizeof ENTER - 1);
  stale = 1;
  errno = error; // NOLINT(bugprone-signal-handler,cert-sig30-c)
}

static void on_resize(int number) {
  (void)number;
  stale = 1;
}

static void enter(void) {
  static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
    catch_signal(ends[i], on_end, (int)SA_RESETHAND);
  catch_signal(SIGTSTP, on_stop, 0);
  catch_signal(SIGWINCH, on_resize, 0);
  put(ENTER, sizeof ENTER - 1);
}

static void print_time(FILE *out, const char *format) {
  char text[32];
  time_t now = time(NULL);
  struct tm local;
  strftime(text, sizeof text, format, localtime_r(&now, &local));
  fputs(text, out);
}

static size_t count_lines(const struct picture *picture) {
  size_t lines = 0;
  for (size_t i = 0; i < picture->length; i++)
    lines += picture->text[i] == '\n';
  return lines;
}

/* Lines end in a way that wipes what stood there before. */
static void put_line(FILE *out, const char *line, size_t length) {
  fwrite(line, 1, length, out);
  fputs("\033[K\r\n", out);
}

/* As many lines as fit; where not all do, the first and the last ones. */
static void put_lines(FILE *out, const struct picture *picture, size_t rows) {
  size_t lines = count_lines(picture), number = 0;
  size_t head = lines <= rows ? lines : rows / 2, tail = lines - (rows - head - 1);
  const char *line = picture->text, *end = picture->text + picture->length;
  for (const char *stop; line < end; line = stop + 1, number++) {
    stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop)
      return;
    if (number < head || number >= tail)
      put_line(out, line, (size_t)(stop - line));
    else if (number == head)
      fprintf(out, "... %zu more lines\033[K\r\n", tail - head);
  }
}

static void put_picture(const struct info_watch *watch, const struct screen *screen,
                        const struct picture *picture) {
  fputs("\033[H", stdout);
  put_lines(stdout, picture, screen->rows > 1 ? (size_t)screen->rows - 1 : 1);
  fputs("\033[J", stdout);
  if (screen->rows > 1) {
    print_time(stdout, "%H:%M:%S");
    printf(", every %g s; Ctrl-C ends", (double)watch->interval / (double)SECOND);
  }
  fflush(stdout);
}

static void free_picture(struct picture *picture) {
  if (picture)
    free(picture->text);
  free(picture);
}

/* Complaints are part of the picture: on the terminal they would be wiped at once. */
static struct picture *take_picture(const struct info_watch *watch, const struct screen *screen,
                                    int *ret_status) {
  struct picture *picture = calloc(1, sizeof *picture);
  FILE *out = picture ? open_memstream(&picture->text, &picture->length) : NULL;
  *ret_status = STATUS_ERROR;
  if (out) {
    complain_into(out);
    *ret_status = watch->draw(watch->context, out, screen);
    complain_into(NULL);
    if (fclose(out) == 0)
      return picture;
  }
  complain("--watch", "out of memory");
  free_picture(picture);
  return NULL;
}

/* A first picture that could not be drawn holds nothing but complaints. */
static int redraw(const struct info_watch *watch, const struct screen *screen) {
  int status;
  struct picture *last = shown, *picture = take_picture(watch, screen, &status);
  if (!picture)
    return STATUS_ERROR;
  if (!last && status != STATUS_OK) {
    fwrite(picture->text, 1, picture->length, stderr);
    free_picture(picture);
    return status;
  }
  if (!last)
    enter();
  shown = picture;
  put_picture(watch, screen, picture);
  free_picture(last);
  return STATUS_OK;
}

static int print(const struct info_watch *watch, const struct screen *screen, int first) {
  if (!watch->plain && !first)
    putchar('\n');
  if (!watch->plain)
    print_time(stdout, "%Y-%m-%d %H:%M:%S\n");
  int status = watch->draw(watch->context, stdout, screen);
  fflush(stdout);
  return first ? status : STATUS_OK;
}

/* Returns when the next picture is due, and when that is true of the one after it. A signal may come just before
 * the wait, which it then does not end; so no wait is long. */
static uint64_t wait_until(uint64_t next, uint64_t interval) {
  uint64_t now;
  while (!stale && (now = clock_now()) < next) {
    uint64_t left = next - now < SECOND ? next - now : SECOND;
    tail_watch_wait(TAIL_WATCH_NONE, (int)(left / 1000000 + 1), NULL, NULL);
  }
  stale = 0;
  now = clock_now();
  return now < next ? next : now + interval;
}

int info_watch_run(const struct info_watch *watch) {
  uint64_t next = clock_now() + watch->interval;
  for (int first = 1;; first = 0) {
    struct screen screen = screen_get(watch->color);
    int redraws = screen.can_redraw && !watch->plain;
    int status = redraws ? redraw(watch, &screen) : print(watch, &screen, first);
    if (status == STATUS_OK && standard_output_ok()) {
      next = wait_until(next, watch->interval);
      continue;
    }
    if (shown)
      leave();
    return STATUS_ERROR;
  }
}
