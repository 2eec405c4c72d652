/* What cannot be opened, and the error it gives. */
#include "test_support.h"

#include <string.h>

static void must_refuse(const char *path, int code) {
  note("opening %s", path);
  must_equal(try_open(path, TOME_READ), code);
  assert_string_equal(tome_error_last()->operation, "tome_open");
  must_equal(try_open(path, TOME_WRITE), code);
  must_equal(try_open(path, TOME_COPY), code);
  note("%s", "");
}

static void a_missing_file_is_noent(void **state) {
  (void)state;
  must_refuse(in_dir("missing"), TOME_ENOENT);
  must_refuse(in_dir("missing/below"), TOME_ENOENT);
  must_refuse("", TOME_ENOENT);
}

static void a_directory_is_isdir(void **state) {
  (void)state;
  must_refuse(in_dir("."), TOME_EISDIR);
  must_equal(try_open(in_dir("."), TOME_WRITE | TOME_CREATE), TOME_EISDIR);
}

static void a_file_as_a_directory_is_notdir(void **state) {
  (void)state;
  make_pattern_file("file", 10);
  must_refuse(in_dir("file/below"), TOME_ENOTDIR);
}

static void a_path_too_long_is_name(void **state) {
  (void)state;
  char path[6000];
  memset(path, 'x', sizeof path);
  path[sizeof path - 1] = '\0';
  must_refuse(path, TOME_ENAME);
  path[300] = '\0';
  must_refuse(in_dir(path), TOME_ENAME);
}

static void no_path_is_inval(void **state) {
  (void)state;
  must_equal(try_open(NULL, TOME_READ), TOME_EINVAL);
  must_equal(try_open(NULL, TOME_WRITE | TOME_CREATE), TOME_EINVAL);
  must_equal(try_open(NULL, TOME_COPY), TOME_EINVAL);
}

static void failures_leave_no_descriptor_behind(void **state) {
  (void)state;
  make_pattern_file("file", 100);
  unsigned count = count_descriptors();
  for (int i = 0; i < 50; i++) {
    must_equal(try_part(in_dir("file"), TOME_WRITE, 101, 0), TOME_ERANGE);
    must_equal(try_open(in_dir("file"), TOME_READ | TOME_GROW), TOME_EINVAL);
    must_equal(try_open(in_dir("."), TOME_READ), TOME_EISDIR);
  }
  must_equal(count_descriptors(), count);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_missing_file_is_noent),
      TEST(a_directory_is_isdir),
      TEST(a_file_as_a_directory_is_notdir),
      TEST(a_path_too_long_is_name),
      TEST(no_path_is_inval),
      TEST(failures_leave_no_descriptor_behind),
  };
  return run_matching(tests, count, arguments);
}
