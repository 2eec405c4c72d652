/* Shared memory with seals: what can never be cut needs no look at its size, and what may not be written or grown says so and
 * stays as it is. */
#include "planted_bug.h"
#include "planted_calls.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_PAGES = 3, TAIL = 100 };
#define SIZE (SIZE_PAGES * PAGE + TAIL)

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static int memory_file(const void *bytes, int seals) {
  int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  must(fd >= 0);
  if (bytes != NULL)
    must_equal(pwrite(fd, bytes, SIZE, 0), SIZE);
  must_equal(ftruncate(fd, (off_t)SIZE), 0);
  must_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
  return fd;
}

static int pattern_memory(int seals) {
  void *bytes = new_pattern(0, SIZE);
  int fd = memory_file(bytes, seals);
  free(bytes);
  return fd;
}

static void must_be_unchanged(int fd) {
  struct stat status;
  unsigned char *bytes = malloc(SIZE);
  must_equal(fstat(fd, &status), 0);
  must_equal(status.st_size, SIZE);
  must_equal(pread(fd, bytes, SIZE, 0), SIZE);
  must_be_pattern(bytes, 0, SIZE);
  free(bytes);
}

/* ---- what cannot be cut ---- */

static unsigned sizes_asked;

static int count_fstat(int fd, struct stat *status) {
  sizes_asked++;
  return fstat(fd, status);
}

static unsigned asked_for_zeros(int seals) {
  unsigned char got[TAIL];
  int fd = memory_file(NULL, seals);
  tome *map = open_by_fd(fd, TOME_READ);
  tome__os_calls.fstat = count_fstat;
  for (int i = 0; i < 10; i++) {
    if (i == 1) /* the first touch goes another way */
      sizes_asked = 0;
    memset(got, 'x', sizeof got);
    must_succeed(tome_read(map, SIZE - TAIL, got, TAIL));
    must_be_zero(got, TAIL);
    must_return(tome_find(map, "x", 1, PAGE, SIZE, NULL), 0);
    tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
    must_be_zero(view.data, SIZE);
    must_succeed(tome_view_end(&view));
  }
  unsigned asked = sizes_asked;
  must_succeed(tome_close(map));
  close(fd);
  return asked;
}

static void read_zeros(void *unused) {
  (void)unused;
  must(asked_for_zeros(0) >=
       20); /* zeros at the end might be a cut: that is what the seal spares us */
  must(asked_for_zeros(F_SEAL_GROW) >= 20);
  must_equal(asked_for_zeros(F_SEAL_SHRINK), 0);
  must_equal(asked_for_zeros(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
}

static void zeros_of_what_cannot_be_cut_are_believed_without_asking(void **state) {
  (void)state;
  if (!has_call("memfd_create"))
    skip_because("where no call makes sealed memory, no seal is asked for");
  in_child(read_zeros, NULL);
}

static void a_seal_against_shrinking_holds_against_us_too(void **state) {
  (void)state;
  int fd = pattern_memory(F_SEAL_SHRINK);
  must_equal(ftruncate(fd, 0), -1);
  tome *map = open_by_fd(fd, TOME_WRITE);
  must_fail(tome_resize(map, PAGE), TOME_EACCES);
  must_equal(tome_size(map), SIZE);
  must_read_pattern(map, 0, SIZE);
  must_succeed(tome_close(map));
  must_equal(try_fd(fd, TOME_WRITE | TOME_TRUNCATE), TOME_EACCES);
  must_be_unchanged(fd);
  close(fd);
}

/* ---- what may not be written ---- */

static void must_refuse_writing(int fd) {
  static const uint32_t flags[] = {TOME_WRITE, TOME_WRITE | TOME_GROW, TOME_WRITE | TOME_SPARSE,
                                   TOME_WRITE | TOME_TRUNCATE};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    must_equal(try_fd(fd, flags[i]), TOME_EACCES);
    must_equal(tome_error_last()->system, EPERM);
  }
  must_be_unchanged(fd);
}

static void must_read_and_copy(int fd) {
  tome *reader = open_by_fd(fd, TOME_READ), *copier = open_by_fd(fd, TOME_COPY);
  must_read_pattern(reader, 0, SIZE);
  must_read_pattern(copier, 0, SIZE);
  must_fail(tome_write(reader, 0, "no", 2), TOME_EREADONLY);
  must_succeed(tome_write(copier, PAGE, "own", 3));
  must_read_pattern(reader, 0, SIZE);
  must_succeed(tome_close(copier));
  must_succeed(tome_close(reader));
  must_be_unchanged(fd);
}

static void sealed_against_writing_it_can_be_read_and_copied_only(void **state) {
  (void)state;
  static const int seals[] = {F_SEAL_WRITE, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW};
  for (size_t i = 0; i < sizeof seals / sizeof seals[0]; i++) {
    int fd = pattern_memory(seals[i]);
    must_refuse_writing(fd);
    must_read_and_copy(fd);
    close(fd);
  }
}

static void a_map_opened_before_goes_on_writing_what_is_sealed_for_the_future(void **state) {
  (void)state;
  if (forced_window())
    skip_because("a window that is mapped later cannot be written");
  int fd = pattern_memory(0);
  tome *map = open_by_fd(fd, TOME_WRITE);
  char bytes[8];
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0) {
    must_equal(errno, EINVAL);
    must_succeed(tome_close(map));
    close(fd);
    skip_because("this system has no such seal");
  }
  must_refuse_writing(fd);
  must_read_and_copy(fd);
  must_fail(tome_append(map, "more", 4, NULL), TOME_EACCES);
  must_be_unchanged(fd);
  must_succeed(tome_write(map, PAGE, "written", 8));
  must_equal(pread(fd, bytes, 8, (off_t)PAGE), 8);
  must_be_bytes(bytes, "written", 8);
  must_succeed(tome_close(map));
  close(fd);
}

/* ---- what may not grow ---- */

static void sealed_against_growing_it_stays_as_it_is(void **state) {
  (void)state;
  static const uint32_t flags[] = {TOME_WRITE | TOME_GROW, TOME_WRITE | TOME_GROW | TOME_SPARSE};
  char *bytes = calloc(1, 3 * PAGE);
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    int fd = pattern_memory(F_SEAL_GROW);
    tome *map = open_by_fd(fd, flags[i]);
    must_fail(tome_append(map, "more", 4, NULL), TOME_EACCES);
    must_fail(tome_append(map, bytes, 3 * PAGE, NULL), TOME_EACCES);
    must_fail(tome_resize(map, SIZE + 1), TOME_EACCES);
    must_fail(tome_resize(map, 10 * PAGE), TOME_EACCES);
    must_fail(tome_write(map, SIZE, "more", 4), TOME_EACCES);
    must_fail(tome_write(map, 2 * SIZE, "more", 4), TOME_EACCES);
    must_fail(tome_write(map, SIZE - 2, "more", 4), TOME_EACCES);
    must_fail(tome_write(map, PAGE + 1, bytes, 3 * PAGE), TOME_EACCES);
    must_equal(tome_size(map), SIZE);
    must_read_pattern(map, 0, SIZE);
    must_be_unchanged(fd);
    must_succeed(tome_write(map, 5, "inside", 6));
    must_succeed(tome_close(map));
    close(fd);
  }
  free(bytes);
}

/* ---- planted bugs ---- */

static int see_no_seal(int fd, int command, long argument) {
  if (command == F_GET_SEALS) {
    errno = EINVAL;
    return -1;
  }
  return fcntl(fd, command, argument);
}

static void plant_no_seal(void) {
  tome__os_calls.fcntl = see_no_seal;
}

static int see_seals_everywhere(int fd, int command, long argument) {
  return command == F_GET_SEALS ? F_SEAL_SHRINK : fcntl(fd, command, argument);
}

static void plant_seals_everywhere(void) {
  tome__os_calls.fcntl = see_seals_everywhere;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  must_find_bug("a seal that is overlooked", plant_no_seal, read_zeros, NULL);
  must_find_bug("a file that can be cut is believed to be sealed", plant_seals_everywhere,
                read_zeros, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(zeros_of_what_cannot_be_cut_are_believed_without_asking),
      TEST(a_seal_against_shrinking_holds_against_us_too),
      TEST(sealed_against_writing_it_can_be_read_and_copied_only),
      TEST(a_map_opened_before_goes_on_writing_what_is_sealed_for_the_future),
      TEST(sealed_against_growing_it_stays_as_it_is),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
