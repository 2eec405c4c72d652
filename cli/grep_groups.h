/* Lines with those around them: -A, -B and -C. */
#ifndef TOME_CLI_GREP_GROUPS_H
#define TOME_CLI_GREP_GROUPS_H

#include "grep_line.h"
#include "grep_text.h"

/* In one file. All zeros but for the first two: at its start. */
struct grep_groups {
  struct grep_printer *printer;
  struct grep_text *text;
  uint64_t done;    /* behind the last line that was printed */
  uint64_t number;  /* of that line */
  uint64_t pending; /* so many lines are still to follow it */
};

/* Print a line that was selected, and what belongs before it. Returns 0, or a code: as grep_line_print() and tome_read(). */
int grep_groups_print(struct grep_groups *groups, const struct grep_line *line);

/* Print what still belongs behind the last line, of the text up to `end`. Returns as above. */
int grep_groups_follow(struct grep_groups *groups, uint64_t end);

#endif
