/* Why a read may fail on a disk, a server or a cloud, and what that is called here. The numbers are Microsoft's. */
#include "calls.h"
#include "test_support.h"

#include "os.h"

static DWORD failure_now;

static BOOL fail_to_read(HANDLE handle, void *to, DWORD n, DWORD *read, OVERLAPPED *at) {
  (void)handle, (void)to, (void)n, (void)read, (void)at;
  SetLastError(failure_now);
  return FALSE;
}

static void a_read_that_fails_says_why(void **state) {
  (void)state;
  static const struct {
    DWORD system;
    int want;
  } cases[] = {
      {23, TOME_EIO},        /* bad data on the disk */
      {1117, TOME_EIO},      /* the device failed */
      {1617, TOME_EIO},      /* and was taken away */
      {64, TOME_EIO},        /* a server is gone */
      {1231, TOME_EIO},      /* and its network */
      {1236, TOME_EIO},      /* and the connection */
      {362, TOME_EIO},       /* nobody is there to fetch the file */
      {388, TOME_EIO},       /* or the cloud cannot be reached */
      {426, TOME_EIO},       /* in time */
      {395, TOME_EACCES},    /* or lets one not */
      {225, TOME_EACCES},    /* there is a virus in it */
      {33, TOME_EBUSY},      /* others have locked what was to be read */
      {54, TOME_EBUSY},      /* the network is busy */
      {8, TOME_ENOMEM},      /* there is no memory */
      {998, TOME_ESYSTEM},   /* the buffer is none */
      {12345, TOME_ESYSTEM}, /* nothing that is known */
  };
  unsigned char byte;
  os_file file;
  must(tome__os_open(make_pattern_file("file", 100), TOME_READ, 0, &file) == 0);
  os_calls real = tome__os_calls;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t done = 77;
    failure_now = cases[i].system;
    tome__os_calls.ReadFile = fail_to_read;
    int r = tome__os_read(&file, 0, &byte, 1, &done);
    int system = tome__os_last_error();
    tome__os_calls = real;
    note("error %lu", cases[i].system);
    must_equal(r, cases[i].want);
    must_equal(system, cases[i].system);
    must_equal(done, 0);
  }
  must(tome__os_close(&file) == 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_read_that_fails_says_why),
  };
  return run_matching(tests, argc, argv);
}
