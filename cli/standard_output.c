/* The stream remembers only that it failed, so the reason is kept here. */
#include "standard_output.h"

#include <errno.h>
#include <stdio.h>

#include "complain.h"
#include "streams.h"
#include "verb.h"

static int reason;         /* errno of the first failure; 0: none yet */
static int reader_is_gone; /* that is why */

static void keep_reason(void) {
  if (reason != 0)
    return;
  reason = errno;
  reader_is_gone = stream_reader_is_gone(reason);
}

int standard_output_ok(void) {
  if (ferror(stdout))
    keep_reason();
  return !ferror(stdout);
}

int standard_output_finish(int status) {
  (void)standard_output_ok();
  if (fflush(stdout) != 0)
    keep_reason();
  if (stream_close(STREAM_OUT) < 0)
    keep_reason();
  if (reason == 0)
    return status;
  if (reader_is_gone)
    return STATUS_READER_GONE;
  errno = reason;
  complain_system("standard output");
  return STATUS_ERROR;
}
