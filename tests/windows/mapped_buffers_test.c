/* System calls that are given mapped memory, or that do nothing: a call is refused what an access would wait for or be given. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

#include <stdlib.h>

/* A patch has its first MiB from the beginning; this lies behind that. */
#define LATE ((size_t)3 << 19)
#define LENGTH ((size_t)2 << 20)
#define PIECE 5000

static os_calls real;
static int calls, refused_calls;
static DWORD refusal;

static os_file open_one(const char *name) {
  os_file file;
  must(tome__os_open(make_pattern_file(name, LENGTH), TOME_WRITE, 0, &file) == 0);
  return file;
}

static unsigned char *map_one(const os_file *file) {
  void *p;
  size_t usable;
  must(tome__os_map(file, 0, LENGTH, OS_WRITE, &p, &usable) == 0);
  must_equal(usable, LENGTH);
  return p;
}

/* ---- a patch that was not touched so far ---- */

static void a_patch_is_read_into(void **state) {
  (void)state;
  size_t done = 0;
  os_file file = open_one("file"), other = open_one("other");
  unsigned char *p = map_one(&file);
  must(tome__os_patch(p, LENGTH, OS_WRITE) == 0);
  must(tome__os_read(&other, 100, p + LATE, PIECE, &done) == 0);
  must_equal(done, PIECE);
  must_be_pattern(p + LATE, 100, PIECE);
  must(tome__os_read(&other, 0, p, LENGTH, &done) == 0); /* what is there and what is not, in one */
  must_equal(done, LENGTH);
  must_be_pattern(p, 0, LENGTH);
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_close(&other) == 0);
  must(tome__os_close(&file) == 0);
}

static void a_patch_is_written_from(void **state) {
  (void)state;
  unsigned char got[PIECE];
  size_t done = 0;
  uint64_t at = 0;
  os_file file = open_one("file"), other = open_one("other");
  unsigned char *p = map_one(&file);
  must(tome__os_patch(p, LENGTH, OS_WRITE) == 0);
  must(tome__os_write(&other, 100, p + LATE, PIECE, &done) == 0);
  must_equal(done, PIECE);
  must(tome__os_append(&other, LENGTH, p + LATE + PIECE + (LATE >> 3), PIECE, &at) == 0);
  must_equal(at, LENGTH);
  must_equal(read_from(in_dir("other"), 100, got, PIECE), PIECE);
  must_be_zero(got, PIECE);
  must_equal(file_length(in_dir("other")), LENGTH + PIECE);
  must_equal(read_from(in_dir("other"), LENGTH, got, PIECE), PIECE);
  must_be_zero(got, PIECE);
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_close(&other) == 0);
  must(tome__os_close(&file) == 0);
}

/* ---- a view that is just being replaced: the call finds nothing there ---- */

static int is_refused(void) {
  if (calls++ >= refused_calls)
    return 0;
  SetLastError(refusal);
  return 1;
}

static BOOL read_refused(HANDLE file, void *to, DWORD n, DWORD *read, OVERLAPPED *at) {
  return is_refused() ? FALSE : real.ReadFile(file, to, n, read, at);
}

static BOOL write_refused(HANDLE file, const void *from, DWORD n, DWORD *written, OVERLAPPED *at) {
  return is_refused() ? FALSE : real.WriteFile(file, from, n, written, at);
}

static void plant(DWORD system, int times) {
  real = tome__os_calls;
  calls = 0;
  refusal = system;
  refused_calls = times;
  tome__os_calls.ReadFile = read_refused;
  tome__os_calls.WriteFile = write_refused;
}

static void a_view_that_was_away_for_a_moment_is_taken_again(void **state) {
  (void)state;
  static const DWORD codes[] = {ERROR_NOACCESS, ERROR_INVALID_USER_BUFFER};
  size_t done = 0;
  uint64_t at = 0;
  os_file file = open_one("file"), other = open_one("other");
  unsigned char *p = map_one(&file);
  for (int i = 0; i < 2; i++) {
    plant(codes[i], 3);
    must(tome__os_read(&other, 10, p + 20, LENGTH - 20, &done) == 0);
    must_equal(done, LENGTH - 20);
    must_be_pattern(p + 20, 10, LENGTH - 20);
    calls = 0;
    must(tome__os_write(&other, 10, p + 20, LENGTH - 20, &done) == 0);
    must_equal(done, LENGTH - 20);
    must_be_pattern_file(in_dir("other"), LENGTH);
    calls = 0;
    must(tome__os_append(&other, LENGTH, p + 20, 100, &at) == 0);
    must_equal(at, LENGTH);
    tome__os_calls = real;
    must_equal(file_length(in_dir("other")), LENGTH + 100);
    set_file_length(in_dir("other"), LENGTH);
  }
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_close(&other) == 0);
  must(tome__os_close(&file) == 0);
}

/* The same for real: where there are no placeholders a view is away for a moment whenever it is replaced. */
static unsigned char *replaced;
static os_file its_file;
static volatile LONG is_over;

static void replace_often(void *context) {
  (void)context;
  for (uint64_t i = 0; i < how_many(2000, 50000); i++)
    must(tome__os_map_over(&its_file, 0, replaced, LENGTH, OS_WRITE) == 0);
  InterlockedExchange(&is_over, 1);
}

static void what_is_replaced_meanwhile_is_read_into_and_written_from(void **state) {
  (void)state;
  os_thread thread;
  uint64_t rounds = 0, refused = 0;
  os_file other = open_one("other");
  its_file = open_one("file");
  replaced = map_one(&its_file);
  is_over = 0;
  real = tome__os_calls;
  must(tome__os_thread_start(&thread, replace_often, NULL) == 0);
  for (; !is_over; rounds++) {
    size_t done = 0;
    unsigned char *at = replaced + rounds % 16 * (LENGTH / 16);
    refused += !ReadProcessMemory(GetCurrentProcess(), at, &(char){0}, 1, &(SIZE_T){0});
    must_equal(tome__os_read(&other, 0, at, PIECE, &done), 0);
    must_equal(done, PIECE);
    must_equal(tome__os_write(&other, LENGTH - PIECE, at, PIECE, &done), 0);
    must_equal(done, PIECE);
  }
  tome__os_thread_join(thread);
  tell_figure("looks at a view that was away", refused);
  must(tome__os_unmap(replaced, LENGTH) == 0);
  must(tome__os_close(&other) == 0);
  must(tome__os_close(&its_file) == 0);
}

static void a_view_that_stays_away_is_an_error(void **state) {
  (void)state;
  size_t done = 77;
  uint64_t at = 77;
  os_file file = open_one("file"), other = open_one("other");
  unsigned char *p = map_one(&file);
  plant(ERROR_NOACCESS, 1000000);
  int read = tome__os_read(&other, 0, p, LENGTH, &done);
  int written = tome__os_write(&other, 0, p, LENGTH, &done);
  int appended = tome__os_append(&other, LENGTH, p, LENGTH, &at);
  must(calls < 1000);
  tome__os_calls = real;
  must(read == TOME_ESYSTEM && written == TOME_ESYSTEM && appended == TOME_ESYSTEM);
  must_equal(done, 0);
  must_equal(at, 77);
  must_be_pattern_file(in_dir("other"), LENGTH);
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_close(&other) == 0);
  must(tome__os_close(&file) == 0);
}

/* Touching it would end the program. */
static void memory_that_is_not_ours_is_not_touched(void **state) {
  (void)state;
  size_t done = 77;
  uint64_t at;
  os_file other = open_one("other");
  char *reserved = VirtualAlloc(NULL, LENGTH, MEM_RESERVE, PAGE_NOACCESS);
  must(reserved != NULL);
  must(tome__os_read(&other, 0, reserved + 5, PIECE, &done) == TOME_ESYSTEM);
  must_equal(done, 0);
  must(tome__os_write(&other, 0, reserved + 5, PIECE, &done) == TOME_ESYSTEM);
  must_equal(done, 0);
  must(tome__os_append(&other, LENGTH, reserved + 5, PIECE, &at) == TOME_ESYSTEM);
  must(VirtualFree(reserved, 0, MEM_RELEASE));
  must_be_pattern_file(in_dir("other"), LENGTH);
  must(tome__os_close(&other) == 0);
}

/* Nor is the reservation that lies behind what can be used. */
static void what_is_reserved_only_is_not_touched(void **state) {
  (void)state;
  void *p;
  size_t usable, done = 77;
  os_file file = open_one("file"), other = open_one("other");
  must(tome__os_map(&file, 0, 2 * LENGTH, OS_WRITE, &p, &usable) == 0);
  must_equal(usable, LENGTH);
  must(tome__os_read(&other, 0, (char *)p + LENGTH, PIECE, &done) == TOME_ESYSTEM);
  must_equal(done, 0);
  must(tome__os_unmap(p, 2 * LENGTH) == 0);
  must(tome__os_close(&other) == 0);
  must(tome__os_close(&file) == 0);
}

/* ---- other calls that do less than they are asked for ---- */

static BOOL write_nothing(HANDLE file, const void *from, DWORD n, DWORD *written, OVERLAPPED *at) {
  (void)file, (void)from, (void)n, (void)at;
  must(calls++ < 1000);
  *written = 0;
  return TRUE;
}

static void to_write_nothing_is_an_error(void **state) {
  (void)state;
  size_t done = 77;
  uint64_t at = 77;
  os_file file = open_one("file");
  real = tome__os_calls;
  calls = 0;
  tome__os_calls.WriteFile = write_nothing;
  int written = tome__os_write(&file, 0, "x", 1, &done);
  int system = tome__os_last_error();
  int appended = tome__os_append(&file, LENGTH, "x", 1, &at);
  tome__os_calls = real;
  must(written == TOME_EIO && appended == TOME_EIO);
  must_equal(system, ERROR_WRITE_FAULT);
  must_equal(done, 0);
  must_equal(at, 77);
  must_be_pattern_file(in_dir("file"), LENGTH);
  must(tome__os_close(&file) == 0);
}

/* As servers say it of what is more than they take at once. */
static BOOL read_little(HANDLE file, void *to, DWORD n, DWORD *read, OVERLAPPED *at) {
  if (n <= LENGTH / 2)
    return real.ReadFile(file, to, n, read, at);
  SetLastError(ERROR_NO_SYSTEM_RESOURCES);
  return FALSE;
}

static void what_is_too_much_at_once_is_read_in_pieces(void **state) {
  (void)state;
  size_t done = 77;
  unsigned char *bytes = malloc(LENGTH);
  os_file file = open_one("file");
  real = tome__os_calls;
  tome__os_calls.ReadFile = read_little;
  int r = tome__os_read(&file, 0, bytes, LENGTH, &done);
  tome__os_calls = real;
  must(r == 0);
  must_equal(done, LENGTH);
  must_be_pattern(bytes, 0, LENGTH);
  free(bytes);
  must(tome__os_close(&file) == 0);
}

/* No file reaches so far: that is its end, not a wrong offset. */
static void far_behind_the_end_there_is_nothing(void **state) {
  (void)state;
  static const uint64_t offsets[] = {INT64_MAX - 10, INT64_MAX, UINT64_MAX - 10, UINT64_MAX};
  unsigned char bytes[100];
  os_file file = open_one("file");
  for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
    size_t done = 77;
    note("offset %zu", i);
    must_equal(tome__os_read(&file, offsets[i], bytes, sizeof bytes, &done), 0);
    must_equal(done, 0);
  }
  must(tome__os_close(&file) == 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_patch_is_read_into),
      TEST(a_patch_is_written_from),
      TEST(a_view_that_was_away_for_a_moment_is_taken_again),
      TEST(what_is_replaced_meanwhile_is_read_into_and_written_from),
      TEST(a_view_that_stays_away_is_an_error),
      TEST(memory_that_is_not_ours_is_not_touched),
      TEST(what_is_reserved_only_is_not_touched),
      TEST(to_write_nothing_is_an_error),
      TEST(what_is_too_much_at_once_is_read_in_pieces),
      TEST(far_behind_the_end_there_is_nothing),
  };
  return run_matching(tests, argc, argv);
}
