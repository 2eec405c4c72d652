/* The last line need not have an end. */
#include "read_lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "files.h"
#include "input_file.h"
#include "streams.h"
#include "verb.h"

int read_lines_begin(struct read_lines *lines, const char *operand) {
  int is_stdin = input_is_stdin(operand);
  *lines = (struct read_lines){.name = input_name(operand)};
  lines->fd = is_stdin ? STREAM_IN : file_open(operand, 1);
  if (lines->fd < 0) {
    complain_system(operand);
    return STATUS_ERROR;
  }
  lines->bytes = malloc(READ_LINES_ROOM);
  if (lines->bytes)
    return 0;
  complain(lines->name, "out of memory");
  read_lines_end(lines);
  return STATUS_ERROR;
}

void read_lines_end(struct read_lines *lines) {
  if (lines->fd > STREAM_ERROR)
    (void)stream_close(lines->fd);
  free(lines->bytes);
  *lines = (struct read_lines){.fd = -1};
}

/* Room behind what is there already; the part of a line that is there moves to the front. */
static int make_room(struct read_lines *lines) {
  if (lines->start > 0)
    memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
  lines->end -= lines->start;
  lines->start = 0;
  if (lines->end < READ_LINES_ROOM)
    return 0;
  complain(lines->name, "line %" PRIu64 " is too long", lines->number + 1);
  return -1;
}

static enum read_lines_answer read_more(struct read_lines *lines, int may_wait) {
  if (!may_wait && !stream_is_ready(lines->fd))
    return READ_LINES_WAITS;
  if (make_room(lines) < 0)
    return READ_LINES_FAILED;
  ssize_t got = stream_read(lines->fd, lines->bytes + lines->end, READ_LINES_ROOM - lines->end);
  if (got < 0) {
    complain_system(lines->name);
    return READ_LINES_FAILED;
  }
  lines->ended = got == 0;
  lines->end += (size_t)got;
  return READ_LINES_LINE;
}

static void hand_out(struct read_lines *lines, size_t length, const char **ret,
                     size_t *ret_length) {
  *ret = lines->bytes + lines->start;
  *ret_length = length;
  lines->number++;
  lines->start += length;
}

enum read_lines_answer read_lines_next(struct read_lines *lines, int may_wait, const char **ret,
                                       size_t *ret_length) {
  for (;;) {
    const char *from = lines->bytes + lines->start;
    size_t left = lines->end - lines->start;
    const char *newline = memchr(from, '\n', left);
    if (newline) {
      hand_out(lines, (size_t)(newline - from), ret, ret_length);
      lines->start++;
      return READ_LINES_LINE;
    }
    if (lines->ended && left == 0)
      return READ_LINES_END;
    if (lines->ended) {
      hand_out(lines, left, ret, ret_length);
      return READ_LINES_LINE;
    }
    enum read_lines_answer more = read_more(lines, may_wait);
    if (more != READ_LINES_LINE)
      return more;
  }
}
