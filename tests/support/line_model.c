#include "line_model.h"

#include "test_support.h"

#include <stdlib.h>

static void add_line(line_model *m, const unsigned char *text, uint64_t begin, uint64_t end,
                     int ended, uint32_t ends) {
  if (m->count == m->room) {
    m->room = m->room ? 2 * m->room : 64;
    m->lines = realloc(m->lines, m->room * sizeof *m->lines);
    must(m->lines != NULL);
  }
  uint64_t length = end - begin;
  if (ended && ends == TOME_LINES_CRLF && length > 0 && text[end - 1] == '\r')
    length--;
  m->lines[m->count++] = (tome_line){begin, length, ended ? end + 1 : end};
}

void make_model(line_model *m, const unsigned char *text, uint64_t from, uint64_t to,
                uint32_t ends) {
  uint64_t begin = from;
  m->count = 0;
  for (uint64_t i = from; i < to; i++)
    if (text[i] == (ends == TOME_LINES_NUL ? '\0' : '\n')) {
      add_line(m, text, begin, i, 1, ends);
      begin = i + 1;
    }
  if (begin < to)
    add_line(m, text, begin, to, 0, ends);
}

void free_model(line_model *m) {
  free(m->lines);
  *m = (line_model){0};
}

void check_line(const char *file, int line, tome_line got, tome_line want) {
  check_equal(file, line, "where the line begins", got.offset, want.offset);
  check_equal(file, line, "how long it is", got.length, want.length);
  check_equal(file, line, "where the next one begins", got.next, want.next);
}
