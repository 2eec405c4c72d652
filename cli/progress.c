/* The state of the one job there can be. The line is redrawn a few times a second. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "size_text.h"
#include "stopwatch.h"

#define FIRST_AFTER UINT64_C(1000000000) /* ns */
#define NEXT_AFTER UINT64_C(200000000)

static struct {
  const char *label; /* NULL: no job, or no terminal */
  uint64_t total;
  uint64_t next; /* when to draw again */
  int drawn;
} job;

void progress_begin(const char *label, uint64_t total) {
  job.label = isatty(STDERR_FILENO) ? label : NULL;
  job.total = total;
  job.next = clock_now() + FIRST_AFTER;
}

static void draw(uint64_t done) {
  char size[SIZE_TEXT_MAX], total[SIZE_TEXT_MAX];
  size_format(size, done);
  if (job.total)
    fprintf(stderr, "\r\033[K%s: %s of %s, %d%%", job.label, size, size_format(total, job.total),
            (int)((double)done / (double)job.total * 100));
  else if (done)
    fprintf(stderr, "\r\033[K%s: %s", job.label, size);
  else
    fprintf(stderr, "\r\033[K%s ...", job.label);
  fflush(stderr);
  job.drawn = 1;
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
  fputs("\r\033[K", stderr);
  job.drawn = 0;
}

void progress_end(void) {
  progress_hide();
  job.label = NULL;
}
