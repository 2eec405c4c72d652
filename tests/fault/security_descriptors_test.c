/* No descriptor of a map reaches a program that is started, at whatever moment: while maps are open, and while other threads are
 * in the middle of opening, creating, growing and flushing them. The program started is this one, called so that it counts what it
 * inherited. */
#include "emulator_limits.h"
#include "planted_bug.h"

#include "calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_INHERITED "--count-inherited"

extern char **environ;

/* ---- the program that is started ---- */

/* Tells each descriptor but the standard ones and its own; exits with how many. */
static int count_inherited(void) {
  int count = 0;
  DIR *entries = opendir("/proc/self/fd");
  for (const struct dirent *e; (e = readdir(entries)) != NULL;) {
    int fd = atoi(e->d_name);
    if (fd <= STDERR_FILENO || fd == dirfd(entries))
      continue;
    char link[64], target[256] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, target, sizeof target - 1) >= 0)
      fprintf(stderr, "inherited: %d, %s\n", fd, target);
    count++;
  }
  closedir(entries);
  return count;
}

static int inherited(int by_spawn) {
  char *const arguments[] = {(char *)(uintptr_t) "self", (char *)(uintptr_t)COUNT_INHERITED, NULL};
  pid_t child = -1;
  int status;
  if (by_spawn)
    must_equal(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
  else if ((child = fork()) == 0) {
    execv("/proc/self/exe", arguments);
    _exit(99);
  }
  must_equal(waitpid(child, &status, 0), child);
  must(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* Of whoever runs this test. */
static void close_inherited(void) {
  for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
    close(fd);
}

/* ---- maps that are open ---- */

enum { MAPS = 6 };

static void open_each_kind(tome **maps, int fd) {
  tome_options options = test_options(TOME_WRITE);
  maps[0] = open_map(in_dir("file"), TOME_READ);
  maps[1] = open_map(in_dir("file"), TOME_WRITE);
  maps[2] = open_anonymous(3 * PAGE);
  maps[3] = open_map(in_dir("new"), TOME_WRITE | TOME_CREATE); /* and its directory */
  must_succeed(tome_open_fd(&maps[4], fd, TOME_WRITE, &options));
  maps[5] = open_map(in_dir("file"), TOME_COPY);
}

static void exec_beside_open_maps(void *unused) {
  (void)unused;
  tome *maps[MAPS];
  tome_info info = {.struct_size = sizeof info};
  close_inherited();
  int fd = open(make_pattern_file("file", 3 * PAGE), O_RDWR | O_CLOEXEC);
  open_each_kind(maps, fd);
  must(count_descriptors() >= MAPS + 2);
  for (int used = 0; used < 2; used++) {
    for (int by_spawn = 0; by_spawn < 2; by_spawn++)
      must_equal(inherited(by_spawn), 0);
    must_succeed(tome_append(maps[1], "grown", 5, NULL)); /* some open more when they are used */
    must_succeed(tome_info_get(maps[4], &info));
    must_succeed(tome_flush(maps[3], 0, TOME_END, TOME_FLUSH_DURABLE));
  }
  for (int i = 0; i < MAPS; i++)
    must_succeed(tome_close(maps[i]));
}

static void a_program_inherits_no_descriptor_of_an_open_map(void **state) {
  (void)state;
  needs_to_start_itself();
  in_child(exec_beside_open_maps, NULL);
}

/* A child of a fork takes a new description for its position: that is not inherited either. */
static void append_and_exec(void *map) {
  must_succeed(tome_append(map, "child", 5, NULL));
  must_equal(inherited(0), 0);
}

static void exec_from_forked_child(void *unused) {
  (void)unused;
  close_inherited();
  tome *map = open_map(make_pattern_file("file", 10), TOME_WRITE);
  in_child(append_and_exec, map);
  must_succeed(tome_close(map));
}

static void a_program_inherits_none_from_a_child_that_used_the_map_either(void **state) {
  (void)state;
  needs_to_start_itself();
  in_child(exec_from_forked_child, NULL);
}

/* The descriptor that the caller gave stays his, inherited or not as he has it. */
static void keep_callers_descriptor(void *unused) {
  (void)unused;
  tome_options options = test_options(TOME_READ);
  tome *map;
  close_inherited();
  int fd = open(make_pattern_file("file", 10), O_RDWR); /* NOLINT(android-cloexec-open) */
  must_succeed(tome_open_fd(&map, fd, TOME_READ, &options));
  must_equal(inherited(0), 1);
  must_succeed(tome_close(map));
  must_equal(inherited(0), 1);
}

static void the_callers_own_descriptor_is_inherited_as_before(void **state) {
  (void)state;
  needs_to_start_itself();
  in_child(keep_callers_descriptor, NULL);
}

/* ---- in the middle of calls of other threads ---- */

enum { THREADS = 3 };
static atomic_int stop;
static atomic_uint rounds;

static void use_once(const char *path) {
  tome_options options = test_options(TOME_WRITE);
  tome_info info = {.struct_size = sizeof info};
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE | TOME_EXCL), *again, *memory;
  must_succeed(tome_append(map, "appended", 8, NULL));
  must_succeed(tome_resize(map, 5 * PAGE));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_START));
  must_succeed(tome_info_get(map, &info));
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must_succeed(tome_open_fd(&again, fd, TOME_WRITE, &options));
  close(fd);
  memory = open_anonymous(PAGE);
  must_succeed(tome_close(again));
  must_succeed(tome_close(memory));
  must_succeed(tome_close(map));
  must_equal(unlink(path), 0);
}

static void *use_again_and_again(void *path) {
  for (; !atomic_load(&stop); atomic_fetch_add(&rounds, 1))
    use_once(path);
  return NULL;
}

static void exec_beside_threads(void *unused) {
  (void)unused;
  pthread_t threads[THREADS];
  char name[32], paths[THREADS][512];
  uint64_t programs = how_many(200, 10000);
  close_inherited();
  for (int i = 0; i < THREADS; i++) {
    snprintf(name, sizeof name, "used%d", i);
    snprintf(paths[i], sizeof paths[i], "%s", in_dir(name));
    must_equal(pthread_create(&threads[i], NULL, use_again_and_again, paths[i]), 0);
  }
  for (uint64_t i = 0; i < programs; i++)
    must_equal(inherited((int)(i % 2)), 0);
  atomic_store(&stop, 1);
  for (int i = 0; i < THREADS; i++)
    must_equal(pthread_join(threads[i], NULL), 0);
  must(rounds > 0);
  tell_figure("programs started", programs);
  tell_figure("maps opened meanwhile", (uint64_t)rounds * 3);
}

static void a_program_started_in_the_middle_of_other_threads_calls_inherits_nothing(void **state) {
  (void)state;
  needs_to_start_itself();
  in_child(exec_beside_threads, NULL);
}

/* ---- planted bugs ---- */

static int open_inherited(int at, const char *path, int flags, mode_t mode) {
  return openat(at, path, flags & ~O_CLOEXEC, mode);
}

static void plant_inherited(void) {
  tome__os_calls.openat = open_inherited;
}

static int open_directory_inherited(int at, const char *path, int flags, mode_t mode) {
  return openat(at, path, flags & O_DIRECTORY ? flags & ~O_CLOEXEC : flags, mode);
}

static void plant_inherited_directory(void) {
  tome__os_calls.openat = open_directory_inherited;
}

static int memory_inherited(const char *name, unsigned flags) {
  (void)flags;
  return memfd_create(name, 0);
}

static void plant_inherited_memory(void) {
  tome__os_calls.memfd_create = memory_inherited;
}

/* Set by a second call: only for a moment is it inherited. */
static int open_then_mark(int at, const char *path, int flags, mode_t mode) {
  int fd = openat(at, path, flags & ~O_CLOEXEC, mode);
  usleep(300);
  if (fd >= 0)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

static void plant_late_mark(void) {
  tome__os_calls.openat = open_then_mark;
}

static int dup_inherited(int from, int to, int flags) {
  return dup3(from, to, flags & ~O_CLOEXEC);
}

static void plant_inherited_copy(void) {
  tome__os_calls.dup3 = dup_inherited;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  needs_to_start_itself();
  must_find_bug("a descriptor that is inherited", plant_inherited, exec_beside_open_maps, NULL);
  unlink(in_dir("new"));
  must_find_bug("a directory that is inherited", plant_inherited_directory, exec_beside_open_maps,
                NULL);
  must_find_bug("shared memory that is inherited", plant_inherited_memory, exec_beside_open_maps,
                NULL);
  must_find_bug("a new description that is inherited", plant_inherited_copy, exec_from_forked_child,
                NULL);
  must_find_bug("a descriptor that is inherited for a moment", plant_late_mark, exec_beside_threads,
                NULL);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], COUNT_INHERITED) == 0)
    return count_inherited();
  const struct CMUnitTest tests[] = {
      TEST(a_program_inherits_no_descriptor_of_an_open_map),
      TEST(a_program_inherits_none_from_a_child_that_used_the_map_either),
      TEST(the_callers_own_descriptor_is_inherited_as_before),
      TEST(a_program_started_in_the_middle_of_other_threads_calls_inherits_nothing),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
