/* Files that are opened once more by what is open already, and the paths that files are opened by. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH ((size_t)1000)

static os_file open_one(const char *name) {
  os_file file;
  must(tome__os_open(make_pattern_file(name, LENGTH), TOME_WRITE, 0, &file) == 0);
  return file;
}

/* Whoever opens it by its former name gets another file, or none. */
static void appending_follows_the_file_not_its_name(void **state) {
  (void)state;
  uint64_t at = 77;
  unsigned char *bytes = new_pattern(LENGTH, 2 * LENGTH);
  os_file file = open_one("file");
  move_file(in_dir("file"), in_dir("moved"));
  must_equal(tome__os_append(&file, LENGTH, bytes, LENGTH, &at), 0);
  must_equal(at, LENGTH);
  make_file("file", "another", 7);
  must_equal(tome__os_append(&file, 2 * LENGTH, bytes + LENGTH, LENGTH, &at), 0);
  must_equal(at, 2 * LENGTH);
  must(tome__os_close(&file) == 0);
  must_be_file(in_dir("file"), "another", 7);
  must_be_pattern_file(in_dir("moved"), 3 * LENGTH);
  free(bytes);
}

static void the_first_append_after_another_got_the_name(void **state) {
  (void)state;
  uint64_t at = 77;
  unsigned char *bytes = new_pattern(LENGTH, LENGTH);
  os_file file = open_one("file");
  move_file(in_dir("file"), in_dir("moved"));
  make_file("file", "another", 7);
  must_equal(tome__os_append(&file, LENGTH, bytes, LENGTH, &at), 0);
  must_equal(at, LENGTH);
  must(tome__os_close(&file) == 0);
  must_be_file(in_dir("file"), "another", 7);
  must_be_pattern_file(in_dir("moved"), 2 * LENGTH);
  free(bytes);
}

static void a_deleted_file_is_appended_to(void **state) {
  (void)state;
  uint64_t at = 77;
  size_t done = 0;
  unsigned char *bytes = new_pattern(LENGTH, LENGTH), got[2 * LENGTH];
  os_file file = open_one("file");
  remove_file(in_dir("file"));
  must_equal(tome__os_append(&file, LENGTH, bytes, LENGTH, &at), 0);
  must_equal(at, LENGTH);
  must(tome__os_read(&file, 0, got, sizeof got, &done) == 0);
  must_equal(done, 2 * LENGTH);
  must_be_pattern(got, 0, 2 * LENGTH);
  must(tome__os_close(&file) == 0);
  free(bytes);
}

/* Where the system cannot open the file again, for whatever reason, and where it has no room for one more. */
static HANDLE reopen_nothing(HANDLE file, DWORD access, DWORD sharing, DWORD flags) {
  (void)file, (void)access, (void)sharing, (void)flags;
  SetLastError(ERROR_ACCESS_DENIED);
  return INVALID_HANDLE_VALUE;
}

static HANDLE reopen_too_many(HANDLE file, DWORD access, DWORD sharing, DWORD flags) {
  reopen_nothing(file, access, sharing, flags);
  SetLastError(ERROR_TOO_MANY_OPEN_FILES);
  return INVALID_HANDLE_VALUE;
}

static void what_cannot_be_opened_again_is_appended_to(void **state) {
  (void)state;
  uint64_t at = 77;
  unsigned char *bytes = new_pattern(LENGTH, LENGTH);
  os_file file = open_one("file");
  os_calls real = tome__os_calls;
  tome__os_calls.ReOpenFile = reopen_too_many;
  int full = tome__os_append(&file, LENGTH, bytes, LENGTH, &at);
  tome__os_calls.ReOpenFile = reopen_nothing;
  must_equal(at, 77);
  int r = tome__os_append(&file, LENGTH, bytes, LENGTH / 2, &at);
  uint64_t first = at;
  int again = tome__os_append(&file, LENGTH, bytes + LENGTH / 2, LENGTH / 2, &at);
  tome__os_calls = real;
  must(full == TOME_EMFILE && r == 0 && again == 0);
  must_equal(first, LENGTH);
  must_equal(at, LENGTH + LENGTH / 2);
  must(tome__os_close(&file) == 0);
  must_be_pattern_file(in_dir("file"), 2 * LENGTH);
  free(bytes);
}

/* The descriptor is the file, whatever has its name by now. */
static void a_descriptor_is_its_file_not_its_name(void **state) {
  (void)state;
  os_file file;
  size_t done = 0;
  unsigned char got[LENGTH];
  HANDLE handle;
  {
    os_file plain = open_one("file");
    must(DuplicateHandle(GetCurrentProcess(), plain.handle, GetCurrentProcess(), &handle, 0, FALSE,
                         DUPLICATE_SAME_ACCESS));
    must(tome__os_close(&plain) == 0);
  }
  int descriptor = _open_osfhandle((intptr_t)handle, _O_RDWR | _O_BINARY);
  must(descriptor >= 0);
  move_file(in_dir("file"), in_dir("moved"));
  make_file("file", "another", 7);
  must_equal(tome__os_adopt(descriptor, TOME_WRITE, &file), 0);
  must(tome__os_read(&file, 0, got, sizeof got, &done) == 0);
  must_equal(done, LENGTH);
  must_be_pattern(got, 0, LENGTH);
  must(tome__os_close(&file) == 0);
  must(_close(descriptor) == 0);
}

/* ---- paths ---- */

/* A path that the system would take as it is knows one divider only. */
static void either_divider_will_do(void **state) {
  (void)state;
  static const char *const forms[] = {"%s", "\\\\?\\%s", "\\\\.\\%s", "//?/%s"};
  make_folder(in_dir("folder"));
  make_pattern_file("folder/file", LENGTH);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    for (int turned = 0; turned < 3; turned++) {
      char path[600];
      os_file file;
      snprintf(path, sizeof path, forms[i], in_dir("folder/file"));
      for (char *p = path + strlen(forms[i]) - 2; turned > 0 && *p; p++)
        if (*p == '/' && (turned == 2 || p < strrchr(path, '/')))
          *p = '\\';
      note("%s", path);
      must_equal(tome__os_open(path, TOME_READ, 0, &file), 0);
      must(tome__os_close(&file) == 0);
    }
}

/* The index is kept there by a name that the library puts behind the directory. */
static void a_cache_of_any_form_keeps_an_index(void **state) {
  (void)state;
  static const char *const forms[] = {"%s", "%s/", "%s\\", "\\\\?\\%s", "\\\\?\\%s\\"};
  make_folder(in_dir("cache"));
  make_file("text", "one\ntwo\n", 8);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char directory[600];
    tome *map;
    tome_line_index *index;
    tome_line_index_info info = {.struct_size = sizeof info};
    tome_line_index_options options = TOME_LINE_INDEX_INIT;
    snprintf(directory, sizeof directory, forms[i], in_dir("cache"));
    for (char *p = directory; *p; p++)
      *p = *p == '/' && i > 1 ? '\\' : *p;
    note("%s", directory);
    options.directory = directory;
    must_succeed(tome_open(&map, in_dir("text"), TOME_READ, NULL));
    must_succeed(tome_line_index_open(&index, map, &options));
    must_succeed(tome_line_index_info_get(index, &info));
    must_equal(info.kept, 0);
    must_equal(info.counted, i == 0 ? 8 : 0); /* the others find what the first has left */
    must(memcmp(info.path, directory, strlen(directory)) == 0);
    must(!strchr(info.path, '/') || !strchr(info.path, '\\')); /* one kind of divider */
    must(!strstr(info.path, "//") && !strstr(info.path + 2, "\\\\"));
    tome_line_index_close(index);
    must_succeed(tome_close(map));
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(appending_follows_the_file_not_its_name),
      TEST(the_first_append_after_another_got_the_name),
      TEST(a_deleted_file_is_appended_to),
      TEST(what_cannot_be_opened_again_is_appended_to),
      TEST(a_descriptor_is_its_file_not_its_name),
      TEST(either_divider_will_do),
      TEST(a_cache_of_any_form_keeps_an_index),
  };
  return run_matching(tests, argc, argv);
}
