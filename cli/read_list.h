/* What tome read is asked for: the values of --at, one after the other, each with a list of reads in it or in a file. */
#ifndef TOME_CLI_READ_LIST_H
#define TOME_CLI_READ_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "arguments.h"
#include "read_lines.h"
#include "size_text.h"

/* One read that is asked for. */
struct read_wish {
  struct position start;
  struct position end; /* where `has_end`; otherwise `length` counts */
  uint64_t length;
  int has_end;
  const char *
      list; /* the name of the file it stands in, borrowed until the list's end; NULL: the command line */
  uint64_t line;
};

/* What an --at holds. */
struct read_source {
  const char *text; /* reads, with commas between them; NULL: those in `lines` */
  struct read_lines lines;
};

struct read_list {
  struct read_source *sources;
  size_t count;
  size_t current;  /* the source in use */
  const char *at;  /* the next read in its text; NULL: the first */
  uint64_t length; /* of reads that name none */
};

/* Every `text` is the value of an --at. All that stands on the command line is looked at and all files are opened before anything
 * is read. Returns 0, or complains and returns STATUS_ERROR. */
int read_list_begin(struct read_list *list, const struct arguments *args, const char *const *texts,
                    size_t count, uint64_t length);

/* The next read; with `may_wait` 0 nobody is waited for. */
enum read_lines_answer read_list_next(struct read_list *list, int may_wait, struct read_wish *ret);

void read_list_end(struct read_list *list);

#endif
