/* One file of tome grep's, from its opening to the last line of its answer. */
#ifndef TOME_CLI_GREP_FILE_H
#define TOME_CLI_GREP_FILE_H

#include "grep_line.h"

/* Search the file, or standard input for -. Returns the exit status: found, not found, or STATUS_ERROR, complained about;
 * *ret_found is whether a line was selected all the same. */
int grep_file(struct grep_printer *printer, const char *operand, int *ret_found);

#endif
