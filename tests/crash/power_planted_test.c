/* Power loss on a Tome that was broken on purpose: each bug must be found, or the replayer is blind. The lies lie above the
 * tracer, so that it sees what is really done. */
#include "planted_bug.h"
#include "power_session.h"

#include <calls.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { STATES = 20000 };

static os_calls below;

static os_calls *above_the_tracer(void) {
  install_tracer();
  below = tome__os_calls;
  return &tome__os_calls;
}

/* ---- syncs ---- */

static void no_sync(void) {
  above_the_tracer()->fdatasync = sync_nothing;
}

static int hand_over(int fd) {
  const unsigned all =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  return below.sync_file_range(fd, 0, 0, all);
}

static void handed_over_only(void) {
  above_the_tracer()->fdatasync = hand_over;
}

static int sync_first_page(int fd) {
  (void)fd;
  sync_only(0, PAGE);
  return 0;
}

static void wrong_range(void) {
  above_the_tracer()->fdatasync = sync_first_page;
}

static void name_not_synced(void) {
  os_calls *calls = above_the_tracer();
  calls->fsync = sync_nothing;
  calls->syncfs = sync_nothing;
}

static int late_sync = -1;

static int promise_to_sync(int fd) {
  late_sync = fd;
  return 0;
}

static ssize_t sync_then_append(int fd, const struct iovec *v, int count, off_t at, int flags) {
  if (late_sync == fd)
    below.fdatasync(fd);
  return below.pwritev2(fd, v, count, at, flags);
}

static void sync_comes_later(void) {
  os_calls *calls = above_the_tracer();
  calls->fdatasync = promise_to_sync;
  calls->pwritev2 = sync_then_append;
}

/* ---- what comes after the sync, or where it should not ---- */

static struct {
  unsigned char bytes[FILE_LIMIT];
  size_t length;
  off_t at;
} held_back;

static ssize_t hold_back(int fd, const void *from, size_t n, off_t at) {
  memcpy(held_back.bytes, from, n);
  held_back.length = n;
  held_back.at = at;
  return below.ftruncate(fd, at + (off_t)n) < 0 ? -1 : (ssize_t)n;
}

static int sync_then_store(int fd) {
  int r = below.fdatasync(fd);
  if (held_back.length > 0)
    below.pwrite(fd, held_back.bytes, held_back.length, held_back.at);
  held_back.length = 0;
  return r;
}

static void store_comes_later(void) {
  os_calls *calls = above_the_tracer();
  calls->pwrite = hold_back;
  calls->fdatasync = sync_then_store;
}

static off_t late_length = -1;

static int hold_back_length(int fd, off_t length) {
  (void)fd;
  late_length = length;
  return 0;
}

static int sync_then_cut(int fd) {
  int r = below.fdatasync(fd);
  if (late_length >= 0)
    below.ftruncate(fd, late_length);
  late_length = -1;
  return r;
}

static void length_comes_later(void) {
  os_calls *calls = above_the_tracer();
  calls->ftruncate = hold_back_length;
  calls->fdatasync = sync_then_cut;
}

/* As if the bytes before were written along with it, to begin at a rounder offset. */
static ssize_t disturb_neighbours(int fd, const void *from, size_t n, off_t at) {
  unsigned char before[64], zeros[64] = {0};
  size_t count = at < 64 ? (size_t)at : sizeof before;
  must_equal(below.pread(fd, before, count, at - (off_t)count), count);
  below.pwrite(fd, zeros, count, at - (off_t)count);
  below.pwrite(fd, before, count, at - (off_t)count);
  return below.pwrite(fd, from, n, at);
}

static void neighbours_are_disturbed(void) {
  above_the_tracer()->pwrite = disturb_neighbours;
}

static void tracer_sees_no_mapping(void) {
  above_the_tracer()->mmap = mmap;
}

/* ---- all of them ---- */

static void cut_power_there(void *context) {
  const char *name = context;
  cut_power(find_writing(name), STATES, 0);
}

static const struct {
  const char *bug;
  plant *plant;
  const char *writing;
} bugs[] = {
    {"a flush that does not sync", no_sync, "append"},
    {"a flush that does not sync, of a view", no_sync, "view"},
    {"a flush that does not sync, of a length", no_sync, "resize up"},
    {"a flush that only hands over", handed_over_only, "write inside"},
    {"a flush of the wrong range", wrong_range, "fill"},
    {"a name that is not synced", name_not_synced, "create"},
    {"an acknowledgement before the sync", sync_comes_later, "append"},
    {"a store after the sync", store_comes_later, "write over the end"},
    {"a length that is set after the sync", length_comes_later, "resize down"},
    {"neighbours that are written too", neighbours_are_disturbed, "write over the end"},
    {"a mapping that the tracer does not see", tracer_sees_no_mapping, "move"},
};

static void every_planted_bug_is_found(void **state) {
  (void)state;
  if (why_no_tracer() != NULL)
    skip_because(why_no_tracer());
  for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s", bugs[i].writing);
    in_child(cut_power_there, name); /* nothing is found that was not planted */
    must_find_bug(bugs[i].bug, bugs[i].plant, cut_power_there, name);
  }
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {TEST(every_planted_bug_is_found)};
  return run_matching(tests, count, arguments);
}
