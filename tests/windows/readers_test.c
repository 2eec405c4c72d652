/* Threads that read one file at the same time each have a file object to themselves, as far as there are some. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

#include <string.h>

#define LENGTH ((size_t)100000)
#define THREADS 8

static os_calls real;
static os_file file;
static volatile LONG inside; /* calls that are being made */
static HANDLE used[THREADS];
static unsigned char got[THREADS][LENGTH];

/* Nobody gets on before all are there. */
static BOOL read_together(HANDLE handle, void *to, DWORD n, DWORD *read, OVERLAPPED *at) {
  LONG place = InterlockedIncrement(&inside) - 1;
  must(place < THREADS);
  used[place] = handle;
  for (int i = 0; inside < THREADS && i < 10000; i++)
    pause_for(1000);
  must(inside == THREADS);
  return real.ReadFile(handle, to, n, read, at);
}

static void read_all(void *context) {
  size_t done = 0;
  must(tome__os_read(&file, 0, context, LENGTH, &done) == 0);
  must_equal(done, LENGTH);
}

static void read_by_threads(void) {
  os_thread threads[THREADS];
  real = tome__os_calls;
  inside = 0;
  tome__os_calls.ReadFile = read_together;
  for (int i = 0; i < THREADS; i++)
    must(tome__os_thread_start(&threads[i], read_all, got[i]) == 0);
  for (int i = 0; i < THREADS; i++)
    tome__os_thread_join(threads[i]);
  tome__os_calls.ReadFile = real.ReadFile;
  for (int i = 0; i < THREADS; i++) {
    must_be_pattern(got[i], 0, LENGTH);
    memset(got[i], 0, LENGTH);
  }
}

static int count_used(void) {
  int count = 0;
  for (int i = 0; i < THREADS; i++) {
    int before = 0;
    for (int k = 0; k < i; k++)
      before |= used[k] == used[i];
    count += !before;
  }
  return count;
}

static void open_one(void) {
  must(tome__os_open(make_pattern_file("file", LENGTH), TOME_READ, 0, &file) == 0);
}

static void threads_read_side_by_side(void **state) {
  (void)state;
  open_one();
  for (int round = 0; round < 3; round++) {
    read_by_threads();
    must_equal(count_used(), 4);
  }
  must(tome__os_close(&file) == 0);
}

static void one_thread_needs_no_more_than_the_file_has(void **state) {
  (void)state;
  open_one();
  unsigned before = count_descriptors();
  for (int i = 0; i < 3; i++)
    read_all(got[0]);
  must_equal(count_descriptors(), before);
  must(tome__os_close(&file) == 0);
}

static HANDLE reopen_nothing(HANDLE handle, DWORD access, DWORD sharing, DWORD flags) {
  (void)handle, (void)access, (void)sharing, (void)flags;
  SetLastError(ERROR_ACCESS_DENIED);
  return INVALID_HANDLE_VALUE;
}

/* As a file that was deleted. */
static void what_cannot_be_opened_again_is_read_in_turn(void **state) {
  (void)state;
  open_one();
  os_calls untouched = tome__os_calls;
  tome__os_calls.ReOpenFile = reopen_nothing;
  for (int round = 0; round < 2; round++) {
    read_by_threads();
    must_equal(count_used(), 1);
  }
  tome__os_calls = untouched;
  must(tome__os_close(&file) == 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(threads_read_side_by_side),
      TEST(one_thread_needs_no_more_than_the_file_has),
      TEST(what_cannot_be_opened_again_is_read_in_turn),
  };
  return run_matching(tests, argc, argv);
}
