/* The value of --svg: where a picture goes. */
#ifndef TOME_CLI_SVG_FILE_H
#define TOME_CLI_SVG_FILE_H

#include <stdio.h>

#include "arguments.h"

/* It must end in .svg, so that no file is written over that was to be read, or be - for standard output. Returns 0, or
 * complains and returns STATUS_ERROR. */
int svg_file_check(const struct arguments *args, const char *name);

/* The same if the picture would be written over one of the operands. NULL: there is no picture. */
int svg_file_spares(const struct arguments *args, const char *name);

/* Returns the exit status, having complained. */
int svg_file_write(const char *name, void (*draw)(FILE *out, const void *context),
                   const void *context);

#endif
