/* The stream remembers only that it failed, so the reason is kept here. */
#include "standard_output.h"

#include <errno.h>
#include <stdio.h>

#include "complain.h"
#include "streams.h"
#include "verb.h"

static int reason; /* errno of the first failure; 0: none yet */

int standard_output_ok(void) {
  if (ferror(stdout) && reason == 0)
    reason = errno;
  return !ferror(stdout);
}

int standard_output_finish(int status) {
  (void)standard_output_ok();
  if ((fflush(stdout) != 0 || stream_close(STREAM_OUT) < 0) && reason == 0)
    reason = errno;
  if (reason == 0)
    return status;
  if (stream_reader_is_gone(reason))
    return STATUS_READER_GONE;
  errno = reason;
  complain_system("standard output");
  return STATUS_ERROR;
}
