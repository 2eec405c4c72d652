/* A terminal gives a second screen for the time being, as it does for an editor. Whatever signal ends the command,
 * its handler leaves that screen first and prints the latest picture on the usual one; so it does not matter what
 * the command was busy with. Nothing else of the terminal is changed. */
#include "info_watch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "signals.h"
#include "standard_output.h"
#include "streams.h"
#include "tail_watch.h"
#include "time_of_day.h"
#include "verb.h"

#define SECOND UINT64_C(1000000000) /* ns */

/* The other screen; no cursor; lines are cut at the edge. */
static const char ENTER[] = "\033[?1049h\033[?25l\033[?7l";
static const char LEAVE[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

static struct text_stream *volatile shown; /* what a handler leaves behind; NULL: nothing yet */
static volatile sig_atomic_t stale;        /* the screen is another one, or of another size */

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

static void leave(void) {
  stream_write(STREAM_OUT, LEAVE, sizeof LEAVE - 1);
}

static void leave_picture(void) {
  if (shown)
    stream_write(STREAM_OUT, shown->text, shown->length);
}

static void enter(void) {
  stream_write(STREAM_OUT, ENTER, sizeof ENTER - 1);
}

static void enter_again(void) {
  enter();
  stale = 1;
}

static void tell_resize(void) {
  stale = 1;
}

static void begin(void) {
  signals_for_screen(&(struct screen_signals){
      .leave = leave, .enter = enter_again, .end = leave_picture, .resized = tell_resize});
  enter();
}

static void print_time(FILE *out, const char *format) {
  char text[32];
  struct tm local;
  if (calendar_local(time_of_day() / (int64_t)SECOND, &local) == 0 &&
      strftime(text, sizeof text, format, &local) > 0)
    fputs(text, out);
}

static size_t count_lines(const struct text_stream *picture) {
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
static void put_lines(FILE *out, const struct text_stream *picture, size_t rows) {
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
                        const struct text_stream *picture) {
  fputs("\033[H", stdout);
  put_lines(stdout, picture, screen->rows > 1 ? (size_t)screen->rows - 1 : 1);
  fputs("\033[J", stdout);
  if (screen->rows > 1) {
    print_time(stdout, "%H:%M:%S");
    printf(", every %g s; Ctrl-C ends", (double)watch->interval / (double)SECOND);
  }
  fflush(stdout);
}

static void free_picture(struct text_stream *picture) {
  if (picture)
    free(picture->text);
  free(picture);
}

/* Complaints are part of the picture: on the terminal they would be wiped at once. */
static struct text_stream *take_picture(const struct info_watch *watch, const struct screen *screen,
                                        int *ret_status) {
  struct text_stream *picture = calloc(1, sizeof *picture);
  FILE *out = picture ? text_stream_begin(picture) : NULL;
  *ret_status = STATUS_ERROR;
  if (out) {
    complain_into(out);
    *ret_status = watch->draw(watch->context, out, screen);
    complain_into(NULL);
    if (text_stream_end(picture) == 0)
      return picture;
  }
  complain("--watch", "out of memory");
  free_picture(picture);
  return NULL;
}

/* A first picture that could not be drawn holds nothing but complaints. */
static int redraw(const struct info_watch *watch, const struct screen *screen) {
  int status;
  struct text_stream *last = shown, *picture = take_picture(watch, screen, &status);
  if (!picture)
    return STATUS_ERROR;
  if (!last && status != STATUS_OK) {
    fwrite(picture->text, 1, picture->length, stderr);
    free_picture(picture);
    return status;
  }
  if (!last)
    begin();
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
    if (shown) {
      leave();
      leave_picture();
    }
    return STATUS_ERROR;
  }
}
