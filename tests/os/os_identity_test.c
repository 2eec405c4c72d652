/* os.h: which file this is. */
#include "os_harness.h"

#include <stdio.h>
#include <string.h>

static os_identity identity_of(const char *path) {
  os_identity identity;
  memset(&identity, 0, sizeof identity);
  os_file file = open_os_file(path, TOME_READ);
  must_refuse(tome__os_identity(&file, &identity), 0);
  close_os_file(&file);
  return identity;
}

static int is_same(os_identity a, os_identity b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

static void every_way_to_open_it_is_the_same_file(void **state) {
  (void)state;
  char roundabout[600];
  const char *path = make_pattern_file("file", 500);
  os_identity first = identity_of(path);
  must(is_same(first, identity_of(path)));
  make_folder(in_dir("folder"));
  snprintf(roundabout, sizeof roundabout, "%s/../file", in_dir("folder"));
  must(is_same(first, identity_of(roundabout)));
  move_file(path, in_dir("folder/moved"));
  must(is_same(first, identity_of(in_dir("folder/moved"))));
  append_to(in_dir("folder/moved"), "more", 4);
  must(is_same(first, identity_of(in_dir("folder/moved"))));
}

static void files_that_there_are_at_the_same_time_differ(void **state) {
  (void)state;
  enum { FILES = 20 };
  os_identity all[FILES];
  for (int i = 0; i < FILES; i++) {
    char name[20];
    snprintf(name, sizeof name, "file%d", i);
    all[i] = identity_of(make_pattern_file(name, 100));
    for (int k = 0; k < i; k++) {
      must(!is_same(all[k], all[i]));
      must(all[k].words[0] != all[i].words[0] || all[k].words[1] != all[i].words[1]);
    }
  }
}

static void an_adopted_file_is_the_same(void **state) {
  (void)state;
  os_file file;
  os_identity adopted;
  os_identity first = identity_of(make_pattern_file("file", 100));
  FILE *stream = fopen(in_dir("file"), "rb");
  must(stream != NULL);
  must_refuse(tome__os_adopt(fileno(stream), TOME_READ, &file), 0);
  must_refuse(tome__os_identity(&file, &adopted), 0);
  must(is_same(first, adopted));
  close_os_file(&file);
  must_equal(fclose(stream), 0);
}

static void what_is_created_in_its_place_differs_in_name_or_moment(void **state) {
  (void)state;
  if (!replaces_open_files())
    skip_because("this system does not replace a file that is open");
  make_pattern_file("file", 100);
  os_identity first = identity_of(in_dir("file"));
  os_file held = open_os_file(in_dir("file"), TOME_READ);
  make_pattern_file("other", 100);
  move_file(in_dir("other"), in_dir("file"));
  must(!is_same(first,
                identity_of(in_dir("file")))); /* the first one is still there, in our hands */
  close_os_file(&held);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(every_way_to_open_it_is_the_same_file),
      TEST(files_that_there_are_at_the_same_time_differ),
      TEST(an_adopted_file_is_the_same),
      TEST(what_is_created_in_its_place_differs_in_name_or_moment),
  };
  return run_matching(tests, argc, argv);
}
