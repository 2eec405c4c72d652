/* Errors: their numbers, names and messages, and the record of the last failure. */
#include "test_support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers never change: this list is written by hand and only grows. */
static const struct {
  int number;
  const char *name;
} published[] = {
    {-1, "TOME_EINVAL"},     {-2, "TOME_ERANGE"},    {-3, "TOME_ENOENT"},   {-4, "TOME_EEXIST"},
    {-5, "TOME_EACCES"},     {-6, "TOME_EREADONLY"}, {-7, "TOME_EISDIR"},   {-8, "TOME_ENOTDIR"},
    {-9, "TOME_ENOTMAP"},    {-10, "TOME_ENAME"},    {-11, "TOME_EBADF"},   {-12, "TOME_EMFILE"},
    {-13, "TOME_ENOMEM"},    {-14, "TOME_ENOSPC"},   {-15, "TOME_EFBIG"},   {-16, "TOME_EBUSY"},
    {-17, "TOME_EIO"},       {-18, "TOME_ELOST"},    {-19, "TOME_ENOTSUP"}, {-20, "TOME_ESYSTEM"},
    {-21, "TOME_ECANCELED"}, {-22, "TOME_EORDER"},   {-23, "TOME_ENOKEY"},  {-24, "TOME_ELIMIT"},
};

enum { PUBLISHED = sizeof published / sizeof published[0] };

static void every_error_has_the_name_and_number_that_were_published(void **state) {
  (void)state;
#define COUNT(name, number, message) +1
  must_equal(TOME_ERRORS(COUNT), PUBLISHED);
#undef COUNT
  for (int i = 0; i < PUBLISHED; i++)
    assert_string_equal(tome_error_name(published[i].number), published[i].name);
  must_equal(TOME_OK, 0);
  must_equal(TOME_EINVAL, -1);
  must_equal(TOME_ELOST, -18);
  must_equal(TOME_ESYSTEM, -20);
}

static void every_error_has_a_message_of_its_own(void **state) {
  (void)state;
  for (int i = 0; i < PUBLISHED; i++) {
    must(strlen(tome_strerror(published[i].number)) > 5);
    for (int j = 0; j < i; j++)
      must(strcmp(tome_strerror(published[i].number), tome_strerror(published[j].number)) != 0);
  }
  assert_string_equal(tome_strerror(TOME_EACCES), "permission denied");
}

static void unknown_codes_have_a_name_and_a_message_too(void **state) {
  (void)state;
  static const int strange[] = {0, 1, 42, -24, -1000, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
    must(tome_strerror(strange[i]) != NULL && tome_strerror(strange[i])[0] != '\0');
    must(tome_error_name(strange[i]) != NULL && tome_error_name(strange[i])[0] != '\0');
  }
}

static void the_version_is_that_of_the_header(void **state) {
  (void)state;
  assert_string_equal(tome_version(), TOME_VERSION);
  assert_string_equal(tome_version(), "0.1.0");
}

static void a_failure_records_what_which_bytes_and_which_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("known", 1000);
  tome *map = open_map(path, TOME_READ);
  char byte;
  must_fail_at(tome_read(map, 1000, &byte, 1), TOME_ERANGE, 1000, 1);
  assert_string_equal(tome_error_last()->operation, "tome_read");
  assert_string_equal(tome_error_last()->path, path);
  must_fail_at(tome_read(map, 990, &byte, 11), TOME_ERANGE, 990, 11);
  must_succeed(tome_close(map));
}

static void a_failed_open_records_the_path_and_the_code_of_the_system(void **state) {
  (void)state;
  tome *map;
  const char *path = in_dir("missing");
  must_fail(tome_open(&map, path, TOME_READ, NULL), TOME_ENOENT);
  assert_string_equal(tome_error_last()->path, path);
  must_equal(tome_error_last()->system, 2); /* ENOENT */
}

static void a_map_opened_by_descriptor_has_no_path_in_its_record(void **state) {
  (void)state;
  const char *path = make_pattern_file("known", 1000);
  FILE *file = fopen(path, "re");
  tome *map;
  tome_options options = test_options(TOME_READ);
  char byte;
  must_succeed(tome_open_fd(&map, fileno(file), TOME_READ, &options));
  must_fail(tome_read(map, 1000, &byte, 1), TOME_ERANGE);
  assert_string_equal(tome_error_last()->path, "");
  must_succeed(tome_close(map));
  fclose(file);
}

static void success_leaves_the_record_alone(void **state) {
  (void)state;
  const char *path = make_pattern_file("known", 1000);
  tome *map;
  char bytes[64];
  must_fail(tome_open(&map, in_dir("missing"), TOME_READ, NULL), TOME_ENOENT);
  tome_error failed = *tome_error_last();
  map = open_map(path, TOME_WRITE);
  uint64_t at;
  must_succeed(tome_read(map, 0, bytes, sizeof bytes));
  must_succeed(tome_write(map, 10, bytes, sizeof bytes));
  must_succeed(tome_append(map, bytes, sizeof bytes, &at));
  must_return(tome_find(map, bytes, sizeof bytes, 0, TOME_END, &at), 1);
  must_succeed(tome_resize(map, 500));
  must_succeed(tome_refresh(map));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN));
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
  must_be_bytes(tome_error_last(), &failed, sizeof failed);
}

static void *record_of_a_new_thread(void *map) {
  char byte;
  must_equal(tome_error_last()->code, 0);
  must_fail(tome_read(map, 5000, &byte, 1), TOME_ERANGE);
  return NULL;
}

static void each_thread_has_a_record_of_its_own(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("known", 1000), TOME_READ);
  char byte;
  must_fail_at(tome_read(map, 2000, &byte, 1), TOME_ERANGE, 2000, 1);
  pthread_t other;
  must_equal(pthread_create(&other, NULL, record_of_a_new_thread, map), 0);
  must_equal(pthread_join(other, NULL), 0);
  must_equal(tome_error_last()->offset, 2000);
  must_succeed(tome_close(map));
}

static void a_long_path_keeps_its_end_after_dots(void **state) {
  (void)state;
  char path[4096], part[201];
  memset(part, 'd', 200);
  part[200] = '\0';
  snprintf(path, sizeof path, "%s", in_dir("long"));
  for (int depth = 0; depth < 8; depth++) {
    make_folder(path);
    strcat(strcat(path, "/"), part);
  }
  tome *map;
  must_fail(tome_open(&map, path, TOME_READ, NULL), TOME_ENOENT);
  const char *kept = tome_error_last()->path;
  must_equal(strlen(kept), sizeof tome_error_last()->path - 1);
  must(strncmp(kept, "...", 3) == 0);
  assert_string_equal(kept + 3, path + strlen(path) - (strlen(kept) - 3));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_error_has_the_name_and_number_that_were_published),
      TEST(every_error_has_a_message_of_its_own),
      TEST(unknown_codes_have_a_name_and_a_message_too),
      TEST(the_version_is_that_of_the_header),
      TEST(a_failure_records_what_which_bytes_and_which_file),
      TEST(a_failed_open_records_the_path_and_the_code_of_the_system),
      TEST(a_map_opened_by_descriptor_has_no_path_in_its_record),
      TEST(success_leaves_the_record_alone),
      TEST(each_thread_has_a_record_of_its_own),
      TEST(a_long_path_keeps_its_end_after_dots),
  };
  return run_matching(tests, count, arguments);
}
