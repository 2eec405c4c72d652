/* What FlushViewOfFile() is called for while mappings come and go, and what it fails with for a moment. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

#include <string.h>

#define MAPPINGS 4

static os_calls real;
static void *flushed[2 * MAPPINGS];
static int calls, locked_calls;
static unsigned char *goes; /* the mapping that is taken away behind the first call; NULL: none */

static BOOL flush_noting(const void *at, SIZE_T n) {
  if (calls < locked_calls) {
    calls++;
    SetLastError(ERROR_LOCK_VIOLATION);
    return FALSE;
  }
  must(calls < 2 * MAPPINGS);
  flushed[calls++] = (void *)(uintptr_t)at;
  BOOL done = real.FlushViewOfFile(at, n);
  if (goes)
    tome__os_unmap(goes, tome__os_system()->granularity);
  goes = NULL;
  return done;
}

static int was_flushed(const void *at) {
  for (int i = locked_calls; i < calls; i++)
    if (flushed[i] == at)
      return 1;
  return 0;
}

static void plant(int locked) {
  real = tome__os_calls;
  tome__os_calls.FlushViewOfFile = flush_noting;
  calls = 0;
  locked_calls = locked;
}

static void open_one(os_file *file, size_t length) {
  write_file(in_dir("file"), "x", 1);
  must(tome__os_open(in_dir("file"), TOME_WRITE, 0, file) == 0);
  must(tome__os_truncate(file, length) == 0);
}

static unsigned char *map_one(const os_file *file, size_t length) {
  void *p;
  size_t usable;
  must(tome__os_map(file, 0, length, OS_WRITE, &p, &usable) == 0);
  memset(p, 1, 10);
  return p;
}

/* Whichever of them goes while the first one that is flushed is flushed, the others are flushed all the same. */
static void no_view_is_passed_over(void **state) {
  (void)state;
  size_t length = tome__os_system()->granularity;
  for (int gone = 0; gone < MAPPINGS; gone++) {
    os_file file;
    unsigned char *p[MAPPINGS];
    open_one(&file, length);
    for (int i = 0; i < MAPPINGS; i++)
      p[i] = map_one(&file, length);
    plant(0);
    goes = p[gone];
    int r = tome__os_flush(&file, 0, length, TOME_FLUSH_START);
    tome__os_calls = real;
    must(r == 0);
    for (int i = 0; i < MAPPINGS; i++)
      if (i != gone) {
        must(was_flushed(p[i]));
        must(tome__os_unmap(p[i], length) == 0);
      }
    must(tome__os_close(&file) == 0);
  }
}

/* The system writes the same pages at this moment. */
static void a_view_that_is_being_written_is_waited_for(void **state) {
  (void)state;
  size_t length = tome__os_system()->granularity;
  os_file file;
  open_one(&file, length);
  unsigned char *p = map_one(&file, length);
  plant(3);
  int r = tome__os_flush(&file, 0, length, TOME_FLUSH_WRITTEN);
  tome__os_calls = real;
  must(r == 0);
  must(was_flushed(p));
  must(tome__os_unmap(p, length) == 0);
  must(tome__os_close(&file) == 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(no_view_is_passed_over),
      TEST(a_view_that_is_being_written_is_waited_for),
  };
  return run_matching(tests, argc, argv);
}
