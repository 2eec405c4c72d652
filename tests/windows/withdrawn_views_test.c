/* Cutting a file that is mapped: by ourselves, whose views step aside and come back as they were, and by others. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

#include <string.h>

#define GRANULE ((size_t)64 << 10)
#define LENGTH (4 * GRANULE)

static os_calls real;

static os_file open_one(void) {
  os_file file;
  must(tome__os_open(make_pattern_file("file", LENGTH), TOME_WRITE, 0, &file) == 0);
  return file;
}

static unsigned char *map_one(const os_file *file, int access) {
  void *p;
  size_t usable;
  must(tome__os_map(file, 0, LENGTH, access, &p, &usable) == 0);
  must_equal(usable, LENGTH);
  return p;
}

/* ---- others ---- */

static struct {
  HANDLE section;
  const void *view;
  int cuts, goes_at; /* calls that cut, and before which of them it goes; 0: never */
} other;

static void map_as_other(const os_file *file) {
  other.section = CreateFileMappingW(file->handle, NULL, PAGE_READONLY, 0, 0, NULL);
  other.view = MapViewOfFile(other.section, FILE_MAP_READ, 0, 0, 0);
  must(other.view != NULL);
}

static void unmap_as_other(void) {
  must(UnmapViewOfFile(other.view));
  must(CloseHandle(other.section));
}

static BOOL cut_counting(HANDLE file, FILE_INFO_BY_HANDLE_CLASS kind, void *information,
                         DWORD size) {
  if (kind == FileEndOfFileInfo && ++other.cuts == other.goes_at)
    unmap_as_other();
  return real.SetFileInformationByHandle(file, kind, information, size);
}

static void plant_cuts(int goes_at) {
  real = tome__os_calls;
  other.cuts = 0;
  other.goes_at = goes_at;
  tome__os_calls.SetFileInformationByHandle = cut_counting;
}

/* A virus scanner, or whoever makes the file longer by a section. */
static void who_has_it_mapped_for_a_moment_is_waited_for(void **state) {
  (void)state;
  for (int mapped = 0; mapped < 2; mapped++) {
    os_file file = open_one();
    unsigned char *p = mapped ? map_one(&file, OS_WRITE) : NULL;
    map_as_other(&file);
    plant_cuts(5);
    int r = tome__os_truncate(&file, GRANULE + 5);
    tome__os_calls = real;
    must_equal(r, 0);
    must_equal(file_length(in_dir("file")), GRANULE + 5);
    if (p) {
      must_be_pattern(p, 0, GRANULE + 5);
      must(tome__os_unmap(p, LENGTH) == 0);
    }
    must(tome__os_close(&file) == 0);
  }
}

static void who_has_it_mapped_for_good_keeps_it(void **state) {
  (void)state;
  os_file file = open_one();
  unsigned char *p = map_one(&file, OS_WRITE);
  map_as_other(&file);
  plant_cuts(0);
  int r = tome__os_truncate(&file, GRANULE);
  int system = tome__os_last_error();
  tome__os_calls = real;
  must_equal(r, TOME_EBUSY);
  must_equal(system, ERROR_USER_MAPPED_FILE);
  must(other.cuts < 1000);
  must_be_pattern(p, 0, LENGTH);
  p[LENGTH - 1] = 0x55;
  unmap_as_other();
  unsigned char byte = 0;
  must_equal(read_from(in_dir("file"), LENGTH - 1, &byte, 1), 1);
  must_equal(byte, 0x55);
  must(tome__os_truncate(&file, GRANULE) == 0);
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_close(&file) == 0);
}

/* A private copy has its pages nowhere else: it does not step aside, and nothing is to be waited for. */
static void a_copy_keeps_the_file_and_the_error_says_so(void **state) {
  (void)state;
  tome *map, *copy;
  char got[8];
  const char *path = make_pattern_file("file", LENGTH);
  must_succeed(tome_open(&copy, path, TOME_COPY, NULL));
  must_succeed(tome_write(copy, 100, "private", 8));
  must_succeed(tome_open(&map, path, TOME_WRITE, NULL));
  plant_cuts(0);
  int r = tome_resize(map, GRANULE);
  tome__os_calls = real;
  must_equal(r, TOME_EBUSY);
  must_equal(tome_error_last()->system, ERROR_USER_MAPPED_FILE);
  must(tome_error_last()->detail && strstr(tome_error_last()->detail, "TOME_COPY"));
  must(other.cuts <= 2);
  must_succeed(tome_read(copy, 100, got, 8));
  must_be_bytes(got, "private", 8);
  must_equal(file_length(path), LENGTH);
  must_succeed(tome_close(copy));
  must_succeed(tome_resize(map, GRANULE));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, GRANULE);
}

/* ---- what was locked is locked again ---- */

static unsigned char *watched;
static size_t locked_from, locked_end; /* of `watched`, since it was planted */

static BOOL lock_noting(void *at, SIZE_T n) {
  size_t from = (size_t)((unsigned char *)at - watched);
  if (from < LENGTH) {
    locked_from = from < locked_from ? from : locked_from;
    locked_end = from + n > locked_end ? from + n : locked_end;
  }
  return real.VirtualLock(at, n);
}

static void plant_locks(unsigned char *p) {
  real = tome__os_calls;
  watched = p;
  locked_from = LENGTH;
  locked_end = 0;
  tome__os_calls.VirtualLock = lock_noting;
}

/* Truncate to `size` and grow again; what of `p` is locked by that is `from` to `end`. */
static void must_lock_again(const os_file *file, unsigned char *p, size_t size, size_t from,
                            size_t end) {
  plant_locks(p);
  int r = tome__os_truncate(file, size);
  tome__os_calls = real;
  must_equal(r, 0);
  must_equal(locked_from, from);
  must_equal(locked_end, end);
}

static void what_was_locked_is_so_after_truncation(void **state) {
  (void)state;
  size_t page = tome__os_system()->page;
  os_file file = open_one();
  unsigned char *p = map_one(&file, OS_WRITE), *q = map_one(&file, 0);
  if (tome__os_lock(q + page + 1, 2 * page) != 0) {
    must(tome__os_unmap(p, LENGTH) == 0 && tome__os_unmap(q, LENGTH) == 0);
    must(tome__os_close(&file) == 0);
    skip_because("this process may lock nothing");
  }
  must_lock_again(&file, p, LENGTH - 1, LENGTH, 0); /* the other one was not */
  must_lock_again(&file, q, LENGTH - 2, page, 4 * page);
  must(tome__os_unlock(q + 2 * page, page) == 0); /* amid it */
  must_lock_again(&file, q, LENGTH - 3, page, 4 * page);
  must(tome__os_unlock(q + page, page) == 0);
  must_lock_again(&file, q, LENGTH - 4, 3 * page, 4 * page);
  must(tome__os_lock(q + 2 * page, 3 * page) == 0); /* over what is locked */
  must_lock_again(&file, q, 4 * page, 2 * page, 4 * page);
  must(tome__os_unlock(q, 5 * page) == 0);
  must_lock_again(&file, q, 2 * page, LENGTH, 0);
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_unmap(q, LENGTH) == 0);
  must(tome__os_close(&file) == 0);
}

static BOOL refuse_lock(void *at, SIZE_T n) {
  (void)at, (void)n;
  SetLastError(ERROR_COMMITMENT_LIMIT);
  return FALSE;
}

static void what_could_not_be_locked_is_not_after_truncation(void **state) {
  (void)state;
  os_file file = open_one();
  unsigned char *p = map_one(&file, OS_WRITE);
  real = tome__os_calls;
  tome__os_calls.VirtualLock = refuse_lock;
  int r = tome__os_lock(p, GRANULE);
  DWORD system = GetLastError();
  tome__os_calls = real;
  must_equal(r, TOME_ENOMEM);
  must_equal(system, ERROR_COMMITMENT_LIMIT);
  must_lock_again(&file, p, LENGTH - 1, LENGTH, 0);
  must(tome__os_unmap(p, LENGTH) == 0);
  must(tome__os_close(&file) == 0);
}

/* ---- what is no mapping, and a file that is cut while it is mapped ---- */

static void what_is_no_mapping_is_refused(void **state) {
  (void)state;
  size_t usable = 77;
  static unsigned char bytes[100];
  os_file file = open_one();
  must_equal(tome__os_map_more(&file, bytes, &usable), TOME_EINVAL);
  must_equal(usable, 77);
  must_equal(tome__os_map_over(&file, 0, bytes, sizeof bytes, OS_WRITE), TOME_EINVAL);
  must_equal(tome__os_patch(bytes, sizeof bytes, OS_WRITE), TOME_EINVAL);
  must(tome__os_close(&file) == 0);
}

static uint64_t cut_to;

static HANDLE cut_and_create(HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protection,
                             DWORD high, DWORD low, LPCWSTR name) {
  set_file_length(in_dir("file"), cut_to);
  return real.CreateFileMappingW(file, security, protection, high, low, name);
}

/* Between the question for its size and the section. */
static void a_file_that_is_cut_meanwhile_is_mapped_as_it_is(void **state) {
  (void)state;
  static const uint64_t sizes[] = {0, 10, GRANULE, 2 * GRANULE + 7};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    void *p = NULL;
    size_t usable = 77, page = tome__os_system()->page;
    os_file file = open_one();
    cut_to = sizes[i];
    real = tome__os_calls;
    tome__os_calls.CreateFileMappingW = cut_and_create;
    int r = tome__os_map(&file, 0, LENGTH, OS_WRITE, &p, &usable);
    tome__os_calls = real;
    note("cut to %zu", (size_t)cut_to);
    must_equal(r, 0);
    must_equal(usable, (cut_to + page - 1) / page * page);
    must_be_pattern(p, 0, (size_t)cut_to);
    must(tome__os_extend(&file, cut_to, LENGTH, 0) == 0);
    must_equal(tome__os_map_more(&file, p, &usable), 0);
    must_equal(usable, LENGTH);
    must_be_pattern(p, 0, (size_t)cut_to);
    must(tome__os_unmap(p, LENGTH) == 0);
    must(tome__os_close(&file) == 0);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(who_has_it_mapped_for_a_moment_is_waited_for),
      TEST(who_has_it_mapped_for_good_keeps_it),
      TEST(a_copy_keeps_the_file_and_the_error_says_so),
      TEST(what_was_locked_is_so_after_truncation),
      TEST(what_could_not_be_locked_is_not_after_truncation),
      TEST(what_is_no_mapping_is_refused),
      TEST(a_file_that_is_cut_meanwhile_is_mapped_as_it_is),
  };
  return run_matching(tests, argc, argv);
}
