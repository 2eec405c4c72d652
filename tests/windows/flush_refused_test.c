/* Flushes that the system refuses: what was not begun loses nothing, and what has failed is not made good by another call. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

#define LENGTH ((size_t)64 << 10)

/* Of ntdll. */
#define STATUS_REFUSED ((LONG)0xC0000022)
#define STATUS_DISK_FAILED ((LONG)0xC0000185)

static os_calls real;
static DWORD reopen_error;
static LONG status;
static int milder, stronger; /* calls */

static HANDLE reopen_failing(HANDLE file, DWORD access, DWORD sharing, DWORD flags) {
  if (!reopen_error)
    return real.ReOpenFile(file, access, sharing, flags);
  SetLastError(reopen_error);
  return INVALID_HANDLE_VALUE;
}

static LONG flush_in_parts(HANDLE file, ULONG flags) {
  (void)file, (void)flags;
  milder++;
  return status;
}

static BOOL flush_counting(HANDLE file) {
  stronger++;
  return real.FlushFileBuffers(file);
}

static void plant(LONG answer, DWORD error) {
  real = tome__os_calls;
  status = answer;
  reopen_error = error;
  milder = stronger = 0;
  tome__os_calls.ReOpenFile = reopen_failing;
  tome__os_calls.os_NtFlushBuffersFileEx = flush_in_parts;
  tome__os_calls.FlushFileBuffers = flush_counting;
}

static os_file open_one(uint32_t flags) {
  os_file file;
  must(tome__os_open(make_pattern_file("file", LENGTH), flags, 0, &file) == 0);
  return file;
}

/* Who may not write a file may not have it flushed either; who may, does it by another file object. */
static void a_file_open_for_reading_is_flushed_by_who_may_write_it(void **state) {
  (void)state;
  static const struct {
    DWORD system;
    int want;
  } cases[] = {{0, 0},
               {ERROR_ACCESS_DENIED, TOME_ENOTSUP},
               {ERROR_SHARING_VIOLATION, TOME_ENOTSUP},
               {ERROR_NOT_ENOUGH_MEMORY, TOME_ENOMEM},
               {ERROR_TOO_MANY_OPEN_FILES, TOME_ENOMEM}};
  for (int level = TOME_FLUSH_WRITTEN; level <= TOME_FLUSH_DURABLE; level++)
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      os_file file = open_one(TOME_READ);
      plant(STATUS_REFUSED, cases[i].system);
      int r = tome__os_flush(&file, 0, LENGTH, level);
      tome__os_calls = real;
      note("case %zu", i);
      must_equal(r, cases[i].want);
      must_equal(stronger, r == 0);
      must(tome__os_close(&file) == 0);
    }
}

/* Another map of the file, which is written, is none the worse for it. */
static void a_refused_flush_does_not_stick(void **state) {
  (void)state;
  tome *reads, *writes;
  const char *path = make_pattern_file("file", LENGTH);
  must_succeed(tome_open(&reads, path, TOME_READ, NULL));
  must_succeed(tome_open(&writes, path, TOME_WRITE, NULL));
  plant(STATUS_REFUSED, ERROR_SHARING_VIOLATION);
  int r = tome_evict(reads, 0, TOME_END);
  tome__os_calls = real;
  must_equal(r, TOME_ENOTSUP);
  must_succeed(tome_write(writes, 10, "abc", 3));
  must_succeed(tome_flush(writes, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(writes));
  must_succeed(tome_close(reads));
}

/* Told once: a second call may have nothing left to fail with. */
static void a_failed_flush_is_not_tried_otherwise(void **state) {
  (void)state;
  os_file file = open_one(TOME_WRITE);
  plant(STATUS_DISK_FAILED, 0);
  int r = tome__os_flush(&file, 0, LENGTH, TOME_FLUSH_WRITTEN);
  int system = tome__os_last_error();
  tome__os_calls = real;
  must_equal(r, TOME_EIO);
  must_equal(system, ERROR_IO_DEVICE);
  must_equal(stronger, 0);
  must(tome__os_close(&file) == 0);
}

/* Windows 7, file systems that know no parts, and servers. */
static void where_the_milder_way_is_not_known_the_stronger_is_taken(void **state) {
  (void)state;
  static const LONG answers[] = {(LONG)0xC0000002, (LONG)0xC000000D, (LONG)0xC0000010,
                                 (LONG)0xC00000BB};
  os_file file = open_one(TOME_WRITE);
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    plant(answers[i], 0);
    int r = tome__os_flush(&file, 0, LENGTH, TOME_FLUSH_WRITTEN);
    tome__os_calls = real;
    note("answer %zu", i);
    must_equal(r, 0);
    must_equal(milder, 1);
    must_equal(stronger, 1);
  }
  must(tome__os_close(&file) == 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_file_open_for_reading_is_flushed_by_who_may_write_it),
      TEST(a_refused_flush_does_not_stick),
      TEST(a_failed_flush_is_not_tried_otherwise),
      TEST(where_the_milder_way_is_not_known_the_stronger_is_taken),
  };
  return run_matching(tests, argc, argv);
}
