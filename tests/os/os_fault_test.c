/* os.h, "lost pages": a file that is cut under its mapping, and the handler that mends it. */
#include "os_harness.h"

#include <stdlib.h>
#include <string.h>

/* What the handler below saw, and what it does it with. */
static unsigned char *mapped;
static size_t mapped_length;
static int mapped_access;
static volatile int struck;
static volatile uintptr_t struck_at;

static int mend(uintptr_t address, int access) {
  must(access == 0 || (access == OS_WRITE && (mapped_access & OS_WRITE)));
  uintptr_t begin = (uintptr_t)mapped;
  if (address < begin || address - begin >= mapped_length)
    return 0;
  size_t patch = tome__os_system()->patch;
  size_t at = (address - begin) / patch * patch;
  size_t length = mapped_length - at < patch ? mapped_length - at : patch;
  struck++;
  struck_at = address;
  return tome__os_patch(mapped + at, length, mapped_access) == 0;
}

static void install(void) {
  os_signals before;
  tome__os_signals_block(&before);
  int r = tome__os_fault_install(mend);
  tome__os_signals_restore(&before);
  must_refuse(r, 0);
}

static void uninstall(void) {
  os_signals before;
  tome__os_signals_block(&before);
  tome__os_fault_remove();
  tome__os_signals_restore(&before);
}

static os_file open_under_guard(size_t length, int access) {
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  mapped = map_os_file(&file, length, access);
  mapped_length = length;
  mapped_access = access;
  struck = 0;
  install();
  return file;
}

static void close_guarded(os_file *file) {
  uninstall();
  unmap_os_file(mapped, mapped_length);
  close_os_file(file);
}

static unsigned char load(size_t offset) {
  return ((const volatile unsigned char *)mapped)[offset];
}

static void a_load_from_a_lost_page_is_mended(void **state) {
  (void)state;
  os_file file = open_under_guard(granules(3), 0);
  must_equal(load(granules(2) + 5), pattern_byte(granules(2) + 5));
  truncate_elsewhere(in_dir("file"), granules(1));
  must_equal(load(granules(2) + 5), 0);
  must_equal(struck, 1);
  must_equal(struck_at, (uintptr_t)mapped + granules(2) + 5);
  must_equal(load(granules(2) + 6), 0);
  must_equal(struck, 1); /* what was mended is memory */
  must_equal(load(granules(1) - 1), pattern_byte(granules(1) - 1));
  must_equal(struck, 1);
  close_guarded(&file);
}

static void a_store_into_a_lost_page_is_mended(void **state) {
  (void)state;
  os_file file = open_under_guard(granules(3), OS_WRITE);
  truncate_elsewhere(in_dir("file"), granules(1));
  ((volatile unsigned char *)mapped)[granules(1) + 5] = 0x55;
  must_equal(struck, 1);
  must_equal(struck_at, (uintptr_t)mapped + granules(1) + 5);
  must_equal(load(granules(1) + 5), 0x55);
  must_equal(load(granules(1) + 6), 0);
  must_equal(file_length(in_dir("file")), granules(1));
  close_guarded(&file);
}

static void the_file_comes_back_under_the_patch(void **state) {
  (void)state;
  size_t length = granules(3);
  os_file file = open_under_guard(length, OS_WRITE);
  truncate_elsewhere(in_dir("file"), granules(1));
  must_equal(load(granules(1)), 0);
  must_equal(load(granules(2)), 0);
  must_equal(struck, 2);
  unsigned char *bytes = new_pattern(granules(1), granules(2));
  append_elsewhere(in_dir("file"), bytes, granules(2));
  free(bytes);
  must_refuse(tome__os_map_over(&file, granules(1), mapped + granules(1), granules(2), OS_WRITE),
              0);
  must_be_pattern(mapped, 0, length);
  ((volatile unsigned char *)mapped)[granules(2)] = 0x55;
  unsigned char byte = 0;
  must_equal(read_from(in_dir("file"), granules(2), &byte, 1), 1);
  must_equal(byte, 0x55);
  must_equal(struck, 2);
  close_guarded(&file);
}

/* Of a private copy that was given back while the file was short, what comes back with the file may be lost; but it is told so. */
static void a_private_copy_may_lose_what_comes_back(void **state) {
  (void)state;
  size_t length = granules(2), cut = length - tome__os_system()->page;
  os_file file = open_under_guard(length, OS_PRIVATE | OS_WRITE);
  truncate_elsewhere(in_dir("file"), cut);
  must_equal(load(length - 1), 0);
  must_equal(struck, 1);
  must_refuse(tome__os_map_over(&file, granules(1), mapped + granules(1), granules(1),
                                OS_PRIVATE | OS_WRITE),
              0);
  unsigned char *bytes = new_pattern(cut, length - cut);
  append_elsewhere(in_dir("file"), bytes, length - cut);
  free(bytes);
  unsigned char byte = load(length - 1);
  must(struck == 2 ? byte == 0 : byte == pattern_byte(length - 1));
  must_be_pattern(mapped, 0, granules(1));
  close_guarded(&file);
}

/* Long copies are done by vector and string instructions: each begins again where it was. */
static void a_copy_over_many_lost_pages_goes_on(void **state) {
  (void)state;
  size_t length = granules(8);
  unsigned char *copy = new_pattern(0, length);
  os_file file = open_under_guard(length, 0);
  truncate_elsewhere(in_dir("file"), granules(3));
  memcpy(copy, mapped, length);
  must_be_pattern(copy, 0, granules(3));
  must_be_zero(copy + granules(3), granules(5));
  must_equal(struck, granules(5) / tome__os_system()->patch);
  close_guarded(&file);
  free(copy);
}

static void load_all(void *context) {
  (void)context;
  for (size_t i = 0; i < mapped_length; i += 64)
    load(i);
}

static void threads_may_fault_at_once(void **state) {
  (void)state;
  os_thread threads[4];
  os_file file = open_under_guard(granules(16), 0);
  truncate_elsewhere(in_dir("file"), 0);
  for (int i = 0; i < 4; i++)
    must_refuse(tome__os_thread_start(&threads[i], load_all, NULL), 0);
  for (int i = 0; i < 4; i++)
    tome__os_thread_join(threads[i]);
  must(struck > 0);
  must_be_zero(mapped, granules(16));
  close_guarded(&file);
}

/* Calls that look at pages without touching them tell of lost ones, and raise nothing. */
static void populating_lost_pages_raises_nothing(void **state) {
  (void)state;
  os_file file = open_under_guard(granules(3), 0);
  truncate_elsewhere(in_dir("file"), granules(1));
  int r = tome__os_populate(mapped + granules(1), granules(1), 0);
  must(r == TOME_ELOST || r == TOME_ENOTSUP);
  must_equal(struck, 0);
  tome__os_will_need(mapped, granules(3));
  tome__os_is_resident(mapped, granules(3));
  tome__os_advise(mapped, granules(3), TOME_ADVICE_RANDOM);
  tome__os_let_go(mapped, granules(3));
  must_equal(load(5), pattern_byte(5));
  close_guarded(&file);
}

static void a_handler_can_be_put_and_taken_often(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) {
    os_file file = open_under_guard(granules(2), 0);
    install();
    truncate_elsewhere(in_dir("file"), 0);
    must_equal(load(0), 0);
    must_equal(struck, 1);
    close_guarded(&file);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_load_from_a_lost_page_is_mended),    TEST(a_store_into_a_lost_page_is_mended),
      TEST(the_file_comes_back_under_the_patch),  TEST(a_private_copy_may_lose_what_comes_back),
      TEST(a_copy_over_many_lost_pages_goes_on),  TEST(threads_may_fault_at_once),
      TEST(populating_lost_pages_raises_nothing), TEST(a_handler_can_be_put_and_taken_often),
  };
  return run_matching(tests, argc, argv);
}
