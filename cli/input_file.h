/* The FILE operand of a verb that only reads: a name, or - for the file that standard input is
 * redirected from. */
#ifndef TOME_CLI_INPUT_FILE_H
#define TOME_CLI_INPUT_FILE_H

#include <tome/tome.h>

#include "files.h"

/* Whether the operand is -. */
int input_is_stdin(const char *operand);

/* What the file is called in messages and answers. */
const char *input_name(const char *operand);

/* Which file it is. Returns 0, or -1 with errno. */
int input_facts(const char *operand, struct file_facts *ret);

/* Open for reading. NULL: failed, and complained. */
tome *input_open(const char *operand);

/* The same for one of many files, none of which will grow: it takes no address space for that. */
tome *input_open_many(const char *operand);

#endif
