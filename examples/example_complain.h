/* How the examples tell what went wrong. */
#ifndef EXAMPLE_COMPLAIN_H
#define EXAMPLE_COMPLAIN_H

#include <inttypes.h>
#include <stdio.h>
#include <tome/tome.h>

/** Print the calling thread's last failure.
 *  @return 1, to be returned from main(). */
static inline int complain(void) {
  const tome_error *error = tome_error_last();
  fprintf(stderr, "%s: %s: %s (at byte %" PRIu64 ")\n", error->operation, error->path,
          tome_strerror(error->code), error->offset);
  return 1;
}

#endif
