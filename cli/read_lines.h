/* Lines of a list, from a file or a pipe, millions of them in little memory. */
#ifndef TOME_CLI_READ_LINES_H
#define TOME_CLI_READ_LINES_H

#include <stddef.h>
#include <stdint.h>

/* The longest line, and room for many. */
#define READ_LINES_ROOM ((size_t)64 << 10)

struct read_lines {
  const char *name; /* for messages, borrowed */
  int fd;
  int ended;
  uint64_t number;   /* of the line handed out last, from 1 on */
  size_t start, end; /* what of `bytes` has not been handed out */
  char *bytes;
};

enum read_lines_answer {
  READ_LINES_FAILED = -1, /* and complained */
  READ_LINES_END,
  READ_LINES_LINE,
  READ_LINES_WAITS /* who writes the list has not written the next one yet */
};

/* `operand` is the name of a file, or - for standard input. Returns 0, or complains and returns STATUS_ERROR. */
int read_lines_begin(struct read_lines *lines, const char *operand);

/* The next line, without its end; good until the next call. */
enum read_lines_answer read_lines_next(struct read_lines *lines, int may_wait, const char **ret,
                                       size_t *ret_length);

void read_lines_end(struct read_lines *lines);

#endif
