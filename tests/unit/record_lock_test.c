/* Record locks: they are the process's, and stay its own whatever Tome opens and closes. */
#include "test_support.h"

#include <fcntl.h>
#include <string.h>
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

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_locks_of_the_process_are_kept),
      TEST(the_locks_of_others_are_not_waited_for),
  };
  return run_matching(tests, count, arguments);
}
