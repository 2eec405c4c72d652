/* Record locks: they are the process's, and stay its own whatever Tome opens and closes. */
#include "calls.h"
#include "test_support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void must_be_locked_by_parent(void *path) {
  int fd = open(path, O_RDWR);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  must_equal(fcntl(fd, F_GETLK, &lock), 0);
  must_equal(lock.l_type, F_WRLCK);
  must_equal(lock.l_pid, getppid());
}

/* Whoever closes any descriptor of a file gives up all the locks that his process has on it. */
static void the_locks_of_the_process_are_kept(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_pattern_file("file", PAGE));
  tome *map = open_map(path, TOME_WRITE | TOME_GROW);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  must_equal(fcntl(fd, F_SETLK, &lock), 0);
  in_child(must_be_locked_by_parent, path);
  tome_info info = {.struct_size = sizeof info};
  must_succeed(tome_info_get(map, &info));
  in_child(must_be_locked_by_parent, path);
  must_succeed(tome_append(map, "x", 1, NULL));
  must_succeed(tome_resize(map, 2 * PAGE));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  in_child(must_be_locked_by_parent, path);
  must_succeed(tome_close(map));
  must_equal(close(fd), 0);
}

static void append_beside_lock(void *path) {
  tome *map = open_map(path, TOME_WRITE | TOME_GROW);
  alarm(20); /* who waits for the lock dies of it */
  must_succeed(tome_append(map, "x", 1, NULL));
  must_succeed(tome_resize(map, 2 * PAGE));
  alarm(0);
  must_succeed(tome_close(map));
}

/* Record locks keep those off who ask for them. */
static void the_locks_of_others_are_not_waited_for(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_pattern_file("file", PAGE));
  int fd = open(path, O_RDWR | O_CLOEXEC);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  must_equal(fcntl(fd, F_SETLK, &lock), 0);
  in_child(append_beside_lock, path);
  must_equal(file_length(path), 2 * PAGE);
  must_equal(close(fd), 0);
}

/* ---- the end of a file, where no call appends atomically ---- */

/* The byte that whoever moves the end locks. */
static struct flock the_end(short type) {
  return (struct flock){
      .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)(INT64_MAX - 1), .l_len = 1};
}

static char end_path[512];
static os_calls real;
static int to_other[2], from_other[2];
static int asked, was_held;

static void wait_at(const int pipe[2]) {
  char byte;
  must_equal(read(pipe[0], &byte, 1), 1);
}

static void go_on_at(const int pipe[2]) {
  must_equal(write(pipe[1], "", 1), 1);
}

/* Another process moves the end, and is done when it is told so; then it looks whether its parent does. */
static void move_the_end(void *unused) {
  struct flock lock = the_end(F_WRLCK), none = the_end(F_UNLCK);
  int fd = open(end_path, O_RDWR);
  (void)unused;
  must_equal(fcntl(fd, F_SETLK, &lock), 0);
  go_on_at(from_other);
  wait_at(to_other);
  must_equal(fcntl(fd, F_SETLK, &none), 0);
  go_on_at(from_other);
  wait_at(to_other);
  must_equal(fcntl(fd, F_GETLK, &lock), 0);
  must_equal(lock.l_type, F_WRLCK);
  must_equal(lock.l_pid, getppid());
  go_on_at(from_other);
}

/* The other process is done just between the question for the lock and the question who has it. */
static int fcntl_that_finds_nobody(int fd, int command, long argument) {
  const struct flock *lock = (const struct flock *)(intptr_t)argument;
  if (command == F_GETLK && !asked++) {
    go_on_at(to_other);
    wait_at(from_other);
  }
  if (command == F_SETLK && lock->l_type == F_UNLCK && !was_held++) {
    go_on_at(to_other);
    wait_at(from_other);
  }
  return real.fcntl(fd, command, argument);
}

static void the_end_is_locked_even_if_it_is_free_when_looked_at(void **state) {
  (void)state;
  strcpy(end_path, make_pattern_file("file", PAGE));
  tome *map = open_map(end_path, TOME_WRITE);
  must(pipe(to_other) == 0 && pipe(from_other) == 0);
  pid_t other = start_child(move_the_end, NULL);
  must_equal(close(from_other[1]), 0); /* so that its death is not waited for */
  wait_at(from_other);
  real = tome__os_calls;
  tome__os_calls.fcntl = fcntl_that_finds_nobody;
  must_succeed(tome_append(map, "x", 1, NULL));
  tome__os_calls = real;
  must_succeed(tome_close(map));
  if (was_held)
    finish_child(other);
  else
    must(kill(other, SIGKILL) == 0 && waitpid(other, NULL, 0) == other);
  must(close(to_other[0]) == 0 && close(to_other[1]) == 0 && close(from_other[0]) == 0);
  if (!was_held)
    skip_because("appends take no lock here: the system has a call for them");
  must_equal(asked, 1);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_locks_of_the_process_are_kept),
      TEST(the_locks_of_others_are_not_waited_for),
      TEST(the_end_is_locked_even_if_it_is_free_when_looked_at),
  };
  return run_matching(tests, count, arguments);
}
