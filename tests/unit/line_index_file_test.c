/* The file in which an index of lines is kept: what is in it, and what damage does (nothing). */
#include "emulator_limits.h"
#include "kept_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_index(const void *bytes, size_t length) {
  write_file(the.index, bytes, length);
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
  uint64_t identity[4];
  file_identity(the.path, identity);
  memcpy(image, "tomeLIN1", 8);
  image[8] = '\n';
  image[12] = the.size > 0 && the.bytes[the.size - 1] != '\n';
  for (int i = 0; i < 4; i++)
    put(image + 16 + 8 * i, identity[i], 8);
  put(image + 56, the.size, 8);
  put(image + 64, file_changed(the.path), 8);
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
  needs_whole_pages();
  const size_t sizes[] = {0, 1, 100, 5000, STRETCH, 3 * STRETCH + 7};
  for (int i = 0; i < 6; i++) {
    make_indexed_text(sizes[i], 40);
    unsigned char *want = describe(SIZE_MAX, 0);
    must_be_file(the.index, want, image_size());
    remove_file(the.index);
    write_index(want, image_size());
    must_equal(must_be_right().counted, 0);
    free(want);
    remove_file(the.path);
  }
  free_kept_index();
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
  free_kept_index();
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
  free_kept_index();
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
  free_kept_index();
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
  free_kept_index();
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
  char kept_at[600];
  snprintf(kept_at, sizeof kept_at, "%s", info.path);
  tome_line_index_close(index);
  must_equal(read_from(kept_at, 2 * BLOCK, blocks, sizeof blocks), sizeof blocks);
  write_into(kept_at, 2 * BLOCK, blocks[1], BLOCK);
  write_into(kept_at, 3 * BLOCK, blocks[0], BLOCK);
  must_succeed(tome_line_index_open(&index, map, &options));
  must_return(tome_line_index_line(index, 2, &line), 1);
  must_be_line(line, (tome_line){6, size - 5 - 6, size - 4});
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  free_kept_index();
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_file_is_as_described),
      TEST(no_flipped_byte_makes_an_answer_wrong),
      TEST(no_truncation_makes_an_answer_wrong),
      TEST(random_damage_makes_no_answer_wrong),
      TEST(counts_that_are_wrong_are_seen_where_they_are_used),
      TEST(blocks_in_each_others_place_are_not_believed),
  };
  return run_matching(tests, count, arguments);
}
