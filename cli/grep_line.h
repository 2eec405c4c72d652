/* A line of the answer: the name of the file, numbers, marks, and the line or what matches in it, perhaps in colour. */
#ifndef TOME_CLI_GREP_LINE_H
#define TOME_CLI_GREP_LINE_H

#include "bulk_output.h"
#include "grep_request.h"

struct grep_line {
  const unsigned char *data; /* without its end */
  size_t length;
  uint64_t offset, number;
  int selected; /* or context */
};

struct grep_printer {
  const struct grep_request *request;
  struct bulk_output *out;
  const char *name; /* of the file */
  int printed;      /* lines of any file */
};

/* 0, or less than 0: the library failed to find what matches in the line. */
int grep_line_print(const struct grep_printer *printer, const struct grep_line *line);

/* Does it take no more than the bytes of a selected line to print it? */
int grep_line_is_plain(const struct grep_request *request);

/* What stands between groups of lines that are not neighbours. */
void grep_print_separator(const struct grep_printer *printer);

/* The answers that are no lines. */
void grep_print_name(const struct grep_printer *printer);
void grep_print_count(const struct grep_printer *printer, uint64_t count);

#endif
