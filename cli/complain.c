/* How an error is told. What was answered before it is written out first, and a drawn progress line
 * is wiped. */
#include "complain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <tome/tome.h>

#include "progress.h"
#include "standard_output.h"

static void begin(const char *subject) {
  fflush(stdout);
  (void)standard_output_ok();
  progress_hide();
  fprintf(stderr, "tome: %s: ", subject);
}

void complain_values(const char *subject, const char *format, va_list values) {
  begin(subject);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
}

void complain(const char *subject, const char *format, ...) {
  va_list values;
  va_start(values, format);
  complain_values(subject, format, values);
  va_end(values);
}

void complain_system(const char *subject) {
  complain(subject, "%s", strerror(errno));
}

/* Only failures that concern certain bytes have an offset worth telling. */
static int names_bytes(const tome_error *error) {
  return error->length > 0 || error->code == TOME_ELOST || error->code == TOME_ERANGE;
}

void complain_tome(const char *subject, const char *hint) {
  const tome_error *error = tome_error_last();
  begin(subject);
  fputs(tome_strerror(error->code), stderr);
  if (error->detail)
    fprintf(stderr, ": %s", error->detail);
  if (error->code == TOME_ESYSTEM && error->system)
    fprintf(stderr, ": %s", strerror(error->system));
  if (hint)
    fprintf(stderr, "; %s", hint);
  if (names_bytes(error))
    fprintf(stderr, " (at byte %" PRIu64 ")", error->offset);
  fputc('\n', stderr);
}
