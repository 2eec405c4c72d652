#include "power_session.h"

#include "power_replay.h"

#include <calls.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 8, STEPS_AFTER_CREATING = 2, MOST_SESSIONS = 100000 };
#define STATES_A_SESSION how_many(34000, 100000)

void attach(subject *it, uint32_t more_flags) {
  tome_options options = TOME_OPTIONS_INIT;
  options.offset = it->origin;
  options.window = it->window;
  must_succeed(tome_open(&it->map, it->path, it->flags | more_flags, &options));
}

/* Now and then a part of a file, which begins anywhere in a page. */
static uint64_t some_origin(subject *it) {
  const uint64_t origins[] = {0, 0, 517, PAGE + 13};
  uint64_t origin = origins[roll(&it->any, 4)];
  return origin <= it->size ? origin : 0;
}

static void make_traced_file(subject *it, const char *path) {
  it->size = roll_near_page(&it->any, 6 * PAGE);
  fill_pattern(it->bytes, roll(&it->any, 1u << 20), it->size);
  make_file("traced", it->bytes, it->size);
  it->origin = it->flags & TOME_TRUNCATE ? 0 : some_origin(it);
  it->flags &= ~TOME_TRUNCATE; /* the operation's own affair */
  begin_trace(path);
  snprintf(it->path, sizeof it->path, "%s", path);
  attach(it, 0);
}

/* The file is created under its name, or behind a link that leads nowhere yet. */
static void create_traced_file(subject *it, const char *path) {
  const char *link = in_dir("link");
  unlink(path);
  unlink(link);
  begin_trace(path);
  snprintf(it->path, sizeof it->path, "%s", path);
  if (roll(&it->any, 4) == 0) {
    must_equal(symlink("traced", link), 0);
    snprintf(it->path, sizeof it->path, "%s", link);
  }
  attach(it, 0);
}

static int refuse_to_allocate(int fd, int mode, off_t offset, off_t n) {
  (void)fd, (void)mode, (void)offset, (void)n;
  errno = EOPNOTSUPP;
  return -1;
}

static int allocates(const char *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  int r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1);
  close(fd);
  return r == 0;
}

/* Nothing escaped the tracer, and the file is what it should be. */
static void check_end(const subject *it, const trace *log) {
  uint64_t size;
  unsigned char *bytes = final_bytes(log, &size);
  must_be_file(in_dir("traced"), it->bytes, it->size);
  must_equal(size, it->size);
  must_be_bytes(bytes, it->bytes, it->size);
  free(bytes);
}

static const trace *traced_session(const writing *what, uint64_t seed, size_t window) {
  const char *path = in_dir("traced");
  subject it = {.flags = TOME_WRITE | TOME_GROW | what->flags, .window = window};
  it.any = dice_from(seed);
  it.bytes = calloc(1, FILE_LIMIT + 1);
  must(it.bytes != NULL);
  int creates = (what->flags & TOME_CREATE) != 0;
  if (creates)
    create_traced_file(&it, path);
  else
    make_traced_file(&it, path);
  if (what->no_fallocate)
    tome__os_calls.fallocate = refuse_to_allocate;
  it.gap_shows = what->no_fallocate || !allocates(path);
  for (int step = 0; step < (creates ? STEPS_AFTER_CREATING : STEPS); step++)
    what->operate(&it);
  must_succeed(tome_close(it.map));
  const trace *log = end_trace();
  check_end(&it, log);
  free(it.bytes);
  return log;
}

uint64_t cut_power(const writing *what, uint64_t states, size_t window) {
  uint64_t done = 0, lossy = 0, kind = (uint64_t)(what - writings) * 2 + (window != 0);
  for (uint64_t i = 0; done < states && i < MOST_SESSIONS; i++) {
    uint64_t seed = kind * MOST_SESSIONS + i + 1;
    note("%s, windows of %zu bytes (0: none), session %llu", what->name, window,
         (unsigned long long)seed);
    const trace *log = traced_session(what, seed, window);
    outcome found = replay(log, STATES_A_SESSION, dice_from(seed));
    if (found.failure[0] != '\0')
      fail_at(__FILE__, __LINE__, "%s", found.failure);
    done += found.states;
    lossy += found.lossy;
  }
  must(done >= states && lossy > done / 2);
  remove_tracer();
  return done;
}
