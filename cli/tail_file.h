/* The FILEs of tome tail, and how much of each has been printed. */
#ifndef TOME_CLI_TAIL_FILE_H
#define TOME_CLI_TAIL_FILE_H

#include "files.h"
#include "tail_start.h"

/* A file that is open. */
struct tail_open {
  tome *map; /* NULL: none is */
  struct file_identity identity;
  int watch; /* its number, see tail_watch.h */
};

struct tail_file {
  const char *operand;
  struct tail_open open;
  struct tail_open next; /* what the name means by now, while it is empty; without a map: none */
  uint64_t at;           /* all before it has been printed */
  int followed;          /* else there is nothing to wait for */
  int touched;           /* something may have happened to it */
  int folder_watch;      /* of the folder its name is in */
  const char *trouble;   /* what was said about the name, as it means no file just now; else NULL */
};

struct tail {
  struct tail_file *files;
  int file_count;
  struct tail_amount amount;
  int follow, wait_for_missing;
  int with_titles;
  const struct tail_file *titled; /* whose title was printed last; NULL: none yet */
  int watch;                      /* TAIL_WATCH_NONE unless files are followed */
  int status;                     /* the exit status, so far */
};

/* Open what the operand means now, as file_open() does. Returns 0; 1:
 * it cannot be mapped, and *ret_fd is to be read to its end and closed; or as tome_open(). */
int tail_file_open(const struct tail *tail, const char *operand, int may_wait,
                   struct tail_open *ret, int *ret_fd);
void tail_file_close(const struct tail *tail, struct tail_open *open);

/* Print the title that tells whose bytes come now, if titles are wanted and the last one printed is
 * another's. */
void tail_file_title(struct tail *tail, const struct tail_file *file);

/* Is the operand the file that standard input is redirected from? It has no name to go by. */
int tail_file_is_stdin(const struct tail_file *file);

#endif
