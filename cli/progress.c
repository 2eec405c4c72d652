/* The state of the one job there can be. The line is redrawn a few times a second. */
#include "progress.h"

#include <signal.h>
#include <stdio.h>

#include "shown_name.h"
#include "signals.h"
#include "size_text.h"
#include "stopwatch.h"
#include "streams.h"

#define FIRST_AFTER UINT64_C(1000000000) /* ns */
#define NEXT_AFTER UINT64_C(200000000)

static const char WIPE[] = "\r\033[K";

static struct {
  const char *label; /* NULL: no job, or no terminal */
  uint64_t total;
  uint64_t next; /* when to draw again */
  volatile sig_atomic_t drawn;
} job;

static void wipe_at_once(void) {
  if (job.drawn)
    stream_write(STREAM_ERROR, WIPE, sizeof WIPE - 1);
}

void progress_begin(const char *label, uint64_t total) {
  job.label = stream_is_terminal(STREAM_ERROR) ? label : NULL;
  job.total = total;
  job.next = clock_now() + FIRST_AFTER;
}

static void draw(uint64_t done) {
  char size[SIZE_TEXT_MAX], total[SIZE_TEXT_MAX];
  size_format(size, done);
  signals_before_interrupt(wipe_at_once);
  job.drawn = 1;
  fputs(WIPE, stderr);
  shown_name_print(stderr, job.label);
  if (job.total)
    fprintf(stderr, ": %s of %s, %d%%", size, size_format(total, job.total),
            (int)((double)done / (double)job.total * 100));
  else if (done)
    fprintf(stderr, ": %s", size);
  else
    fputs(" ...", stderr);
}

void progress_update(uint64_t done) {
  if (!job.label)
    return;
  uint64_t now = clock_now();
  if (now < job.next)
    return;
  job.next = now + NEXT_AFTER;
  draw(done);
}

void progress_hide(void) {
  if (!job.drawn)
    return;
  fputs(WIPE, stderr);
  job.drawn = 0;
}

void progress_end(void) {
  progress_hide();
  job.label = NULL;
}
