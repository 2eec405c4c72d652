/* os.h, "files": opening, adopting, abandoning, and what a file is. */
#include "os_harness.h"

#include <stdio.h>
#include <string.h>

static void an_opened_file_is_what_lies_there(void **state) {
  (void)state;
  os_stat status;
  os_file file = open_os_pattern("file", TOME_READ, 1234);
  must_refuse(tome__os_stat(&file, &status), 0);
  must_equal(status.size, 1234);
  must_equal(status.kind, TOME_KIND_FILE);
  must_equal(tome__os_size_now(&file), 1234);
  close_os_file(&file);
}

static void what_cannot_be_opened_says_why(void **state) {
  (void)state;
  os_file file;
  char inside[600];
  const char *path = make_pattern_file("file", 10);
  make_folder(in_dir("folder"));
  snprintf(inside, sizeof inside, "%s/below", path);
  must_refuse(tome__os_open(in_dir("missing"), TOME_READ, 0, &file), TOME_ENOENT);
  must_refuse(tome__os_open(in_dir("missing/too"), TOME_READ, 0, &file), TOME_ENOENT);
  must_refuse(tome__os_open("", TOME_READ, 0, &file), TOME_ENOENT);
  must_refuse(tome__os_open(in_dir("folder"), TOME_READ, 0, &file), TOME_EISDIR);
  must_refuse(tome__os_open(in_dir("folder"), TOME_WRITE, 0, &file), TOME_EISDIR);
  int r = tome__os_open(inside, TOME_READ, 0, &file);
  must(r == TOME_ENOTDIR || r == TOME_ENOENT);
  must_refuse(tome__os_open(path, TOME_WRITE | TOME_CREATE | TOME_EXCL, 0666, &file), TOME_EEXIST);
}

static void a_name_that_is_too_long_says_so(void **state) {
  (void)state;
  os_file file;
  char name[40000];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  must_refuse(tome__os_open(name, TOME_READ, 0, &file), TOME_ENAME);
}

static void creating_makes_an_empty_file(void **state) {
  (void)state;
  os_file file = open_os_file(in_dir("new"), TOME_WRITE | TOME_CREATE);
  must_equal(size_by_stat(&file), 0);
  must_equal(file_length(in_dir("new")), 0);
  close_os_file(&file);
  must(file_exists(in_dir("new")));
}

static void creating_takes_what_is_there(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, 500);
  must_equal(size_by_stat(&file), 500); /* cutting is for the caller to do */
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), 500);
}

static void abandoning_removes_what_was_created_and_nothing_else(void **state) {
  (void)state;
  os_file file = open_os_file(in_dir("new"), TOME_WRITE | TOME_CREATE);
  tome__os_abandon(&file, in_dir("new"));
  must(!file_exists(in_dir("new")));
  file = open_os_pattern("file", TOME_WRITE | TOME_CREATE, 500);
  tome__os_abandon(&file, in_dir("file"));
  must_be_pattern_file(in_dir("file"), 500);
}

/* A reader must not stand in the way of anybody: it can be opened by others, written to, renamed, and removed. */
static void others_may_do_what_they_like_with_an_open_file(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_READ, 500);
  os_file second = open_os_file(in_dir("file"), TOME_WRITE);
  append_to(in_dir("file"), "more", 4);
  must_equal(size_by_stat(&file), 504);
  move_file(in_dir("file"), in_dir("elsewhere"));
  must(!file_exists(in_dir("file")));
  remove_file(in_dir("elsewhere"));
  must_equal(size_by_stat(&file), 504);
  close_os_file(&second);
  close_os_file(&file);
  must(!file_exists(in_dir("elsewhere")));
}

static void names_are_utf8(void **state) {
  (void)state;
  static const unsigned char content[] = "umlauts";
  const char *path = in_dir("\xC3\xA4\xC3\xB6\xC3\xBC \xE6\x97\xA5\xE6\x9C\xAC");
  os_file file = open_os_file(path, TOME_WRITE | TOME_CREATE | TOME_EXCL);
  size_t written = 0;
  must_refuse(tome__os_write(&file, 0, content, 7, &written), 0);
  close_os_file(&file);
  must_be_file(path, content, 7);
}

static void a_changed_file_has_changed(void **state) {
  (void)state;
  os_stat before, after;
  os_file file = open_os_pattern("file", TOME_WRITE, 500);
  size_t written = 0;
  must_refuse(tome__os_stat(&file, &before), 0);
  for (int i = 0; i < 300; i++) { /* clocks of file systems are coarse */
    must_refuse(tome__os_write(&file, 0, "x", 1, &written), 0);
    must_refuse(tome__os_stat(&file, &after), 0);
    if (after.changed != before.changed)
      break;
    pause_for(10000);
  }
  must(after.changed > before.changed);
  close_os_file(&file);
}

static void written_is_a_time_after_1970(void **state) {
  (void)state;
  int64_t early = 0, late = 0;
  os_file file = open_os_pattern("file", TOME_READ, 500);
  must_refuse(tome__os_written(&file, &early), 0);
  must(early > INT64_C(1500000000) * 1000000000); /* 2017 */
  must(early < INT64_C(8000000000) * 1000000000); /* 2223 */
  for (int i = 0; i < 300 && late <= early; i++) {
    pause_for(10000);
    append_to(in_dir("file"), "x", 1);
    must_refuse(tome__os_written(&file, &late), 0);
  }
  must(late > early);
  must(late - early < INT64_C(60) * 1000000000);
  close_os_file(&file);
}

static void a_descriptor_that_is_not_open_is_refused(void **state) {
  (void)state;
  os_file file;
  must_refuse(tome__os_adopt(-1, TOME_READ, &file), TOME_EBADF);
  must_refuse(tome__os_adopt(9999, TOME_READ, &file), TOME_EBADF);
}

static void an_adopted_file_outlives_the_descriptor(void **state) {
  (void)state;
  os_file file;
  unsigned char bytes[500];
  size_t done = 0;
  make_pattern_file("file", 500);
  FILE *stream = fopen(in_dir("file"), "rb");
  must(stream != NULL);
  must_refuse(tome__os_adopt(fileno(stream), TOME_READ, &file), 0);
  must_equal(fread(bytes, 1, 3, stream), 3);
  must_refuse(tome__os_read(&file, 0, bytes, 500, &done), 0);
  must_equal(done, 500);
  must_be_pattern(bytes, 0, 500);
  must_equal(ftell(stream), 3);
  must_equal(fclose(stream), 0);
  must_refuse(tome__os_read(&file, 100, bytes, 10, &done), 0);
  must_be_pattern(bytes, 100, 10);
  close_os_file(&file);
}

static void a_descriptor_lends_no_more_than_it_has(void **state) {
  (void)state;
  os_file file;
  make_pattern_file("file", 500);
  FILE *reader = fopen(in_dir("file"), "rb"), *writer = fopen(in_dir("file"), "r+b");
  must(reader != NULL && writer != NULL);
  must_refuse(tome__os_adopt(fileno(reader), TOME_WRITE, &file), TOME_EACCES);
  must_refuse(tome__os_adopt(fileno(writer), TOME_WRITE, &file), 0);
  size_t written = 0;
  must_refuse(tome__os_write(&file, 500, "more", 4, &written), 0);
  close_os_file(&file);
  must_equal(fclose(reader), 0);
  must_equal(fclose(writer), 0);
  must_equal(file_length(in_dir("file")), 504);
}

static void memory_is_a_file_too(void **state) {
  (void)state;
  os_file file;
  os_stat status;
  os_traits traits;
  unsigned char bytes[3000];
  size_t done = 0;
  must_refuse(tome__os_memory_file(&file), 0);
  must_refuse(tome__os_stat(&file, &status), 0);
  must_equal(status.size, 0);
  must_refuse(tome__os_traits(&file, &traits), 0);
  must_refuse(tome__os_truncate(&file, granules(1)), 0);
  must_equal(size_by_stat(&file), granules(1));
  must_refuse(tome__os_read(&file, 0, bytes, sizeof bytes, &done), 0);
  must_equal(done, sizeof bytes);
  must_be_zero(bytes, sizeof bytes);
  fill_pattern(bytes, 0, sizeof bytes);
  must_refuse(tome__os_write(&file, 77, bytes, sizeof bytes, &done), 0);
  unsigned char *mapped = map_os_file(&file, granules(1), OS_WRITE);
  must_be_pattern(mapped + 77, 0, sizeof bytes);
  mapped[5] = 0x55;
  must_refuse(tome__os_read(&file, 5, bytes, 1, &done), 0);
  must_equal(bytes[0], 0x55);
  unmap_os_file(mapped, granules(1));
  close_os_file(&file);
}

static void a_file_can_be_cut_by_others(void **state) {
  (void)state;
  os_traits traits;
  os_file file = open_os_pattern("file", TOME_WRITE, 500);
  must_refuse(tome__os_traits(&file, &traits), 0);
  must_equal(traits.can_be_cut, 1);
  must_equal(traits.own_flags, 1);
  close_os_file(&file);
}

static void info_agrees_with_what_is_known(void **state) {
  (void)state;
  tome_info info;
  os_file file = open_os_pattern("file", TOME_READ, 5000);
  memset(&info, 0xA5, sizeof info);
  must_refuse(tome__os_info(&file, &info), 0);
  must_equal(info.kind, TOME_KIND_FILE);
  must_equal(info.file_size, 5000);
  must(info.allocated == TOME_UNKNOWN || info.allocated < UINT64_C(1) << 30);
  must(info.holes == TOME_UNKNOWN || info.holes == 0);
  must(info.hole_bytes == TOME_UNKNOWN || info.hole_bytes == 0);
  must(info.resident == TOME_UNKNOWN || info.resident < 5000 + 2 * GRANULARITY);
  must(info.dirty == TOME_UNKNOWN || info.dirty < 5000 + 2 * GRANULARITY);
  must(memchr(info.file_system, '\0', sizeof info.file_system) != NULL);
  must(info.file_system[0] != '\0');
  close_os_file(&file);
}

/* On every system, whatever its own divider. */
static void a_directory_and_a_name_make_a_path(void **state) {
  (void)state;
  char path[600];
  os_file file;
  must_be_bytes(tome__os_divider("here"), "/", 2);
  must_be_bytes(tome__os_divider("here/"), "", 1);
  must_be_bytes(tome__os_divider("/"), "", 1);
  make_folder(in_dir("folder"));
  make_file("folder/name", "bytes", 5);
  snprintf(path, sizeof path, "%s%sname", in_dir("folder"), tome__os_divider(in_dir("folder")));
  must_refuse(tome__os_open(path, TOME_READ, 0, &file), 0);
  close_os_file(&file);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(an_opened_file_is_what_lies_there),
      TEST(what_cannot_be_opened_says_why),
      TEST(a_name_that_is_too_long_says_so),
      TEST(creating_makes_an_empty_file),
      TEST(creating_takes_what_is_there),
      TEST(abandoning_removes_what_was_created_and_nothing_else),
      TEST(others_may_do_what_they_like_with_an_open_file),
      TEST(names_are_utf8),
      TEST(a_changed_file_has_changed),
      TEST(written_is_a_time_after_1970),
      TEST(a_descriptor_that_is_not_open_is_refused),
      TEST(an_adopted_file_outlives_the_descriptor),
      TEST(a_descriptor_lends_no_more_than_it_has),
      TEST(a_directory_and_a_name_make_a_path),
      TEST(memory_is_a_file_too),
      TEST(a_file_can_be_cut_by_others),
      TEST(info_agrees_with_what_is_known),
  };
  return run_matching(tests, argc, argv);
}
