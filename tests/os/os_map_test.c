/* os.h, "memory": mappings, what is put in the place of their pages, and mappings that follow a growing file. */
#include "emulator_limits.h"
#include "os_harness.h"

#include <stdlib.h>
#include <string.h>

static void a_mapping_is_the_file(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, granules(2));
  unsigned char *p = map_os_file(&file, granules(2), OS_WRITE);
  must_be_pattern(p, 0, granules(2));
  memset(p + 100, 0x55, 50);
  unsigned char got[50], want[50];
  must_equal(read_from(in_dir("file"), 100, got, 50), 50);
  must_be_bytes(got, memset(want, 0x55, 50), 50);
  write_into(in_dir("file"), 100, memset(want, 0x66, 50), 50);
  must_be_bytes(p + 100, want, 50);
  unmap_os_file(p, granules(2));
  close_os_file(&file);
}

static void a_mapping_begins_at_its_offset(void **state) {
  (void)state;
  void *address;
  size_t usable = 0;
  os_file file = open_os_pattern("file", TOME_READ, granules(5));
  for (size_t i = 0; i < 5; i++) {
    must_refuse(tome__os_map(&file, granules(i), granules(5 - i), 0, &address, &usable), 0);
    must(usable >= granules(5 - i));
    must_be_pattern(address, granules(i), granules(5 - i));
    unmap_os_file(address, granules(5 - i));
  }
  close_os_file(&file);
}

static void a_mapping_outlives_the_file_it_came_from(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_READ, granules(1));
  unsigned char *p = map_os_file(&file, granules(1), 0);
  close_os_file(&file);
  must_be_pattern(p, 0, granules(1));
  unmap_os_file(p, granules(1));
}

static void private_stores_stay_here(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_READ, granules(2)); /* reading is enough for it */
  unsigned char *p = map_os_file(&file, granules(2), OS_WRITE | OS_PRIVATE);
  memset(p, 0x55, granules(1));
  must_be_pattern(p + granules(1), granules(1), granules(1));
  must_be_pattern_file(in_dir("file"), granules(2));
  for (size_t i = 0; i < granules(1); i++)
    must_equal(p[i], 0x55);
  unmap_os_file(p, granules(2));
  close_os_file(&file);
}

static void two_mappings_of_a_file_are_one_memory(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, granules(1));
  os_file second = open_os_file(in_dir("file"), TOME_READ);
  unsigned char *p = map_os_file(&file, granules(1), OS_WRITE);
  const unsigned char *q = map_os_file(&second, granules(1), 0);
  p[77] = 0x55;
  must_equal(((const volatile unsigned char *)q)[77], 0x55);
  unmap_os_file(p, granules(1));
  unmap_os_file((void *)(uintptr_t)q, granules(1));
  close_os_file(&second);
  close_os_file(&file);
}

/* The last page of a file is mapped whole. What is stored past the end of the file does not get into it. */
static void the_end_of_a_file_may_lie_inside_a_page(void **state) {
  (void)state;
  void *address;
  size_t usable = 0, page = tome__os_system()->page;
  os_file file = open_os_pattern("file", TOME_WRITE, page + 10);
  must_refuse(tome__os_map(&file, 0, 2 * page, OS_WRITE, &address, &usable), 0);
  must(usable >= 2 * page);
  unsigned char *p = address;
  must_be_pattern(p, 0, page + 10);
  must_be_zero(p + page + 10, page - 10);
  p[page + 9] = 0x55;
  must_equal(size_by_stat(&file), page + 10);
  unmap_os_file(address, 2 * page);
  must_equal(size_by_stat(&file), page + 10);
  close_os_file(&file);
}

/* Address space is reserved for all of it, and the file grows into it, while what is mapped stays in use. */
static void grow_by_granules(int sparse) {
  enum { STEPS = 6 };
  void *address;
  size_t usable = 0, length = granules(STEPS + 2);
  os_file file = open_os_pattern("file", TOME_WRITE, granules(1));
  must_refuse(tome__os_map(&file, 0, length, OS_WRITE, &address, &usable), 0);
  unsigned char *p = address;
  must(usable >= granules(1) && usable <= length);
  must_be_pattern(p, 0, granules(1));
  for (size_t i = 1; i < STEPS; i++) {
    size_t before = usable;
    must_refuse(tome__os_extend(&file, granules(i), granules(i + 1), sparse), 0);
    must_refuse(tome__os_map_more(&file, address, &usable), 0);
    must(usable >= before && usable >= granules(i + 1) && usable <= length);
    must_be_pattern(p, 0, granules(i));
    must_be_zero(p + granules(i), granules(1));
    fill_pattern(p + granules(i), granules(i), granules(1));
  }
  unmap_os_file(address, length);
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), granules(STEPS));
}

static void a_mapping_follows_its_file(void **state) {
  (void)state;
  needs_whole_pages();
  grow_by_granules(0);
  grow_by_granules(1);
}

/* By odd sizes: what is usable is whole pages, at least as far as the file reaches. */
static void a_mapping_follows_by_single_bytes(void **state) {
  (void)state;
  needs_whole_pages();
  void *address;
  size_t usable = 0, page = tome__os_system()->page, length = granules(3);
  static const int steps[] = {-1, 0, 1, 2};
  os_file file = open_os_pattern("file", TOME_WRITE, 10);
  must_refuse(tome__os_map(&file, 0, length, OS_WRITE, &address, &usable), 0);
  uint64_t size = 10;
  for (size_t granule = 1; granule < 3; granule++)
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
      uint64_t to = granules(granule) + (uint64_t)(int64_t)steps[i];
      must_refuse(tome__os_extend(&file, size, to, 0), 0);
      size = to;
      must_refuse(tome__os_map_more(&file, address, &usable), 0);
      must(usable >= (to + page - 1) / page * page || usable == length);
      ((unsigned char *)address)[to - 1] = 0x55;
      unsigned char last = 0;
      must_equal(read_from(in_dir("file"), to - 1, &last, 1), 1);
      must_equal(last, 0x55);
    }
  unmap_os_file(address, length);
  close_os_file(&file);
}

static void mapping_more_of_what_has_not_grown_is_nothing(void **state) {
  (void)state;
  void *address;
  size_t usable = 0, length = granules(4);
  os_file file = open_os_pattern("file", TOME_READ, granules(2));
  must_refuse(tome__os_map(&file, 0, length, 0, &address, &usable), 0);
  size_t before = usable;
  for (int i = 0; i < 3; i++) {
    must_refuse(tome__os_map_more(&file, address, &usable), 0);
    must_equal(usable, before);
    must_be_pattern(address, 0, granules(2));
  }
  unmap_os_file(address, length);
  close_os_file(&file);
}

/* What others append is mapped like our own growth. */
static void a_mapping_follows_others(void **state) {
  (void)state;
  needs_whole_pages();
  void *address;
  size_t usable = 0, length = granules(8);
  unsigned char *bytes = new_pattern(granules(2), granules(3));
  os_file file = open_os_pattern("file", TOME_READ, granules(2));
  must_refuse(tome__os_map(&file, 0, length, 0, &address, &usable), 0);
  append_to(in_dir("file"), bytes, granules(3));
  must_refuse(tome__os_map_more(&file, address, &usable), 0);
  must(usable >= granules(5));
  must_be_pattern(address, 0, granules(5));
  unmap_os_file(address, length);
  close_os_file(&file);
  free(bytes);
}

static void address_space_costs_no_memory(void **state) {
  (void)state;
  void *address;
  size_t usable = 0;
  size_t length = sizeof(void *) > 4 ? (size_t)(UINT64_C(8) << 30) : (size_t)256 << 20;
  length -= length % GRANULARITY;
  os_file file = open_os_pattern("file", TOME_READ, granules(1));
  must_refuse(tome__os_map(&file, 0, length, 0, &address, &usable), 0);
  must_be_pattern(address, 0, granules(1));
  unmap_os_file(address, length);
  close_os_file(&file);
}

static void more_than_there_is_is_refused(void **state) {
  (void)state;
  void *address = &address;
  size_t usable = 5, length = SIZE_MAX / 4 * 3;
  length -= length % GRANULARITY;
  os_file file = open_os_pattern("file", TOME_READ, granules(1));
  must_refuse(tome__os_map(&file, 0, length, 0, &address, &usable), TOME_ENOMEM);
  must(address == &address);
  must_equal(usable, 5);
  close_os_file(&file);
}

static void patches_are_zeros_of_our_own(void **state) {
  (void)state;
  size_t patch = tome__os_system()->patch, length = granules(4);
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  unsigned char *p = map_os_file(&file, length, OS_WRITE);
  must_refuse(tome__os_patch(p + patch, 2 * patch, OS_WRITE), 0);
  must_be_pattern(p, 0, patch);
  must_be_zero(p + patch, 2 * patch);
  must_be_pattern(p + 3 * patch, 3 * patch, length - 3 * patch);
  memset(p + patch, 0x55, 2 * patch);
  must_be_pattern_file(in_dir("file"), length);
  must_refuse(tome__os_map_over(&file, patch, p + patch, 2 * patch, OS_WRITE), 0);
  must_be_pattern(p, 0, length);
  p[patch + 3] = 0x66; /* the file again, for stores too */
  unsigned char byte = 0;
  must_equal(read_from(in_dir("file"), patch + 3, &byte, 1), 1);
  must_equal(byte, 0x66);
  unmap_os_file(p, length);
  close_os_file(&file);
}

/* As all memory can, touched or not. */
static void patches_are_buffers_of_reads_and_writes(void **state) {
  (void)state;
  size_t length = granules(40), half = length / 2, done = 0;
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  os_file other = open_os_pattern("other", TOME_WRITE, length);
  unsigned char *p = map_os_file(&file, length, OS_WRITE), got[100];
  must_refuse(tome__os_patch(p, length, OS_WRITE), 0);
  must_refuse(tome__os_read(&other, 0, p + half, half, &done), 0);
  must_equal(done, half);
  must_be_pattern(p + half, 0, half);
  must_refuse(tome__os_map_over(&file, 0, p, length, OS_WRITE), 0);
  must_refuse(tome__os_patch(p, length, OS_WRITE), 0);
  must_refuse(tome__os_write(&other, 100, p + half, half, &done), 0);
  must_equal(done, half);
  must_equal(read_from(in_dir("other"), half, got, sizeof got), sizeof got);
  must_be_zero(got, sizeof got);
  unmap_os_file(p, length);
  close_os_file(&other);
  close_os_file(&file);
}

static void all_of_a_mapping_can_be_patched_and_given_back(void **state) {
  (void)state;
  static const int kinds[] = {0, OS_WRITE, OS_WRITE | OS_PRIVATE};
  size_t length = granules(2);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    os_file file = open_os_pattern("file", TOME_WRITE, length);
    unsigned char *p = map_os_file(&file, length, kinds[i]);
    for (int round = 0; round < 3; round++) {
      must_refuse(tome__os_patch(p, length, kinds[i]), 0);
      must_be_zero(p, length);
      must_refuse(tome__os_map_over(&file, 0, p, length, kinds[i]), 0);
      must_be_pattern(p, 0, length);
    }
    unmap_os_file(p, length);
    close_os_file(&file);
  }
}

/* Where the mapping ends, a patch may end too. */
static void the_last_part_of_a_mapping_can_be_patched(void **state) {
  (void)state;
  needs_whole_pages();
  size_t page = tome__os_system()->page, usable = 0;
  size_t size = granules(1) + page + 10, length = granules(1) + 2 * page;
  void *address;
  os_file file = open_os_pattern("file", TOME_WRITE, size);
  must_refuse(tome__os_map(&file, 0, length, OS_WRITE, &address, &usable), 0);
  unsigned char *p = address;
  must_refuse(tome__os_patch(p + granules(1), length - granules(1), OS_WRITE), 0);
  must_be_pattern(p, 0, granules(1));
  must_be_zero(p + granules(1), length - granules(1));
  must_refuse(
      tome__os_map_over(&file, granules(1), p + granules(1), length - granules(1), OS_WRITE), 0);
  must_be_pattern(p, 0, size);
  unmap_os_file(address, length);
  close_os_file(&file);
}

/* Parts of a patch go back one by one. */
static void a_patch_is_given_back_in_parts(void **state) {
  (void)state;
  size_t patch = tome__os_system()->patch, length = granules(4), count = length / patch;
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  unsigned char *p = map_os_file(&file, length, 0);
  must_refuse(tome__os_patch(p, length, 0), 0);
  for (size_t i = 0; i < count; i++) {
    must_refuse(tome__os_map_over(&file, i * patch, p + i * patch, patch, 0), 0);
    must_be_pattern(p, 0, (i + 1) * patch);
    must_be_zero(p + (i + 1) * patch, length - (i + 1) * patch);
  }
  unmap_os_file(p, length);
  close_os_file(&file);
}

/* A growing mapping that was patched in between. */
static void what_was_patched_follows_the_file_again(void **state) {
  (void)state;
  needs_whole_pages();
  void *address;
  size_t usable = 0, length = granules(6);
  os_file file = open_os_pattern("file", TOME_WRITE, granules(2));
  must_refuse(tome__os_map(&file, 0, length, OS_WRITE, &address, &usable), 0);
  unsigned char *p = address;
  must_refuse(tome__os_patch(p + granules(1), granules(1), OS_WRITE), 0);
  must_refuse(tome__os_extend(&file, granules(2), granules(4), 0), 0);
  must_refuse(tome__os_map_more(&file, address, &usable), 0);
  must(usable >= granules(4));
  must_be_zero(p + granules(1), granules(3));
  must_refuse(tome__os_map_over(&file, granules(1), p + granules(1), granules(1), OS_WRITE), 0);
  must_be_pattern(p, 0, granules(2));
  unmap_os_file(address, length);
  close_os_file(&file);
}

/* What was usable stays so, wherever the file was cut in between. */
static void what_was_cut_away_comes_back_with_the_file(void **state) {
  (void)state;
  size_t page = tome__os_system()->page, length = granules(3), cut = length;
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  unsigned char *p = map_os_file(&file, length, OS_WRITE);
  while (cut > 3 * page) {
    cut -= page + 10;
    must_refuse(tome__os_truncate(&file, cut), 0);
    must_refuse(tome__os_extend(&file, cut, length, 1), 0);
    must_be_zero(p + cut, length - cut);
    must_be_pattern(p, 0, cut);
    p[length - 1] = 0x55;
    must_equal(p[length - 1], 0x55);
  }
  unmap_os_file(p, length);
  close_os_file(&file);
}

static void pages_are_zeros_until_stored_to(void **state) {
  (void)state;
  void *address = NULL;
  size_t length = granules(16);
  must_refuse(tome__os_pages(length, &address), 0);
  unsigned char *p = address;
  must_be_zero(p, length);
  memset(p, 0x55, length);
  tome__os_clear_pages(p, length);
  must_be_zero(p, length);
  p[granules(3)] = 7;
  must_equal(p[granules(3)], 7);
  unmap_os_file(address, length);
}

/* As all pages are in a program that has called mlockall(). */
static void pages_that_are_locked_are_cleared_too(void **state) {
  (void)state;
  void *address = NULL;
  size_t length = granules(2);
  must_refuse(tome__os_pages(length, &address), 0);
  int locked = tome__os_lock(address, length) == 0;
  memset(address, 0x55, length);
  tome__os_clear_pages(address, length);
  must_be_zero(address, length);
  if (locked)
    tome__os_unlock(address, length);
  unmap_os_file(address, length);
  if (!locked)
    skip_because("this system locked no memory for the test");
}

static void address_space_is_given_back(void **state) {
  (void)state;
  size_t length = granules(8);
  os_file file = open_os_pattern("file", TOME_WRITE, granules(2));
  void *address;
  for (int i = 0; i < 50; i++) {
    size_t usable = 0;
    must_refuse(tome__os_map(&file, 0, length, OS_WRITE, &address, &usable), 0);
    must_refuse(tome__os_patch(address, granules(1), OS_WRITE), 0);
    unmap_os_file(address, length);
  }
  uint64_t before = address_space();
  for (int i = 0; i < 300; i++) {
    size_t usable = 0;
    must_refuse(tome__os_map(&file, 0, length, OS_WRITE, &address, &usable), 0);
    must_refuse(tome__os_patch(address, granules(1), OS_WRITE), 0);
    unmap_os_file(address, length);
  }
  must(address_space() < before + 100 * length);
  close_os_file(&file);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_mapping_is_the_file),
      TEST(a_mapping_begins_at_its_offset),
      TEST(a_mapping_outlives_the_file_it_came_from),
      TEST(private_stores_stay_here),
      TEST(two_mappings_of_a_file_are_one_memory),
      TEST(the_end_of_a_file_may_lie_inside_a_page),
      TEST(a_mapping_follows_its_file),
      TEST(a_mapping_follows_by_single_bytes),
      TEST(mapping_more_of_what_has_not_grown_is_nothing),
      TEST(a_mapping_follows_others),
      TEST(address_space_costs_no_memory),
      TEST(more_than_there_is_is_refused),
      TEST(patches_are_zeros_of_our_own),
      TEST(patches_are_buffers_of_reads_and_writes),
      TEST(all_of_a_mapping_can_be_patched_and_given_back),
      TEST(the_last_part_of_a_mapping_can_be_patched),
      TEST(a_patch_is_given_back_in_parts),
      TEST(what_was_patched_follows_the_file_again),
      TEST(what_was_cut_away_comes_back_with_the_file),
      TEST(pages_are_zeros_until_stored_to),
      TEST(pages_that_are_locked_are_cleared_too),
      TEST(address_space_is_given_back),
  };
  return run_matching(tests, argc, argv);
}
