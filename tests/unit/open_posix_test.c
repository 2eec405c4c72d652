/* Opening as only POSIX has it: permission bits, symbolic links, descriptors, children. */
#include "test_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t created_mode(mode_t mask, uint32_t mode, int with_options) {
  tome *map;
  tome_options options = TOME_OPTIONS_INIT;
  options.mode = mode;
  const char *path = in_dir("created");
  unlink(path);
  mode_t saved = umask(mask);
  int result = tome_open(&map, path, TOME_WRITE | TOME_CREATE, with_options ? &options : NULL);
  umask(saved);
  must_equal(result, 0);
  must_succeed(tome_close(map));
  struct stat status;
  must_equal(stat(path, &status), 0);
  return status.st_mode & 07777;
}

static void a_created_file_has_the_mode_that_the_umask_leaves(void **state) {
  (void)state;
  must_equal(created_mode(022, 0, 0), 0644);
  must_equal(created_mode(0, 0666, 1), 0666);
  must_equal(created_mode(027, 0666, 1), 0640);
  must_equal(created_mode(077, 0644, 1), 0600);
  must_equal(created_mode(0, 0600, 1), 0600);
}

static void creating_leaves_an_existing_file_and_its_mode_alone(void **state) {
  (void)state;
  const char *path = make_pattern_file("existing", 100);
  must_equal(chmod(path, 0604), 0);
  must_equal(try_open(path, TOME_WRITE | TOME_CREATE), 0);
  struct stat status;
  must_equal(stat(path, &status), 0);
  must_equal(status.st_mode & 07777, 0604);
  must_be_pattern_file(path, 100);
}

static void symbolic_links_are_followed(void **state) {
  (void)state;
  const char *link = in_dir("link"), *target = in_dir("target");
  must_equal(symlink(target, link), 0);
  must_equal(try_open(link, TOME_READ), TOME_ENOENT);
  must_equal(try_open(link, TOME_WRITE | TOME_CREATE | TOME_EXCL), TOME_EEXIST);
  must_equal(try_open(link, TOME_WRITE | TOME_CREATE), 0);
  must_be_file(target, "", 0);
}

static void every_descriptor_of_a_map_is_close_on_exec(void **state) {
  (void)state;
  int known[1024] = {0};
  for (int fd = 0; fd < (int)(sizeof known / sizeof known[0]); fd++)
    known[fd] = fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  FILE *own = fopen(make_pattern_file("closed", 100), "r+");
  known[fileno(own)] = 1;
  tome *maps[3] = {open_map(in_dir("closed"), TOME_WRITE), NULL, open_anonymous(10)};
  must_succeed(tome_open_fd(&maps[1], fileno(own), TOME_WRITE, NULL));
  int seen = 0;
  for (int fd = 0; fd < (int)(sizeof known / sizeof known[0]); fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || known[fd])
      continue;
    must(flags & FD_CLOEXEC);
    seen++;
  }
  must(seen > 0);
  for (int i = 0; i < 3; i++)
    must_succeed(tome_close(maps[i]));
  fclose(own);
}

static void store_in_child(void *map) {
  must_succeed(tome_write(map, PAGE, "child", 5));
}

static void anonymous_memory_is_shared_with_children(void **state) {
  (void)state;
  tome *map = open_anonymous(2 * PAGE);
  char got[5];
  in_child(store_in_child, map);
  must_succeed(tome_read(map, PAGE, got, 5));
  must_be_bytes(got, "child", 5);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_created_file_has_the_mode_that_the_umask_leaves),
      TEST(creating_leaves_an_existing_file_and_its_mode_alone),
      TEST(symbolic_links_are_followed),
      TEST(every_descriptor_of_a_map_is_close_on_exec),
      TEST(anonymous_memory_is_shared_with_children),
  };
  return run_matching(tests, count, arguments);
}
