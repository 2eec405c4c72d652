/* Where the index of lines is kept: who writes it at the same time, and where it cannot be written. */
#include "kept_index.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- writers ---- */

/* Open it again and again, for as long as one is let. Odd ones damage it before. */
static void build_for_ever(void *context) {
  (void)context;
  for (unsigned i = 0;; i++) {
    if (i % 2)
      must(truncate(the.index, 100) == 0 || errno == ENOENT);
    must_be_right();
  }
}

static void an_index_survives_the_death_of_who_builds_it(void **state) {
  (void)state;
  dice any = dice_from(6);
  make_indexed_text(50000, 400);
  for (uint64_t i = 0; i < how_many(30, 1000); i++) {
    pid_t child = start_child(build_for_ever, NULL);
    usleep((useconds_t)roll(&any, 4000));
    must_equal(kill(child, SIGKILL), 0);
    must_equal(waitpid(child, NULL, 0), child);
    must_be_right();
    must_equal(truncate(the.index, 0), 0);
    tome_line_index_info info = must_be_right();
    must_equal(info.kept, 0);
    must_equal(info.counted, the.size);
    must_equal(must_be_right().counted, 0);
  }
  free_kept_index();
}

static void build_some_times(void *context) {
  (void)context;
  for (uint64_t i = 0; i < how_many(90, 3000); i++) {
    if (i % 3 == 0)
      (void)unlink(the.index);
    must_be_right();
  }
}

static void many_may_build_at_once(void **state) {
  (void)state;
  pid_t children[3];
  make_indexed_text(50000, 400);
  for (int i = 0; i < 3; i++)
    children[i] = start_child(build_some_times, NULL);
  for (int i = 0; i < 3; i++)
    finish_child(children[i]);
  must_be_right();
  must_equal(must_be_right().counted, 0);
  free_kept_index();
}

static const char *beside(void) {
  static char path[610];
  snprintf(path, sizeof path, "%s.new", the.index);
  return path;
}

static void who_finds_another_at_it_goes_without(void **state) {
  (void)state;
  make_indexed_text(STRETCH, 400);
  must_equal(unlink(the.index), 0);
  int fd = open(beside(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  must_equal(flock(fd, LOCK_EX), 0);
  tome_line_index_info info = must_be_right();
  must_equal(info.kept, TOME_EBUSY);
  must(access(the.index, F_OK) < 0);
  close(fd);
  must_equal(must_be_right().kept, 0);
  must(access(the.index, F_OK) == 0);
  must(access(beside(), F_OK) < 0);
  free_kept_index();
}

/* ---- places where it cannot be ---- */

static void must_go_without(int code) {
  for (int i = 0; i < 2; i++) {
    tome_line_index_info info = must_be_right();
    must_equal(info.kept, code);
    must_equal(info.counted, the.size);
  }
}

static void a_directory_that_is_not_there_is_no_failure(void **state) {
  (void)state;
  make_text(STRETCH + 5, 400);
  must_equal(rmdir(the.cache), 0);
  must_go_without(TOME_ENOENT);
  must_equal(must_be_right().system, ENOENT);
  make_file("cache", "a file", 6);
  must_go_without(TOME_ENOTDIR);
  free_kept_index();
}

static void go_without_rights(void *context) {
  (void)context;
  become_nobody();
  must_go_without(TOME_EACCES);
}

static void a_directory_that_may_not_be_written_is_no_failure(void **state) {
  (void)state;
  make_text(STRETCH + 5, 400);
  must_equal(chmod(in_dir("."), 0755), 0);
  must_equal(chmod(the.path, 0644), 0);
  must_equal(chmod(the.cache, 0555), 0);
  in_child(go_without_rights, NULL);
  free_kept_index();
}

static void go_without_space(void) {
  make_text(STRETCH + 5, 400);
  snprintf(the.cache, sizeof the.cache, "%s", in_dir("disk"));
  leave_free(4096 / PAGE); /* a larger one has room for all of the index */
  must_go_without(TOME_ENOSPC);
  must_equal(unlink(in_dir("disk/filler")), 0);
  must_equal(must_be_right().kept, 0);
  must_equal(must_be_right().counted, 0);
}

static void a_full_disk_is_no_failure(void **state) {
  (void)state;
  on_disk(DISK_SMALL, go_without_space);
}

static void what_someone_put_in_its_place_is_left_alone(void **state) {
  (void)state;
  const char *victim = make_file("victim", "precious", 8);
  make_indexed_text(STRETCH + 5, 400);
  must_equal(unlink(the.index), 0);
  must_equal(symlink(victim, beside()), 0);
  must_go_without(TOME_ENAME);
  must_equal(unlink(beside()), 0);
  must_equal(link(victim, beside()), 0);
  must_go_without(TOME_EACCES);
  must_equal(unlink(beside()), 0);
  must_equal(mkfifo(beside(), 0600), 0);
  must_go_without(TOME_EACCES);
  must_be_file(victim, "precious", 8);
  must_equal(unlink(beside()), 0);
  must_equal(mkdir(the.index, 0700), 0);
  must_go_without(TOME_EISDIR);
  free_kept_index();
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(an_index_survives_the_death_of_who_builds_it),
      TEST(many_may_build_at_once),
      TEST(who_finds_another_at_it_goes_without),
      TEST(a_directory_that_is_not_there_is_no_failure),
      TEST(a_directory_that_may_not_be_written_is_no_failure),
      TEST(a_full_disk_is_no_failure),
      TEST(what_someone_put_in_its_place_is_left_alone),
  };
  return run_matching(tests, count, arguments);
}
