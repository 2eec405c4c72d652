/* Files that are sorted by the same key, and together are one: a log and what was rotated away from it. */
#ifndef TOME_CLI_SORTED_FILE_H
#define TOME_CLI_SORTED_FILE_H

#include <tome/tome.h>

struct sorted_file {
  const char *name; /* to be shown */
  tome *map;
  tome_key *key;        /* NULL: there is nothing in the file */
  char *first_line;     /* of its first record; NULL: it has none */
  tome_key_value first; /* points into it */
};

/* Open a file and learn how keys are written in it. Returns 0, or complains and returns -1, or 1 if the
 * options are wrong for any file. */
int sorted_file_open(struct sorted_file *file, const char *operand,
                     const tome_key_options *options);
void sorted_file_close(struct sorted_file *file);

/* Put files into the order of their first keys; those without records come first. Returns 0, or complains and returns -1. */
int sorted_files_order(struct sorted_file *files, int count);

/* Complain of the last failure, and say what can be done about it. */
void sorted_file_complain(const struct sorted_file *file);

#endif
