/* os.h: growing, cutting, appending, replacing. */
#include "os_harness.h"

#include <stdlib.h>
#include <string.h>

static void growing_adds_zeros(void **state) {
  (void)state;
  for (int sparse = 0; sparse < 2; sparse++) {
    unsigned char *want = new_pattern(0, 300000);
    memset(want + 1000, 0, 299000);
    os_file file = open_os_pattern("file", TOME_WRITE, 1000);
    must_refuse(tome__os_extend(&file, 1000, 300000, sparse), 0);
    must_equal(size_by_stat(&file), 300000);
    if (!sparse) { /* with blocks: where they are counted at all */
      os_stat status;
      must_refuse(tome__os_stat(&file, &status), 0);
      must(status.allocated >= 299000); /* TOME_UNKNOWN is more than that */
    }
    close_os_file(&file);
    must_be_file(in_dir("file"), want, 300000);
    free(want);
  }
}

/* Someone else has grown the file since `old_size` was asked for. */
static void growing_never_makes_a_file_shorter(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, 5000);
  must_refuse(tome__os_extend(&file, 1000, 2000, 0), 0);
  must_equal(size_by_stat(&file), 5000);
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), 5000);
}

static void more_than_a_disk_holds_is_refused_and_changes_nothing(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, 1000);
  int r = tome__os_extend(&file, 1000, UINT64_C(1) << 62, 0);
  must(r == TOME_ENOSPC || r == TOME_EFBIG);
  must_equal(size_by_stat(&file), 1000);
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), 1000);
}

static void cutting_and_lengthening_to_the_byte(void **state) {
  (void)state;
  static const uint64_t sizes[] = {4999, 4097, 4096, 4095, 1, 0};
  os_file file = open_os_pattern("file", TOME_WRITE, 5000);
  for (size_t i = 0; i + 1 < sizeof sizes / sizeof *sizes; i++) {
    must_refuse(tome__os_truncate(&file, sizes[i]), 0);
    must_be_pattern_file(in_dir("file"), (size_t)sizes[i]);
  }
  must_refuse(tome__os_truncate(&file, 3000), 0);
  unsigned char want[3000] = {0};
  fill_pattern(want, 0, 1);
  must_be_file(in_dir("file"), want, 3000); /* what comes back is zeros */
  must_refuse(tome__os_truncate(&file, 0), 0);
  must_equal(size_by_stat(&file), 0);
  close_os_file(&file);
}

static void cutting_back_keeps_the_error(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, 5000);
  tome__os_set_error(13);
  tome__os_cut_back(&file, 3000);
  must_equal(tome__os_last_error(), 13);
  must_be_pattern_file(in_dir("file"), 3000);
  close_os_file(&file);
}

static void appending_lands_at_the_end(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(1000, 4000);
  uint64_t offset = 0;
  os_file file = open_os_pattern("file", TOME_WRITE, 1000);
  must_refuse(tome__os_append(&file, 1000, bytes, 500, &offset), 0);
  must_equal(offset, 1000);
  append_to(in_dir("file"), bytes + 500, 500); /* someone else; the size believed in is wrong now */
  must_refuse(tome__os_append(&file, 1500, bytes + 1000, 3000, &offset), 0);
  must_equal(offset, 2000);
  must_equal(size_by_stat(&file), 5000);
  must_be_pattern_file(in_dir("file"), 5000);
  size_t written = 0;
  must_refuse(tome__os_write(&file, 10, bytes, 0, &written), 0);
  unsigned char one[1];
  fill_pattern(one, 10, 1);
  must_refuse(tome__os_write(&file, 10, one, 1, &written), 0); /* not at the end: at its offset */
  must_equal(size_by_stat(&file), 5000);
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), 5000);
  free(bytes);
}

/* What is appended to is the file that was opened, whatever lies under its name by now. */
static void appending_follows_a_file_that_was_moved(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(1000, 1000);
  uint64_t offset = 0;
  os_file file = open_os_pattern("file", TOME_WRITE, 1000);
  move_file(in_dir("file"), in_dir("moved"));
  make_file("file", "another", 7);
  must_refuse(tome__os_append(&file, 1000, bytes, 1000, &offset), 0);
  must_equal(offset, 1000);
  close_os_file(&file);
  must_be_file(in_dir("file"), "another", 7);
  must_be_pattern_file(in_dir("moved"), 2000);
  free(bytes);
}

/* Appenders with files of their own: every record arrives whole, where its appender was told. */
enum { APPENDERS = 3, RECORDS = 100, RECORD = 700 };

typedef struct appender {
  char path[512];
  uint64_t offsets[RECORDS];
  unsigned char mark;
} appender;

static void append_records(void *context) {
  appender *a = context;
  unsigned char record[RECORD];
  memset(record, a->mark, sizeof record);
  os_file file = open_os_file(a->path, TOME_WRITE);
  for (int i = 0; i < RECORDS; i++)
    must_refuse(tome__os_append(&file, size_by_stat(&file), record, RECORD, &a->offsets[i]), 0);
  close_os_file(&file);
}

static void appends_are_atomic_among_appenders(void **state) {
  (void)state;
  static appender all[APPENDERS];
  os_thread threads[APPENDERS];
  unsigned char record[RECORD];
  make_file("log", "", 0);
  for (int i = 0; i < APPENDERS; i++) {
    strcpy(all[i].path, in_dir("log"));
    all[i].mark = (unsigned char)(i + 1);
    must_refuse(tome__os_thread_start(&threads[i], append_records, &all[i]), 0);
  }
  for (int i = 0; i < APPENDERS; i++)
    tome__os_thread_join(threads[i]);
  must_equal(file_length(in_dir("log")), APPENDERS * RECORDS * RECORD);
  for (int i = 0; i < APPENDERS; i++)
    for (int k = 0; k < RECORDS; k++) {
      unsigned char got[RECORD];
      memset(record, all[i].mark, sizeof record);
      must_equal(read_from(in_dir("log"), all[i].offsets[k], got, RECORD), RECORD);
      must_be_bytes(got, record, RECORD);
    }
}

static void replacing_puts_all_of_it_there(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, 100000);
  must_refuse(tome__os_replace(in_dir("file"), bytes, 100000), 0);
  must_be_pattern_file(in_dir("file"), 100000);
  must_refuse(tome__os_replace(in_dir("file"), bytes, 10), 0);
  must_be_pattern_file(in_dir("file"), 10);
  must_refuse(tome__os_replace(in_dir("file"), bytes, 0), 0);
  must_equal(file_length(in_dir("file")), 0);
  must(!file_exists(in_dir("file.new")));
  free(bytes);
}

static void what_was_there_stays_for_who_has_it_open(void **state) {
  (void)state;
  unsigned char bytes[500];
  size_t done = 0;
  if (!replaces_open_files())
    skip_because("this system does not replace a file that is open");
  os_file file = open_os_pattern("file", TOME_READ, 500);
  must_refuse(tome__os_replace(in_dir("file"), "new", 3), 0);
  must_be_file(in_dir("file"), "new", 3);
  must_refuse(tome__os_read(&file, 0, bytes, sizeof bytes, &done), 0);
  must_equal(done, 500);
  must_be_pattern(bytes, 0, 500);
  close_os_file(&file);
}

/* What a killed writer left beside it is begun anew. */
static void a_half_written_one_is_in_nobodys_way(void **state) {
  (void)state;
  make_pattern_file("file.new", 70000);
  must_refuse(tome__os_replace(in_dir("file"), "new", 3), 0);
  must_be_file(in_dir("file"), "new", 3);
  must(!file_exists(in_dir("file.new")));
}

static void a_replacement_that_fails_leaves_what_was_there(void **state) {
  (void)state;
  make_pattern_file("file", 500);
  must(tome__os_replace(in_dir("missing/file"), "new", 3) < 0);
  make_folder(in_dir("folder"));
  must(tome__os_replace(in_dir("folder"), "new", 3) < 0);
  must(file_exists(in_dir("folder")));
  must_be_pattern_file(in_dir("file"), 500);
}

/* Several at once: each succeeds or is told that someone else is at it, and one of their files is there at any moment. */
typedef struct replacer {
  char path[512];
  unsigned char mark;
  int done;
} replacer;

static void replace_often(void *context) {
  replacer *r = context;
  unsigned char bytes[3000];
  memset(bytes, r->mark, sizeof bytes);
  for (int i = 0; i < 60; i++) {
    int result = tome__os_replace(r->path, bytes, sizeof bytes);
    must(result == 0 || result == TOME_EBUSY);
    r->done += result == 0;
  }
}

static void replacers_do_not_mix(void **state) {
  (void)state;
  static replacer all[2];
  os_thread threads[2];
  unsigned char bytes[3001];
  make_file("file", memset(bytes, 1, 3000), 3000);
  for (int i = 0; i < 2; i++) {
    strcpy(all[i].path, in_dir("file"));
    all[i].mark = (unsigned char)(i + 1);
    must_refuse(tome__os_thread_start(&threads[i], replace_often, &all[i]), 0);
  }
  for (int i = 0; i < 300; i++) {
    size_t done = 0;
    os_file file = open_os_file(in_dir("file"), TOME_READ);
    must_refuse(tome__os_read(&file, 0, bytes, sizeof bytes, &done), 0);
    must_equal(done, 3000);
    for (size_t k = 0; k < done; k++)
      must_equal(bytes[k], bytes[0]);
    close_os_file(&file);
  }
  for (int i = 0; i < 2; i++)
    tome__os_thread_join(threads[i]);
  must(all[0].done + all[1].done > 0);
  must(!file_exists(in_dir("file.new")));
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(growing_adds_zeros),
      TEST(growing_never_makes_a_file_shorter),
      TEST(more_than_a_disk_holds_is_refused_and_changes_nothing),
      TEST(cutting_and_lengthening_to_the_byte),
      TEST(cutting_back_keeps_the_error),
      TEST(appending_lands_at_the_end),
      TEST(appending_follows_a_file_that_was_moved),
      TEST(appends_are_atomic_among_appenders),
      TEST(replacing_puts_all_of_it_there),
      TEST(what_was_there_stays_for_who_has_it_open),
      TEST(a_half_written_one_is_in_nobodys_way),
      TEST(a_replacement_that_fails_leaves_what_was_there),
      TEST(replacers_do_not_mix),
  };
  return run_matching(tests, argc, argv);
}
