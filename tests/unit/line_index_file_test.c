/* The file in which an index of lines is kept: what is in it, what damage does (nothing), who writes it at the same time, and where
 * it cannot be written. */
#include "line_model.h"
#include "test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* As docs/line-index.md has it. */
enum { STRETCH = 128 << 10, BLOCK = 4096, COUNTS = 1020, CHECKSUM = 4088 };

/* ---- the text and its index ---- */

/* A text that is there in every test, with what must be known of it. */
static struct {
  char path[512], cache[512], index[600];
  unsigned char *bytes;
  size_t size;
  line_model model;
} the;

static tome_line_index_options kept(void) {
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  options.directory = the.cache;
  return options;
}

/* What is told about the index once its answers were right. */
static tome_line_index_info must_be_right(void) {
  static char path[600];
  tome_line_index_options options = kept();
  tome_line_index *index = NULL;
  tome *map = open_map(the.path, TOME_READ);
  must_succeed(tome_line_index_open(&index, map, &options));
  must_equal(tome_line_index_lines(index), the.model.count);
  for (size_t i = 0; i < the.model.count; i += 1 + the.model.count / 20) {
    tome_line line;
    uint64_t number;
    must_return(tome_line_index_line(index, i + 1, &line), 1);
    must_be_line(line, the.model.lines[i]);
    must_return(tome_line_index_number(index, line.next - 1, &number), 1);
    must_equal(number, i + 1);
  }
  tome_line_index_info info = {.struct_size = sizeof info};
  must_succeed(tome_line_index_info_get(index, &info));
  snprintf(path, sizeof path, "%s", info.path ? info.path : "");
  info.path = path;
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  return info;
}

/* Lines of about `about` bytes. */
static void make_text(size_t size, uint64_t about) {
  dice any = dice_from(size);
  free(the.bytes);
  the.bytes = malloc(size);
  the.size = size;
  for (size_t i = 0; i < size; i++)
    the.bytes[i] = roll(&any, about) ? 'x' : '\n';
  make_model(&the.model, the.bytes, 0, size, TOME_LINES_LF);
  snprintf(the.path, sizeof the.path, "%s", make_file("text", the.bytes, size));
  snprintf(the.cache, sizeof the.cache, "%s", in_dir("cache"));
  (void)mkdir(the.cache, 0700);
}

/* The same, with its index kept. */
static void make_indexed_text(size_t size, uint64_t about) {
  make_text(size, about);
  tome_line_index_info info = must_be_right();
  must_equal(info.kept, 0);
  must_equal(info.counted, size);
  snprintf(the.index, sizeof the.index, "%s", info.path);
}

static void done(void) {
  free(the.bytes);
  the.bytes = NULL;
  free_model(&the.model);
}

static void write_index(const void *bytes, size_t length) {
  int fd = open(the.index, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  must(fd >= 0 && write(fd, bytes, length) == (ssize_t)length && ftruncate(fd, (off_t)length) == 0);
  close(fd);
}

/* ---- its format, written by the description ---- */

static void put(unsigned char *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++, value >>= 8)
    to[i] = (unsigned char)value;
}

static uint64_t checksum(uint64_t sum, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i += 8) {
    uint64_t word = 0;
    for (int j = 7; j >= 0; j--)
      word = word << 8 | bytes[i + (size_t)j];
    sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    sum = sum ^ sum >> 29;
  }
  return sum;
}

static void seal(unsigned char *block, uint64_t number) {
  put(block + CHECKSUM, checksum(number + 1, block, CHECKSUM), 8);
}

static uint64_t fingerprint(void) {
  uint64_t sum = the.size, last = the.size > 4096 ? the.size - 4096 : 0;
  for (uint64_t i = 0; i < 8; i++) {
    unsigned char bytes[4096] = {0};
    uint64_t at = i < 7 ? last / 7 * i / 4096 * 4096 : last;
    memcpy(bytes, the.bytes + at, the.size < 4096 ? the.size : 4096);
    sum = checksum(sum, bytes, sizeof bytes);
  }
  return sum;
}

static size_t stretches(void) {
  return (the.size + STRETCH - 1) / STRETCH;
}

static size_t image_size(void) {
  return (1 + (stretches() + COUNTS - 1) / COUNTS) * BLOCK;
}

static void describe_header(unsigned char *image) {
  struct statx file;
  must_equal(statx(AT_FDCWD, the.path, 0, STATX_BASIC_STATS | STATX_BTIME, &file), 0);
  memcpy(image, "tomeLIN1", 8);
  image[8] = '\n';
  image[12] = the.size > 0 && the.bytes[the.size - 1] != '\n';
  put(image + 16, makedev(file.stx_dev_major, file.stx_dev_minor), 8);
  put(image + 24, file.stx_ino, 8);
  if (file.stx_mask & STATX_BTIME) {
    put(image + 32, (uint64_t)file.stx_btime.tv_sec, 8);
    put(image + 40, file.stx_btime.tv_nsec, 8);
  }
  put(image + 56, the.size, 8);
  put(image + 64, (uint64_t)file.stx_ctime.tv_sec * 1000000000 + file.stx_ctime.tv_nsec, 8);
  put(image + 72, fingerprint(), 8);
}

/* As the index of the text must be, or with another number of ends in a stretch; free() it. */
static unsigned char *describe(size_t wrong_stretch, uint32_t wrong_count) {
  unsigned char *image = calloc(image_size(), 1);
  uint64_t ends = 0;
  describe_header(image);
  for (size_t i = 0; i < stretches(); i++) {
    unsigned char *block = image + BLOCK * (1 + i / COUNTS);
    uint32_t count = 0;
    if (i % COUNTS == 0)
      put(block, ends, 8);
    for (size_t at = i * STRETCH; at < the.size && at < (i + 1) * STRETCH; at++)
      count += the.bytes[at] == '\n';
    count = i == wrong_stretch ? wrong_count : count;
    put(block + 8 + 4 * (i % COUNTS), count, 4);
    ends += count;
  }
  put(image + 80, ends, 8);
  for (uint64_t i = 0; i < image_size() / BLOCK; i++)
    seal(image + i * BLOCK, i);
  return image;
}

static void the_file_is_as_described(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 100, 5000, STRETCH, 3 * STRETCH + 7};
  for (int i = 0; i < 6; i++) {
    make_indexed_text(sizes[i], 40);
    unsigned char *want = describe(SIZE_MAX, 0);
    must_be_file(the.index, want, image_size());
    must_equal(unlink(the.index), 0);
    write_index(want, image_size());
    must_equal(must_be_right().counted, 0);
    free(want);
    must_equal(unlink(the.path), 0);
  }
  done();
}

/* ---- damage ---- */

static void no_flipped_byte_makes_an_answer_wrong(void **state) {
  (void)state;
  make_indexed_text(20000, 300);
  unsigned char *good = describe(SIZE_MAX, 0);
  uint64_t anew = 0;
  for (size_t i = 0; i < image_size(); i += how_many(1 + i % 9, 1)) {
    note("byte %zu flipped", i);
    good[i] ^= (unsigned char)(1u << i % 8);
    write_index(good, image_size());
    anew += must_be_right().counted == the.size;
    good[i] ^= (unsigned char)(1u << i % 8);
  }
  must(anew > 0);
  free(good);
  done();
}

static void no_truncation_makes_an_answer_wrong(void **state) {
  (void)state;
  make_indexed_text(20000, 300);
  unsigned char *good = calloc(image_size() + 5000, 1), *image = describe(SIZE_MAX, 0);
  memcpy(good, image, image_size());
  for (size_t length = 0; length < image_size() + 5000; length += how_many(1 + length % 17, 1)) {
    if (length == image_size())
      continue;
    note("%zu bytes of %zu", length, image_size());
    write_index(good, length);
    must_equal(must_be_right().counted, the.size);
  }
  free(image);
  free(good);
  done();
}

static void random_damage_makes_no_answer_wrong(void **state) {
  (void)state;
  make_indexed_text(STRETCH + 9999, 500);
  dice any = dice_from(4);
  for (int i = 0; i < 300; i++) {
    unsigned char *bytes = describe(SIZE_MAX, 0);
    for (uint64_t n = 1 + roll(&any, 5); n > 0; n--) {
      size_t at = roll(&any, 2) ? roll(&any, 96) + BLOCK * roll(&any, 2) : roll(&any, image_size());
      memset(bytes + at, (int)roll(&any, 256), 1 + roll(&any, image_size() - at) % 100);
    }
    write_index(bytes, image_size());
    note("damage %d", i);
    must_be_right();
    free(bytes);
  }
  done();
}

/* With good checksums, so that only a look at the file can tell. */
static void counts_that_are_wrong_are_seen_where_they_are_used(void **state) {
  (void)state;
  make_indexed_text(3 * STRETCH, 500);
  const uint32_t wrong[] = {0, 1, STRETCH, STRETCH + 1, UINT32_MAX};
  for (size_t stretch = 0; stretch < 3; stretch++)
    for (int i = 0; i < 5; i++) {
      unsigned char *bytes = describe(stretch, wrong[i]);
      uint64_t offset = stretch * STRETCH, number, want = 1;
      tome_line_index_options options = kept();
      tome_line_index *index = NULL;
      write_index(bytes, image_size());
      for (uint64_t at = 0; at < offset; at++)
        want += the.bytes[at] == '\n';
      note("stretch %zu, count %u", stretch, wrong[i]);
      tome *map = open_map(the.path, TOME_READ);
      must_succeed(tome_line_index_open(&index, map, &options));
      must_return(tome_line_index_number(index, offset, &number), 1);
      must_equal(number, want);
      must_equal(tome_line_index_lines(index), the.model.count);
      tome_line_index_close(index);
      must_succeed(tome_close(map));
      must_equal(must_be_right().counted, 0);
      free(bytes);
    }
  done();
}

static void blocks_in_each_others_place_are_not_believed(void **state) {
  (void)state;
  const size_t size = (size_t)(COUNTS * 2 + 5) * STRETCH;
  unsigned char blocks[2][BLOCK];
  tome_line line;
  make_text(100, 10);
  const char *path = make_hole("text", size);
  write_elsewhere(path, 5, "\n", 1);
  write_elsewhere(path, size - 5, "\n", 1);
  tome_line_index_options options = kept();
  tome_line_index *index = NULL;
  tome *map = open_map(path, TOME_READ);
  must_succeed(tome_line_index_open(&index, map, &options));
  tome_line_index_info info = {.struct_size = sizeof info};
  must_succeed(tome_line_index_info_get(index, &info));
  int fd = open(info.path, O_RDWR | O_CLOEXEC);
  tome_line_index_close(index);
  must_equal(pread(fd, blocks, sizeof blocks, 2 * BLOCK), sizeof blocks);
  must_equal(pwrite(fd, blocks[1], BLOCK, 2 * BLOCK), BLOCK);
  must_equal(pwrite(fd, blocks[0], BLOCK, 3 * BLOCK), BLOCK);
  close(fd);
  must_succeed(tome_line_index_open(&index, map, &options));
  must_return(tome_line_index_line(index, 2, &line), 1);
  must_be_line(line, (tome_line){6, size - 5 - 6, size - 4});
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  done();
}

/* ---- writers ---- */

/* Open it again and again, for as long as one is let. Odd ones damage it before. */
static void build_for_ever(void *context) {
  (void)context;
  for (unsigned i = 0;; i++) {
    if (i % 2)
      must(truncate(the.index, 100) == 0 || errno == ENOENT);
    must_be_right();
  }
}

static void an_index_survives_the_death_of_who_builds_it(void **state) {
  (void)state;
  dice any = dice_from(6);
  make_indexed_text(50000, 400);
  for (uint64_t i = 0; i < how_many(30, 1000); i++) {
    pid_t child = start_child(build_for_ever, NULL);
    usleep((useconds_t)roll(&any, 4000));
    must_equal(kill(child, SIGKILL), 0);
    must_equal(waitpid(child, NULL, 0), child);
    must_be_right();
    must_equal(truncate(the.index, 0), 0);
    tome_line_index_info info = must_be_right();
    must_equal(info.kept, 0);
    must_equal(info.counted, the.size);
    must_equal(must_be_right().counted, 0);
  }
  done();
}

static void build_some_times(void *context) {
  (void)context;
  for (uint64_t i = 0; i < how_many(90, 3000); i++) {
    if (i % 3 == 0)
      (void)unlink(the.index);
    must_be_right();
  }
}

static void many_may_build_at_once(void **state) {
  (void)state;
  pid_t children[3];
  make_indexed_text(50000, 400);
  for (int i = 0; i < 3; i++)
    children[i] = start_child(build_some_times, NULL);
  for (int i = 0; i < 3; i++)
    finish_child(children[i]);
  must_be_right();
  must_equal(must_be_right().counted, 0);
  done();
}

static const char *beside(void) {
  static char path[610];
  snprintf(path, sizeof path, "%s.new", the.index);
  return path;
}

static void who_finds_another_at_it_goes_without(void **state) {
  (void)state;
  make_indexed_text(STRETCH, 400);
  must_equal(unlink(the.index), 0);
  int fd = open(beside(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  must_equal(flock(fd, LOCK_EX), 0);
  tome_line_index_info info = must_be_right();
  must_equal(info.kept, TOME_EBUSY);
  must(access(the.index, F_OK) < 0);
  close(fd);
  must_equal(must_be_right().kept, 0);
  must(access(the.index, F_OK) == 0);
  must(access(beside(), F_OK) < 0);
  done();
}

/* ---- places where it cannot be ---- */

static void must_go_without(int code) {
  for (int i = 0; i < 2; i++) {
    tome_line_index_info info = must_be_right();
    must_equal(info.kept, code);
    must_equal(info.counted, the.size);
  }
}

static void a_directory_that_is_not_there_is_no_failure(void **state) {
  (void)state;
  make_text(STRETCH + 5, 400);
  must_equal(rmdir(the.cache), 0);
  must_go_without(TOME_ENOENT);
  must_equal(must_be_right().system, ENOENT);
  make_file("cache", "a file", 6);
  must_go_without(TOME_ENOTDIR);
  done();
}

static void go_without_rights(void *context) {
  (void)context;
  become_nobody();
  must_go_without(TOME_EACCES);
}

static void a_directory_that_may_not_be_written_is_no_failure(void **state) {
  (void)state;
  make_text(STRETCH + 5, 400);
  must_equal(chmod(in_dir("."), 0755), 0);
  must_equal(chmod(the.path, 0644), 0);
  must_equal(chmod(the.cache, 0555), 0);
  in_child(go_without_rights, NULL);
  done();
}

static void go_without_space(void) {
  make_text(STRETCH + 5, 400);
  snprintf(the.cache, sizeof the.cache, "%s", in_dir("disk"));
  leave_free(1);
  must_go_without(TOME_ENOSPC);
  must_equal(unlink(in_dir("disk/filler")), 0);
  must_equal(must_be_right().kept, 0);
  must_equal(must_be_right().counted, 0);
}

static void a_full_disk_is_no_failure(void **state) {
  (void)state;
  on_disk(DISK_SMALL, go_without_space);
}

static void what_someone_put_in_its_place_is_left_alone(void **state) {
  (void)state;
  const char *victim = make_file("victim", "precious", 8);
  make_indexed_text(STRETCH + 5, 400);
  must_equal(unlink(the.index), 0);
  must_equal(symlink(victim, beside()), 0);
  must_go_without(TOME_ENAME);
  must_equal(unlink(beside()), 0);
  must_equal(link(victim, beside()), 0);
  must_go_without(TOME_EACCES);
  must_equal(unlink(beside()), 0);
  must_equal(mkfifo(beside(), 0600), 0);
  must_go_without(TOME_EACCES);
  must_be_file(victim, "precious", 8);
  must_equal(unlink(beside()), 0);
  must_equal(mkdir(the.index, 0700), 0);
  must_go_without(TOME_EISDIR);
  done();
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_file_is_as_described),
      TEST(no_flipped_byte_makes_an_answer_wrong),
      TEST(no_truncation_makes_an_answer_wrong),
      TEST(random_damage_makes_no_answer_wrong),
      TEST(counts_that_are_wrong_are_seen_where_they_are_used),
      TEST(blocks_in_each_others_place_are_not_believed),
      TEST(an_index_survives_the_death_of_who_builds_it),
      TEST(many_may_build_at_once),
      TEST(who_finds_another_at_it_goes_without),
      TEST(a_directory_that_is_not_there_is_no_failure),
      TEST(a_directory_that_may_not_be_written_is_no_failure),
      TEST(a_full_disk_is_no_failure),
      TEST(what_someone_put_in_its_place_is_left_alone),
  };
  return run_matching(tests, count, arguments);
}
