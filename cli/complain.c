/* How an error is told. What was answered before it is written out first, and a drawn progress line
 * is wiped. */
#include "complain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "progress.h"
#include "shown_name.h"
#include "standard_output.h"
#include "system_text.h"

static FILE *picture; /* NULL: standard error is where complaints go */

void complain_into(FILE *stream) {
  picture = stream;
}

static FILE *out(void) {
  return picture ? picture : stderr;
}

static void begin(const char *subject) {
  fflush(stdout);
  (void)standard_output_ok();
  progress_hide();
  fputs("tome: ", out());
  shown_name_quote(out(), subject);
  fputs(": ", out());
}

void complain_values(const char *subject, const char *format, va_list values) {
  char *text;
  int failed = vasprintf(&text, format, values) < 0;
  begin(subject);
  shown_text_print(out(), failed ? "out of memory" : text);
  fputc('\n', out());
  if (!failed)
    free(text);
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
  if (strcmp(error->operation, "tome_resize") == 0)
    return 0;
  return error->length > 0 || error->code == TOME_ELOST || error->code == TOME_ERANGE;
}

/* The library speaks of maps; who uses the command has files. */
static const char *in_words(const tome_error *error) {
  switch (error->code) {
  case TOME_ERANGE:
    return "outside the file";
  case TOME_ELOST:
    return error->detail ? "bytes were lost"
                         : "bytes were lost: the file became shorter while it was in use, or the "
                           "disk could not read or write them";
  default:
    return tome_strerror(error->code);
  }
}

void complain_tome(const char *subject, const char *hint) {
  const tome_error *error = tome_error_last();
  begin(subject);
  fputs(in_words(error), out());
  if (error->detail)
    fprintf(out(), ": %s", error->detail);
  if (error->code == TOME_ESYSTEM && error->system)
    fprintf(out(), ": %s", system_error_text(error->system));
  if (hint)
    fprintf(out(), "; %s", hint);
  if (names_bytes(error))
    fprintf(out(), " (at byte %" PRIu64 ")", error->offset);
  fputc('\n', out());
}
