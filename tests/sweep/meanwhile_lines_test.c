/* What others do to a file while its lines are counted or indexed, between two system calls. */
#include "meanwhile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (2 * MIB)

/* Lines of 64 bytes. */
static const char *make_lines(void) {
  char *text = malloc(SIZE);
  memset(text, 'x', SIZE);
  for (size_t i = 63; i < SIZE; i += 64)
    text[i] = '\n';
  make_file(name, text, SIZE);
  free(text);
  return path();
}

/* ---- counting ---- */

static uint64_t left;

/* The pages are there; by the time they are looked at, they are not. */
static int madvise_and_cut(void *at, size_t n, int advice) {
  int r = real.madvise(at, n, advice);
  if (advice == MADV_POPULATE_READ && r == 0)
    cut_it_to(left);
  return r;
}

static void count_what_is_cut(void) {
  const uint64_t cuts[] = {0, MIB, MIB + 5, SIZE - PAGE, SIZE - 10, SIZE - 1};
  real = tome__os_calls;
  for (int i = 0; i < 6; i++) {
    uint64_t count = 77;
    tome *map = open_map(make_lines(), TOME_READ);
    left = cuts[i];
    note("cut to %llu", (unsigned long long)left);
    tome__os_calls.madvise = madvise_and_cut;
    must_fail(tome_lines_count(map, NULL, &count), TOME_ELOST);
    tome__os_calls.madvise = real.madvise;
    must_equal(tome_error_last()->offset, left);
    must_equal(count, 77);
    must_succeed(tome_close(map));
  }
}

static void lines_that_are_cut_while_they_are_counted_are_lost(void **state) {
  (void)state;
  if (forced_window())
    skip_because("windows are read by call");
  everywhere(count_what_is_cut);
}

/* ---- indexing ---- */

static char cache[512];

static tome_line_index *open_index(tome *map) {
  tome_line_index *index = NULL;
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  snprintf(cache, sizeof cache, "%s", in_dir("cache"));
  (void)mkdir(cache, 0700);
  options.directory = cache;
  options.threads = 1;
  must_succeed(tome_line_index_open(&index, map, &options));
  return index;
}

static tome_line_index_info info_of(tome_line_index *index) {
  tome_line_index_info info = {.struct_size = sizeof info};
  must_succeed(tome_line_index_info_get(index, &info));
  return info;
}

/* Once, when the index is about to be put in its place: a byte that was counted becomes another. */
static int rename_of_another(int from_at, const char *from, int to_at, const char *to) {
  tome__os_calls.renameat = real.renameat;
  int64_t before, after;
  struct stat status;
  must_equal(stat(path(), &status), 0);
  before = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
  do {
    write_elsewhere(path(), 777777, "\n", 1);
    must_equal(stat(path(), &status), 0);
    after = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
  } while (after == before);
  return real.renameat(from_at, from, to_at, to);
}

static void index_what_changes(void) {
  real = tome__os_calls;
  make_lines();
  tome__os_calls.renameat = rename_of_another;
  tome *map = open_map(path(), TOME_READ);
  tome_line_index_close(open_index(map));
  tome_line_index *index = open_index(map);
  must_equal(info_of(index).counted, SIZE);
  must_equal(tome_line_index_lines(index), SIZE / 64 + 1);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
}

static void an_index_of_what_changed_while_it_was_built_is_not_believed_later(void **state) {
  (void)state;
  everywhere(index_what_changes);
}

/* Another has moved the file into place between our opening and our locking it, so that it is that one's index now; and a third
 * has begun anew. */
static int flock_too_late(int fd, int operation) {
  char beside[600], moved[600], link[64];
  tome__os_calls.flock = real.flock;
  snprintf(moved, sizeof moved, "%s/moved", cache);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, beside, sizeof beside - 1);
  must(length > 0);
  beside[length] = '\0';
  must_equal(rename(beside, moved), 0);
  must_equal(pwrite(fd, "theirs", 6, 0), 6);
  int third = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  must(third >= 0);
  close(third);
  return real.flock(fd, operation);
}

static void build_beside_another(void) {
  real = tome__os_calls;
  make_lines();
  char moved[600];
  tome *map = open_map(path(), TOME_READ);
  tome__os_calls.flock = flock_too_late;
  tome_line_index *index = open_index(map);
  must_equal(info_of(index).kept, 0);
  must_equal(info_of(index).size, file_length(info_of(index).path));
  snprintf(moved, sizeof moved, "%s/moved", cache);
  must_be_file(moved, "theirs", 6);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
}

static void an_index_that_another_has_just_put_in_place_is_not_written_over(void **state) {
  (void)state;
  everywhere(build_beside_another);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(lines_that_are_cut_while_they_are_counted_are_lost),
      TEST(an_index_of_what_changed_while_it_was_built_is_not_believed_later),
      TEST(an_index_that_another_has_just_put_in_place_is_not_written_over),
  };
  return run_matching(tests, count, arguments);
}
